package figures

import (
	"fmt"
	"slices"

	"gradwatch/internal/chart"
	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/record"
	"gradwatch/internal/study"
)

// curves are a history's columns as the charts want them.
type curves struct {
	loss, accuracy, valLoss, valAccuracy [][]float64 // [replica][epoch]
	gradients, kernels                   [][]float64 // [layer][epoch], the median over the replicas
	note, medianNote                     string      // for titles, with several replicas
}

func newCurves(history *record.History) *curves {
	c := &curves{
		loss:        columns(history, func(row record.Row) float64 { return row.Loss }),
		accuracy:    columns(history, func(row record.Row) float64 { return row.Accuracy }),
		valLoss:     columns(history, func(row record.Row) float64 { return row.ValLoss }),
		valAccuracy: columns(history, func(row record.Row) float64 { return row.ValAccuracy }),
	}
	for k := range history.Layers {
		c.gradients = append(c.gradients, medians(columns(history, func(row record.Row) float64 { return row.GradientL2[k] })))
		c.kernels = append(c.kernels, medians(columns(history, func(row record.Row) float64 { return row.KernelL1[k] })))
	}
	if history.Replicas > 1 {
		c.note = fmt.Sprintf(", %d seeds", history.Replicas)
		c.medianNote = fmt.Sprintf(", median of %d seeds", history.Replicas)
	}
	return c
}

// Gradients returns the L2 norm of each layer's kernel gradient by epoch, [layer][epoch], the
// median over the replicas: NaN where none is finite.
func Gradients(history *record.History) [][]float64 { return newCurves(history).gradients }

// columns returns one column: [replica][epoch].
func columns(history *record.History, pick func(record.Row) float64) [][]float64 {
	values := make([][]float64, history.Replicas)
	for r := range values {
		for _, row := range history.Replica(r) {
			values[r] = append(values[r], pick(row))
		}
	}
	return values
}

// medians returns the median over the replicas of each epoch: of those whose value
// is finite, NaN where none is.
func medians(replicas [][]float64) []float64 {
	if len(replicas) == 1 {
		return replicas[0]
	}
	longest := 0
	for _, replica := range replicas {
		longest = max(longest, len(replica))
	}
	values := make([]float64, longest)
	for e := range values {
		var column []float64
		for _, replica := range replicas {
			if e < len(replica) { // it has not stopped early
				column = append(column, replica[e])
			}
		}
		values[e] = study.NewSpread(column).Median
	}
	return values
}

// curvePictures returns the pictures of the metric and of the loss by epoch.
func curvePictures(name string, c *curves, s *record.Summary) []Picture {
	metric := record.ResultsMetric(s.Result)
	measured, _ := s.Measured()
	loss := chart.Loss(name+": loss"+c.note, lossLabel(s), c.loss, c.valLoss)
	loss.Series[1].Name = measured
	if metric == record.MAE {
		unit := "mean absolute error"
		title := name + ": mean absolute error" + c.note
		mae := chart.Errors(title, unit, c.accuracy, c.valAccuracy)
		mae.Series[1].Name = measured
		return []Picture{{"mae.png", mae}, {"loss.png", loss}}
	}
	accuracy := chart.Accuracy(accuracyTitle(name, s.Result), c.accuracy, c.valAccuracy)
	accuracy.Series[1].Name = measured
	if s.Schema != nil && len(s.Schema.Target.Classes) > 2 {
		accuracy.Include = chart.Range{Min: chanceOf(s), Max: 1}
	}
	return []Picture{{"accuracy.png", accuracy}, {"loss.png", loss}}
}

// lossLabel names the run's loss.
func lossLabel(s *record.Summary) string {
	target := &s.RowSchema().Target
	output := s.Configuration.Output(target)
	loss, _ := config.LookupLoss(output.Loss)
	label := loss.Label
	if s.Configuration.Regularized() {
		label += ", with the penalty"
	}
	if output.Regression() && target.Scaling.Kind == dataset.StandardTarget {
		label += " (target scaled)"
	}
	return label
}

// chanceOf returns the accuracy of guessing the largest of several classes.
func chanceOf(s *record.Summary) float64 {
	if len(s.Data.Classes) == 0 {
		return 0
	}
	return slices.Max(s.Data.Classes)
}
