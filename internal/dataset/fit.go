package dataset

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gradwatch/internal/invalid"
	"gradwatch/internal/printable"
)

// Values of Source.Missing: what is done with fields without a value.
const (
	RefuseMissing       = "refuse"        // an error names the first
	MeanOfTraining      = "mean"          // of the column's training rows
	MedianOfTraining    = "median"        // of two in the middle their mean
	MostFrequentOfTrain = "most-frequent" // the least of several
	DropMissing         = "drop"          // the row is left out
)

// MissingNames returns the choices for missing values.
func MissingNames() []string {
	return []string{RefuseMissing, MeanOfTraining, MedianOfTraining, MostFrequentOfTrain, DropMissing}
}

func valueWanted() string { return "a value, or --missing " + strings.Join(MissingNames()[1:], ", ") }

// AllWords is the Source.OneHot that stands for all columns that hold words.
const AllWords = "all"

const (
	// A column with more than maxClasses or maxCategories different values more likely holds
	// names or measurements.
	maxClasses    = 1000
	maxCategories = 1000
	// autoClasses is the largest number of different whole numbers that task auto takes for
	// classes.
	autoClasses = 20
)

// fitTarget finds the task and the classes, from all rows of the table, and replaces the
// target's cells by the classes' numbers.
func (t *table) fitTarget(task Task) (Target, error) {
	target := Target{Name: t.columns[t.target], Place: t.target, Task: task}
	distinct, whole := t.distinct()
	if target.Task == Auto {
		switch {
		case t.words[t.target] != nil, whole && len(distinct) <= autoClasses:
			target.Task = Classification
		case len(distinct) > autoClasses:
			target.Task = Regression
		default:
			i := t.firstFraction()
			return Target{}, &invalid.Error{
				File: t.name, Line: t.lines[i], Column: target.Name, Value: numberText(t.row(i)[t.target]), Want: wantedLabels,
			}
		}
	}
	if target.Task == Regression {
		return target, nil
	}
	if wrong := t.inexact[t.target]; wrong != nil {
		return Target{}, wrong
	}
	for _, v := range distinct {
		target.Classes = append(target.Classes, t.labelText(v))
	}
	slices.SortFunc(target.Classes, compareTexts)
	if n := len(target.Classes); n < 2 || n > maxClasses {
		return Target{}, &invalid.Error{
			File: t.name, Column: target.Name,
			Problem: fmt.Sprintf("%s (%s)", printable.Count(n, "class"), someOf(target.Classes)), Want: fmt.Sprintf("2 to %d", maxClasses),
		}
	}
	index := indexOf(target.Classes)
	class := make(map[float64]float64, len(distinct)) // of a cell
	for _, v := range distinct {
		class[v] = float64(index[t.labelText(v)])
	}
	for at := t.target; at < len(t.cells); at += len(t.columns) {
		t.cells[at] = class[t.cells[at]]
	}
	return target, nil
}

const wantedLabels = "whole numbers or words for classes, or --task regression or classification"

// labelText returns the text of a target's cell.
func (t *table) labelText(cell float64) string {
	if w := t.words[t.target]; w != nil {
		return w.texts[int(cell)]
	}
	return numberText(cell)
}

// distinct returns the target's different cells, at most one more than there may be classes,
// and whether all are whole numbers.
func (t *table) distinct() (values []float64, whole bool) {
	seen := make(map[float64]bool)
	whole = true
	for at := t.target; at < len(t.cells); at += len(t.columns) {
		v := t.cells[at]
		whole = whole && v == math.Trunc(v)
		if !seen[v] && len(values) <= maxClasses {
			seen[v] = true // 0 and -0 are one key
			values = append(values, v)
		}
	}
	return values, whole
}

func (t *table) firstFraction() int {
	for i := range t.rows() {
		if v := t.row(i)[t.target]; v != math.Trunc(v) {
			return i
		}
	}
	return 0
}

