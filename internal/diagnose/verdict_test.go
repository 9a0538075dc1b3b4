package diagnose

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/record"
)

// episodeCases are of hysteresis: three checks find, three clear.
func episodeCases() []ruleCase {
	still := func(selected ...func(int) bool) func(r *Run) {
		return func(r *Run) {
			for _, s := range selected {
				layerAt(r, 1, s, func(l *record.LayerFlow) { l.UpdateRatio = 0.2 })
			}
		}
	}
	return []ruleCase{
		{"two checks are not enough", of("tanh", 3, slowly, still(between(4, 5))), []string{
			"error too-short",
		}},
		{"two, one, two neither", of("tanh", 3, slowly, still(between(2, 3), between(5, 5), between(7, 8))), []string{
			"error too-short",
		}},
		{"three checks find, three clear", of("tanh", 3, slowly, still(between(4, 7))), []string{
			"error exploding dense_2",
		}},
		{"two don't clear", of("tanh", 3, slowly, still(between(4, 8))), []string{
			"error exploding dense_2",
		}},
		{"gaps of one and two don't clear", of("tanh", 3, slowly, still(between(0, 2), between(4, 4), between(7, 7))), []string{
			"error exploding dense_2",
		}},
		{"what goes on is told before what was longer", of("tanh", 3, slowly, still(between(0, 4), between(8, 10))), []string{
			"error exploding dense_2",
		}},
		{"of two that have gone the longer is told", of("tanh", 3, slowly, still(between(0, 3), between(7, 7)), func(r *Run) {
			c := r.Replicas[0].Checks
			for i := range 8 { // 19 checks
				c = append(c, healthyCheck(100+i, 3))
			}
			r.Replicas[0].Checks = c
			still(between(11, 15))(r)
		}), []string{
			"error exploding dense_2",
		}},
	}
}

// fewRecordsCases are of runs with next to nothing recorded.
func fewRecordsCases() []ruleCase {
	checks := func(n int) func(r *Run) {
		return func(r *Run) { r.Replicas[0].Checks = r.Replicas[0].Checks[:n] }
	}
	epochs := func(n int) func(r *Run) {
		return func(r *Run) { r.Replicas[0].History = r.Replicas[0].History[:n] }
	}
	young := func(of int) func(r *Run) {
		return func(r *Run) { r.Epochs, r.Ended = of, false }
	}
	broken := func(r *Run) { losses(r, func(int) float64 { return math.NaN() }) }
	return []ruleCase{
		{"no history", of("tanh", 3, epochs(0)), nil},
		{"no checks", of("tanh", 3, slowly, checks(0)), []string{
			"error too-short",
		}},
		{"no history and no checks", of("tanh", 3, epochs(0), checks(0)), nil},
		{"no checks, diverged", of("tanh", 3, broken, epochs(1), checks(0)), []string{
			"error divergence",
		}},
		{"no history, overflow at the check", of("tanh", 3, epochs(0), checks(1), step(1, math.NaN())), []string{
			"error divergence dense_2",
		}},
		{"one check, broken", of("tanh", 3, slowly, checks(1), epochs(1), step(1, 0.2)), []string{
			"error exploding dense_2",
		}},
		{"two checks, both broken", of("tanh", 3, slowly, checks(2), step(1, 0.2)), []string{
			"error exploding dense_2",
		}},
		{"two checks, one broken", of("tanh", 3, slowly, checks(2), func(r *Run) {
			layerAt(r, 1, between(1, 1), func(l *record.LayerFlow) { l.UpdateRatio = 0.2 })
		}), []string{
			"error too-short",
		}},
		{"five epochs that stand still", of("tanh", 3, func(r *Run) { losses(r, func(int) float64 { return 0.69 }) }, epochs(5)), []string{
			"error too-short",
		}},
		{"young: no errors yet", of("tanh", 3, slowly, fade(0.005), young(501)), []string{
			"warning vanishing dense_1 from dense_2",
		}},
		{"a fifth done: errors", of("tanh", 3, slowly, fade(0.005), young(500)), []string{
			"error vanishing dense_1 from dense_2",
		}},
		{"young, diverged", of("tanh", 3, broken, epochs(2), checks(1), young(501)), []string{
			"error divergence",
		}},
	}
}

// TestReplicas diagnoses each replica for itself.
func TestReplicas(t *testing.T) {
	run := base("tanh", 2)
	second := base("tanh", 2)
	slowly(second)
	step(0, 0.2)(second)
	third := base("relu", 2)
	run.Replicas = append(run.Replicas, second.Replicas[0], third.Replicas[0])
	run.Replicas[1].Seed, run.Replicas[2].Seed = 2, 3
	verdicts := Default().Diagnose(run)
	for i, want := range []struct {
		learned  bool
		severity Severity
		findings int
	}{{true, "", 0}, {false, Error, 1}, {true, "", 0}} {
		v := &verdicts[i]
		if v.Seed != uint32(i+1) || v.Progress.Learned != want.learned || v.Severity() != want.severity || len(v.Findings) != want.findings {
			t.Errorf("replica %d: got seed %d, learned %t, %q, %d findings, want seed %d, %+v",
				i, v.Seed, v.Progress.Learned, v.Severity(), len(v.Findings), i+1, want)
		}
		for _, f := range v.Findings {
			if f.Seed != v.Seed {
				t.Errorf("got seed %d in a finding of seed %d", f.Seed, v.Seed)
			}
		}
	}
	report := Default().Report(run)
	if report.Verdict != string(Error) || report.Learned != 2 || report.Replicas != 3 {
		t.Errorf("got %s, %d of %d learned, want error, 2 of 3", report.Verdict, report.Learned, report.Replicas)
	}
}

