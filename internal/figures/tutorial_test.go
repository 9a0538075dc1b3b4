package figures

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gradwatch/internal/chart"
	"gradwatch/internal/record"
)

// TestSeedsFigure checks what goes into seeds.png.
func TestSeedsFigure(t *testing.T) {
	nan := math.NaN()
	history := &record.History{Replicas: 1, Rows: []record.Row{{}, {Epoch: 1}}}
	got := seedsFigure([]TutorialModel{
		{Name: "tanh-5", History: history, Summary: &record.Summary{Result: results(0.55)}, Seeds: results(0.55, nan), Reference: 0.5},
		{Name: "relu-5", History: history, Summary: &record.Summary{Result: results(0.9)}, Seeds: results(0.9, 0.8), Reference: 0.84},
	}, 500)
	want := chart.Spreads{
		Title: "Test accuracy of 2 seeds after 2 epochs", Told: "the tutorial's one run, of 500 epochs", Shown: "the run that is shown",
		Include: chart.Range{Min: 0.4, Max: 1}, Chance: 0.5,
		Models: []chart.ModelSpread{
			{Name: "tanh-5", Values: []float64{0.55, nan}, Told: 0.5, Shown: 0.55},
			{Name: "relu-5", Values: []float64{0.9, 0.8}, Told: 0.84, Shown: 0.9},
		},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("figure (-want +got):\n%s", diff)
	}
}
