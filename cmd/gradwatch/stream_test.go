//go:build tensorflow

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gradwatch/internal/cli"
)

// TestStream trains on several files by a pattern, and on them again.
func TestStream(t *testing.T) {
	folder := t.TempDir()
	for part := range 2 {
		var text strings.Builder
		text.WriteString("x,y,label\n")
		for i := range 300 {
			fmt.Fprintf(&text, "%d,%d,%d\n", i*part, i%7, i%2)
		}
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("part-%d.csv", part)), []byte(text.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{
		"train", "--dataset", filepath.Join(folder, "part-*.csv"), "--cache", filepath.Join(folder, "caches"), "--epochs", "2",
		"--logdir", filepath.Join(folder, "logs"), "--plots=false",
	}
	r := succeed(t, args...)
	if !strings.Contains(r.stdout, "480 rows to train on and 120 to test") ||
		!strings.Contains(r.stderr, "is a pattern of files: training streams it from the disk, as with --stream") {
		t.Fatalf("got %q, %q, want it streamed, and a note", r.stdout, r.stderr)
	}
	if r = succeed(t, append(args, "--stream", "--quiet")...); r.stderr != "" {
		t.Errorf("again: got %q, want silence", r.stderr)
	}
}

func TestStreamRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data.csv")
	if err := os.WriteFile(path, []byte("x,label\n1,0\n2,x\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"--stream"}, `gradwatch: --stream "true": want a CSV file or a pattern of several as --dataset: circles is generated in memory`},
		{[]string{"--stream", "--dataset", path}, `gradwatch: ` + path + `:3: column "label": "x": want a finite number`},
		{[]string{"--dataset", path + "-*"}, `gradwatch: --dataset "` + path + `-*": want a pattern that a file matches`},
		{[]string{"--shuffle-buffer", "0"}, `gradwatch: --shuffle-buffer "0": want an integer of at least 1`},
		{[]string{"--checkpoint-steps", "3"}, `gradwatch: --checkpoint-steps "3": want it with --stream: what is in memory is saved between epochs`},
		{[]string{"--stream", "--dataset", path, "--missing", "mean"}, `gradwatch: --missing "mean": want it without --stream, which reads the rows once and in their order`},
	} {
		logs := filepath.Join(t.TempDir(), "logs")
		r := gradwatch(t.Context(), append([]string{"train", "--logdir", logs, "--cache", t.TempDir()}, tt.args...)...)
		lines := strings.Split(strings.TrimSpace(r.stderr), "\n")
		if r.status != cli.ExitRequest || lines[len(lines)-1] != tt.want {
			t.Errorf("%v: got status %d, %q, want 2, %q", tt.args, r.status, r.stderr, tt.want)
		}
		if _, err := os.Stat(logs); err == nil {
			t.Errorf("%v: a log folder was made", tt.args)
		}
	}
}