// TestOrder puts errors first, and causes before what follows from them.
func TestOrder(t *testing.T) {
	run := base("relu", 3)
	losses(run, func(int) float64 { return 0.69 })
	run.InputRMS = 20
	idle(0, 1, every)(run)
	idle(1, 4, every)(run)
	fade(0.001)(run)
	var got []string
	for _, f := range Default().Diagnose(run)[0].Findings {
		got = append(got, string(f.Severity)+" "+string(f.Kind)+" "+f.Layer)
	}
	want := []string{
		"error unscaled-inputs dense_1", "warning dead-units dense_2", "warning vanishing dense_1", "warning stalled-loss ", "note dead-units dense_1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

// TestProgress checks the measures of how far a replica has come.
func TestProgress(t *testing.T) {
	run := base("tanh", 2)
	losses(run, func(e int) float64 { return map[bool]float64{true: 0.1, false: 0.5}[e >= 95] }) // the last twentieth
	testLosses(run, func(int) float64 { return 0.2 })
	accuracies(run, 0.9, 0.8)
	entropy := math.Log(2)
	for _, tc := range []struct {
		class1 float64
		want   Progress
	}{
		{0.5, Progress{Guess: entropy, Gain: 1 - 0.1/entropy, ValGain: 1 - 0.2/entropy, Lift: 0.8, ValLift: 0.6, Ignored: -1, Learned: true}},
		{0.1, Progress{Guess: 0.325082973391448, Gain: 1 - 0.1/0.325082973391448, ValGain: 1 - 0.2/0.325082973391448, Lift: 0, ValLift: -1, Ignored: -1, Learned: true}},
		{0.9, Progress{Guess: 0.325082973391448, Gain: 1 - 0.1/0.325082973391448, ValGain: 1 - 0.2/0.325082973391448, Lift: 0, ValLift: -1, Ignored: -1, Learned: true}},
		{0, Progress{Guess: 0, Gain: 1, ValGain: 1, Lift: -0.1, ValLift: -0.2, Ignored: -1, Learned: false}},
		{1, Progress{Guess: 0, Gain: 1, ValGain: 1, Lift: -0.1, ValLift: -0.2, Ignored: -1, Learned: false}},
	} {
		run.Class1 = tc.class1
		tc.want.Epochs, tc.want.Loss, tc.want.Accuracy, tc.want.ValLoss, tc.want.ValAccuracy = testEpochs, 0.1, 0.9, 0.2, 0.8
		got := Default().progress(run, &run.Replicas[0])
		if diff := cmp.Diff(tc.want, got, near()); diff != "" {
			t.Errorf("class 1 of %g (-want +got):\n%s", tc.class1, diff)
		}
	}
}

// TestThresholds changes each threshold so that what was found last in a case no longer is.
func TestThresholds(t *testing.T) {
	cases := make(map[string]func() *Run)
	for _, tc := range allCases() {
		cases[tc.name] = tc.run
	}
	for name, change := range map[string]func(t *Thresholds){
		"the loss stands still":                           func(t *Thresholds) { t.Learned = 0.001 },
		"the signal fades":                                func(t *Thresholds) { t.DeltaRatio = 0.004 },
		"a kernel's gradient, not lost":                   func(t *Thresholds) { t.GradientRatio = 0.03 },
		"the signal grows":                                func(t *Thresholds) { t.ExplodingRatio = 80 },
		"large steps":                                     func(t *Thresholds) { t.ExplodingUpdate = 0.2 },
		"small steps":                                     func(t *Thresholds) { t.SmallUpdate = 1e-5 },
		"a unit that is nearly dead":                      func(t *Thresholds) { t.NearlyDead = 0.001 },
		"elu far below 0":                                 func(t *Thresholds) { t.SaturatedUnit = 1 },
		"half saturated":                                  func(t *Thresholds) { t.SaturatedLayer = 0.6 },
		"large inputs":                                    func(t *Thresholds) { t.LargeInput = 11 },
		"the loss falls by less than a thousandth":        func(t *Thresholds) { t.Stalled = 1e-4 },
		"the test loss rises":                             func(t *Thresholds) { t.Overfit = 0.5 },
		"three checks find, three clear":                  func(t *Thresholds) { t.Running = 5 },
		"right, but not quite":                            func(t *Thresholds) { t.LearnedRows = 0.01 },
		"a large target":                                  func(t *Thresholds) { t.LargeTarget = 1e6 },
		"the accuracy swings":                             func(t *Thresholds) { t.Unstable = 0.2 },
		"nearly none comes back to one that is held back": func(t *Thresholds) { t.HeldBack = 0.01 },
		"half a layer dead":                               func(t *Thresholds) { t.DeadLayer = 0.6 },
		"saturated":                                       func(t *Thresholds) { t.SaturatedError = 1.1 },
		"the loss jumps":                                  func(t *Thresholds) { t.Rough = 0.5 },
	} {
		run, limits := cases[name](), Default()
		before := texts(limits, run, head)
		change(&limits)
		if after := texts(limits, run, head); len(before) == 0 || slices.Contains(after, before[len(before)-1]) {
			t.Errorf("%s: got %q with another threshold, want it without %q", name, after, before)
		}
	}
}

// TestOneClass checks that where there is nothing to guess no loss is far above
// guessing, whatever counts as learned.
func TestOneClass(t *testing.T) {
	run := base("tanh", 2)
	run.Class1 = 1
	limits := Default()
	limits.Learned, limits.HeldBack = 2, 2
	if got := texts(limits, run, head); got != nil {
		t.Errorf("got %q, want nothing", got)
	}
}
