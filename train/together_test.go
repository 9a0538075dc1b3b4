//go:build tensorflow

package train

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/config"
	"gradwatch/internal/record"
)

// TestRunAll trains runs that differ in all that runs of one shape may side by
// side, in one group and in two, and compares each with the run alone.
func TestRunAll(t *testing.T) {
	t.Run("plain", func(t *testing.T) { compareWithAlone(t, small(t), 0.1, 1e-4) })
	t.Run("all fixes at once", func(t *testing.T) {
		base := small(t)
		base.BatchNorm, base.Residual, base.ClipNorm, base.BiasInitializer = true, true, 0.05, "uniform:-1,1"
		// Normalization makes 0.1 unsteady, and roundings, which differ by processor, grow.
		compareWithAlone(t, base, 0.03, 1e-3)
	})
}

func compareWithAlone(t *testing.T, base config.Run, otherRate, tolerance float64) {
	t.Helper()
	base.Epochs, base.HistogramFreq = 20, 5
	seeds, zeros, rate, order := base, base, base, base
	seeds.Seed, seeds.Repeats, seeds.Name = 7, 3, "seeds"
	zeros.KernelInitializer, zeros.Name = "glorot_uniform", "initializer"
	rate.LearningRate, rate.Name, rate.Repeats = otherRate, "rate", 2
	order.Shuffle, order.Seed, order.Name = false, 7, "order"
	runs := []config.Run{seeds, zeros, rate, order}
	var eachAlone []*record.History
	for _, run := range runs {
		eachAlone = append(eachAlone, readHistory(t, mustRun(t, run)))
	}
	for groups := 1; groups <= 2; groups++ {
		results, err := RunAll(t.Context(), runs, Options{Plan: config.Plan{Threads: 1, Groups: groups}})
		if err != nil {
			t.Fatal(err)
		}
		for i, run := range runs {
			together, alone := readHistory(t, results[i]), eachAlone[i]
			if len(together.Rows) != len(alone.Rows) || results[i].Summary.State != record.Done {
				t.Fatalf("%s: got %d rows, state %s, want %d, done", run.Name, len(together.Rows), results[i].Summary.State, len(alone.Rows))
			}
			for j, got := range together.Rows {
				want := alone.Rows[j]
				near(t, run.Name+", loss", got.Loss, want.Loss, tolerance)
				near(t, run.Name+", test loss", got.ValLoss, want.ValLoss, tolerance)
				near(t, run.Name+", gradient", got.GradientL2[0], want.GradientL2[0], tolerance)
			}
			if diff := cmp.Diff(run.Seeds(), results[i].Summary.Seeds); diff != "" {
				t.Errorf("%s: seeds %s", run.Name, diff)
			}
			if got := len(results[i].Weights); got != run.Repeats {
				t.Errorf("%s: got weights of %d replicas, want %d", run.Name, got, run.Repeats)
			}
			near(t, run.Name+", L1 norm of the saved kernel", kernelL1(last(results[i].Weights)[0]),
				last(together.Rows).KernelL1[0], 1e-4)
		}
	}
}

// TestRunAllOfOtherShapes refuses runs that no one graph can train.
func TestRunAllOfOtherShapes(t *testing.T) {
	one, other := small(t), small(t)
	other.Layers = []int{3}
	if _, err := RunAll(t.Context(), []config.Run{one, other}, Options{}); err == nil {
		t.Error("got no error for runs of two shapes")
	}
}

// TestGroups trains the same replicas in one group and in several, measured at
// once and while the next epoch trains: the same histories.
func TestGroups(t *testing.T) {
	run := small(t)
	run.Epochs, run.Repeats, run.HistogramFreq = 10, 7, 0
	var want *record.History
	for _, plan := range []config.Plan{
		{Threads: 1, Groups: 1},
		{Threads: 1, Groups: 1, Overlap: true},
		{Threads: 1, Groups: 3},
		{Threads: 1, Groups: 3, Overlap: true},
		{Threads: 1, Groups: 20},
	} {
		result, err := Run(t.Context(), run, Options{Plan: plan})
		if err != nil {
			t.Fatal(err)
		}
		got := readHistory(t, result)
		if want == nil {
			want = got
			continue
		}
		if len(got.Rows) != len(want.Rows) {
			t.Fatalf("%+v: got %d rows, want %d", plan, len(got.Rows), len(want.Rows))
		}
		for i := range want.Rows {
			near(t, "loss", got.Rows[i].Loss, want.Rows[i].Loss, 1e-5)
			near(t, "test loss", got.Rows[i].ValLoss, want.Rows[i].ValLoss, 1e-5)
		}
	}
}

