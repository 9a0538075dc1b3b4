package sweep

import (
	"math"
	"testing"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/record"
	"gradwatch/internal/study"
)

// TestDetermined checks that the R² of the training rows is of the squared error, not of the penalty or another loss.
func TestDetermined(t *testing.T) {
	for _, tt := range []struct {
		loss          string
		total, of     record.Number // the loss, and the penalty in it
		train, tested float64
	}{
		{config.AutoOutput, 0.5, 0, 0.75, 0.9}, {config.MSE, 0.5, 0.4, 0.95, 0.9}, {config.MAE, 0.5, 0, math.NaN(), 0.9},
	} {
		summary := &record.Summary{Data: record.Data{Variance: 2}}
		summary.Configuration.Loss = tt.loss
		summary.Schema = &dataset.Schema{Target: dataset.Target{Task: dataset.Regression}}
		p := study.Replica{Result: record.Result{Loss: tt.total, Penalty: tt.of}}
		determined(&p, summary, []record.Number{0.9})
		got := float64(p.Accuracy)
		if !(math.Abs(got-tt.train) < 1e-9 || math.IsNaN(got) && math.IsNaN(tt.train)) || float64(p.ValAccuracy) != tt.tested {
			t.Errorf("loss %s, %v of it a penalty: R² %v and %v, want %v and %v", tt.loss, tt.of, got, p.ValAccuracy, tt.train, tt.tested)
		}
	}
}
