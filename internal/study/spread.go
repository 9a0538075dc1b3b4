package study

import (
	"math"
	"slices"

	"gradwatch/internal/numeric"

	"gonum.org/v1/gonum/stat"
)

// Spread is the distribution of a measure over replicas. What is undefined is NaN: all
// numbers of no value, the deviation of one.
type Spread struct {
	N    int // values that are finite; the others are left out
	Mean float64
	// Std is the standard deviation of the distribution that the values are a
	// sample of: the sum of squares is divided by N-1.
	Std float64
	// Median is the middle value, or the mean of the middle two.
	Median float64
	// Worst is the least and Best the greatest: the measure is one of which more
	// is better, an accuracy.
	Worst, Best float64
}

// NewSpread returns the spread of the finite values.
func NewSpread(values []float64) Spread {
	sorted := slices.DeleteFunc(slices.Clone(values), func(x float64) bool { return !numeric.Finite(x) })
	slices.Sort(sorted)
	n := len(sorted)
	if n == 0 {
		nan := math.NaN()
		return Spread{0, nan, nan, nan, nan, nan}
	}
	s := Spread{
		N: n, Mean: stat.Mean(sorted, nil), Std: math.NaN(),
		Median: (sorted[(n-1)/2] + sorted[n/2]) / 2, // of gonum's quantiles, none is the mean of the middle two
		Worst:  sorted[0], Best: sorted[n-1],
	}
	if n > 1 {
		s.Std = stat.StdDev(sorted, nil)
	}
	return s
}
