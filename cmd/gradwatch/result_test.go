//go:build tensorflow

package main

import (
	"math"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gradwatch/internal/cli"
	"gradwatch/internal/figures"
	"gradwatch/internal/record"
	"gradwatch/internal/runner/runnertest"
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

// TestTitles checks what pictures of several replicas are called.
func TestTitles(t *testing.T) {
	nan := math.NaN()
	for _, tc := range []struct {
		name               string
		results            []record.Result
		accuracy, decision string
	}{
		{"one", runnertest.Results(0.5), "run: accuracy", "run: decision"},
		{"several", runnertest.Results(0.5, 0.6, 0.7), "run: accuracy, 3 seeds: 0.600 ± 0.100 on the test rows at the end", "run: mean decision of 3 seeds"},
		{"some diverged", runnertest.Results(0.5, nan), "run: accuracy, 2 seeds, of which 1 diverged", "run: mean decision of 2 seeds"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			accuracy, decision := figures.AccuracyTitle("run", tc.results), figures.DecisionTitle("run", runnertest.Ended("run", tc.results).History)
			if accuracy != tc.accuracy || decision != tc.decision {
				t.Errorf("got %q and %q, want %q and %q", accuracy, decision, tc.accuracy, tc.decision)
			}
		})
	}
}

// TestMedians leaves out what is not finite.
func TestMedians(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	got := figures.Medians([][]float64{{1, 4, nan, nan}, {2, nan, 7, nan}, {4, inf, 5, inf}})
	if diff := cmp.Diff([]float64{2, 4, 6, nan}, got, cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("medians (-want +got):\n%s", diff)
	}
}
