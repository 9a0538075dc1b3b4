package conventions

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"gradwatch/internal/diagnose"
)

// FuzzDiagnose diagnoses any two event files as one run: it always ends in a report that can be written. go test -fuzz FuzzDiagnose
func FuzzDiagnose(f *testing.F) {
	const most = 1 << 16
	for _, folder := range []string{"keras/dense-nan", "tensorboardx/norms"} {
		root := unpack(f, folder)
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			content, err := os.ReadFile(path)
			f.Add(content[:min(most, len(content))], content[:min(most/4, len(content))])
			return err
		})
		if err != nil {
			f.Fatal(err)
		}
	}
	f.Fuzz(func(t *testing.T, train, validation []byte) {
		folder := t.TempDir()
		for name, content := range map[string][]byte{"train": train, "validation": validation} {
			if err := os.Mkdir(filepath.Join(folder, name), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(folder, name, "tfevents"), content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		d := diagnosed(t, folder)
		if _, err := json.Marshal(d); err != nil {
			t.Error(err)
		}
		for _, line := range diagnose.Lines(d.Report) {
			if line.Text == "" {
				t.Errorf("%s: got no text", line.Kind)
			}
		}
	})
}
