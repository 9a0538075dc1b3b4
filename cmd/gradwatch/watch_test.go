//go:build tensorflow

package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/cli"
	"gradwatch/internal/diagnose"
	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
	"gradwatch/internal/terminal"
	"gradwatch/internal/testenv"
)

// shared is a buffer that one goroutine reads while another writes.
type shared struct {
	mu      sync.Mutex
	content bytes.Buffer
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.content.Write(p)
}

func (s *shared) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.content.String()
}

// TestWatch follows a run that trains beside it, until that is stopped.
func TestWatch(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx, stop := context.WithCancelCause(t.Context())
	trained := make(chan result)
	go func() {
		flags := strings.Fields(vanishing + " --run long --epochs 1000000 --histogram-freq 0 --diagnose-freq 2")
		trained <- gradwatch(ctx, append([]string{"train"}, flags...)...)
	}()
	if !waitForRows("logs/long/flow.csv", 10) {
		stop(nil)
		t.Fatalf("the run doesn't begin: %s", (<-trained).stderr)
	}
	var stdout, stderr shared
	watched := make(chan int)
	go func() {
		f := &cli.Env{Program: filepath.Join(programs, "gradwatch"), Stdout: &stdout, Stderr: &stderr}
		watched <- runCommand(t.Context(), f, []string{"diagnose", "--watch", "--exit-code", "logs/long"})
	}()
	// A young run has no errors, but what is wrong is told at once.
	told := testenv.WaitFor(func() bool { return strings.Contains(stderr.String(), "warning: vanishing. ") })
	if stdout.String() != "" {
		t.Errorf("got verdict %s of a run under way", stdout.String())
	}
	stop(cli.Stopped{Signal: syscall.SIGINT})
	if got := (<-trained).status; got != cli.ExitSignal+int(syscall.SIGINT) {
		t.Errorf("train: got status %d, want %d", got, cli.ExitSignal+int(syscall.SIGINT))
	}
	if got := <-watched; got != cli.ExitFound {
		t.Errorf("got status %d, want %d: %s", got, cli.ExitFound, stderr.String())
	}
	if !told {
		t.Errorf("got %q, want it to tell of the vanishing gradient", stderr.String())
	}
	testenv.CheckColumns(t, stderr.String(), terminal.Width)
	want := regexp.MustCompile(`(?s)^long: stopped, \d+ epochs\n\nVerdict: error, the model has not learned\n  error: vanishing\. `)
	if !want.MatchString(stdout.String()) {
		t.Errorf("got %s\nwant it to match %s", stdout.String(), want)
	}
}

