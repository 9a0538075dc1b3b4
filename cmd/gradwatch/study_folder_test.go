//go:build tensorflow

package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/cli"
	"gradwatch/internal/sweep"
)

// stopAfter is a stderr that cancels a context after so many lines.
type stopAfter struct {
	bytes.Buffer
	lines  int
	cancel context.CancelCauseFunc
}

func (s *stopAfter) Write(p []byte) (int, error) {
	n, err := s.Buffer.Write(p)
	if strings.Count(s.String(), "\n") >= s.lines {
		s.cancel(cli.Stopped{Signal: syscall.SIGINT})
	}
	return n, err
}

// TestStudyResumes stops a study twice and takes it up again: it ends as one that
// was never stopped.
func TestStudyResumes(t *testing.T) {
	t.Chdir(t.TempDir())
	// Shapes of one configuration and of several.
	args := []string{"study", "--vary", "hidden-layers=1:8", "--vary", "learning-rate=0.01,0.02", "--epochs", "40", "--seed", "7", "--preset", "tanh-1", "--nesterov"}
	succeed(t, args...)
	whole := "studies/study-hidden-layers-learning-rate"
	message := regexp.MustCompile(`(?m)^gradwatch: stopped by signal: interrupt; (\d+) of 16 configurations are done; go on with: gradwatch study --resume ` + whole + `-2$`)
	done := 0
	for _, args := range [][]string{args, {"study", "--resume", whole + "-2"}} {
		ctx, cancel := context.WithCancelCause(t.Context())
		stderr := &stopAfter{lines: 1, cancel: cancel}
		var stdout bytes.Buffer
		f := &cli.Env{Program: filepath.Join(programs, "gradwatch"), Stdout: &stdout, Stderr: stderr}
		if status := runCommand(ctx, f, args); status != cli.ExitSignal+int(syscall.SIGINT) {
			t.Fatalf("got status %d, want 130: %s", status, stderr.String())
		}
		said := message.FindStringSubmatch(stderr.String())
		if said == nil {
			t.Fatalf("got %q, want it to match %s", stderr.String(), message)
		}
		before := done
		done = int(number(t, said[1]))
		if done <= before || done == 16 {
			t.Errorf("got %d of 16 done after %d, want more and not all", done, before)
		}
		folders := 0
		for _, name := range names(t, whole+"-2") {
			if strings.Contains(name, "=") {
				folders++
			}
		}
		if rows := len(timeless(t, whole+"-2/study.csv")); folders != done || rows != done {
			t.Errorf("got %d folders and %d rows, want %d", folders, rows, done)
		}
	}
	r := succeed(t, "study", "--resume", whole+"-2/")
	if lines := strings.Count(r.stderr, "\n"); lines != 16-done {
		t.Errorf("got %d configurations trained, want the %d that were missing:\n%s", lines, 16-done, r.stderr)
	}
	if diff := cmp.Diff(timeless(t, whole+"/study.csv"), timeless(t, whole+"-2/study.csv")); diff != "" {
		t.Errorf("whole and resumed (-whole +resumed):\n%s", diff)
	}
	if r := succeed(t, "study", "--resume", whole+"-2"); r.stderr != "" || !strings.Contains(r.stdout, "16 configurations") {
		t.Errorf("nothing missing: got %q, %s", r.stderr, r.stdout)
	}
}

// TestStudyTorn resumes from what a killed process may have left.
func TestStudyTorn(t *testing.T) {
	t.Chdir(t.TempDir())
	succeed(t, "study", "--vary", "hidden-layers=1:3", "--epochs", "3", "--repeats", "2", "--name", "torn")
	whole := timeless(t, "studies/torn/study.csv")
	content, err := os.ReadFile("studies/torn/study.csv")
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(content, []byte("\n"))
	for name, left := range map[string][]byte{
		"nothing":              nil,
		"half a header":        lines[0][:10],
		"a header":             lines[0],
		"half a row":           append(bytes.Join(lines[:3], nil), lines[3][:20]...),
		"half a configuration": bytes.Join(lines[:4], nil),
	} {
		t.Run(name, func(t *testing.T) {
			write(t, "studies/torn/study.csv", string(left))
			if left == nil {
				if err := os.Remove("studies/torn/study.csv"); err != nil {
					t.Fatal(err)
				}
			}
			r := succeed(t, "study", "--resume", "studies/torn")
			if diff := cmp.Diff(whole, timeless(t, "studies/torn/study.csv")); diff != "" {
				t.Errorf("(-whole +resumed):\n%s", diff)
			}
			if trained, want := strings.Count(r.stderr, "\n"), 3-max(0, (bytes.Count(left, []byte("\n"))-1)/2); trained != want {
				t.Errorf("got %d configurations trained, want %d", trained, want)
			}
		})
	}
}

// TestStudyTwice has two processes on one study.
func TestStudyTwice(t *testing.T) {
	t.Chdir(t.TempDir())
	succeed(t, "study", "--vary", "hidden-layers=1:2", "--epochs", "2", "--name", "twice")
	first, _, err := sweep.OpenFolder("studies/twice")
	if err != nil {
		t.Fatal(err)
	}
	r := gradwatch(t.Context(), "study", "--resume", "studies/twice")
	want := "gradwatch: studies/twice: another process is working on this study: wait for its end, or stop it\n"
	if r.status != cli.ExitFailed || r.stderr != want {
		t.Errorf("got status %d, %q, want %q", r.status, r.stderr, want)
	}
	first.Close()
	succeed(t, "study", "--resume", "studies/twice")
}
