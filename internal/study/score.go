package study

import (
	"cmp"
	"math"

	"gonum.org/v1/gonum/stat"

	"gradwatch/internal/numeric"
	"gradwatch/internal/record"
)

// LeastR2 is the least score of a coefficient of determination: below it, the difference
// between two models means nothing.
const LeastR2 = -1

// Score returns the value of a test accuracy, or R², in a comparison of configurations. One
// that is not finite, of a replica that diverged, has the least score: 0 for an accuracy,
// LeastR2 for R². So no configuration becomes better when a replica diverges.
func Score(metric record.Metric, value float64) float64 {
	least := 0.0
	if metric == record.R2 {
		least = LeastR2
	}
	if !numeric.Finite(value) {
		return least
	}
	return max(value, least)
}

// Standing is what configurations are compared by.
type Standing struct {
	Scores []float64 // of all replicas, as [Score] returns them
	Lost   int       // replicas that diverged or failed
}

// Mean returns the mean score.
func (s Standing) Mean() float64 { return stat.Mean(s.Scores, nil) }

// Compare orders standings, the better one first: by falling mean score; of equal ones that
// with the fewer lost replicas.
func (s Standing) Compare(other Standing) int {
	return cmp.Or(cmp.Compare(other.Mean(), s.Mean()), cmp.Compare(s.Lost, other.Lost))
}

// Standing returns the configuration's.
func (r *Result) Standing() Standing {
	var s Standing
	for i := range r.Replicas {
		p := &r.Replicas[i]
		value := float64(p.ValAccuracy)
		if p.State == Failed || p.State == record.Diverged {
			value = math.NaN()
			s.Lost++
		}
		s.Scores = append(s.Scores, Score(p.Metric, value))
	}
	return s
}
