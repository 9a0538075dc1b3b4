package stream

import (
	"math"

	"gradwatch/internal/dataset"
)

// column is what is known of some rows of a column. Sums are of differences from
// the first of them, so that they lose no digits where all values are alike.
type column struct {
	Low, High   float64
	First       float64
	Sum, Square float64 // of x - First, and of its square
}

func newColumn(x float64) column { return column{Low: x, High: x, First: x} }

func (c *column) add(x float64) {
	d := x - c.First
	c.Sum += d
	c.Square += d * d
	if x < c.Low {
		c.Low = x
	}
	if x > c.High {
		c.High = x
	}
}

// Statistics are those of a column's values.
type Statistics struct {
	Rows      int
	Low, High float64
	Mean      float64
	Moment    float64 // the sum of squared differences from the mean
}

func (c *column) statistics(rows int) Statistics {
	n := float64(rows)
	return Statistics{
		Rows: rows, Low: c.Low, High: c.High, Mean: c.First + c.Sum/n, Moment: max(0, c.Square-c.Sum/n*c.Sum),
	}
}

// with returns the statistics of both sets of rows together (Chan et al. 1979).
func (s Statistics) with(o Statistics) Statistics {
	if s.Rows == 0 {
		return o
	}
	if o.Rows == 0 {
		return s
	}
	n, m := float64(s.Rows), float64(o.Rows)
	d := o.Mean - s.Mean
	return Statistics{
		Rows: s.Rows + o.Rows,
		Low:  min(s.Low, o.Low), High: max(s.High, o.High),
		Mean:   s.Mean + d*m/(n+m),
		Moment: s.Moment + o.Moment + d*d*n*m/(n+m),
	}
}

// RMS returns the root of the mean square.
func (s Statistics) RMS() float64 {
	return math.Sqrt(s.Moment/float64(s.Rows) + s.Mean*s.Mean)
}

// scaler returns the scaling of that kind (see dataset.FitScaler) of columns, of
// whose rows train holds the training rows' statistics and all everything's. The
// error is dataset.FitScaler's.
func scaler(kind string, columns []string, all, train []Statistics) (dataset.Scaler, error) {
	summaries := make([]dataset.ColumnSummary, len(columns))
	for i := range columns {
		of := all[i]
		if dataset.FitsTrainingRows(kind) {
			of = train[i]
		}
		summaries[i] = dataset.ColumnSummary{
			Name: columns[i], Rows: of.Rows, Low: of.Low, High: of.High, Mean: of.Mean, Variance: of.Moment / float64(of.Rows),
		}
	}
	return dataset.ScalerOf(kind, summaries)
}
