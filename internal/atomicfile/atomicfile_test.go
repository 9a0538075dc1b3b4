package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// writerVariable makes the test's own program write a file, say so, and wait to be killed.
const writerVariable = "GRADWATCH_WRITE_FOLDER"

func TestMain(m *testing.M) {
	if folder := os.Getenv(writerVariable); folder != "" {
		root, err := os.OpenRoot(folder)
		if err == nil {
			_, _, err = Mkdir(root, "model")
		}
		if err != nil {
			os.Exit(1)
		}
		_ = Write(root, false, Content{"table", func(io.Writer) error {
			_, _ = os.Stdout.WriteString("writing")
			_, err := os.Stdin.Read(make([]byte, 1))
			return err
		}})
		return
	}
	os.Exit(m.Run())
}

// newRoot returns a folder with files of these names and contents.
func newRoot(t *testing.T, files map[string]string) *os.Root {
	t.Helper()
	folder := t.TempDir()
	for name, content := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	return root
}

// contents returns the files below a folder.
func contents(t *testing.T, root *os.Root) map[string]string {
	t.Helper()
	found := make(map[string]string)
	err := fs.WalkDir(root.FS(), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := root.ReadFile(path)
		found[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestSweepOfAKilledProcess keeps what a process writes while it lives, and removes it
// when it was killed.
func TestSweepOfAKilledProcess(t *testing.T) {
	root := newRoot(t, map[string]string{"table": "old", ".table.gradwatch-x": "mine", ".profile": "mine"})
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	writer := exec.Command(program)
	writer.Env = append(os.Environ(), writerVariable+"="+root.Name())
	out, err := writer.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := writer.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := writer.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	Sweep(root, ".", nil)
	temporary := 0
	entries, _ := fs.ReadDir(root.FS(), ".")
	for _, entry := range entries {
		if IsTemporary(entry.Name()) {
			temporary++
		}
	}
	if temporary != 2 {
		t.Errorf("got %v, want the file and the folder that are written", entries)
	}
	if err := writer.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = writer.Wait() // killed
	Sweep(root, ".", nil)
	want := map[string]string{"table": "old", ".table.gradwatch-x": "mine", ".profile": "mine"}
	if diff := cmp.Diff(want, contents(t, root)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestReplace exchanges two folders, also where the file system has no way to do so at
// one stroke; a fault leaves all as it was.
func TestReplace(t *testing.T) {
	for name, replace := range map[string]func(root *os.Root, temporary, name string) error{"at one stroke": Replace, "in steps": replaceInSteps} {
		t.Run(name, func(t *testing.T) {
			root := newRoot(t, map[string]string{".run.gradwatch-1/a": "new", "run/b": "old"})
			if err := replace(root, ".none.gradwatch-1", "run"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("of nothing: got %v, want that it is not there", err)
			}
			if diff := cmp.Diff(map[string]string{".run.gradwatch-1/a": "new", "run/b": "old"}, contents(t, root)); diff != "" {
				t.Errorf("after a fault (-want +got):\n%s", diff)
			}
			if err := replace(root, ".run.gradwatch-1", "run"); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(map[string]string{".run.gradwatch-1/b": "old", "run/a": "new"}, contents(t, root)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestPut gives a name that is free, and no other.
func TestPut(t *testing.T) {
	root := newRoot(t, map[string]string{"new": "new", "old": "old"})
	if err := Put(root, "new", "old"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("got %v, want that it is there", err)
	}
	if err := Put(root, "new", "free"); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(map[string]string{"free": "new", "old": "old"}, contents(t, root)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestWrite writes several files, or none of them, and leaves nothing else.
func TestWrite(t *testing.T) {
	failure := errors.New("not today")
	content := func(name, text string, err error) Content {
		return Content{name, func(w io.Writer) error {
			_, failed := io.WriteString(w, text)
			return errors.Join(failed, err)
		}}
	}
	for _, synced := range []bool{false, true} {
		root := newRoot(t, map[string]string{"a": "old", ".a.gradwatch-5": "left"})
		if err := Write(root, synced, content("a", "new", nil), content("b", "new", failure)); !errors.Is(err, failure) || err.Name != "b" {
			t.Errorf("got %v, want %v for b", err, failure)
		}
		if diff := cmp.Diff(map[string]string{"a": "old"}, contents(t, root)); diff != "" {
			t.Errorf("after a fault (-want +got):\n%s", diff)
		}
		if err := Write(root, synced, content("a", "new", nil), content("b", strings.Repeat("b", 9), nil)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]string{"a": "new", "b": "bbbbbbbbb"}, contents(t, root)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}
