package runfolder

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// lockerVariable makes the test's own program lock a folder, say so, and wait to
// be killed.
const lockerVariable = "GRADWATCH_LOCK_FOLDER"

func TestMain(m *testing.M) {
	if folder := os.Getenv(lockerVariable); folder != "" {
		run, err := Open(folder)
		if err == nil {
			err = run.Lock()
		}
		if err != nil {
			os.Exit(1)
		}
		_, _ = os.Stdout.WriteString("locked")
		_, _ = os.Stdin.Read(make([]byte, 1))
		return
	}
	os.Exit(m.Run())
}

func TestLock(t *testing.T) {
	logs := t.TempDir()
	run, err := Create(logs, "run", false)
	if err != nil {
		t.Fatal(err)
	}
	other, err := Open(run.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	want := "run " + run.Path + ": another process is working on it: wait for its end, or stop it"
	if err := other.Lock(); err == nil || err.Error() != want {
		t.Errorf("got error %v, want %q", err, want)
	}
	if _, err := Create(logs, "run", true); err == nil || !strings.Contains(err.Error(), "another process is working on it") {
		t.Errorf("overwrite: got error %v, want that another process is working on it", err)
	}
	if err := run.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(run.Path, LockFile)); !os.IsNotExist(err) {
		t.Errorf("got %v for the lock's file after Close, want that it is gone", err)
	}
	if err := other.Lock(); err != nil {
		t.Errorf("after Close: %v", err)
	}
}

// TestLockOfAKilledProcess is free when the process is gone, and overwritten.
func TestLockOfAKilledProcess(t *testing.T) {
	logs := t.TempDir()
	run, err := Make(logs, "run")
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	holder := exec.Command(program)
	holder.Env = append(os.Environ(), lockerVariable+"="+run.Path)
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := holder.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if err := run.Lock(); err == nil {
		t.Error("got a lock that another process has")
	}
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = holder.Wait() // killed
	if err := run.Lock(); err != nil {
		t.Errorf("after its end: %v", err)
	}
}

func TestReopenAndTemporaries(t *testing.T) {
	run, err := Create(t.TempDir(), "run", false)
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	for _, name := range []string{HistoryFile, ".history.csv.123", ".keep", LockFile} {
		if err := os.WriteFile(filepath.Join(run.Path, name), []byte("one,two,three"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	file, err := run.Reopen(HistoryFile, 4)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString("2"); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := run.Read(HistoryFile); err != nil || string(got) != "one,2" {
		t.Errorf("got %q, %v, want what was before the cut, and after it what was written", got, err)
	}
	if err := run.RemoveTemporary(); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{HistoryFile: true, ".history.csv.123": false, ".keep": true, LockFile: true} {
		if _, err := os.Stat(filepath.Join(run.Path, name)); (err == nil) != want {
			t.Errorf("%s: got %v, want it there: %t", name, err, want)
		}
	}
}
