package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gradwatch/internal/printable"
)

// TestHostileNames shows names that hold commands of terminals, or turn what stands after
// them, in no other way than by their escapes, whatever the command.
func TestHostileNames(t *testing.T) {
	t.Chdir(t.TempDir())
	const hostile = "\x1b[31m\a\u009b\u202e|`<b>"
	folder := "in" + hostile
	if err := os.Mkdir(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	table, numbers, logs := filepath.Join(folder, "t"+hostile+".csv"), filepath.Join(folder, "n.csv"), "logs"+hostile
	rows := "a" + hostile + ",w" + hostile + ",y" + hostile + "\n"
	values := rows
	for i := range 24 {
		rows += fmt.Sprintf("%d,v%s%d,c%s%d\n", i%4, hostile, i%3, hostile, i%2)
		values += fmt.Sprintf("%d,%d,%d\n", i%4, i%5, i)
	}
	write(t, table, rows)
	write(t, numbers, values)
	run := filepath.Join(logs, "it")
	for _, args := range [][]string{
		{"train", "--dataset", table, "--one-hot", "all", "--logdir", logs, "--run", "it", "--epochs", "2"},
		{"train", "--dataset", table, "--one-hot", "all", "--logdir", logs, "--epochs", "2", "--repeats", "2"},
		{"train", "--dataset", numbers, "--task", "regression", "--logdir", logs, "--run", "number", "--epochs", "2"},
		{"train", "--logdir", logs, "--run", "x" + hostile, "--epochs", "2", "--samples", "50"},
		{"train", "--dataset", numbers, "--stream", "--cache", "c" + hostile, "--logdir", logs, "--run", "stream", "--epochs", "1"},
		{"diagnose", run},
		{"diagnose", filepath.Join(logs, "number")},
		{"export", run},
		{"export", run},
		{"predict", run, table, "--out", "p" + hostile},
		{"predict", run, table, "--out", "p" + hostile},
		{"predict", run, numbers, "--out", "q" + hostile},
		{"predict", run, "none" + hostile},
		{"train", "--resume", run},
		{"train", "--resume", "none" + hostile},
		{"data", "--out", "d" + hostile},
		{"data", "--out", "d" + hostile},
		{"study", "--vary", "units=2,3", "--dataset", table, "--one-hot", "all", "--logdir", logs, "--epochs", "1"},
		{"study", "--name", "s" + hostile, "--vary", "units=2,3", "--dataset", table, "--one-hot", "all", "--logdir", logs, "--epochs", "1"},
		{"study", "--vary", "dataset=" + table + "," + numbers, "--one-hot", "all", "--logdir", logs, "--epochs", "1"},
		{"train", "--dataset", table, "--class-weight", "x" + hostile + "=1", "--one-hot", "all"},
		{"train", "--dataset", table, "--target", "x" + hostile},
		{"train", "--dataset", table},
		{"train", "--activation", hostile},
		{hostile},
		{"train", "--" + hostile},
		{"data", hostile},
		{"worker", "--task", "0", "--cluster", table},
	} {
		r := gradwatch(t.Context(), args...)
		for _, text := range []string{r.stdout, r.stderr} {
			for line := range strings.Lines(text) {
				line = strings.TrimSuffix(line, "\n")
				if shown := printable.Text(line); shown != line {
					t.Errorf("gradwatch %.60q: got status %d and line %q", args, r.status, line)
					break
				}
			}
		}
	}
}
