package figures

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/record"
)

// results returns replicas with these test accuracies; NaN has diverged.
func results(accuracies ...float64) []record.Result {
	list := make([]record.Result, len(accuracies))
	for i, a := range accuracies {
		list[i] = record.Result{Accuracy: record.Number(a), ValAccuracy: record.Number(a), Loss: 1, ValLoss: 1}
		if math.IsNaN(a) {
			list[i].Loss = record.Number(a)
		}
	}
	return list
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
			accuracy, decision := accuracyTitle("run", tc.results), decisionTitle("run", &record.History{Replicas: len(tc.results)})
			if accuracy != tc.accuracy || decision != tc.decision {
				t.Errorf("got %q and %q, want %q and %q", accuracy, decision, tc.accuracy, tc.decision)
			}
		})
	}
}

// TestMedians leaves out what is not finite.
func TestMedians(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	got := medians([][]float64{{1, 4, nan, nan}, {2, nan, 7, nan}, {4, inf, 5, inf}})
	if diff := cmp.Diff([]float64{2, 4, 6, nan}, got, cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("medians (-want +got):\n%s", diff)
	}
}

// TestLossLabel names the loss of a run beside the axis of its picture.
func TestLossLabel(t *testing.T) {
	number := dataset.Target{Task: dataset.Regression}
	scaled := number
	scaled.Scaling.Kind = dataset.StandardTarget
	classes := func(n int) dataset.Target {
		return dataset.Target{Task: dataset.Classification, Classes: []string{"a", "b", "c"}[:n]}
	}
	for _, tc := range []struct {
		loss   string
		target dataset.Target
		want   string
	}{
		{"auto", classes(2), "binary cross-entropy (nats)"},
		{"auto", classes(3), "cross-entropy (nats)"},
		{"auto", number, "mean squared error"},
		{"auto", scaled, "mean squared error (target scaled)"},
		{"mae", scaled, "mean absolute error (target scaled)"},
		{"hinge", classes(2), "hinge loss"},
		{"mse", classes(2), "mean squared error"},
		{"poisson", number, "Poisson loss"},
	} {
		s := &record.Summary{Configuration: config.Default(), Schema: &dataset.Schema{Target: tc.target}}
		s.Configuration.Loss = tc.loss
		if got := lossLabel(s); got != tc.want {
			t.Errorf("%s of %d classes: got %q, want %q", tc.loss, len(tc.target.Classes), got, tc.want)
		}
		s.Configuration.L2 = 0.1
		if got := lossLabel(s); !strings.Contains(got, ", with the penalty") {
			t.Errorf("%s with a penalty: got %q", tc.loss, got)
		}
	}
}
