//go:build tensorflow

package train

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/invalid"
	"gradwatch/internal/numeric"
	"gradwatch/internal/record"
)

// data is a run's points.
type data struct {
	*dataset.Set                 // as generated or read
	points       *dataset.Points // of the set
	scaler       dataset.Scaler
	train, test  *dataset.Points // scaled
	// classWeights are the classes' in the training loss; nil for none.
	classWeights []float64
	stream       *streamData // where the rows come from the disk; then all of these are samples
	sha256       string      // see sum; "" before
}

// rows returns how many rows train, and how many test.
func (d *data) rows() (train, test int) {
	if d.stream != nil {
		return d.stream.TrainRows, d.stream.TestRows
	}
	return d.train.Len(), d.test.Len()
}

// close lets go of what is on the disk.
func (d *data) close() {
	if d != nil && d.stream != nil {
		d.stream.Close()
	}
}

// describe returns what a verdict needs to know of the training rows.
func (d *data) describe() record.Data {
	if d.stream != nil {
		return d.stream.describe()
	}
	described := describeData(d.train, &d.Schema.Target)
	described.SHA256 = d.Set.SHA256()
	return described
}

// loadData generates or reads the run's points, scales and splits them.
func loadData(run *config.Run, notice func(line string)) (*data, error) {
	if run.Stream {
		return openStream(run, notice)
	}
	set, err := dataset.Open(run.Source())
	if err != nil {
		return nil, err
	}
	points := set.Points
	d := &data{Set: set, points: points, scaler: set.Schema.Scaling}
	d.train, d.test = set.Split()
	first := 0
	for _, scaled := range []*dataset.Points{d.train, d.test} {
		if i := slices.IndexFunc(scaled.X, func(x float64) bool { return !numeric.FitsFloat32(x) }); i >= 0 {
			column := points.Columns[i%points.Features()]
			return nil, &invalid.Error{
				Field: "scale", Value: run.Scale,
				Want: fmt.Sprintf("one that brings row %d of column %q (%g) within a float32", first+i/points.Features()+1, column, scaled.X[i]),
			}
		}
		first += scaled.Len()
	}
	return d, d.weighClasses(run)
}

// describeData returns what a verdict needs to know of the training rows.
func describeData(train *dataset.Points, target *dataset.Target) record.Data {
	largest := 0.0
	for _, x := range train.X {
		largest = max(largest, math.Abs(x))
	}
	d := record.Data{
		InputRMS: record.Number(floats.Norm(train.X, 2) / math.Sqrt(float64(len(train.X)))),
		InputMax: record.Number(largest),
	}
	describeTarget(&d, train, target)
	return d
}
