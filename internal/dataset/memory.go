package dataset

import (
	"math"

	"gradwatch/internal/invalid"
)

// Memory is a table in memory. All rows have as many inputs.
type Memory struct {
	// Columns names the inputs; nil for x1, x2, ...
	Columns []string
	// Inputs are the rows, [row][column]; NaN is a missing value.
	Inputs [][]float64
	// Classes are the names of the rows' classes. Where it is nil, Targets are numbers: by
	// the source's Task, classes or the values of a regression.
	Classes []string
	Targets []float64
	// Train is how many rows train, the first ones; the rest test. 0 for the share of rows
	// that the source names, in the order that it names.
	Train int
}

// Open returns the data set of the rows, by the choices of a source, whose Dataset is the name
// that errors call it by. The caller has checked the sizes.
func (m *Memory) Open(s *Source) (*Dataset, error) {
	inputs := len(m.Inputs[0])
	t := &table{
		name: s.Dataset, named: m.Columns != nil, target: inputs, train: m.Train,
		words: make([]*words, inputs+1), inexact: make([]*invalid.Error, inputs+1), orders: make([]string, inputs+1), truths: make([]bool, inputs+1),
	}
	var header []string
	if t.named {
		header = append(append(header, m.Columns...), "")
	}
	t.columns = columnNames(header, inputs+1, inputs)
	if m.Classes != nil {
		t.words[inputs] = newWords()
	}
	for i, row := range m.Inputs {
		begin := len(t.cells)
		t.cells = append(t.cells, row...)
		if m.Classes != nil {
			t.cells = append(t.cells, t.words[inputs].add(m.Classes[i], &plainParser))
		} else {
			t.cells = append(t.cells, m.Targets[i])
		}
		if s.Missing == DropMissing && hasNaN(row) {
			t.cells = t.cells[:begin]
			if i < m.Train {
				t.train--
			}
			continue
		}
		t.lines = append(t.lines, i+1)
	}
	return t.set(s)
}

func hasNaN(row []float64) bool {
	for _, x := range row {
		if math.IsNaN(x) {
			return true
		}
	}
	return false
}
