package report

import (
	"bytes"
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"

	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/diagnose"
	"gradwatch/internal/record"
	"gradwatch/internal/runner/runnertest"
	"gradwatch/internal/terminal"
	"gradwatch/internal/testenv"

	"github.com/google/go-cmp/cmp"
)

// wideReport returns a report whose numbers are as long as they can be.
func wideReport(replicas int) *diagnose.Report {
	nan, inf := record.Number(math.NaN()), record.Number(math.Inf(1))
	r := &diagnose.Report{Verdict: "error", Replicas: replicas, Learned: 1, Epoch: 999999}
	for k := range 1001 {
		r.Layers = append(r.Layers, diagnose.LayerState{
			Layer: fmt.Sprintf("dense_%d", k+1), Gradient: 1.234e-38, Update: 3.4e38, Signal: 1.234e-30, Keeps: 1.234e-30,
			Units: 1 << 20, Idle: 1 << 20, Saturated: 1 << 20,
		})
	}
	r.Layers[1] = diagnose.LayerState{Layer: "dense_2", Gradient: nan, Update: inf, Signal: nan, Keeps: nan, Units: 999, Idle: 998.5, Saturated: 999}
	r.Layers[2] = diagnose.LayerState{Layer: "dense_3", Signal: inf, Keeps: 0, Units: 1}
	for _, severity := range []record.Severity{diagnose.Error, diagnose.Warning, diagnose.Note} {
		for _, kind := range diagnose.Kinds() {
			r.Findings = append(r.Findings, diagnose.Finding{
				Kind: kind, Severity: severity, Seed: 1, Seeds: 1, InSeeds: []uint32{1}, Layer: "dense_1000", Tag: "flow/dense_1000/saturated_units",
				Message: strings.Repeat("Some words that say what is wrong. ", 5),
			})
		}
	}
	return r
}

// TestReportColumns prints the widest of reports within 80 columns, with the same
// words on a terminal, in colour.
func TestReportColumns(t *testing.T) {
	for _, replicas := range []int{1, 10000} {
		var plain, coloured bytes.Buffer
		Verdict(&plain, terminal.Style{}, wideReport(replicas))
		Verdict(&coloured, terminal.Style{On: true}, wideReport(replicas))
		testenv.CheckColumns(t, plain.String(), terminal.Width)
		if strings.Contains(plain.String(), "\x1b") {
			t.Error("got colours without a terminal")
		}
		for _, code := range []string{"31", "33", "2", "34", "1"} {
			if !strings.Contains(coloured.String(), "\x1b["+code+"m") {
				t.Errorf("got no colour %s on a terminal", code)
			}
		}
		bare := regexp.MustCompile("\x1b\\[[0-9]*m").ReplaceAllString(coloured.String(), "")
		if diff := cmp.Diff(plain.String(), bare); diff != "" {
			t.Errorf("words in colour (-plain +coloured):\n%s", diff)
		}
	}
}

// TestReport compares a small report, letter by letter.
func TestReport(t *testing.T) {
	r := &diagnose.Report{
		Verdict: "error", Replicas: 3, Learned: 1, Epoch: 40,
		Findings: []diagnose.Finding{
			{Kind: diagnose.DeadUnits, Severity: diagnose.Error, Seed: 2, Seeds: 2, InSeeds: []uint32{2, 3}, Layer: "dense_1", Tag: "flow/dense_1/inactive_units", Message: "dense_1 is dead."},
			{Kind: diagnose.StalledLoss, Severity: diagnose.Warning, Seed: 2, Seeds: 1, InSeeds: []uint32{2}, Cause: new(int), Tag: "loss", Message: "The loss no longer falls: it stays at 0.693; guessing by the classes' shares gives 0.693."},
			{Kind: diagnose.DeadUnits, Severity: diagnose.Note, Seed: 3, Seeds: 1, InSeeds: []uint32{3}, Layer: "dense_2", Tag: "flow/dense_2/inactive_units", Message: "In dense_2 unit 0 is dead."},
		},
		EachSeed: []record.SeedReport{
			{Seed: 1, Learned: true},
			{Seed: 2, Findings: []diagnose.Finding{{Kind: diagnose.DeadUnits, Severity: diagnose.Error, Seed: 2, Seeds: 1, InSeeds: []uint32{2}, Tag: "flow/dense_1/inactive_units", Message: "dense_1 is dead."}}},
		},
		Layers: []diagnose.LayerState{
			{Layer: "dense_1", Gradient: 0.00012, Update: 0.001, Signal: 0.25, Keeps: 0.25, Units: 4, Idle: 2},
			{Layer: "dense_2", Gradient: 0.01, Update: 0.002, Signal: 1, Keeps: 1, Units: 4, Idle: 0, Saturated: 1},
			{Layer: "dense_3", Gradient: 0.5, Update: 0, Signal: 1, Keeps: 1, Units: 1},
		},
	}
	want := `Verdict: error, 1 of 3 seeds have learned
  error: dead-units. In 2 of 3 seeds (clearest with seed 2): dense_1 is dead.
    Look at flow/dense_1/inactive_units.
    so: stalled-loss. In 1 of 3 seeds (seed 2): The loss no longer falls: it
      stays at 0.693; guessing by the classes' shares gives 0.693. Look at loss.
  note: dead-units. In 1 of 3 seeds (seed 3): In dense_2 unit 0 is dead. Look
    at flow/dense_2/inactive_units.

Seed 1: has learned

Seed 2: has not learned
  error: dead-units. dense_1 is dead. Look at flow/dense_1/inactive_units.

Layers at epoch 40, median, on the training rows: gradient, the root mean square
of the kernel's; signal, how much of the output layer's error comes back, decay,
how much from one layer to the next; units that are idle or saturated; update,
the part of the kernel's norm that a step changes.

          gradient  signal              decay    idle   saturated  update
dense_1   1.2e-04   0.2500  █           0.2500   2/4    0/4        0.0010
dense_2   0.0100    1.0000  ████        1.0000   0/4    1/4        0.0020
dense_3   0.5000    1.0000  ████        -        -      -          0
`
	var got bytes.Buffer
	Verdict(&got, terminal.Style{}, r)
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
}

