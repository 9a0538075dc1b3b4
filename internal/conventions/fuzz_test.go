package conventions

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"gradwatch/internal/diagnose"
	"gradwatch/internal/events"
)

// FuzzDiagnose diagnoses any two events, and any bytes behind them, as one run: it always ends in a report that can be written.
// go test -fuzz FuzzDiagnose
func FuzzDiagnose(f *testing.F) {
	for _, folder := range []string{"keras/dense-nan", "tensorboardx/norms"} {
		content, err := os.ReadFile(filepath.Join(unpack(f, folder), "events.out.tfevents.1"))
		if err != nil {
			f.Fatal(err)
		}
		seeds, err := events.Records(content)
		if err != nil {
			f.Fatal(err)
		}
		for i := 1; i+1 < min(len(seeds), 9); i++ {
			f.Add(seeds[i], seeds[i+1], content[:40])
		}
	}
	f.Fuzz(func(t *testing.T, first, second, rest []byte) {
		folder := t.TempDir()
		both := append(events.AppendRecord(events.AppendRecord(nil, first), second), rest...)
		for name, content := range map[string][]byte{"train": both, "validation": events.AppendRecord(nil, second)} {
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
