package dataset

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gradwatch/internal/numeric"
)

// Schema says how a row of a table becomes a model's inputs, and what the model's outputs
// mean. It is fitted on a run's training rows and kept with the run, as JSON, so that new
// rows are treated in the same way. An [Encoder] applies it.
type Schema struct {
	// Named: the columns have the names of the file's header; else they are found by their
	// places.
	Named bool `json:"named"`
	// Columns are the table's, in its order, without the target.
	Columns []Column `json:"columns"`
	Target  Target   `json:"target"`
	// Missing says what is done with a field without a value, see [MissingNames];
	// MissingValues are texts that stand for none, beside the usual ones.
	Missing       string   `json:"missing"`
	MissingValues []string `json:"missing-values,omitempty"`
	// Dialect is how the file was written. Another file is recognized anew; what it doesn't
	// show is taken to be the same. nil for points that are not from a file.
	Dialect *Dialect `json:"dialect,omitempty"`
	// Scaling is the scaling of the inputs, one for each column of numbers and for each
	// category. Categories stay 0 and 1.
	Scaling Scaler `json:"scaling"`
}

// Column is a column of inputs.
type Column struct {
	Name string `json:"name"`
	// Categories are those of a column of words, an input each: 1 for the row's, 0 for
	// the others. Numbers come first, by value, then words, by their bytes.
	Categories []string `json:"categories,omitempty"`
	// Fill replaces a missing number, FillCategory a missing word; nil and empty where
	// missing values are refused or their rows dropped.
	Fill         *float64 `json:"fill,omitempty"`
	FillCategory string   `json:"fill-category,omitempty"`
	// Date is the order of day and month in the dates that the column holds: dmy, mdy, or
	// clear where none of them needs it; empty for other columns. The input is the number of days since 1970-01-01, in UTC.
	Date string `json:"date,omitempty"`
	// Truth: the column holds yes or no, true or false, t or f, y or n; the input is 1 or 0.
	Truth bool `json:"truth,omitempty"`
}

// Task is what a model predicts.
type Task string

// The tasks. Auto is only a choice: the task then follows from the values of the target's
// column.
const (
	Auto           Task = "auto"
	Classification Task = "classification"
	Regression     Task = "regression"
)

// TaskNames returns the choices of a task.
func TaskNames() []string {
	return []string{string(Auto), string(Classification), string(Regression)}
}

// Target is the column that a model learns to predict.
type Target struct {
	Name string `json:"name"`
	// Place is where the column stands in the table, from 0.
	Place int  `json:"place"`
	Task  Task `json:"task"`
	// Classes are the labels: of several outputs, output k is that of class k; one output is that of the second
	// class. They are ordered as Column.Categories.
	Classes []string `json:"classes,omitempty"`
	// Scaling is the scaling of a regression's target, as of one input; Mean and Variance are
	// those of the training rows before it.
	Scaling  Scaler  `json:"scaling,omitzero"`
	Mean     float64 `json:"mean,omitempty"`
	Variance float64 `json:"variance,omitempty"`
}

// Unscale returns a regression's value for a model's output.
func (t *Target) Unscale(output float64) float64 {
	if len(t.Scaling.Factor) == 0 {
		return output
	}
	return (output - t.Scaling.Offset[0]) / t.Scaling.Factor[0]
}

// Scale returns the output that a model should have for a regression's value.
func (t *Target) Scale(value float64) float64 {
	if len(t.Scaling.Factor) == 0 {
		return value
	}
	return float64(value*t.Scaling.Factor[0]) + t.Scaling.Offset[0]
}

// Inputs returns the number of inputs of a model.
func (s *Schema) Inputs() int {
	inputs := 0
	for i := range s.Columns {
		inputs += s.Columns[i].inputs()
	}
	return inputs
}

func (c *Column) inputs() int { return max(1, len(c.Categories)) }

// InputNames returns a name for each input: the column's, or column=category.
func (s *Schema) InputNames() []string {
	var names []string
	for i := range s.Columns {
		c := &s.Columns[i]
		if c.Categories == nil {
			names = append(names, c.Name)
		}
		for _, category := range c.Categories {
			names = append(names, c.Name+"="+category)
		}
	}
	return names
}

// DialectUsed returns how the file was read: with commas, decimal points and as UTF-8 where nothing else is known.
func (s *Schema) DialectUsed() Dialect {
	d := Dialect{Separator: commaSeparator, Encoding: utf8Text}
	if s.Dialect != nil {
		d = *s.Dialect
	}
	d.Decimal = cmp.Or(d.Decimal, decimalPoint)
	return d
}

