//go:build tensorflow

package feed

import (
	"slices"
	"testing"

	"gradwatch/internal/config"
	"gradwatch/internal/record"
)

// TestRecordedLearningRate checks that the rate which is recorded of an epoch is the one that its
// last step was fed, by each schedule.
func TestRecordedLearningRate(t *testing.T) {
	const epochs, steps = 5, 4
	for _, schedule := range []string{
		"step:2,0.5", "exponential:3,0.5", "inverse-time:1,0.5", "polynomial:4,0.01,1", "cosine:4,0.1", "warmup-cosine:1,4,0",
		"piecewise:2,0.05", "plateau:1,0.5",
	} {
		t.Run(schedule, func(t *testing.T) {
			run := config.Default()
			run.LearningRateSchedule, run.LearningRate = schedule, 0.1
			replicas := []Replica{{LearningRate: 0.1}, {LearningRate: 0.1}}
			rate, err := NewLearningRate(&run, replicas, steps)
			if err != nil {
				t.Fatal(err)
			}
			seen := make(map[float64]bool)
			for epoch := range epochs {
				var last []float32
				for step := range steps {
					last = contents(t, rate.Feed(nil, epoch, step)[0])
				}
				rate.Record()
				rate.Feed(nil, epoch+1, 0) // the next epoch trains while this one is measured
				for r := range replicas {
					if got, want := rate.Recorded(r), float64(last[r%len(last)]); got != want {
						t.Errorf("epoch %d, replica %d: got %v, want %v, which was fed", epoch, r, got, want)
					}
					seen[rate.Recorded(r)] = true
					if rate.HasPlateau() {
						rate.ApplyPlateau(r, &record.Row{Epoch: epoch, ValLoss: float64(1 - epoch*r)}) // replica 1 improves
					}
				}
			}
			if len(seen) < 2 {
				t.Errorf("got the rates %v, want some that differ", seen)
			}
		})
	}
}

// TestConstantLearningRate checks that a constant rate is a part of the graph, one for all replicas or
// one for each, and that steps are fed none.
func TestConstantLearningRate(t *testing.T) {
	run := config.Default()
	for _, rates := range [][]float32{{0.1}, {0.1, 0.2}} {
		replicas := []Replica{{LearningRate: 0.1}, {LearningRate: float64(rates[len(rates)-1])}}
		rate, err := NewLearningRate(&run, replicas, 4)
		if err != nil {
			t.Fatal(err)
		}
		if got := rate.Graph(); got.Fed || !slices.Equal(got.Values, rates) {
			t.Errorf("got %+v, want the constant %v", got, rates)
		}
		if fed := rate.Feed(nil, 0, 0); fed != nil || rate.HasPlateau() {
			t.Errorf("got %d tensors to feed, want none", len(fed))
		}
		if !slices.Equal(rate.At(7), rates) {
			t.Errorf("got %v at step 7, want %v", rate.At(7), rates)
		}
	}
}
