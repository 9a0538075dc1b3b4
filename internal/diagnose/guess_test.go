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
	if got := newTarget(s); got.Outputs != 3 || got.Regression || len(got.Classes) != 3 {
		t.Errorf("got %+v, want 3 outputs and shares", got)
	}
	s.Schema.Target = dataset.Target{Task: dataset.Regression}
	if got := newTarget(s); got.Outputs != 1 || !got.Regression {
		t.Errorf("got %+v, want a regression of 1 output", got)
	}
}
