package diagnose

import (
	"math"
	"strings"
	"testing"

	"gradwatch/internal/dataset"
	"gradwatch/internal/probe"
	"gradwatch/internal/record"
)

// TestGuess checks what a guess that doesn't look at the inputs costs, and what a model
// has beyond it.
func TestGuess(t *testing.T) {
	third := 1.0 / 3
	for name, tc := range map[string]struct {
		run            Run
		guess          float64
		accuracy, loss float64 // of a model
		lift           float64
	}{
		"two classes":   {Run{Class1: 0.5}, math.Ln2, 0.75, 0.4, 0.5},
		"three classes": {Run{Target: Target{Classes: []float64{third, third, third}}}, math.Log(3), 2 * third, 0.5, 0.5},
		"uneven":        {Run{Target: Target{Classes: []float64{0.8, 0.2, 0}}}, entropy(0.2), 0.9, 0.3, 0.5},
		"regression":    {Run{Target: Target{Regression: true, Variance: 4}}, 4, 1.2, 1, 0.75},
	} {
		if got := tc.run.guess(); math.Abs(got-tc.guess) > 1e-12 {
			t.Errorf("%s: guess: got %v, want %v", name, got, tc.guess)
		}
		if got := tc.run.lift(tc.accuracy, tc.loss); math.Abs(got-tc.lift) > 1e-12 {
			t.Errorf("%s: lift: got %v, want %v", name, got, tc.lift)
		}
	}
}

// TestRegressionWords checks that a verdict on a number speaks of it.
func TestRegressionWords(t *testing.T) {
	var rows []record.Row
	for epoch := range 100 {
		rows = append(rows, record.Row{Epoch: epoch, Loss: 2 - 0.005*float64(epoch), ValLoss: 2.2, Accuracy: 1.1, ValAccuracy: 1.2})
	}
	run := &Run{
		Ended: true, Target: Target{Regression: true, Variance: 2, RMS: 1.4}, Activations: []string{"relu"},
		Probe:    &probe.Result{TrainRows: 100, TestRows: 100},
		Replicas: []Replica{{Seed: 1, History: rows}},
	}
	findings := Default().Diagnose(run)[0].Findings
	if len(findings) != 1 || findings[0].Kind != NoSignal || findings[0].Tag != "val_mae" {
		t.Fatalf("got %+v, want no-signal by val_mae", findings)
	}
	report := Markdown(Default().Report(run))
	if !strings.Contains(report, "about the target") || strings.Contains(report, "class") || strings.Contains(report, "label") {
		t.Errorf("got %q, want it to speak of the target, not of classes", report)
	}
}

func TestTargetOfASummary(t *testing.T) {
	s := &record.Summary{Schema: &dataset.Schema{Target: dataset.Target{Task: dataset.Classification, Classes: []string{"a", "b", "c"}}}}
	s.Data.Classes = []float64{0.5, 0.3, 0.2}
	if got := newTarget(s); got.Output.Units != 3 || got.Regression || len(got.Classes) != 3 {
		t.Errorf("got %+v, want 3 outputs and shares", got)
	}
	s.Schema.Target = dataset.Target{Task: dataset.Regression}
	if got := newTarget(s); got.Output.Units != 1 || !got.Regression {
		t.Errorf("got %+v, want a regression of 1 output", got)
	}
}

// TestWantsProbe has runs of which it is worth while to know what simple methods find, and others.
func TestWantsProbe(t *testing.T) {
	inPart := func(r *Run) {
		flat(0.4)(r)
		accuracies(r, 0.86, 0.86)
	}
	recall := func(part float64) func(r *Run) {
		return func(r *Run) { r.Recalls = []Recall{{"0", 1, 250}, {"1", part, 50}} }
	}
	for _, tc := range []struct {
		name string
		run  func() *Run
		want bool
	}{
		{"not learned", of("tanh", 2, flat(0.69)), true},
		{"learned", of("tanh", 2, perEpoch(10)), false},
		{"a part, in few steps", of("tanh", 2, inPart, perEpoch(10)), true},
		{"a part, in many steps", of("tanh", 2, inPart, perEpoch(50)), false},
		{"a part, by a linear model", of("linear", 2, inPart, perEpoch(50)), true},
		{"a class is never predicted", of("tanh", 2, perEpoch(50), recall(0)), true},
		{"a class is seldom predicted", of("tanh", 2, perEpoch(50), recall(0.1)), false},
		{"known already", of("tanh", 2, flat(0.69), probed(0.5, 0.5)), false},
		{"diverged", of("tanh", 2, flat(math.NaN())), false},
	} {
		if got := Default().WantsProbe(tc.run()); got != tc.want {
			t.Errorf("%s: got %t, want %t", tc.name, got, tc.want)
		}
	}
}
