//go:build tensorflow

package data

import (
	"maps"
	"math"
	"slices"

	"gradwatch/internal/config"
	"gradwatch/internal/record"
)

// guessRows is the largest number of rows, evenly spaced, whose targets a regression's guess is fitted to.
const guessRows = 10_000

// Guess returns what guessing by a constant output is worth by the loss of an output layer; nil where the loss is
// the target's default, which the verdict needs nothing more for, or says nothing: binary_crossentropy has no least
// value for labels beyond 0 and 1, and a categorical loss of one output is always 0. labels are those of [Dataset.Labels].
func (d *Dataset) Guess(o *config.Output, labels *record.Labels) *record.Guess {
	loss, _ := config.LookupLoss(o.Loss)
	if o.IsDefault() || labels != nil && !labels.Suited() || loss.Categorical && o.Units == 1 {
		return nil
	}
	rows := d.Train.Spaced(guessRows)
	shares := make(map[float64]float64) // of the rows, by their label
	for _, y := range rows.Y {
		shares[y] += 1 / float64(rows.Len())
	}
	weighted := make(map[float64]float64)
	for y, share := range shares {
		weighted[y] = share
		if d.ClassWeights != nil && !o.Regression() {
			weighted[y] *= d.ClassWeights[int(y)]
		}
	}
	g := &record.Guess{}
	g.Loss, g.Least = constantLoss(o, loss, shares)
	g.TrainLoss, g.TrainLeast = constantLoss(o, loss, weighted)
	return g
}

// constantLoss returns the mean loss of the best constant outputs, and the least mean loss that any outputs have,
// for labels of these weights.
func constantLoss(o *config.Output, loss config.Loss, weights map[float64]float64) (constant, least record.Number) {
	if loss.Categorical {
		all, sum := 0.0, 0.0
		for _, y := range sorted(weights) {
			all += weights[y]
		}
		for _, y := range sorted(weights) {
			if w := weights[y]; w > 0 {
				sum -= w * math.Log(w/all)
			}
		}
		return record.Number(sum), 0
	}
	low, high := o.Range()
	margins := loss.Margin && (o.OneHot || o.Classes == 2)
	mean, floor := 0.0, 0.0
	for k := range o.Units {
		of := make(map[float64]float64) // of the labels of this output
		for _, class := range sorted(weights) {
			y := class
			if o.OneHot {
				y = 0
				if int(class) == k {
					y = 1
				}
			}
			if margins {
				y = 2*y - 1
			}
			of[y] += weights[class]
		}
		labels := sorted(of)
		if len(labels) == 0 {
			continue
		}
		reach := max(10, 2*math.Abs(labels[0]), 2*math.Abs(labels[len(labels)-1]))
		total := func(a float64) float64 {
			sum := 0.0
			for _, y := range labels {
				sum += of[y] * loss.Value(y, a)
			}
			return sum
		}
		mean += minimum(total, max(low, -reach), min(high, reach)) / float64(o.Units)
		if loss.Name == config.Poisson {
			for _, y := range labels { // at a = y, or 0 below
				floor += of[y] * loss.Value(y, max(y, 0)) / float64(o.Units)
			}
		}
	}
	return record.Number(mean), record.Number(floor)
}

// sorted returns the labels in ascending order: sums have the same bits each time.
func sorted(weights map[float64]float64) []float64 { return slices.Sorted(maps.Keys(weights)) }

// minimum returns the least value of f, which falls and then rises, from low to high, by golden section.
func minimum(f func(float64) float64, low, high float64) float64 {
	const steps = 80 // each leaves 0.62 of the interval
	part := (math.Sqrt(5) - 1) / 2
	least := min(f(low), f(high))
	if math.IsNaN(least) { // of a logarithm below 0
		least = math.Inf(1)
	}
	for range steps {
		a, b := high-part*(high-low), low+part*(high-low)
		fa, fb := f(a), f(b)
		if fa < fb {
			high = b
		} else {
			low = a
		}
		if !math.IsNaN(fa) {
			least = min(least, fa)
		}
		if !math.IsNaN(fb) {
			least = min(least, fb)
		}
	}
	return least
}
