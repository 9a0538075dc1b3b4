package sweep

import (
	"math"
	"testing"
	"time"

	"gradwatch/internal/study"
)

// TestProgressEstimatorUntil says how long a search with a budget still takes: no longer than what
// may be begun.
func TestProgressEstimatorUntil(t *testing.T) {
	g := NewProgressEstimator(0, 0)
	tasks := []study.Task{{Configurations: []int{0}, Cost: 1}, {Configurations: []int{1}, Cost: 99}}
	g.Expect(2)
	g.Add(tasks, 1)
	g.begin, g.Until = time.Now().Add(-time.Second), time.Now().Add(4*time.Second)
	g.ends(g.begins(tasks[0]))
	if _, part, left, _ := g.place(); left > 4*time.Second || left < 3*time.Second || math.Abs(part-0.2) > 0.02 {
		t.Errorf("got %g of the work and %v left, want 0.2 and 4s", part, left)
	}
}

// TestProgressEstimator follows a study of three tasks on two engines.
func TestProgressEstimator(t *testing.T) {
	g := NewProgressEstimator(5, 1)
	tasks := []study.Task{
		{Configurations: []int{0, 1}, Cost: 4}, {Configurations: []int{2}, Cost: 2}, {Configurations: []int{3}, Cost: 2},
	}
	g.Add(tasks, 2)
	if _, _, _, known := g.place(); known {
		t.Error("got a time left before anything was done")
	}
	g.begin = time.Now().Add(-time.Second)
	first, second := g.begins(tasks[0]), g.begins(tasks[1])
	g.set(first, 0.5)
	g.ends(second)
	g.count()
	finished, part, left, _ := g.place()
	// Half of the work is done in a second; the task under way is half done, and
	// may take as long again while the third is done beside it.
	if finished != 2 || math.Abs(part-0.5) > 1e-9 || left < 900*time.Millisecond || left > 1100*time.Millisecond {
		t.Errorf("got %d configurations, %g of the work, %v left, want 2, 0.5, 1s", finished, part, left)
	}
	g.ends(first)
	g.set(g.begins(tasks[2]), 0.5)
	// An eighth of the work is left, but on one engine it takes as long as a quarter.
	if _, part, left, _ := g.place(); math.Abs(part-0.875) > 1e-9 || left < 260*time.Millisecond || left > 310*time.Millisecond {
		t.Errorf("got %g of the work, %v left, want 0.875, 286ms", part, left)
	}
}
