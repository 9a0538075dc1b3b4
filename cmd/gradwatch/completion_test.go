//go:build tensorflow

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCompletionOfValues asks for the completions that a shell shows.
func TestCompletionOfValues(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, run := range []string{"logs/one", "logs/two", "other/one"} {
		if err := os.MkdirAll(run, 0o777); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(run, "summary.json"), "{}")
	}
	if err := os.Mkdir("logs/no-run", 0o777); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		typed []string
		want  string
	}{
		{[]string{"train", "--preset", ""}, "tanh-1\ntanh-5\nrelu-5\nrelu-15\nrelu-20\n:4\n"},
		{[]string{"study", "--early-stopping-monitor", ""}, "val_loss\nval_accuracy\nloss\naccuracy\nval_mae\nmae\n:4\n"},
		{[]string{"diagnose", ""}, "logs/one\nlogs/two\n:0\n"},
		{[]string{"export", "other/"}, "other/one\n:0\n"},
		{[]string{"train", "--resume", "logs/t"}, "logs/two\n:0\n"},
		{[]string{"predict", "logs/one", ""}, ":0\n"},
	} {
		r := gradwatch(t.Context(), append([]string{"__complete"}, tt.typed...)...)
		if diff := cmp.Diff(tt.want, r.stdout); diff != "" || r.status != 0 {
			t.Errorf("%q: status %d (-want +got):\n%s", tt.typed, r.status, diff)
		}
	}
	r := gradwatch(t.Context(), "__complete", "train", "--activation", "relu,tan")
	if want := "relu,tanh\n"; !strings.Contains(r.stdout, want) {
		t.Errorf("got %q, want %q among them", r.stdout, want)
	}
}
