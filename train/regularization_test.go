//go:build tensorflow

package train

import (
	"fmt"
	"testing"

	"gradwatch/internal/config"
)

// regularizedRuns are runs with each kind of regularization.
func regularizedRuns() map[string]func(*config.Run) {
	return map[string]func(*config.Run){
		"dropout":       func(r *config.Run) { r.Dropout = []float64{0.3} },
		"dropout each":  func(r *config.Run) { r.Dropout, r.Optimizer = []float64{0, 0.5, 0.1, 0, 0}, "adam" },
		"penalties":     func(r *config.Run) { r.L1, r.L2 = 0.001, 0.01 },
		"class weights": func(r *config.Run) { r.ClassWeight = "0=1,1=3" },
		"cosine":        func(r *config.Run) { r.LearningRateSchedule = "cosine:8,0.1" },
		"plateau":       func(r *config.Run) { r.LearningRateSchedule, r.LearningRate = "plateau:1,0.5", 0.5 },
		"plateau, adam": func(r *config.Run) {
			r.LearningRateSchedule, r.Optimizer, r.LearningRate = "plateau:1,0.5", "adam", 0.1
		},
		"early stopping": func(r *config.Run) { r.EarlyStopping, r.LearningRate = 3, 0.5 },
		"best weights":   func(r *config.Run) { r.RestoreBestWeights, r.LearningRate = true, 0.5 },
		"all": func(r *config.Run) {
			r.Dropout, r.L2, r.BatchNorm, r.Residual = []float64{0.2}, 0.01, true, true
			r.LearningRateSchedule, r.LearningRate, r.ClassWeight = "plateau:1,0.5", 0.02, "balanced" // normalization makes more unsteady
			r.EarlyStopping, r.EarlyStoppingMinDelta, r.RestoreBestWeights = 2, 0.05, true
			r.CheckpointFreq = 2
		},
	}
}

// TestRegularizedReplicas trains each run with three seeds at once and each by
// itself: the same histories, to rounding, which end where a replica stops.
func TestRegularizedReplicas(t *testing.T) {
	for name, set := range regularizedRuns() {
		t.Run(name, func(t *testing.T) {
			run := small(t)
			run.Epochs, run.Repeats = 8, 3
			set(&run)
			var alone []*Result
			for _, seed := range run.Seeds() {
				one := run
				one.Seed, one.Repeats = seed, 1
				alone = append(alone, mustRun(t, one))
			}
			for groups := 1; groups <= 2; groups++ {
				result, err := Run(t.Context(), run, Options{Plan: config.Plan{Threads: 1, Groups: groups, Overlap: true}})
				if err != nil {
					t.Fatal(err)
				}
				compareReplicas(t, result, alone)
			}
		})
	}
}

// compareReplicas compares each replica of a run with the run of its seed alone.
func compareReplicas(t *testing.T, result *Result, each []*Result) {
	t.Helper()
	together := readHistory(t, result)
	for r, alone := range each {
		seed := alone.Summary.Seeds[0]
		want, got := readHistory(t, alone).Rows, together.Replica(r)
		if len(got) != len(want) {
			t.Errorf("seed %d: got %d epochs, want %d", seed, len(got), len(want))
			continue
		}
		for i := range want {
			near(t, fmt.Sprintf("seed %d, epoch %d, loss", seed, i), got[i].Loss, want[i].Loss, 2e-4)
			near(t, fmt.Sprintf("seed %d, epoch %d, test loss", seed, i), got[i].ValLoss, want[i].ValLoss, 2e-4)
			near(t, fmt.Sprintf("seed %d, epoch %d, learning rate", seed, i), got[i].LearningRate, want[i].LearningRate, 1e-9)
		}
		if stop, own := result.Summary.Result[r].Stop, alone.Summary.Result[0].Stop; (stop == nil) != (own == nil) || stop != nil && *stop != *own {
			t.Errorf("seed %d: stopped %+v, want %+v", seed, stop, own)
		}
		near(t, "L1 norm of the saved kernel", kernelL1(result.Weights[r][0]), kernelL1(alone.Weights[0][0]), 1e-3)
	}
}

// TestKeptWeights checks that a replica's weights and its result are those of the
// epoch that it ends with.
func TestKeptWeights(t *testing.T) {
	for _, restore := range []bool{false, true} {
		run := small(t)
		run.Epochs, run.Repeats, run.LearningRate, run.EarlyStopping, run.RestoreBestWeights = 20, 4, 0.5, 2, restore
		result := mustRun(t, run)
		history := readHistory(t, result)
		early, apart := 0, false
		for r, summary := range result.Summary.Result {
			rows := history.Replica(r)
			want := last(rows)
			if restore {
				want = rows[summary.Stop.Best]
			}
			near(t, fmt.Sprintf("replica %d, kernel of dense_1", r), kernelL1(result.Weights[r][0]), want.KernelL1[0], 1e-4)
			near(t, fmt.Sprintf("replica %d, result", r), float64(summary.ValLoss), want.ValLoss, 1e-8)
			if summary.Stop.Epochs != len(rows) || summary.Stop.Restored != restore {
				t.Errorf("replica %d: got %+v, want %d epochs", r, summary.Stop, len(rows))
			}
			if summary.Stop.Early {
				early++
			}
			apart = apart || len(rows) != len(history.Replica(0))
		}
		if early == 0 || !apart {
			t.Fatalf("got %d replicas that stopped, apart: %t; want some, in different epochs", early, apart)
		}
		if got := result.Summary.Epochs; got != history.Epochs() {
			t.Errorf("got %d epochs, want %d", got, history.Epochs())
		}
	}
}

// TestExactLossHasNoDropout checks that what is measured at an epoch's end knows no
// dropout: a second model, of the same weights and without it, measures the same.
func TestExactLossHasNoDropout(t *testing.T) {
	run := small(t)
	run.Epochs, run.Dropout = 2, []float64{0.5}
	first := mustRun(t, run)
	want := last(readHistory(t, first).Rows)
	run.Dropout, run.InitialWeights = nil, writeWeights(t, first.Weights)
	run.DiagnoseFreq = 0
	tr := openTrainer(t, run, nil)
	if err := tr.each(func(g *group) error { return g.measure(0, false) }); err != nil {
		t.Fatal(err)
	}
	near(t, "training loss", tr.rows[0].Loss, want.Loss, 1e-6)
	near(t, "test loss", tr.rows[0].ValLoss, want.ValLoss, 1e-6)
}

// TestNothingAdded checks that a run without any of these is fed and fetches what it
// always was.
func TestNothingAdded(t *testing.T) {
	tr := openTrainer(t, small(t), nil)
	g := tr.groups[0]
	if got := g.feed(0, 0); len(got) != 3 || len(g.program.Step.Feeds) != 3 || g.masks != nil {
		t.Errorf("a step is fed %d tensors, want 3", len(got))
	}
	if len(g.program.BestWeights.Targets) > 0 {
		t.Error("weights are kept")
	}
	measured, err := g.session.Run(g.program.Measure)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := measured[0].Shape()[0], int64(g.model.RecordSize()); got != want {
		t.Errorf("got a record of %d values, want %d", got, want)
	}
}
