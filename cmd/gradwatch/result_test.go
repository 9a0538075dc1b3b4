package main

import (
	"bytes"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/figures"
	"gradwatch/internal/record"
)

// TestPrintAccuracy checks the distribution, from which replicas that diverged are
// left out.
func TestPrintAccuracy(t *testing.T) {
	nan := math.NaN()
	for _, tc := range []struct {
		name    string
		results []record.Result
		want    string
	}{
		{"one", results(0.5), `
            train   test
accuracy    0.500  0.500
loss        1.000  1.000
`},
		{"several", results(0.5, 0.6, 0.8, 0.9), `
accuracy     mean    std  median  worst   best
train       0.700  0.183   0.700  0.500  0.900
test        0.700  0.183   0.700  0.500  0.900
`},
		{"some diverged", results(nan, 0.5, 0.6, nan, 0.7), `
accuracy     mean    std  median  worst   best
train       0.600  0.100   0.600  0.500  0.700
test        0.600  0.100   0.600  0.500  0.700
2 of 5 diverged: left out
`},
		{"one left", results(nan, 0.5), `
accuracy     mean    std  median  worst   best
train       0.500      -   0.500  0.500  0.500
test        0.500      -   0.500  0.500  0.500
1 of 2 diverged: left out
`},
		{"all diverged", results(nan, nan), `
accuracy    none: all 2 diverged
`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out bytes.Buffer
			printAccuracy(&out, tc.results)
			if diff := cmp.Diff(strings.TrimPrefix(tc.want, "\n"), out.String()); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
}

// TestWarnDiverged checks the line that says where, and of how many replicas how
// many.
func TestWarnDiverged(t *testing.T) {
	nan := math.NaN()
	at := &record.Divergence{Replica: 2, Epoch: 4, Step: 7, Tensor: "dense_2 output"}
	for _, tc := range []struct {
		name    string
		results []record.Result
		where   *record.Divergence
		want    string
	}{
		{"one", results(nan), &record.Divergence{Epoch: 4, Step: 7, Tensor: "dense_2 output"}, "training diverged at epoch 4, step 7: dense_2 output is not finite"},
		{"several", results(0.5, 0.6, nan, nan), at, "training diverged in 2 of 4 replicas, first with seed 3 at epoch 4, step 7: dense_2 output is not finite"},
		{"a gradient alone", results(0.5, 0.6, 0.7), at, "training diverged in 1 of 3 replicas, first with seed 3 at epoch 4, step 7: dense_2 output is not finite"},
		{"somewhere", results(nan, nan), nil, "training diverged in 2 of 2 replicas"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out bytes.Buffer
			o := ended("run", tc.results)
			o.Summary.Divergence = tc.where
			warnDiverged(&cli.Env{Stderr: &out}, o)
			if want := "gradwatch: " + tc.want + "; /logs/run keeps the run\n"; out.String() != want {
				t.Errorf("got %q\nwant %q", out.String(), want)
			}
		})
	}
}

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
		{"one", results(0.5), "run: accuracy", "run: decision"},
		{"several", results(0.5, 0.6, 0.7), "run: accuracy, 3 seeds: 0.600 ± 0.100 on the test rows at the end", "run: mean decision of 3 seeds"},
		{"some diverged", results(0.5, nan), "run: accuracy, 2 seeds, of which 1 diverged", "run: mean decision of 2 seeds"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			accuracy, decision := figures.AccuracyTitle("run", tc.results), figures.DecisionTitle("run", ended("run", tc.results).History)
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

// TestGradientRowsText names the rows, and how many they are where they are not all; a
// summary that doesn't say so is older than that.
func TestGradientRowsText(t *testing.T) {
	for _, tc := range []struct {
		data     string
		measured int
		want     string
	}{
		{"test", 200, "test rows"},
		{"test", 100, "100 test rows"},
		{"train", 300, "train rows"},
		{"train", 200, "200 train rows"},
		{"test", 0, "test rows"},
	} {
		s := &record.Summary{TrainRows: 300, TestRows: 200, GradientRows: tc.measured}
		s.Configuration.GradientData = tc.data
		if got := gradientRowsText(s); got != tc.want {
			t.Errorf("%d of the %s rows: got %q, want %q", tc.measured, tc.data, got, tc.want)
		}
	}
}

// TestMachineText says how many threads an op has, and whether two run at once.
func TestMachineText(t *testing.T) {
	for _, tc := range []struct {
		plan config.Plan
		want string
	}{
		{config.Plan{Threads: 1}, "cpu with 1 thread"},
		{config.Plan{Threads: 2, Branches: true}, "cpu with 2 threads, 2 ops at once"},
		{config.Plan{Threads: 1, Towers: 3}, "cpu with 1 thread, 3 workers"},
	} {
		if got := machineText(&record.Summary{Device: "cpu", Plan: tc.plan}); got != tc.want {
			t.Errorf("%+v: got %q, want %q", tc.plan, got, tc.want)
		}
	}
}
