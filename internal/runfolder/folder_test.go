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
			t.Cleanup(func() { _ = f.Close() })
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

// TestOverwrite replaces a run: it stays as it is, locked, until the new one takes its
// place, or for good.
func TestOverwrite(t *testing.T) {
	logs := t.TempDir()
	first := mustCreate(t, logs, "run", true)
	write(t, first, HistoryFile, "old")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	abandoned := mustCreate(t, logs, "run", true)
	write(t, abandoned, SummaryFile, "given up")
	if got, err := os.ReadFile(filepath.Join(logs, "run", HistoryFile)); err != nil || string(got) != "old" || abandoned.Name != "run" {
		t.Errorf("beside: got %q, %v, name %s, want the old run there", got, err, abandoned.Name)
	}
	if _, err := Create(logs, "run", true); err == nil || !strings.Contains(err.Error(), "another process is working on it") {
		t.Errorf("a second one at once: got %v, want a refusal", err)
	}
	if err := abandoned.Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"run", "run/history.csv"}, tree(t, logs)); diff != "" {
		t.Errorf("given up (-want +got):\n%s", diff)
	}
	second := mustCreate(t, logs, "run", true)
	write(t, second, SummaryFile, "new")
	if err := second.Replace(); err != nil {
		t.Fatal(err)
	}
	if second.Path != filepath.Join(logs, "run") || !second.Exists() || second.Replaces() != "" {
		t.Errorf("got path %s, in place: %t", second.Path, second.Exists())
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"run", "run/summary.json"}, tree(t, logs)); diff != "" {
		t.Errorf("replaced (-want +got):\n%s", diff)
	}
}

// TestOverwriteKeeps refuses to replace what is no run.
func TestOverwriteKeeps(t *testing.T) {
	logs := t.TempDir()
	for _, file := range []string{"thesis.txt", ".lock"} { // others have files of that name too
		mine := filepath.Join(logs, "mine")
		if err := os.MkdirAll(mine, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(mine, file), []byte("years"), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := Create(logs, "mine", true); err == nil || !strings.Contains(err.Error(), "not a run: not overwritten") {
			t.Errorf("with %s: got %v, want a refusal", file, err)
		}
		if content, err := os.ReadFile(filepath.Join(mine, file)); err != nil || string(content) != "years" {
			t.Error(err)
		}
	}
}

// TestLeftOver takes the folder of a process that was killed before it wrote a summary, and
// no other.
func TestLeftOver(t *testing.T) {
	logs := t.TempDir()
	for name, file := range map[string]string{"killed": LockFile, "half": ".summary.json.gradwatch-123", "mine": "notes.txt"} {
		if err := os.Mkdir(filepath.Join(logs, name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(logs, name, file), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{"killed": "killed", "half": "half", "mine": "mine-2"} {
		f := mustCreate(t, logs, name, false)
		if f.Name != want {
			t.Errorf("%s: got %s, want %s", name, f.Name, want)
		}
		if again := mustCreate(t, logs, name, false); again.Name == want {
			t.Errorf("%s: two runs got it", want)
		}
	}
}

// TestSweep removes what is left of processes that have ended, and brings back a run that
// was put aside. What a process is writing stays, and what is the user's.
func TestSweep(t *testing.T) {
	logs := t.TempDir()
	old := mustCreate(t, logs, "busy", false)
	write(t, old, SummaryFile, "{}")
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	busy := mustCreate(t, logs, "busy", true)
	for _, path := range []string{
		".gone.gradwatch-1/summary.json", ".gone.gradwatch-1/.lock", ".aside.replaced-2/summary.json", ".there.replaced-3/summary.json",
		"there/summary.json", ".mine.replaced-4/thesis.txt", ".config/1",
	} {
		if err := os.MkdirAll(filepath.Join(logs, filepath.Dir(path)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(logs, path), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	Sweep(filepath.Join(logs, "any"))
	want := []string{
		".busy.gradwatch-N", ".busy.gradwatch-N/.lock", ".config", ".config/1", ".mine.replaced-4", ".mine.replaced-4/thesis.txt",
		"aside", "aside/summary.json", "busy", "busy/.lock", "busy/summary.json", "there", "there/summary.json",
	}
	got := tree(t, logs)
	for i := range got {
		got[i] = strings.ReplaceAll(got[i], filepath.Base(busy.Path), ".busy.gradwatch-N")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
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
	if diff := cmp.Diff([]string{"other", "other/.lock"}, tree(t, logs)); diff != "" {
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
	if diff := cmp.Diff([]string{LockFile, WeightsFile}, tree(t, f.Path)); diff != "" {
		t.Error(diff)
	}
	if content, err := os.ReadFile(filepath.Join(f.Path, WeightsFile)); err != nil || string(content) != "old" {
		t.Errorf("got %q, %v, want the old file", content, err)
	}
}

// TestWriteSynced writes several files whole, or, where one can't be written, none of
// them, and leaves nothing behind.
func TestWriteSynced(t *testing.T) {
	folder, err := Make(t.TempDir(), "run")
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	content := func(name, text string, failure error) Content {
		return Content{Name: name, Write: func(w io.Writer) error {
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
