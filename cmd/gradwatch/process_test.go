//go:build tensorflow

package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/cli"
	"gradwatch/internal/record"
	"gradwatch/internal/testenv"
)

// waitForRows waits until a file has that many lines, and reports whether it has.
func waitForRows(path string, rows int) bool {
	return testenv.WaitFor(func() bool {
		content, err := os.ReadFile(path)
		return err == nil && bytes.Count(content, []byte("\n")) >= rows
	})
}

// process is the built program, training in the current folder.
type process struct {
	*testenv.Process
	engine int // its engine's process
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
	p := &process{Process: testenv.Start(t, "", nil, append([]string{filepath.Join(programs, "gradwatch")}, args...)...)}
	if !testenv.WaitFor(func() bool { return p.Ended() || testenv.Rows(folder) >= epochs }) || p.Ended() {
		t.Fatalf("the run doesn't begin: %s", p.Stderr.String())
	}
	if p.engine = p.Engine(); p.engine == 0 {
		t.Fatal("got no engine among the program's children")
	}
	return p
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
			if got, want := p.Wait(t), 128+int(tc.signal); got != want {
				t.Errorf("got status %d, want %d", got, want)
			}
			want := regexp.MustCompile(`(?m)^gradwatch: stopped by signal: ` + tc.name + `; logs/long keeps \d+ of 1000000 epochs; go on with: gradwatch train --resume logs/long$`)
			if !want.MatchString(p.Stderr.String()) {
				t.Errorf("got %q, want it to match %s", p.Stderr.String(), want)
			}
			if !testenv.WaitFor(testenv.Gone(p.engine)) {
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
	if got := p.Wait(t); got != cli.ExitFailed {
		t.Errorf("got status %d, want %d", got, cli.ExitFailed)
	}
	want := regexp.MustCompile(`(?m)^gradwatch: the engine ended unexpectedly \(signal: killed\); logs/long keeps what was recorded; go on with: gradwatch train --resume logs/long$`)
	if !want.MatchString(p.Stderr.String()) {
		t.Errorf("got %q, want it to match %s", p.Stderr.String(), want)
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
	p.Wait(t)
	if !testenv.WaitFor(testenv.Gone(p.engine)) {
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
