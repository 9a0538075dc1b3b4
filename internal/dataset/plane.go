package dataset

import (
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// Plane is a plane in the space of a model's scaled inputs: its point (x, y) is
// Origin + x X + y Y.
type Plane struct {
	// Columns are the two inputs that span it, whose own units x and y then have; empty
	// for the first two principal components of the training rows.
	Columns      []int     `json:"columns,omitempty"`
	Origin, X, Y []float64 // [inputs]
	// Share is the share of the training rows' variance along each principal component, from
	// 0 to 1.
	Share [2]float64 `json:"share"`
}

// ColumnPlane returns the plane of inputs a and b, on which the other inputs are at their
// mean over train, the scaled training rows.
func ColumnPlane(scaler Scaler, train *Examples, a, b int) *Plane {
	p := &Plane{Columns: []int{a, b}, Origin: columnMeans(train), X: make([]float64, train.Features()), Y: make([]float64, train.Features())}
	p.Origin[a], p.Origin[b] = scaler.Offset[a], scaler.Offset[b]
	p.X[a], p.Y[b] = scaler.Factor[a], scaler.Factor[b]
	return p
}

func columnMeans(p *Examples) []float64 {
	mean := make([]float64, p.Features())
	for i := range p.Len() {
		for f, x := range p.Row(i) {
			mean[f] += x / float64(p.Len())
		}
	}
	return mean
}

// Principal components are of so many rows, evenly spaced, that the decomposition, of
// rows times inputs squared, takes about a fifth of a second; and of at most so many
// inputs.
const (
	principalCost   = 30_000_000
	principalRows   = 200 // at least, of enough
	principalInputs = 2000
)

// PrincipalPlane returns the plane of the first two principal components of train, the
// scaled training rows, through their mean; nil where there are fewer than two components
// or more than 2,000 inputs.
func PrincipalPlane(train *Examples) *Plane {
	n, inputs := train.Len(), train.Features()
	if n < 2 || inputs < 2 || inputs > principalInputs {
		return nil
	}
	rows := min(n, max(principalRows, principalCost/(inputs*inputs)))
	sample := mat.NewDense(rows, inputs, nil)
	for i := range rows {
		sample.SetRow(i, train.Row(SpacedRow(i, rows, n)))
	}
	var pc stat.PC
	if !pc.PrincipalComponents(sample, nil) {
		return nil
	}
	var vectors mat.Dense
	pc.VectorsTo(&vectors)
	variances := pc.VarsTo(nil)
	if len(variances) < 2 {
		return nil
	}
	p := &Plane{Origin: columnMeans(train), X: component(&vectors, 0), Y: component(&vectors, 1)}
	sum := 0.0
	for _, v := range variances {
		sum += v
	}
	if sum > 0 {
		p.Share = [2]float64{variances[0] / sum, variances[1] / sum}
	}
	return p
}

// component returns a column with its largest number made positive: its sign is arbitrary.
func component(vectors *mat.Dense, k int) []float64 {
	v := mat.Col(nil, k, vectors)
	largest := 0.0
	for _, x := range v {
		if math.Abs(x) > math.Abs(largest)*(1+1e-9) {
			largest = x
		}
	}
	for i := range v {
		v[i] = math.Copysign(1, largest) * v[i]
	}
	return v
}

// At sets dst, [inputs], to the scaled inputs of (x, y).
func (p *Plane) At(x, y float64, dst []float32) {
	for i, origin := range p.Origin {
		dst[i] = float32(x*p.X[i] + y*p.Y[i] + origin)
	}
}

// Project returns the coordinates on the plane of a row, [inputs] unscaled, projected at a
// right angle.
func (p *Plane) Project(scaler Scaler, row []float64) (x, y float64) {
	if len(p.Columns) == 2 {
		return row[p.Columns[0]], row[p.Columns[1]]
	}
	for i, v := range row {
		away := float64(v*scaler.Factor[i]) + scaler.Offset[i] - p.Origin[i]
		x += away * p.X[i]
		y += away * p.Y[i]
	}
	return x, y
}
