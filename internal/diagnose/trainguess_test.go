package diagnose

import (
	"math"
	"testing"
)

// TestTrainGuess compares the training loss of guessing with the least of a constant probability.
func TestTrainGuess(t *testing.T) {
	for _, run := range []Run{
		{Class1: 0.5},
		{Class1: 0.1},
		{Class1: 0.1, ClassWeights: []float64{1, 1}},
		{Class1: 0.1, ClassWeights: []float64{1 / 1.8, 5}}, // balanced
		{Class1: 0.3, ClassWeights: []float64{1, 3.5}},
	} {
		first, second := 1-run.Class1, run.Class1
		if run.ClassWeights != nil {
			first, second = first*run.ClassWeights[0], second*run.ClassWeights[1]
		}
		want := math.Inf(1)
		for i := 1; i < 10_000; i++ {
			p := float64(i) / 10_000
			want = min(want, -first*math.Log(1-p)-second*math.Log(p))
		}
		if got := run.trainGuess(); math.Abs(got-want) > 1e-6 {
			t.Errorf("%+v: got %v, want %v", run, got, want)
		}
	}
	if got := (&Run{Class1: 0.5, ClassWeights: []float64{0, 0}}).trainGuess(); got != 0 {
		t.Errorf("without weights: got %v, want 0", got)
	}
}