// fitColumns returns the columns with their categories and fills, from the rows named,
// which train.
func (t *table) fitColumns(training []int, missing string) ([]Column, error) {
	var columns []Column
	for i, name := range t.columns {
		if i == t.target {
			continue
		}
		c := Column{Name: name, Date: t.orders[i], Truth: t.truths[i]}
		var present []float64
		for _, row := range training {
			if v := t.row(row)[i]; !math.IsNaN(v) {
				present = append(present, v)
			}
		}
		if len(present) == 0 {
			return nil, &invalid.Error{
				File: t.name, Column: name, Problem: "no training row has a value", Want: "one, or a file without the column",
			}
		}
		if t.words[i] == nil {
			c.Fill = fill(present, missing)
			columns = append(columns, c)
			continue
		}
		if err := t.fitCategories(&c, i, present, missing); err != nil {
			return nil, err
		}
		columns = append(columns, c)
	}
	return columns, nil
}

// fitCategories sets the categories of column i, those of the cells.
func (t *table) fitCategories(c *Column, i int, cells []float64, missing string) error {
	counts := make(map[string]int)
	for _, cell := range cells {
		counts[t.words[i].texts[int(cell)]]++
	}
	for text := range counts {
		c.Categories = append(c.Categories, text)
	}
	slices.SortFunc(c.Categories, compareTexts)
	if n := len(c.Categories); n > maxCategories {
		return &invalid.Error{
			File: t.name, Column: c.Name,
			Problem: fmt.Sprintf("%d categories, such as %s", n, someOf(c.Categories[:3])), Want: fmt.Sprintf("at most %d, or --ignore with its name", maxCategories),
		}
	}
	if fills(missing) {
		c.FillCategory = c.Categories[0]
		for _, text := range c.Categories {
			if counts[text] > counts[c.FillCategory] {
				c.FillCategory = text
			}
		}
	}
	return nil
}

func fills(missing string) bool { return missing != RefuseMissing && missing != DropMissing }

// fill returns the number that replaces a missing one, as scikit-learn's SimpleImputer; nil
// where missing values are not replaced. It may reorder values.
func fill(values []float64, missing string) *float64 {
	var v float64
	switch missing {
	case MeanOfTraining:
		for _, x := range values {
			v += x / float64(len(values))
		}
	case MedianOfTraining:
		slices.Sort(values)
		n := len(values)
		v = values[n/2]
		if n%2 == 0 {
			v = values[n/2-1]/2 + v/2
		}
	case MostFrequentOfTrain:
		slices.Sort(values)
		most, run := 0, 0
		for i, x := range values {
			if run++; i > 0 && x != values[i-1] {
				run = 1
			}
			if run > most {
				most, v = run, x
			}
		}
	default:
		return nil
	}
	return &v
}

// filled returns the columns that miss a value.
func (t *table) filled() []string {
	misses := make([]bool, len(t.columns))
	for i := range t.rows() {
		for k, cell := range t.row(i) {
			misses[k] = misses[k] || math.IsNaN(cell)
		}
	}
	var names []string
	for k, name := range t.columns {
		if misses[k] {
			names = append(names, name)
		}
	}
	return names
}

// points returns the rows named, in that order, as a model's inputs, not scaled.
func (t *table) points(order []int, s *Schema) *Examples {
	p := &Examples{Columns: s.InputNames(), Y: make([]float64, 0, len(order))}
	p.X = make([]float64, 0, len(order)*len(p.Columns))
	inputs := make([]int, 0, len(s.Columns)) // their columns
	places := make([]map[string]int, len(s.Columns))
	for i := range t.columns {
		if i != t.target {
			inputs = append(inputs, i)
		}
	}
	for k := range s.Columns {
		places[k] = indexOf(s.Columns[k].Categories)
	}
	for _, row := range order {
		cells := t.row(row)
		for k, i := range inputs {
			c := &s.Columns[k]
			cell := cells[i]
			if c.Categories == nil {
				if math.IsNaN(cell) {
					cell = *c.Fill
				}
				p.X = append(p.X, cell)
				continue
			}
			text := c.FillCategory
			if !math.IsNaN(cell) {
				text = t.words[i].texts[int(cell)]
			}
			begin := len(p.X)
			p.X = append(p.X, make([]float64, len(c.Categories))...)
			if at, ok := places[k][text]; ok {
				p.X[begin+at] = 1
			}
		}
		p.Y = append(p.Y, cells[t.target])
	}
	return p
}
