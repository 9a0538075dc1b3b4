package runfolder

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func mustCreate(t *testing.T, logdir, name string, overwrite bool) *Folder {
	t.Helper()
	f, err := Create(logdir, name, overwrite)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func write(t *testing.T, f *Folder, name, content string) {
	t.Helper()
	err := f.Write(name, func(w io.Writer) error {
		_, err := io.WriteString(w, content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// tree returns the names below a folder.
func tree(t *testing.T, folder string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(folder, func(path string, _ os.DirEntry, err error) error {
		if path != folder {
			names = append(names, strings.TrimPrefix(path, folder+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestTakenNames(t *testing.T) {
	logs := filepath.Join(t.TempDir(), "new", "logs")
	for _, want := range []string{"relu", "relu-2", "relu-3"} {
		f := mustCreate(t, logs, "relu", false)
		if f.Name != want || f.Path != filepath.Join(logs, want) {
			t.Errorf("got %s at %s, want %s", f.Name, f.Path, want)
		}
	}
	if f := mustCreate(t, logs, "group/relu", false); f.Path != filepath.Join(logs, "group", "relu") {
		t.Errorf("got %s", f.Path)
	}
	if err := os.WriteFile(filepath.Join(logs, "file"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if f := mustCreate(t, logs, "file", false); f.Name != "file-2" {
		t.Errorf("beside a file of the name: got %s, want file-2", f.Name)
	}
}

// TestSameNameAtOnce makes many folders of one name at once: each gets its own.
func TestSameNameAtOnce(t *testing.T) {
	logs := t.TempDir()
	names := make([]string, 20)
	var group sync.WaitGroup
	for i := range names {
		group.Go(func() {
			f, err := Create(logs, "run", false)
			if err != nil {
				t.Error(err)
				return
			}
			defer f.Close()
			names[i] = f.Name
		})
	}
	group.Wait()
	seen := make(map[string]bool)
	for _, name := range names {
		if seen[name] {
			t.Errorf("two runs got %s", name)
		}
		seen[name] = true
	}
}

func TestOverwrite(t *testing.T) {
	logs := t.TempDir()
	write(t, mustCreate(t, logs, "run", true), HistoryFile, "old")
	write(t, mustCreate(t, logs, "run", true), SummaryFile, "new")
	if diff := cmp.Diff([]string{"run", "run/summary.json"}, tree(t, logs)); diff != "" {
		t.Error(diff)
	}
	mine := filepath.Join(logs, "mine")
	if err := os.MkdirAll(mine, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(mine, "thesis.txt"), []byte("years"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(logs, "mine", true); err == nil || !strings.Contains(err.Error(), "not a run: not overwritten") {
		t.Errorf("got %v, want a refusal", err)
	}
	if _, err := os.Stat(filepath.Join(mine, "thesis.txt")); err != nil {
		t.Error(err)
	}
}

// TestLinks checks that a link inside the log folder leads nowhere outside it.
func TestLinks(t *testing.T) {
	logs, outside := t.TempDir(), t.TempDir()
	if err := os.Symlink(outside, filepath.Join(logs, "link")); err != nil {
		t.Fatal(err)
	}
	if f, err := Create(logs, "link/run", false); err == nil {
		t.Errorf("through a link: got %s, want an error", f.Path)
	}
	if f := mustCreate(t, logs, "link", false); f.Name != "link-2" {
		t.Errorf("beside a link of the name: got %s, want link-2", f.Name)
	}
	if f, err := Create(logs, "link", true); err == nil {
		t.Errorf("over a link: got %s, want an error", f.Path)
	}
	if names := tree(t, outside); len(names) != 0 {
		t.Errorf("outside the log folder: got %v", names)
	}
}

func TestLogFolderErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	_, err := Create(file, "run", false)
	if err == nil || !strings.HasSuffix(err.Error(), `is a file, want a folder`) {
		t.Errorf("got %v", err)
	}
	_, err = Create(filepath.Join(file, "logs"), "run", false)
	if err == nil || !strings.Contains(err.Error(), "not a directory") {
		t.Errorf("got %v", err)
	}
}

func TestDiscard(t *testing.T) {
	logs := t.TempDir()
	f := mustCreate(t, logs, "run", false)
	write(t, f, SummaryFile, "{}")
	mustCreate(t, logs, "other", false)
	if err := f.Discard(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"other"}, tree(t, logs)); diff != "" {
		t.Error(diff)
	}
}

// TestWriteIsWhole checks that a write that fails leaves the old file and
// nothing else.
func TestWriteIsWhole(t *testing.T) {
	f := mustCreate(t, t.TempDir(), "run", false)
	write(t, f, WeightsFile, "old")
	failure := errors.New("the disk is full")
	err := f.Write(WeightsFile, func(w io.Writer) error {
		_, _ = io.WriteString(w, "ne")
		return failure
	})
	if !errors.Is(err, failure) {
		t.Errorf("got %v, want %v", err, failure)
	}
	if diff := cmp.Diff([]string{WeightsFile}, tree(t, f.Path)); diff != "" {
		t.Error(diff)
	}
	if content, err := os.ReadFile(filepath.Join(f.Path, WeightsFile)); err != nil || string(content) != "old" {
		t.Errorf("got %q, %v, want the old file", content, err)
	}
}

// TestWriteSynced writes several files whole, or, where one can't be written, none of
// them, and leaves nothing behind.
func TestWriteSynced(t *testing.T) {
	folder, err := Create(t.TempDir(), "run", false)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	content := func(name, text string, failure error) Content {
		return Content{name, func(w io.Writer) error {
			_, err := io.WriteString(w, text)
			return errors.Join(err, failure)
		}}
	}
	if err := folder.WriteSynced(content("a", "old", nil), content("b", "old", nil)); err != nil {
		t.Fatal(err)
	}
	failure := errors.New("not today")
	if err := folder.WriteSynced(content("a", "new", nil), content("b", "new", failure)); !errors.Is(err, failure) {
		t.Errorf("got %v, want %v", err, failure)
	}
	entries, err := os.ReadDir(folder.Path)
	if err != nil || len(entries) != 2 {
		t.Errorf("got %v, %v, want two files", entries, err)
	}
	for _, name := range []string{"a", "b"} {
		if got, err := folder.Read(name); err != nil || string(got) != "old" {
			t.Errorf("%s: got %q, %v, want what it was", name, got, err)
		}
	}
}
