package autofix

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gradwatch/internal/dataset"
	"gradwatch/internal/record"
	"gradwatch/internal/runner"
)

func TestMetricFor(t *testing.T) {
	two, three, number := runner.DataSize{Classes: 2}, runner.DataSize{Classes: 3}, runner.DataSize{Regression: true}
	for _, tc := range []struct {
		name      string
		data      runner.DataSize
		generated bool
		want      record.Metric
		wrong     string
	}{
		{"auto", two, true, record.Accuracy, ""},
		{"auto", two, false, record.F1Macro, ""},
		{"auto", three, false, record.F1Macro, ""},
		{"auto", number, false, record.R2, ""},
		{"auc", two, false, record.AUC, ""},
		{"accuracy", three, false, record.Accuracy, ""},
		{"mae", number, false, record.MAE, ""},
		{"auc", three, false, "", `--metric "auc": want one of f1_macro, balanced_accuracy, accuracy for more than two classes`},
		{"r2", two, false, "", `--metric "r2": want one of f1_macro, balanced_accuracy, accuracy, auc for classes`},
		{"f1_macro", number, false, "", `--metric "f1_macro": want one of r2, mae for a regression`},
	} {
		got, err := metricFor(tc.name, tc.data, tc.generated)
		if tc.wrong == "" && err != nil || tc.wrong != "" && (err == nil || err.Error() != tc.wrong[len("--"):]) || got != tc.want {
			t.Errorf("%s of %+v: got %q, %v, want %q, %s", tc.name, tc.data, got, err, tc.want, tc.wrong)
		}
	}
}

// TestReplicaValues has three replicas, of which the second diverged: what was evaluated is of the others.
func TestReplicaValues(t *testing.T) {
	nan := record.Number(math.NaN())
	summary := &record.Summary{
		Result: []record.Result{{ValAccuracy: 0.9, Loss: 1, ValLoss: 1}, {ValAccuracy: nan, Loss: nan, ValLoss: nan}, {ValAccuracy: 0.7, Loss: 1, ValLoss: 1}},
		Evaluation: &record.Evaluation{
			MacroF1s: []record.Number{0.8, 0.6}, BalancedAccuracies: []record.Number{0.85, 0.65}, AUC: []record.Number{0.95, 0.75}, R2: []record.Number{0.5, -3},
		},
		Data:   record.Data{Variance: 1},
		Schema: &dataset.Schema{Target: dataset.Target{Scaling: dataset.Scaler{Offset: []float64{-3}, Factor: []float64{0.1}}}},
	}
	n := math.NaN()
	for _, tc := range []struct {
		metric         record.Metric
		values, scores []float64
	}{
		{record.Accuracy, []float64{0.9, n, 0.7}, []float64{0.9, 0, 0.7}},
		{record.F1Macro, []float64{0.8, n, 0.6}, []float64{0.8, 0, 0.6}},
		{record.BalancedAccuracy, []float64{0.85, n, 0.65}, []float64{0.85, 0, 0.65}},
		{record.AUC, []float64{0.95, n, 0.75}, []float64{0.95, 0, 0.75}},
		{record.R2, []float64{0.5, n, -3}, []float64{0.5, -1, -1}},
		{record.MAE, []float64{0.9, n, 0.7}, []float64{-0.9, -20, -0.7}}, // the target's deviation is 10
	} {
		values := replicaValues(tc.metric, summary)
		if diff := cmp.Diff(tc.values, values, cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.metric.Name(), diff)
		}
		if diff := cmp.Diff(tc.scores, scores(tc.metric, values, summary), cmpopts.EquateApprox(0, 1e-12)); diff != "" {
			t.Errorf("scores of %s (-want +got):\n%s", tc.metric.Name(), diff)
		}
	}
	summary.Evaluation = nil
	if got := replicaValues(record.F1Macro, summary); !math.IsNaN(got[0]) {
		t.Errorf("not evaluated: got %v, want NaN", got)
	}
}
