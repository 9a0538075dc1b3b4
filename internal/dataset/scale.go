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

// Scaler maps each input x to x*Factor + Offset. It is what predictions need
// besides the weights, so it goes into a run's summary as JSON.
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
	trainOnly bool // fits on the training rows alone
	fit       func(column []float64) (factor, offset float64)
}

func scalings() []scaling {
	return []scaling{
		{"minmax", "to [-1, 1] over all rows", false, fitMinMax},
		{"minmax-train", "to [-1, 1] over the training rows", true, fitMinMax},
		{"standard", "to mean 0 and variance 1 over the training rows", true, fitStandard},
		{"none", "as they are", false, func([]float64) (factor, offset float64) { return 1, 0 }},
	}
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

// FitScaler returns the scaler of that kind for p, of which the first trainRows
// rows train. A column that never changes is moved, not stretched. The [*invalid.Error]
// names an unknown kind, a trainRows outside 1 to p.Len(), or a column whose
// values are too far apart for a double.
func FitScaler(kind string, p *Points, trainRows int) (Scaler, error) {
	i := slices.Index(ScaleNames(), kind)
	if i < 0 {
		return Scaler{}, unknownScale(kind)
	}
	if trainRows < 1 || trainRows > p.Len() {
		return Scaler{}, &invalid.Error{
			Field: "scale", Value: kind, Problem: printable.Count(trainRows, "training row"), Want: fmt.Sprintf("1 to %d", p.Len()),
		}
	}
	rows := p.Len()
	if scalings()[i].trainOnly {
		rows = trainRows
	}
	s := Scaler{Kind: kind}
	column := make([]float64, rows)
	for c, name := range p.Columns {
		for row := range column {
			column[row] = p.X[row*p.Features()+c]
		}
		factor, offset := scalings()[i].fit(column)
		if factor == 0 || !numeric.Finite(factor) || !numeric.Finite(offset) {
			return Scaler{}, tooFarApart(kind, name, slices.Min(column), slices.Max(column))
		}
		s.Factor = append(s.Factor, factor)
		s.Offset = append(s.Offset, offset)
	}
	return s, nil
}

func unknownScale(kind string) error {
	return invalid.New("scale", kind, "one of "+strings.Join(ScaleNames(), ", "))
}

func tooFarApart(kind, column string, low, high float64) error {
	return &invalid.Error{
		Field: "scale", Value: kind, Column: column, Problem: fmt.Sprintf("values from %g to %g are too far apart to scale", low, high),
	}
}

// Check reports whether the scaler has a finite factor and offset for each of
// the given number of inputs: a scaler read from a file may not.
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
func (s Scaler) Apply(p *Points) *Points {
	x := make([]float64, len(p.X))
	f := p.Features()
	for i, v := range p.X {
		// The conversion keeps the two roundings of scikit-learn's transform
		// where a compiler could fuse them.
		x[i] = float64(v*s.Factor[i%f]) + s.Offset[i%f]
	}
	return &Points{Columns: p.Columns, X: x, Y: p.Y}
}

// fitMinMax maps the column onto [-1, 1], as scikit-learn's
// MinMaxScaler((-1, 1)) does: factor 2/(max - min), offset -1 - min*factor.
func fitMinMax(column []float64) (factor, offset float64) {
	low := slices.Min(column)
	spread := slices.Max(column) - low
	if spread < 10*epsilon { // scikit-learn's bound for a constant column
		spread = 1
	}
	factor = 2 / spread
	return factor, -1 - float64(low*factor)
}

// fitStandard maps the column to mean 0 and variance 1, the variance taken over
// n, as scikit-learn's StandardScaler does.
func fitStandard(column []float64) (factor, offset float64) {
	n := float64(len(column))
	var mean, variance float64
	for _, v := range column {
		mean += v / n
	}
	for _, v := range column {
		variance += (v - mean) * (v - mean) / n
	}
	return fitMoments(n, mean, variance)
}

// fitMoments does so from a column's mean and variance over n rows.
func fitMoments(n, mean, variance float64) (factor, offset float64) {
	deviation := math.Sqrt(variance)
	// A spread that rounding alone can make: scikit-learn's bound, too.
	if noise := n * mean * epsilon; numeric.Finite(variance) && variance <= n*epsilon*variance+noise*noise {
		deviation = 1
	}
	return 1 / deviation, -mean / deviation
}
