package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"gradwatch/internal/chart"
	"gradwatch/internal/dataset"
	"gradwatch/internal/record"
	"gradwatch/internal/study"
)

// metricOf returns what a model of the data set is measured by beside its loss.
func metricOf(data *dataset.Set) record.Metric {
	if data != nil && data.Schema.Target.Task == dataset.Regression {
		return record.MAE
	}
	return record.Accuracy
}

// resultsMetric returns what the results' accuracies are.
func resultsMetric(results []record.Result) record.Metric {
	if len(results) == 0 {
		return record.Accuracy
	}
	return results[0].Metric
}

// metricText writes a value of the metric: with three decimals; an error, which has a
// unit, with at least four digits.
func metricText(m record.Metric, x float64) string {
	switch size := math.Abs(x); {
	case m == record.MAE && size >= 1 && size < 999.95:
		return fmt.Sprintf("%#.4g", x)
	case m == record.MAE && size >= 1 && size < 1e8:
		return fmt.Sprintf("%.0f", x)
	case m != record.MAE && size < 0.0005:
		return "0.000" // of a share, and of R², what is nearer to 0 is 0
	default:
		return lossText(x)
	}
}

// lossText writes a loss with three decimals; one that is small, large or not finite with four
// digits, so that it is neither 0.000 nor as long as it is large.
func lossText(x float64) string {
	switch size := math.Abs(x); {
	case math.IsNaN(x) || math.IsInf(x, 0):
		return strings.ToLower(fmt.Sprint(x))
	case size != 0 && size < 0.0005, size >= 1e5:
		return fmt.Sprintf("%.3e", x)
	default:
		return fmt.Sprintf("%.3f", x)
	}
}

// centerText writes the mean of values of the metric and, of several, their standard
// deviation.
func centerText(m record.Metric, s study.Spread) string {
	if math.IsNaN(s.Std) {
		return metricText(m, s.Mean)
	}
	return metricText(m, s.Mean) + " ± " + metricText(m, s.Std)
}

// printError prints the errors of a regression on both sets; of several replicas their
// distribution, in which the least is the best.
func printError(w io.Writer, results []record.Result) {
	cell := func(x float64) string { return fmt.Sprintf("%9s", metricText(record.MAE, x)) }
	if len(results) == 1 {
		r := &results[0]
		fmt.Fprintf(w, "                         train       test\nmean absolute error  %s  %s\nloss                 %s  %s\n",
			cell(float64(r.Accuracy)), cell(float64(r.ValAccuracy)), cell(float64(r.Loss)), cell(float64(r.ValLoss)))
		return
	}
	train, test, diverged := accuracies(results)
	if len(test) == 0 {
		fmt.Fprintf(w, "mean absolute error  none: all %d diverged\n", diverged)
		return
	}
	fmt.Fprintln(w, "mean absolute error       mean        std     median      worst       best")
	for _, row := range []struct {
		name   string
		values []float64
	}{{"train", train}, {"test", test}} {
		s := study.NewSpread(row.values)
		deviation := "        -"
		if s.N > 1 {
			deviation = cell(s.Std)
		}
		fmt.Fprintf(w, "%-19s  %s  %s  %s  %s  %s\n", row.name, cell(s.Mean), deviation, cell(s.Median), cell(s.Best), cell(s.Worst))
	}
	if diverged > 0 {
		fmt.Fprintf(w, "%d of %d diverged: left out\n", diverged, len(results))
	}
}

// curvePictures returns the pictures of the metric and of the loss by epoch.
func curvePictures(name string, c *curves, s *record.Summary) []picture {
	metric := resultsMetric(s.Result)
	loss := chart.Loss(name+": loss"+c.note, c.loss, c.valLoss)
	if metric == record.MAE {
		unit := "mean absolute error"
		loss.YLabel = "mean squared error"
		if t := s.Schema.Target; t.Scaling.Kind == dataset.StandardTarget {
			loss.YLabel += " (target scaled)"
		}
		title := name + ": mean absolute error" + c.note
		return []picture{{"mae.png", chart.Errors(title, unit, c.accuracy, c.valAccuracy)}, {"loss.png", loss}}
	}
	if s.Schema != nil && len(s.Schema.Target.Classes) > 2 {
		loss.YLabel = "cross-entropy (nats)"
	}
	accuracy := chart.Accuracy(accuracyTitle(name, s.Result), c.accuracy, c.valAccuracy)
	if s.Schema != nil && len(s.Schema.Target.Classes) > 2 {
		accuracy.Include = chart.Range{Min: chanceOf(s), Max: 1}
	}
	return []picture{{"accuracy.png", accuracy}, {"loss.png", loss}}
}

// chanceOf returns the accuracy of guessing the largest of several classes.
func chanceOf(s *record.Summary) float64 {
	if len(s.Data.Classes) == 0 {
		return 0
	}
	return slices.Max(s.Data.Classes)
}
