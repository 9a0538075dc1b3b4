package train

import (
	"math"

	"gonum.org/v1/gonum/stat"

	"gradwatch/graph"
	"gradwatch/internal/dataset"
	"gradwatch/train/record"
)

// metricOf returns what a model is measured by beside its loss.
func metricOf(m graph.Model) record.Metric {
	if m.Loss == graph.MeanSquaredError {
		return record.MAE
	}
	return record.Accuracy
}

// describeTarget sets the share of class 1 of two, the shares of more classes, or the
// size of a number, as the model has it: by which of them there is.
func describeTarget(d *record.Data, train *dataset.Points, target *dataset.Target) {
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

// setTargetSize sets a regression's variance and root mean square.
func setTargetSize(d *record.Data, mean, variance float64) {
	d.Variance, d.TargetRMS = record.Number(variance), record.Number(math.Sqrt(mean*mean+variance))
}