// TestPrintAccuracy checks the distribution, from which replicas that diverged are
// left out.
func TestPrintAccuracy(t *testing.T) {
	nan := math.NaN()
	for _, tc := range []struct {
		name    string
		results []record.Result
		want    string
	}{
		{"one", runnertest.Results(0.5), `
            train   test
accuracy    0.500  0.500
loss        1.000  1.000
`},
		{"several", runnertest.Results(0.5, 0.6, 0.8, 0.9), `
accuracy     mean    std  median  worst   best
train       0.700  0.183   0.700  0.500  0.900
test        0.700  0.183   0.700  0.500  0.900
`},
		{"some diverged", runnertest.Results(nan, 0.5, 0.6, nan, 0.7), `
accuracy     mean    std  median  worst   best
train       0.600  0.100   0.600  0.500  0.700
test        0.600  0.100   0.600  0.500  0.700
2 of 5 diverged: left out
`},
		{"one left", runnertest.Results(nan, 0.5), `
accuracy     mean    std  median  worst   best
train       0.500      -   0.500  0.500  0.500
test        0.500      -   0.500  0.500  0.500
1 of 2 diverged: left out
`},
		{"all diverged", runnertest.Results(nan, nan), `
accuracy    none: all 2 diverged
`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out bytes.Buffer
			Accuracies(&out, tc.results)
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
		{"one", runnertest.Results(nan), &record.Divergence{Epoch: 4, Step: 7, Tensor: "dense_2 output"}, "training diverged at epoch 4, step 7: dense_2 output is not finite"},
		{"several", runnertest.Results(0.5, 0.6, nan, nan), at, "training diverged in 2 of 4 replicas, first with seed 3 at epoch 4, step 7: dense_2 output is not finite"},
		{"a gradient alone", runnertest.Results(0.5, 0.6, 0.7), at, "training diverged in 1 of 3 replicas, first with seed 3 at epoch 4, step 7: dense_2 output is not finite"},
		{"somewhere", runnertest.Results(nan, nan), nil, "training diverged in 2 of 2 replicas"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out bytes.Buffer
			o := runnertest.Ended("run", tc.results)
			o.Summary.Divergence = tc.where
			Diverged(&cli.Env{Stderr: &out}, o)
			if want := "gradwatch: " + tc.want + "; /logs/run keeps the run\n"; out.String() != want {
				t.Errorf("got %q\nwant %q", out.String(), want)
			}
		})
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

// TestTrainingText names what a file's rows are trained with.
func TestTrainingText(t *testing.T) {
	run := config.Default()
	run.Dataset = "own.csv"
	run = config.Defaults(&run)
	run.Dataset = "own.csv"
	run.FillByRows(1000, true)
	want := "adam, learning rate 0.003, cosine:47,0; batches of 32; L2 0.01; standard scaling of the inputs"
	if got := trainingText(&run); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	run.Scale, run.L2, run.Optimizer, run.LearningRate = "none", 0, "sgd", 0
	want = "sgd, learning rate 0.01, cosine:47,0; batches of 32; inputs not scaled"
	if got := trainingText(&run); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
