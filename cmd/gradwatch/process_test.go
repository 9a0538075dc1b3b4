//go:build tensorflow

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/cli"
	"gradwatch/internal/record"
)

// patience is how long a test waits for what takes a second at most.
const patience = 30 * time.Second

// waitForRows waits until a file has that many lines, and reports whether it has.
func waitForRows(path string, rows int) bool {
	return waitFor(func() bool {
		content, err := os.ReadFile(path)
		return err == nil && bytes.Count(content, []byte("\n")) >= rows
	})
}

func waitFor(done func() bool) bool {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if done() {
			return true
		}
	}
	return false
}

// process is the built program, training in the current folder.
type process struct {
	*exec.Cmd
	stdout, stderr bytes.Buffer
	engine         int // its engine's process
}

// startTraining starts a long run and waits until it is under way.
func startTraining(t *testing.T) *process {
	t.Helper()
	return startIn(t, "logs/long", 2, "train", "--epochs", "1000000", "--histogram-freq", "0", "--run", "long")
}

// startIn starts a command that trains in a run's folder, and waits until its
// history has so many epochs.
func startIn(t *testing.T, folder string, epochs int, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(filepath.Join(programs, "gradwatch"), args...)}
	p.Stdout, p.Stderr = &p.stdout, &p.stderr
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Process.Kill() })
	if !waitForRows(filepath.Join(folder, "history.csv"), epochs+1) {
		t.Fatalf("the run doesn't begin: %s", p.stderr.String())
	}
	pid := strconv.Itoa(p.Process.Pid)
	for _, task := range names(t, "/proc/"+pid+"/task") { // any thread may have started it
		children, err := os.ReadFile("/proc/" + pid + "/task/" + task + "/children")
		if err != nil {
			continue // a thread that ended
		}
		if fields := strings.Fields(string(children)); len(fields) > 0 {
			p.engine, _ = strconv.Atoi(fields[0])
		}
	}
	if p.engine == 0 {
		t.Fatal("got no engine among the program's children")
	}
	return p
}

// status waits for the program's end.
func (p *process) status() int {
	_ = p.Wait() // the state tells
	return p.ProcessState.ExitCode()
}

func gone(pid int) func() bool {
	return func() bool { return syscall.Kill(pid, 0) != nil }
}

// TestSignals stops the program by each signal that asks for it.
func TestSignals(t *testing.T) {
	for _, tc := range []struct {
		signal syscall.Signal
		name   string
	}{{syscall.SIGINT, "interrupt"}, {syscall.SIGTERM, "terminated"}} {
		t.Run(tc.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			p := startTraining(t)
			if err := p.Process.Signal(tc.signal); err != nil {
				t.Fatal(err)
			}
			if got, want := p.status(), 128+int(tc.signal); got != want {
				t.Errorf("got status %d, want %d", got, want)
			}
			want := regexp.MustCompile(`(?m)^gradwatch: stopped by signal: ` + tc.name + `; logs/long keeps \d+ of 1000000 epochs; go on with: gradwatch train --resume logs/long$`)
			if !want.MatchString(p.stderr.String()) {
				t.Errorf("got %q, want it to match %s", p.stderr.String(), want)
			}
			if !waitFor(gone(p.engine)) {
				t.Errorf("the engine, process %d, is still there", p.engine)
			}
			checkSaved(t)
		})
	}
}

// TestEngineKilled takes the engine away: one line, and the history is kept.
func TestEngineKilled(t *testing.T) {
	t.Chdir(t.TempDir())
	p := startTraining(t)
	if err := syscall.Kill(p.engine, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if got := p.status(); got != cli.ExitFailed {
		t.Errorf("got status %d, want %d", got, cli.ExitFailed)
	}
	want := regexp.MustCompile(`(?m)^gradwatch: the engine ended unexpectedly \(signal: killed\); logs/long keeps what was recorded; go on with: gradwatch train --resume logs/long$`)
	if !want.MatchString(p.stderr.String()) {
		t.Errorf("got %q, want it to match %s", p.stderr.String(), want)
	}
	history, err := record.ReadHistory("logs/long/history.csv")
	if err != nil {
		t.Fatal(err)
	}
	if history.Epochs() < 2 {
		t.Errorf("got a history of %d epochs, want those that were seen", history.Epochs())
	}
}

// TestFrontKilled takes the front away: the engine saves and ends by itself.
func TestFrontKilled(t *testing.T) {
	t.Chdir(t.TempDir())
	p := startTraining(t)
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.Wait() // killed
	if !waitFor(gone(p.engine)) {
		t.Errorf("the engine, process %d, outlives its front", p.engine)
	}
	checkSaved(t)
}

// checkSaved checks that the run which was stopped has its weights and a checkpoint
// of the last epoch in its history, and that no one holds it.
func checkSaved(t *testing.T) {
	t.Helper()
	if _, err := record.ReadWeights("logs/long/weights.json"); err != nil {
		t.Error(err)
	}
	history, err := record.ReadHistory("logs/long/history.csv")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{fmt.Sprintf("epoch-%06d", history.Epochs())}
	if diff := cmp.Diff(want, names(t, "logs/long/checkpoints")); diff != "" {
		t.Errorf("checkpoints (-want +got):\n%s", diff)
	}
	if _, err := os.Stat("logs/long/.lock"); err == nil {
		t.Error("the lock is still there")
	}
}