// DateOrder returns the order in which the columns' dates were read: dmy, mdy or, where columns
// differ, both separated by a comma; clear where no date needs one.
func (s *Schema) DateOrder() string {
	var orders []string
	for i := range s.Columns {
		if order := s.Columns[i].Date; order == dayFirst || order == monthFirst {
			orders = append(orders, order)
		}
	}
	slices.Sort(orders)
	return cmp.Or(strings.Join(slices.Compact(orders), ","), anyOrder)
}

// Recognized returns lines about what was recognized in the file, except for the usual.
func (s *Schema) Recognized() []string {
	var lines []string
	if s.Dialect != nil {
		if line := s.Dialect.String(); line != "" {
			lines = append(lines, line)
		}
	}
	var truths []string
	for i := range s.Columns {
		c := &s.Columns[i]
		switch {
		case c.Date != "":
			line := fmt.Sprintf("column %q: dates as days since 1970-01-01", c.Name)
			if c.Date != anyOrder {
				line += ", " + c.Date
			}
			lines = append(lines, line)
		case c.Truth:
			truths = append(truths, strconv.Quote(c.Name))
		}
	}
	if truths != nil {
		lines = append(lines, fmt.Sprintf("column %s: yes as 1, no as 0 (or true and false)", someOf(truths)))
	}
	return lines
}

// Check returns an error unless the schema is complete: one read from a file may not be.
func (s *Schema) Check() error {
	if len(s.Columns) == 0 {
		return errors.New("schema without columns: want one for each input")
	}
	for i := range s.Columns {
		c := &s.Columns[i]
		if c.Fill != nil && !numeric.Finite(*c.Fill) {
			return fmt.Errorf("schema: column %q: fill %g: want a finite number", c.Name, *c.Fill)
		}
		if c.Date != "" && c.Date != anyOrder && c.Date != dayFirst && c.Date != monthFirst {
			return fmt.Errorf("schema: column %q: date %q: want %s, %s or %s", c.Name, c.Date, anyOrder, dayFirst, monthFirst)
		}
		if c.FillCategory != "" && !slices.Contains(c.Categories, c.FillCategory) {
			return fmt.Errorf("schema: column %q: fill %q: want one of its categories", c.Name, c.FillCategory)
		}
	}
	if err := s.Scaling.Check(s.Inputs()); err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	t := &s.Target
	switch {
	case t.Place < 0 || t.Place > len(s.Columns):
		return fmt.Errorf("schema: target in place %d: want 0 to %d", t.Place, len(s.Columns))
	case t.Task == Classification && len(t.Classes) < 2:
		return fmt.Errorf("schema: %d classes: want at least 2", len(t.Classes))
	case t.Task == Classification:
		return nil
	case t.Task != Regression:
		return fmt.Errorf("schema: task %q: want classification or regression", t.Task)
	case len(t.Scaling.Factor) == 0:
		return nil
	}
	if t.Scaling.Factor[0] == 0 {
		return errors.New("schema: target scaled by 0")
	}
	return t.Scaling.Check(1)
}

// PlainSchema returns the schema of points that were generated: inputs of numbers, classes 0
// and 1.
func PlainSchema(columns []string, scaling Scaler) *Schema {
	s := &Schema{Scaling: scaling, Missing: RefuseMissing, Target: Target{
		Name: labelColumn, Place: len(columns), Task: Classification, Classes: []string{"0", "1"},
	}}
	for _, name := range columns {
		s.Columns = append(s.Columns, Column{Name: name})
	}
	return s
}

// compareTexts orders classes and categories: numbers by value before words by their
// bytes.
func compareTexts(a, b string) int {
	x, errX := numeric.Parse(a, 64)
	y, errY := numeric.Parse(b, 64)
	switch {
	case errX == nil && errY == nil && x != y:
		if x < y {
			return -1
		}
		return 1
	case errX == nil && errY != nil:
		return -1
	case errX != nil && errY == nil:
		return 1
	}
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// columnNames returns a name for each column: the header's, where there is one and it
// names the column, else label for the target and x1, x2, ... for the inputs.
func columnNames(header []string, width, target int) []string {
	names := make([]string, width)
	input := 0
	for i := range names {
		if i != target {
			input++
		}
		switch {
		case header != nil && header[i] != "":
			names[i] = header[i]
		case i == target:
			names[i] = labelColumn
		default:
			names[i] = "x" + strconv.Itoa(input)
		}
	}
	return names
}

// labelColumn is the name of a target that has none.
const labelColumn = "label"