// TestWatchInterrupted ends the context, as main does at Ctrl-C.
func TestWatchInterrupted(t *testing.T) {
	t.Chdir(t.TempDir())
	folder := trainTestRun(t, "fades", vanishing+" --epochs 5")
	edit(t, folder+"/summary.json", `"state": "done"`, `"state": "running"`)
	run, err := runfolder.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	if err := run.Lock(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	var stdout, stderr shared
	go func() {
		testenv.WaitFor(func() bool { return stderr.String() != "" })
		cancel(cli.Stopped{Signal: syscall.SIGINT})
	}()
	f := &cli.Env{Program: filepath.Join(programs, "gradwatch"), Stdout: &stdout, Stderr: &stderr}
	status := runCommand(ctx, f, []string{"diagnose", "--watch", folder})
	if want := cli.ExitSignal + int(syscall.SIGINT); status != want || stdout.String() != "" {
		t.Errorf("got status %d, want %d, and %q on stdout", status, want, stdout.String())
	}
	want := regexp.MustCompile(`(?s)^epoch 4: error: vanishing\. .*\ngradwatch: stopped by signal: interrupt\n$`)
	if !want.MatchString(stderr.String()) {
		t.Errorf("got %q, want it to match %s", stderr.String(), want)
	}
}

// TestWatchOfAKilledRun doesn't wait for a run whose process has gone.
func TestWatchOfAKilledRun(t *testing.T) {
	t.Chdir(t.TempDir())
	folder := trainTestRun(t, "fades", vanishing+" --epochs 5")
	edit(t, folder+"/summary.json", `"state": "done"`, `"state": "running"`)
	got := gradwatch(t.Context(), "diagnose", "--watch", folder)
	if got.status != cli.ExitDone || !strings.HasPrefix(got.stdout, "fades: running, 5 epochs\n\nVerdict: error") {
		t.Errorf("got status %d and %q, want 0 and the verdict", got.status, got.stdout)
	}
	if want := "gradwatch: no process works on logs/fades any more; go on with: gradwatch train --resume logs/fades\n"; got.stderr != want {
		t.Errorf("got %q, want %q", got.stderr, want)
	}
}

// TestWatchedFiles checks that a run is read again when a file of its has changed, and
// only then.
func TestWatchedFiles(t *testing.T) {
	folder := t.TempDir()
	history := filepath.Join(folder, runfolder.HistoryFile)
	files := watchedFiles{folder: folder}
	for i, step := range []struct {
		do   func() error
		want bool
	}{
		{func() error { return os.WriteFile(history, []byte("a row\n"), 0o666) }, true},
		{func() error { return nil }, false},
		{func() error { return os.WriteFile(history, []byte("a row\nanother\n"), 0o666) }, true},
		{func() error { return nil }, false},
		{func() error { return os.Chtimes(history, time.Time{}, time.Unix(1, 0)) }, true}, // of the same size
		{func() error { return os.WriteFile(filepath.Join(folder, runfolder.SummaryFile), nil, 0o666) }, true},
		{func() error { return os.Remove(history) }, true},
		{func() error { return nil }, false},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		if got := files.changed(); got != step.want {
			t.Errorf("step %d: got changed %v, want %v", i, got, step.want)
		}
	}
}

// TestChanges tells what is new, what is worse and what has gone, once.
func TestChanges(t *testing.T) {
	vanish := diagnose.Finding{Kind: diagnose.Vanishing, Severity: diagnose.Warning, Layer: "dense_1", Seed: 3, Message: "It fades."}
	worse, note, several := vanish, vanish, vanish
	worse.Severity, note.Severity, several.Seeds = diagnose.Error, diagnose.Note, 2
	stalls := diagnose.Finding{Kind: diagnose.StalledLoss, Severity: diagnose.Error, Seed: 3, Message: strings.Repeat("It stands still. ", 8)}
	for _, tc := range []struct {
		name       string
		seeds      []uint32
		known, now []diagnose.Finding
		want       string
	}{
		{"nothing", []uint32{3}, nil, nil, ""},
		{"new", []uint32{3}, nil, []diagnose.Finding{vanish}, "epoch 9: warning: vanishing. It fades.\n"},
		{"known", []uint32{3}, []diagnose.Finding{vanish}, []diagnose.Finding{vanish}, ""},
		{"worse", []uint32{3}, []diagnose.Finding{vanish}, []diagnose.Finding{worse}, "epoch 9: error: vanishing. It fades.\n"},
		{"better", []uint32{3}, []diagnose.Finding{worse}, []diagnose.Finding{vanish}, "epoch 9: warning: vanishing. It fades.\n"},
		{"gone", []uint32{3}, []diagnose.Finding{vanish}, nil, "epoch 9: gone: vanishing in dense_1\n"},
		{"a note", []uint32{3}, nil, []diagnose.Finding{note}, ""},
		{"a note now", []uint32{3}, []diagnose.Finding{worse}, []diagnose.Finding{note}, "epoch 9: gone: vanishing in dense_1\n"},
		{"no note now", []uint32{3}, []diagnose.Finding{note}, []diagnose.Finding{vanish}, "epoch 9: warning: vanishing. It fades.\n"},
		{"the model", []uint32{3}, []diagnose.Finding{stalls}, nil, "epoch 9: gone: stalled-loss in the model\n"},
		{"long", []uint32{3}, nil, []diagnose.Finding{stalls}, "epoch 9: error: stalled-loss. It stands still. It stands still. It stands still.\n" +
			"It stands still. It stands still. It stands still. It stands still. It stands\nstill.\n"},
		{"of several seeds", []uint32{3, 4, 5}, nil, []diagnose.Finding{several}, "epoch 9: 2 of 3 seeds, warning: vanishing. It fades.\n"},
		{"of another seed, too", []uint32{3, 4, 5}, []diagnose.Finding{vanish}, []diagnose.Finding{several}, ""},
		{"gone of several seeds", []uint32{3, 4, 5}, []diagnose.Finding{several}, nil, "epoch 9: 2 of 3 seeds, gone: vanishing in dense_1\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var stderr bytes.Buffer
			f := &cli.Env{Stderr: &stderr}
			tellChanges(f, &diagnosis{State: record.Running, Epochs: 10, Seeds: tc.seeds, Report: &diagnose.Report{Findings: tc.now}}, tc.known)
			if diff := cmp.Diff(tc.want, stderr.String()); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
		})
	}
}
