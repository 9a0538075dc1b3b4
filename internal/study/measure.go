package study

import (
	"io"
	"strings"

	"gradwatch/internal/record"
)

// Tables are study.csv and summary.csv of results with that measure: the accuracy, or R² of
// regressions. The results' accuracies are then coefficients of determination, of which more
// is better too.
type Tables struct {
	Axes    []Axis
	Measure record.Metric
}

// named returns columns with the measure's name in place of the accuracy's.
func (t Tables) named(columns []string) []string {
	if t.Measure == record.Accuracy {
		return columns
	}
	name := string(t.Measure.Name())
	for i, column := range columns {
		columns[i] = strings.Replace(column, "accuracy", name, 1)
	}
	return columns
}

// WriteResults writes a whole study.csv, as the function of that name.
func (t Tables) WriteResults(w io.Writer, results []Result) error {
	rows := [][]string{columns(t.Axes, t.named(replicaColumns()))}
	for _, r := range ordered(results) {
		rows = append(rows, r.rows()...)
	}
	return writeTable(w, rows)
}

// WriteResults writes a whole study.csv, the configurations in the grid's order.
func WriteResults(w io.Writer, axes []Axis, results []Result) error {
	return Tables{Axes: axes}.WriteResults(w, results)
}

// WriteSummary writes a summary.csv, as the function of that name.
func (t Tables) WriteSummary(w io.Writer, results []Result) error {
	return t.writeSummary(w, results)
}

// WriteSummary writes summary.csv: a row a configuration, in the grid's order.
// Undefined numbers, such as the deviation of one replica, are left empty.
func WriteSummary(w io.Writer, axes []Axis, results []Result) error {
	return Tables{Axes: axes}.writeSummary(w, results)
}

// Metric returns the metric of the result's accuracies.
func (r *Result) Metric() record.Metric {
	if len(r.Replicas) == 0 {
		return record.Accuracy
	}
	return r.Replicas[0].Metric
}
