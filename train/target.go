package train

import (
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

// describeTarget returns the share of class 1 of two, the shares of more classes, or the
// variance of a number, as the model has it: by which of them there is.
func describeTarget(train *dataset.Points, target *dataset.Target) (class1 float64, shares []float64, variance record.Number) {
	switch {
	case target.Task == dataset.Regression:
		_, v := stat.PopMeanVariance(train.Y, nil)
		return 0, nil, record.Number(v)
	case len(target.Classes) > 2:
		shares = make([]float64, len(target.Classes))
		for _, y := range train.Y {
			shares[int(y)] += 1 / float64(train.Len())
		}
		return 0, shares, 0
	}
	return stat.Mean(train.Y, nil), nil, 0
}
