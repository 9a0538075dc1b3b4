//go:build tensorflow

package data

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"gradwatch/internal/dataset"
	"gradwatch/internal/record"
)

// describeTarget sets the order of the rows and, by the target, the share of class 1 of two, the shares
// of more classes, or the variance and size of a number, scaled.
func describeTarget(d *record.Data, train *dataset.Examples, target *dataset.Target) {
	d.Order = record.Number(orderOf(train, target.Task))
	switch {
	case target.Task == dataset.Regression:
		setTargetSize(d, stat.Mean(train.Y, nil), stat.PopVariance(train.Y, nil))
	case len(target.Classes) > 2:
		d.Classes = make([]float64, len(target.Classes))
		for _, y := range train.Y {
			d.Classes[int(y)] += 1 / float64(train.Len())
		}
	default:
		d.Class1 = stat.Mean(train.Y, nil)
	}
}

// orderOf returns how sorted the rows are by their target: 0 for a random order, 1 for sorted rows. It
// compares how much neighbouring rows differ with how much two random rows do.
func orderOf(train *dataset.Examples, task dataset.Task) float64 {
	y := train.Y
	if len(y) < 2 {
		return 0
	}
	apart := func(a, b float64) float64 { // of classes, whether they differ
		if task != dataset.Regression {
			return min(1, math.Abs(a-b))
		}
		return (a - b) * (a - b)
	}
	next := 0.0
	for i := range y[1:] {
		next += apart(y[i+1], y[i]) / float64(len(y)-1)
	}
	random := 1.0 // of two rows taken at random
	if task == dataset.Regression {
		random = 2 * stat.PopVariance(y, nil)
	} else {
		shares := make([]float64, int(slices.Max(y))+1) // of the classes, in order: sums have the same bits each time
		for _, class := range y {
			shares[int(class)] += 1 / float64(len(y))
		}
		for _, share := range shares {
			random -= share * share
		}
	}
	if !(random > 0) {
		return 0
	}
	return 1 - next/random
}

// setTargetSize sets a regression's variance and root mean square.
func setTargetSize(d *record.Data, mean, variance float64) {
	d.Variance, d.TargetRMS = record.Number(variance), record.Number(math.Sqrt(mean*mean+variance))
}
