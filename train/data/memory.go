//go:build tensorflow

package data

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/invalid"
)

// Memory is a data set in memory: rows to train on, and rows to test on. If Test has no rows, the
// configuration's test fraction of Train's rows is kept for testing.
type Memory struct {
	Train, Test Rows
	// Columns names the inputs; nil for x1, x2, ...
	Columns []string
}

// Rows are rows in memory.
type Rows struct {
	// Inputs are finite numbers, [row][column]. NaN is a missing value; the configuration's
	// Missing says what becomes of it.
	Inputs [][]float64
	// Labels are the names of the rows' classes, [row]; nil if Targets are given.
	// Targets are numbers, [row]: classes or the values of a regression, as the configuration's
	// Task says.
	Labels  []string
	Targets []float64
}

// memoryField names the data in errors.
const memoryField = "data"

// open returns the data set of the rows.
func (m *Memory) open(run *config.Run) (*dataset.Dataset, error) {
	if err := m.check(run); err != nil {
		return nil, err
	}
	rows := dataset.Memory{
		Columns: m.Columns,
		Inputs:  slices.Concat(m.Train.Inputs, m.Test.Inputs),
		Classes: slices.Concat(m.Train.Labels, m.Test.Labels),
		Targets: slices.Concat(m.Train.Targets, m.Test.Targets),
	}
	if len(m.Test.Inputs) > 0 {
		rows.Train = len(m.Train.Inputs)
	}
	return rows.Open(run.Source())
}

// check returns an [*invalid.Error] for rows that can't be taken, and for choices that mean
// something only for a file.
func (m *Memory) check(run *config.Run) error {
	for _, choice := range []struct {
		field, value string
		given        bool
	}{
		{"target", run.Target, run.Target != ""},
		{"test", run.TestFile, run.TestFile != ""},
		{"one-hot", run.OneHot, run.OneHot != ""},
		{"stream", "true", run.Stream},
	} {
		if choice.given {
			return invalid.New(choice.field, choice.value, "it unset with data in memory")
		}
	}
	if len(m.Test.Inputs) > 0 && (run.ShuffleRows || run.Stratify) {
		return invalid.New(memoryField, fmt.Sprintf("%d test rows", len(m.Test.Inputs)), "none of their own with shuffle-rows or stratify, which draw them")
	}
	if len(m.Train.Inputs) == 0 || len(m.Train.Inputs[0]) == 0 {
		return invalid.New(memoryField, "no inputs", "at least one row of at least one input")
	}
	if total := len(m.Train.Inputs) + len(m.Test.Inputs); total > dataset.MaxSamples {
		return invalid.New(memoryField, fmt.Sprintf("%d rows", total), fmt.Sprintf("at most %d", dataset.MaxSamples))
	}
	if names := len(m.Columns); m.Columns != nil && names != len(m.Train.Inputs[0]) {
		return invalid.New(memoryField, fmt.Sprintf("%d names of columns", names), fmt.Sprintf("one for each of the %d inputs", len(m.Train.Inputs[0])))
	}
	if sorted := slices.Sorted(slices.Values(m.Columns)); len(slices.Compact(sorted)) < len(m.Columns) {
		return invalid.New(memoryField, fmt.Sprintf("columns %q", m.Columns), "a name of its own for each column")
	}
	for _, part := range []struct {
		name string
		rows *Rows
	}{{"training row", &m.Train}, {"test row", &m.Test}} {
		if err := part.rows.check(part.name, m, run); err != nil {
			return err
		}
	}
	return nil
}

// check checks the rows of one part, which errors call by name.
func (r *Rows) check(name string, m *Memory, run *config.Run) error {
	inputs, labeled := len(m.Train.Inputs[0]), m.Train.Labels != nil
	switch count := len(r.Inputs); {
	case r.Labels != nil && r.Targets != nil:
		return invalid.New(memoryField, name+"s with labels and targets", "one of them")
	case count > 0 && (r.Labels != nil) != labeled:
		return invalid.New(memoryField, name+"s and training rows", "labels in both or in neither")
	case labeled && run.Task == string(dataset.Regression):
		return invalid.New("task", run.Task, "classification with labels, or targets to regress on")
	case len(r.Labels)+len(r.Targets) != count:
		return invalid.New(memoryField, fmt.Sprintf("%d %ss with %d labels or targets", count, name, len(r.Labels)+len(r.Targets)), "one for each row")
	}
	for i, row := range r.Inputs {
		if len(row) != inputs {
			return invalid.New(memoryField, fmt.Sprintf("%s %d of %d inputs", name, i+1, len(row)), fmt.Sprintf("%d, as in the first row", inputs))
		}
		for k, x := range row {
			if math.IsInf(x, 0) || math.IsNaN(x) && run.Missing == dataset.RefuseMissing {
				return invalid.New(memoryField, fmt.Sprintf("%s %d, column %d: %s", name, i+1, k+1, number(x)), "a finite number")
			}
		}
		if !labeled && (math.IsInf(r.Targets[i], 0) || math.IsNaN(r.Targets[i])) {
			return invalid.New(memoryField, fmt.Sprintf("%s %d, target: %s", name, i+1, number(r.Targets[i])), "a finite number")
		}
		if labeled && r.Labels[i] == "" {
			return invalid.New(memoryField, fmt.Sprintf("%s %d without a label", name, i+1), "the name of its class")
		}
	}
	return nil
}

func number(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
