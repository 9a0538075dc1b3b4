//go:build tensorflow

package main

import (
	"regexp"
	"testing"

	"gradwatch/internal/cli"
)

// TestReplicasDiverge trains several at a rate at which no weight stays finite.
func TestReplicasDiverge(t *testing.T) {
	t.Chdir(t.TempDir())
	r := gradwatch(t.Context(), "train", "--learning-rate", "1e20", "--epochs", "20", "--repeats", "3", "--quiet")
	if r.status != cli.ExitDiverged {
		t.Errorf("got status %d, want %d", r.status, cli.ExitDiverged)
	}
	want := regexp.MustCompile(`^gradwatch: training diverged in [123] of 3 replicas, first with seed [123] at epoch \d+, step \d+: .+ is not finite; logs/relu-5x5 keeps the run\n$`)
	if !want.MatchString(r.stderr) {
		t.Errorf("got %q, want it to match %s", r.stderr, want)
	}
}
