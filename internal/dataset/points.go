package dataset

import (
	"fmt"
	"math"
	"strconv"

	"gradwatch/internal/invalid"
)

// Examples is a labelled data set of n rows. It must not be changed: splits share its memory.
type Examples struct {
	Columns []string  // a name for each input: "x1", "x2", ...
	X       []float64 // [n, len(Columns)], row-major
	Y       []float64 // [n], the class, from 0, or a regression's value
}

// Len returns the number of rows; 0 of nil.
func (p *Examples) Len() int {
	if p == nil {
		return 0
	}
	return len(p.Y)
}

// Features returns the number of inputs of a row.
func (p *Examples) Features() int { return len(p.Columns) }

// Row returns the inputs of row i, [features], in the memory of p.
func (p *Examples) Row(i int) []float64 {
	f := p.Features()
	return p.X[i*f : (i+1)*f : (i+1)*f]
}

// TrainRows returns the number of training rows among n rows of which testFraction are test
// rows. As in scikit-learn's train_test_split, the number of test rows is rounded up:
// ceil(n * testFraction). The [*invalid.Error] is of a fraction that leaves one of both sets
// without a row.
func TrainRows(n int, testFraction float64) (int, error) {
	value := strconv.FormatFloat(testFraction, 'g', -1, 64)
	if !(testFraction > 0 && testFraction < 1) { // also refuses NaN
		return 0, invalid.New("test-fraction", value, "a number above 0 and below 1")
	}
	train := n - int(math.Ceil(float64(n)*testFraction))
	if train < 1 {
		return 0, invalid.New("test-fraction", value, fmt.Sprintf("one that leaves at least 1 of %d rows to train with", n))
	}
	return train, nil
}

// Split returns the first [TrainRows] rows, for training, and the others, for testing. Both
// share the memory of p.
func (p *Examples) Split(testFraction float64) (train, test *Examples, err error) {
	n, err := TrainRows(p.Len(), testFraction)
	if err != nil {
		return nil, nil, err
	}
	return p.slice(0, n), p.slice(n, p.Len()), nil
}

// Spaced returns count of the rows, evenly spaced from the first on; p itself where it has
// at most count rows.
func (p *Examples) Spaced(count int) *Examples {
	n := p.Len()
	if count >= n {
		return p
	}
	some := &Examples{Columns: p.Columns, X: make([]float64, 0, count*p.Features()), Y: make([]float64, count)}
	for i := range count {
		row := SpacedRow(i, count, n)
		some.X = append(some.X, p.Row(row)...)
		some.Y[i] = p.Y[row]
	}
	return some
}

// SpacedRow returns the place, among n rows, of row i of count evenly spaced ones. All count
// from 0.
func SpacedRow(i, count, n int) int { return int(int64(i) * int64(n) / int64(count)) }

// slice returns the rows from start up to, not including, end.
func (p *Examples) slice(start, end int) *Examples {
	f := p.Features()
	return &Examples{
		Columns: p.Columns,
		X:       p.X[start*f : end*f : end*f],
		Y:       p.Y[start:end:end],
	}
}