// TestDivergedReplica has one of several replicas diverge: the others train as
// they would without it, and the run says which one diverged, and where.
func TestDivergedReplica(t *testing.T) {
	base := small(t)
	base.Epochs, base.Repeats, base.Seed, base.HistogramFreq = 12, 5, 1, 3
	weights := mustRun(t, base).Weights
	for r := range weights {
		for i := range weights[r][2].Kernel[0] {
			if r == 3 {
				weights[r][2].Kernel[0][i] = 1e30 // overflows in the first steps
			}
		}
	}
	for groups := 1; groups <= 2; groups++ {
		for _, overlap := range []bool{false, true} {
			run := base
			run.InitialWeights = writeWeights(t, weights)
			result, err := Run(t.Context(), run, Options{
				Plan: config.Plan{Threads: 1, Groups: groups, Overlap: overlap}, DecisionGrid: 20,
			})
			if err != nil {
				t.Fatal(err)
			}
			d := result.Summary.Divergence
			if result.Summary.State != record.Diverged || d == nil || d.Replica != 3 || d.Step < 0 || d.Tensor == "" {
				t.Errorf("got state %s, divergence %+v, want replica 3's", result.Summary.State, d)
			}
			if result.Decision == nil || !(result.Decision.Probability[0][0] >= 0) {
				t.Errorf("got decision %v, want the mean of the replicas that are left", result.Decision)
			}
			got := readHistory(t, result)
			if got.Epochs() != run.Epochs {
				t.Errorf("got %d epochs, want all %d", got.Epochs(), run.Epochs)
			}
			run.InitialWeights = writeWeights(t, [][]record.Layer{weights[4]})
			run.Repeats, run.Seed = 1, base.Seed+4
			want := readHistory(t, mustRun(t, run))
			for i, row := range got.Replica(4) {
				near(t, "loss of another", row.Loss, want.Rows[i].Loss, 1e-4)
			}
			for r, end := range result.Summary.Result {
				if end.Diverged() != (r == 3) {
					t.Errorf("replica %d: got %+v", r, end)
				}
			}
		}
	}
}

func writeWeights(t *testing.T, replicas [][]record.Layer) string {
	t.Helper()
	return writeFile(t, encode(t, flatWeights(replicas)))
}

// flatWeights returns what weights.json holds.
func flatWeights(replicas [][]record.Layer) any {
	var all []any
	for _, layers := range replicas {
		var model []any
		for _, layer := range layers {
			model = append(model, layer.Kernel, layer.Bias)
		}
		all = append(all, model)
	}
	return all
}

// TestPaired trains a seed alone, paired, and among several: the last two agree to
// the bit, and nothing of the second replica is recorded.
func TestPaired(t *testing.T) {
	run := small(t)
	run.Epochs, run.Seed, run.Repeats, run.HistogramFreq = 40, 7, 3, 0
	among := mustRun(t, run)
	run.Seed, run.Repeats, run.HistogramFreq = 8, 1, 5
	paired, err := Run(t.Context(), run, Options{Paired: true})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(among.Weights[1:2], paired.Weights); diff != "" {
		t.Errorf("weights (-among +paired):\n%s", diff)
	}
	if diff := cmp.Diff([]uint32{8}, paired.Summary.Seeds); diff != "" {
		t.Errorf("seeds (-want +got):\n%s", diff)
	}
	if got := readHistory(t, paired); got.Replicas != 1 || len(got.Rows) != run.Epochs {
		t.Errorf("got a history of %d replicas and %d rows, want 1 and %d", got.Replicas, len(got.Rows), run.Epochs)
	}
	alone := mustRun(t, run)
	if got, want := countValues(t, paired), countValues(t, alone); got != want || got == 0 {
		t.Errorf("got histograms of %g values, want those of one replica, %g", got, want)
	}
	if _, err := Run(t.Context(), among.Summary.Configuration, Options{Paired: true}); err == nil {
		t.Error("got no error for three replicas that are to be paired")
	}
}

// countValues counts those in the histograms of a run's gradients.
func countValues(t *testing.T, result *Result) float64 {
	t.Helper()
	sum := 0.0
	for _, e := range readEvents(t, result.Folder) {
		if e.Histogram != nil && strings.HasSuffix(e.Tag, "kernel_0_grad") {
			sum += e.Histogram.Num
		}
	}
	return sum
}
