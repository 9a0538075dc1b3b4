package runfolder

import (
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"gradwatch/internal/sysmem"
)

// folderLink returns a run's folder, and a folder outside that holds a file; links in the
// run's lead to both, and one to a file in it.
func folderLink(t *testing.T) (run *Folder, outside string) {
	t.Helper()
	base := t.TempDir()
	outside = filepath.Join(base, "outside")
	folder := filepath.Join(base, "logs", "run")
	for _, path := range []string{outside, folder} {
		if err := os.MkdirAll(path, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for path, content := range map[string]string{filepath.Join(outside, "kept"): "secret\n", filepath.Join(folder, "own"): "own\n"} {
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{
		"file": filepath.Join(outside, "kept"), "up": "../../outside/kept", "folder": outside, "inside": "own", "gone": "nothing",
	} {
		if err := os.Symlink(target, filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	run, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = run.Close() })
	return run, outside
}

// untouched checks that nothing outside has changed.
func untouched(t *testing.T, outside string) {
	t.Helper()
	entries, err := os.ReadDir(outside)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(outside, "kept"))
	if err != nil || string(content) != "secret\n" || len(entries) != 1 {
		t.Errorf("outside: got %d files, %q, %v; want it as it was", len(entries), content, err)
	}
}

// TestReadStaysInside checks that no link is followed out of the folder, and that what
// has no end isn't read.
func TestReadStaysInside(t *testing.T) {
	run, _ := folderLink(t)
	if err := syscall.Mkfifo(filepath.Join(run.Path, "pipe"), 0o666); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"file": "a link that leads out", "up": "a link that leads out", "pipe": "no regular file", "gone": "no such file",
		"none": "no such file", "folder/kept": "", ".": "is a directory",
	} {
		path := run.Path + "/" + name
		content, err := ReadFile(path)
		var pathError *fs.PathError
		switch {
		case name == "folder/kept": // the folder's path is the user's choice, links and all
			if err != nil || string(content) != "secret\n" {
				t.Errorf("%s: got %q, %v", name, content, err)
			}
		case !errors.As(err, &pathError) || pathError.Path != path || !strings.Contains(err.Error(), want):
			t.Errorf("%s: got %q, %v, want %s", name, content, err, want)
		}
	}
	for _, name := range []string{"own", "inside"} {
		if content, err := ReadFile(filepath.Join(run.Path, name)); err != nil || string(content) != "own\n" {
			t.Errorf("%s: got %q, %v", name, content, err)
		}
	}
	if _, err := ReadFile(filepath.Join(run.Path, "own", "file")); !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("in a file: got %v, want %v", err, syscall.ENOTDIR)
	}
	if content, err := ReadInput(filepath.Join(run.Path, "file")); err != nil || string(content) != "secret\n" {
		t.Errorf("a file that the user names: got %q, %v", content, err)
	}
	if _, err := ReadInput(filepath.Join(run.Path, "pipe")); err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Errorf("a pipe that the user names: got %v", err)
	}
}

// TestWriteStaysInside writes over each link in every way there is.
func TestWriteStaysInside(t *testing.T) {
	for _, name := range []string{"file", "up", "gone", "inside"} {
		t.Run(name, func(t *testing.T) {
			run, outside := folderLink(t)
			if file, err := run.Reopen(name, 0); err == nil {
				t.Errorf("Reopen: got %s, want an error", file.Name())
			}
			if file, err := run.OpenRegular(name, os.O_WRONLY); err == nil {
				t.Errorf("OpenRegular: got %s, want an error", file.Name())
			}
			file, err := run.CreateFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(file, "made"); err != nil {
				t.Fatal(err)
			}
			if err := file.Close(); err != nil {
				t.Fatal(err)
			}
			for _, path := range []string{"own", name} {
				content, err := run.Read(path)
				if want := map[string]string{"own": "own\n", name: "made"}[path]; err != nil || string(content) != want {
					t.Errorf("%s: got %q, %v, want %q", path, content, err, want)
				}
			}
			untouched(t, outside)
		})
	}
	t.Run("whole files", func(t *testing.T) {
		run, outside := folderLink(t) // with a link of that name
		if err := run.Write("file", func(w io.Writer) error { _, err := io.WriteString(w, "whole"); return err }); err != nil {
			t.Fatal(err)
		}
		if content, err := run.Read("file"); err != nil || string(content) != "whole" {
			t.Errorf("got %q, %v", content, err)
		}
		untouched(t, outside)
	})
}

// TestFoldersStayInside checks folders in the run's that are links.
func TestFoldersStayInside(t *testing.T) {
	run, outside := folderLink(t)
	if err := run.Mkdir("folder"); err == nil {
		t.Error("Mkdir: got no error")
	}
	if inside, err := run.OpenInside("folder"); err == nil {
		t.Errorf("OpenInside: got %s, want an error", inside.Path)
	}
	if err := run.Mkdir("own-folder"); err != nil {
		t.Error(err)
	}
	if err := run.Mkdir("own-folder"); err != nil {
		t.Errorf("again: %v", err)
	}
	inside, err := run.OpenInside("own-folder")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(inside.Discard(), inside.Close()); err != nil {
		t.Error(err)
	}
	if _, err := run.OpenInside("own-folder"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("discarded: got %v, want %v", err, fs.ErrNotExist)
	}
	if err := run.Discard(); err != nil {
		t.Error(err)
	}
	untouched(t, outside)
}

// TestLockThatIsALink checks that a link as the lock is an error, not a loop.
func TestLockThatIsALink(t *testing.T) {
	for _, target := range []string{"own", "../../outside/kept"} {
		run, outside := folderLink(t)
		if err := os.Symlink(target, filepath.Join(run.Path, LockFile)); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- run.Lock() }()
		select {
		case err := <-done:
			if err == nil {
				t.Errorf("%s: got no error", target)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: still waiting", target)
		}
		if Locked(run.Path) {
			t.Errorf("%s: got a busy run", target)
		}
		untouched(t, outside)
	}
}

// TestNoTemporaryFiles fails to write in each way, and looks for what is left.
func TestNoTemporaryFiles(t *testing.T) {
	run, _ := folderLink(t)
	if err := run.Mkdir("taken"); err != nil {
		t.Fatal(err)
	}
	failed := errors.New("disk full")
	if err := run.Write("new", func(io.Writer) error { return failed }); !errors.Is(err, failed) {
		t.Errorf("got %v, want %v", err, failed)
	}
	if err := run.Write("taken", func(io.Writer) error { return nil }); err == nil {
		t.Error("over a folder: got no error")
	}
	entries, err := os.ReadDir(run.Path)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), ".") || entry.Name() == "new" {
			t.Errorf("left behind: %s", entry.Name())
		}
	}
}

func TestFits(t *testing.T) {
	err := fits(1e12, sysmem.Sizes{Total: 24e9, Free: 20e9})
	if want := "reading its 1.0 TB takes about 4.0 TB of memory: 20 GB are free"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if err := fits(4e9, sysmem.Sizes{Total: 24e9, Free: 20e9}); err != nil {
		t.Error(err)
	}
	if err := fits(1e30, sysmem.Sizes{Total: math.Inf(1), Free: math.Inf(1)}); err != nil {
		t.Error(err)
	}
	path := filepath.Join(t.TempDir(), "sparse")
	if err := os.WriteFile(path, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 1<<42); err != nil {
		t.Skip("the file system has no sparse files of this size")
	}
	if _, err := ReadFile(path); err == nil || !strings.Contains(err.Error(), "reading its 4.4 TB takes about 18 TB of memory") {
		t.Errorf("got %v", err)
	}
}
