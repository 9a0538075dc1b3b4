//go:build tensorflow

package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"gradwatch/internal/cli"
	"gradwatch/internal/testenv"
)

// TestFilesWithoutEnd puts a pipe that nobody writes to, and a device that never ends, in
// the place of each file that a command reads: an error says so, and nothing waits.
func TestFilesWithoutEnd(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "data.csv", "a,b,y\n1,2,0\n3,4,1\n5,6,0\n7,8,1\n")
	succeed(t, "train", "--quiet", "--run", "it", "--epochs", "4", "--checkpoint-freq", "1", "--dataset", "data.csv")
	succeed(t, "train", "--quiet", "--run", "streamed", "--epochs", "1", "--stream", "--cache", "caches", "--dataset", "data.csv")
	succeed(t, "study", "--quiet", "--name", "s", "--vary", "units=2,3", "--epochs", "2", "--samples", "50")
	manifest, err := filepath.Glob("caches/*/manifest.json")
	if err != nil || len(manifest) != 1 {
		t.Fatalf("got manifests %v, %v, want one", manifest, err)
	}
	checkpoints, err := filepath.Glob("logs/it/checkpoints/*/manifest.json")
	if err != nil || len(checkpoints) == 0 {
		t.Fatalf("got checkpoints %v, %v, want some", checkpoints, err)
	}
	studyFile, err := filepath.Glob("*/s/study.json")
	if err != nil || len(studyFile) != 1 {
		t.Fatalf("got studies %v, %v, want one", studyFile, err)
	}
	for _, c := range []struct{ file, args string }{
		{"in", "train --cluster in"},
		{"in", "study --vary units=2,3 --cluster in"},
		{"in", "worker --task 0 --cluster in"},
		{"in", "train --initial-weights in"},
		{"in", "train --dataset in"},
		{"in", "train --dataset data.csv --test in"},
		{"in", "train --stream --cache caches --dataset in"},
		{"in", "train --stream --cache caches --dataset data.csv --test in"},
		{manifest[0], "train --quiet --overwrite --run streamed --epochs 1 --stream --cache caches --dataset data.csv"},
		{studyFile[0], "study --resume " + filepath.Dir(studyFile[0])},
		{"logs/it/summary.json", "diagnose logs/it"},
		{"logs/it/history.csv", "diagnose logs/it"},
		{"logs/it/flow.csv", "diagnose logs/it"},
		{"logs/it/summary.json", "export logs/it"},
		{"logs/it/weights.json", "predict logs/it data.csv"},
		{"logs/it/summary.json", "train --resume logs/it"},
		{"logs/it/history.csv", "train --resume logs/it"},
		{checkpoints[0], "train --resume logs/it"},
	} {
		for name, put := range map[string]func() error{
			"pipe":   func() error { return syscall.Mkfifo(c.file, 0o600) },
			"device": func() error { return os.Symlink("/dev/zero", c.file) },
		} {
			t.Run(c.args+", "+filepath.Base(c.file)+" a "+name, func(t *testing.T) {
				kept := c.file + ".kept"
				_ = os.Rename(c.file, kept) // where there is one
				defer func() { _ = os.Rename(kept, c.file) }()
				if err := put(); err != nil {
					t.Fatal(err)
				}
				defer func() { _ = os.Remove(c.file) }()
				ended := make(chan result, 1)
				go func() { ended <- gradwatch(t.Context(), strings.Fields(c.args)...) }()
				select {
				case r := <-ended:
					if strings.Count(r.stderr, "\n") != 1 && r.status != cli.ExitDone {
						t.Errorf("got status %d, %q, want one line", r.status, r.stderr)
					}
				case <-time.After(testenv.Patience):
					t.Fatal("it waits without end")
				}
			})
		}
	}
}
