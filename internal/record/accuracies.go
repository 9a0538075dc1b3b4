package record

import (
	"math"

	"gradwatch/internal/dataset"
)

// MetricOf returns what a model of the data set is measured by beside its loss.
func MetricOf(data *dataset.Dataset) Metric {
	if data != nil && data.Schema.Target.Task == dataset.Regression {
		return MAE
	}
	return Accuracy
}

// ResultsMetric returns what the results' accuracies are.
func ResultsMetric(results []Result) Metric {
	if len(results) == 0 {
		return Accuracy
	}
	return results[0].Metric
}

// Accuracies returns the last accuracies of the replicas that have not diverged, on the training
// rows, on the rows of the val_ values, and on the test rows, and how many replicas have diverged.
func Accuracies(results []Result) (train, measured, test []float64, diverged int) {
	for i := range results {
		if results[i].Diverged() {
			diverged++
			continue
		}
		train = append(train, float64(results[i].Accuracy))
		measured = append(measured, float64(results[i].ValAccuracy))
		test = append(test, results[i].TestAccuracy())
	}
	return train, measured, test, diverged
}

// TestAccuracy returns the accuracy on the test rows at the end, NaN of a replica that diverged.
func (r *Result) TestAccuracy() float64 {
	if r.Diverged() {
		return math.NaN()
	}
	if r.Test != nil {
		return float64(*r.Test)
	}
	return float64(r.ValAccuracy)
}
