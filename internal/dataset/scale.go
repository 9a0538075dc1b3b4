package dataset

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gradwatch/internal/invalid"
	"gradwatch/internal/numeric"
	"gradwatch/internal/printable"
)

// Scaler maps each input x to x*Factor + Offset. Predictions need it in addition to the
// weights, so a run's summary holds it as JSON.
type Scaler struct {
	Kind   string    `json:"kind"`
	Factor []float64 `json:"factor"` // [features]
	Offset []float64 `json:"offset"` // [features]
}

// epsilon is the distance from 1 to the next double.
const epsilon = 0x1p-52

// A scaling is one way to choose a column's factor and offset.
type scaling struct {
	name      string
	summary   string
	trainOnly bool // fitted on only the training rows
	fit       func(*ColumnSummary) (factor, offset float64)
}

func scalings() []scaling {
	return []scaling{
		{"minmax", "to [-1, 1] over all rows", false, (*ColumnSummary).minMax},
		{"minmax-train", "to [-1, 1] over the training rows", true, (*ColumnSummary).minMax},
		{"standard", "to mean 0 and variance 1 over the training rows", true, (*ColumnSummary).standard},
		{"none", "as they are", false, func(*ColumnSummary) (factor, offset float64) { return 1, 0 }},
	}
}

// scalingOf returns the scaling of that name, or an [*invalid.Error].
func scalingOf(name string) (scaling, error) {
	i := slices.Index(ScaleNames(), name)
	if i < 0 {
		return scaling{}, invalid.New("scale", name, "one of "+strings.Join(ScaleNames(), ", "))
	}
	return scalings()[i], nil
}

// ColumnSummary has the statistics of a column on which a scaling is fitted.
type ColumnSummary struct {
	Name           string
	Rows           int
	Low, High      float64
	Mean, Variance float64 // over the number of rows
}

// summarize returns the summary of a column's values, at least one.
func summarize(name string, values []float64) ColumnSummary {
	c := ColumnSummary{Name: name, Rows: len(values), Low: slices.Min(values), High: slices.Max(values)}
	n := float64(len(values))
	for _, v := range values {
		c.Mean += v / n
	}
	for _, v := range values {
		c.Variance += (v - c.Mean) * (v - c.Mean) / n
	}
	return c
}

// FitsTrainingRows reports whether the scaling of that kind is fitted on only the training
// rows.
func FitsTrainingRows(kind string) bool {
	s, err := scalingOf(kind)
	return err == nil && s.trainOnly
}

// ScalerOf returns the scaler of that kind for columns of which the summaries are known. A
// column that never changes is moved, not stretched. The [*invalid.Error] names an unknown
// kind, or a column whose values are too far apart for a double.
func ScalerOf(kind string, columns []ColumnSummary) (Scaler, error) {
	scaling, err := scalingOf(kind)
	if err != nil {
		return Scaler{}, err
	}
	s := Scaler{Kind: kind}
	for i := range columns {
		c := &columns[i]
		factor, offset := scaling.fit(c)
		if factor == 0 || !numeric.Finite(factor) || !numeric.Finite(offset) {
			return Scaler{}, &invalid.Error{
				Field: "scale", Value: kind, Column: c.Name, Problem: fmt.Sprintf("values from %g to %g are too far apart to scale", c.Low, c.High),
			}
		}
		s.Factor, s.Offset = append(s.Factor, factor), append(s.Offset, offset)
	}
	return s, nil
}

// ScaleNames returns the names that FitScaler takes, in the order of a help text.
func ScaleNames() []string {
	var names []string
	for _, s := range scalings() {
		names = append(names, s.name)
	}
	return names
}

// ScaleSummaries returns a few words on each of ScaleNames, for a help text.
func ScaleSummaries() []string {
	var summaries []string
	for _, s := range scalings() {
		summaries = append(summaries, s.summary)
	}
	return summaries
}

// FitScaler returns the scaler of that kind for p, of which the first trainRows rows train.
// The [*invalid.Error] is ScalerOf's, or names a trainRows outside 1 to p.Len().
func FitScaler(kind string, p *Examples, trainRows int) (Scaler, error) {
	if trainRows < 1 || trainRows > p.Len() {
		return Scaler{}, &invalid.Error{
			Field: "scale", Value: kind, Problem: printable.Count(trainRows, "training row"), Want: fmt.Sprintf("1 to %d", p.Len()),
		}
	}
	rows := p.Len()
	if FitsTrainingRows(kind) {
		rows = trainRows
	}
	columns := make([]ColumnSummary, len(p.Columns))
	column := make([]float64, rows)
	for c, name := range p.Columns {
		for row := range column {
			column[row] = p.X[row*p.Features()+c]
		}
		columns[c] = summarize(name, column)
	}
	return ScalerOf(kind, columns)
}

// Check returns an error unless the scaler has a finite factor and offset for each of the
// given number of inputs: a scaler read from a file may not.
func (s Scaler) Check(features int) error {
	if len(s.Factor) != features || len(s.Offset) != features {
		return fmt.Errorf("scaler of %d factors and %d offsets: want %d of each, one for each input",
			len(s.Factor), len(s.Offset), features)
	}
	for i := range features {
		if !numeric.Finite(s.Factor[i]) || !numeric.Finite(s.Offset[i]) {
			return fmt.Errorf("scaler of input %d: factor %g, offset %g: want finite numbers", i+1, s.Factor[i], s.Offset[i])
		}
	}
	return nil
}

// Apply returns a scaled copy of p, whose number of inputs must be the
// scaler's (see Check). The labels are shared with p.
func (s Scaler) Apply(p *Examples) *Examples {
	x := make([]float64, len(p.X))
	f := p.Features()
	for i, v := range p.X {
		// The conversion keeps the two roundings of scikit-learn's transform
		// where a compiler could fuse them.
		x[i] = float64(v*s.Factor[i%f]) + s.Offset[i%f]
	}
	return &Examples{Columns: p.Columns, X: x, Y: p.Y}
}

// minMax maps the column onto [-1, 1], as scikit-learn's
// MinMaxScaler((-1, 1)) does: factor 2/(max - min), offset -1 - min*factor.
func (c *ColumnSummary) minMax() (factor, offset float64) {
	spread := c.High - c.Low
	if spread < 10*epsilon { // scikit-learn's bound for a constant column
		spread = 1
	}
	factor = 2 / spread
	return factor, -1 - float64(c.Low*factor)
}

// standard maps the column to mean 0 and variance 1, the variance taken over the number of
// rows, as scikit-learn's StandardScaler does.
func (c *ColumnSummary) standard() (factor, offset float64) {
	n, deviation := float64(c.Rows), math.Sqrt(c.Variance)
	// So small a spread can come from rounding: scikit-learn has the same bound.
	if noise := n * c.Mean * epsilon; numeric.Finite(c.Variance) && c.Variance <= n*epsilon*c.Variance+noise*noise {
		deviation = 1
	}
	return 1 / deviation, -c.Mean / deviation
}
