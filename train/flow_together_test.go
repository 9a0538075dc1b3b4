//go:build tensorflow

package train

import (
	"fmt"
	"math"
	"testing"

	"gradwatch/internal/config"
	"gradwatch/internal/numeric"
	"gradwatch/internal/record"
)

// nearChecks compares the checks of a replica with those of a run of its own.
func nearChecks(t *testing.T, what string, got, want []record.Check) {
	t.Helper()
	if len(got) != len(want) || len(want) == 0 {
		t.Fatalf("%s: got %d checks, want %d", what, len(got), len(want))
	}
	for i := range want {
		if got[i].Epoch != want[i].Epoch || len(got[i].Layers) != len(want[i].Layers) {
			t.Fatalf("%s: got a check of epoch %d, want %d", what, got[i].Epoch, want[i].Epoch)
		}
		for k := range want[i].Layers {
			g, w := &got[i].Layers[k], &want[i].Layers[k]
			place := fmt.Sprintf("%s, epoch %d, dense_%d", what, want[i].Epoch, k+1)
			for _, tag := range flowTags() {
				value := tag.of(w)
				near(t, place+", "+tag.name, tag.of(g), value, 1e-6+1e-3*math.Abs(value))
			}
			for u := range w.Units {
				a, b := &g.Units[u], &w.Units[u]
				if a.Duplicate != b.Duplicate {
					t.Errorf("%s, unit %d: got duplicate of %d, want %d", place, u, a.Duplicate, b.Duplicate)
				}
				// A row near a threshold may fall on either side of it.
				near(t, place+", active", a.Active, b.Active, 0.005)
				near(t, place+", saturated", a.Saturated, b.Saturated, 0.005)
				near(t, place+", extreme", a.Extreme, b.Extreme, 0.005)
				near(t, place+", mean", a.Mean, b.Mean, 1e-4)
				near(t, place+", std", a.Std, b.Std, 1e-3)
				near(t, place+", delta", a.Delta, b.Delta, 1e-5)
				near(t, place+", output delta", a.OutputDelta, b.OutputDelta, 1e-5)
			}
		}
	}
}

// TestReplicasAreCheckedAsRunsOfTheirOwn compares each replica's checks with those
// of a run of its seed, in one group and in several.
func TestReplicasAreCheckedAsRunsOfTheirOwn(t *testing.T) {
	run := small(t)
	run.Epochs, run.Seed, run.Repeats, run.HistogramFreq, run.DiagnoseFreq = 12, 21, 3, 0, 5
	run.Activations, run.Residual = []string{"tanh"}, true
	for _, plan := range []config.Plan{{Threads: 1, Groups: 1}, {Threads: 1, Groups: 2, Overlap: true}} {
		result, err := Run(t.Context(), run, Options{Plan: plan})
		if err != nil {
			t.Fatal(err)
		}
		checks := readChecks(t, result)
		for r := range run.Repeats {
			alone := run
			alone.Seed, alone.Repeats = run.Seed+uint32(r), 1
			nearChecks(t, fmt.Sprintf("replica %d", r), ofReplica(checks, r), readChecks(t, mustRun(t, alone)))
		}
	}
}

// TestRunsSideBySideKeepTheirChecks trains runs of one shape together and compares
// the checks of each with those of the run alone.
func TestRunsSideBySideKeepTheirChecks(t *testing.T) {
	base := small(t)
	base.Epochs, base.HistogramFreq, base.DiagnoseFreq = 9, 0, 4
	seeds, initializer, rate := base, base, base
	seeds.Seed, seeds.Repeats, seeds.Name = 7, 3, "seeds"
	initializer.KernelInitializer, initializer.Name = "constant:0.3", "initializer" // all units are twins
	rate.LearningRate, rate.Name, rate.Repeats = 0.1, "rate", 2
	runs := []config.Run{seeds, initializer, rate}
	for groups := 1; groups <= 2; groups++ {
		results, err := RunAll(t.Context(), runs, Options{Plan: config.Plan{Threads: 1, Groups: groups}})
		if err != nil {
			t.Fatal(err)
		}
		for i, run := range runs {
			together, alone := readChecks(t, results[i]), readChecks(t, mustRun(t, run))
			for r := range run.Repeats {
				nearChecks(t, fmt.Sprintf("%s, replica %d", run.Name, r), ofReplica(together, r), ofReplica(alone, r))
			}
			if v := results[i].Summary.Verdict; v == nil || v.Replicas != run.Repeats {
				t.Errorf("%s: got verdict %+v, want one on %d replicas", run.Name, v, run.Repeats)
			}
		}
		for u, unit := range readChecks(t, results[1])[0].Layers[0].Units {
			if unit.Duplicate != 0 {
				t.Errorf("constant weights, unit %d: got duplicate of %d, want 0", u, unit.Duplicate)
			}
		}
	}
}

// TestRunsOfOtherChecks refuses to train runs side by side that are checked at
// other epochs.
func TestRunsOfOtherChecks(t *testing.T) {
	one, other := small(t), small(t)
	other.DiagnoseFreq = 3
	if _, err := RunAll(t.Context(), []config.Run{one, other}, Options{}); err == nil {
		t.Error("got no error for runs that are checked at other epochs")
	}
}

// TestDivergedReplicaLeavesChecksAlone has one of several replicas overflow: its
// values are not finite and are counted, and the others' are those of runs alone.
func TestDivergedReplicaLeavesChecksAlone(t *testing.T) {
	base := small(t)
	base.Epochs, base.Repeats, base.HistogramFreq, base.DiagnoseFreq = 6, 4, 0, 2
	weights := mustRun(t, base).Weights
	for i := range weights[1][2].Kernel[0] {
		weights[1][2].Kernel[0][i] = 1e30
	}
	for groups := 1; groups <= 2; groups++ {
		run := base
		run.InitialWeights = writeWeights(t, weights)
		result, err := Run(t.Context(), run, Options{Plan: config.Plan{Threads: 1, Groups: groups, Overlap: true}})
		if err != nil {
			t.Fatal(err)
		}
		checks := readChecks(t, result)
		counted := 0
		for _, l := range last(ofReplica(checks, 1)).Layers {
			counted += l.NonFinite
			if l.NonFinite > 0 && numeric.Finite(l.GradientRMS) {
				t.Errorf("got gradient RMS %v of values that are not finite", l.GradientRMS)
			}
		}
		if counted == 0 {
			t.Error("got no values that are not finite, want those of the replica that overflows")
		}
		for _, r := range []int{0, 2, 3} {
			alone := run
			alone.InitialWeights = writeWeights(t, [][]record.Layer{weights[r]})
			alone.Repeats, alone.Seed = 1, base.Seed+uint32(r)
			nearChecks(t, fmt.Sprintf("replica %d of %d groups", r, groups), ofReplica(checks, r), readChecks(t, mustRun(t, alone)))
		}
		if v := result.Summary.Verdict; v == nil || v.Verdict != string(record.Error) {
			t.Errorf("got verdict %+v, want an error", v)
		}
	}
}
