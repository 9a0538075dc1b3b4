//go:build tensorflow

package data

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/invalid"
	"gradwatch/internal/numeric"
	"gradwatch/internal/profile"
	"gradwatch/internal/record"
)

// Dataset is a run's data set: the rows to train on and the rows to test on. The rows of a stream are read
// from the disk during training; the set then has samples of them.
type Dataset struct {
	Schema *dataset.Schema   // what a row is, and how it becomes a model's inputs
	Points *dataset.Examples // all rows, not scaled; of a stream, those of Test
	// Train, Validation and Test are the rows, scaled; Validation is nil without any.
	Train, Validation, Test *dataset.Examples
	// Unknown counts the test rows with a category that no training row has.
	Unknown int
	// ClassWeights are the classes' in the training loss; nil for none.
	ClassWeights []float64
	Stream       *Stream // nil where the rows are in memory

	whole   *dataset.Dataset
	sha256  string         // see Sum; "" before
	profile *profile.Table // see Describe; nil before, and of generated data
}

// newSet returns the data set of rows, split and scaled.
func newSet(rows *dataset.Dataset) *Dataset {
	d := &Dataset{Schema: rows.Schema, Points: rows.Examples, Unknown: rows.Unknown, whole: rows}
	d.Train, d.Validation, d.Test = rows.Split()
	return d
}

// Counts returns the numbers of rows to train on and to test on.
func (d *Dataset) Counts() (train, test int) {
	if d.Stream != nil {
		return d.Stream.TrainRows, d.Stream.TestRows
	}
	return d.Train.Len(), d.Test.Len()
}

// Measured returns the rows that are measured after each epoch beside the training rows: those
// that validate or, without any, those that test.
func (d *Dataset) Measured() *dataset.Examples {
	if d.Validation != nil {
		return d.Validation
	}
	return d.Test
}

// parts returns the parts of the rows that there are, in their order.
func (d *Dataset) parts() []*dataset.Examples {
	if d.Validation != nil {
		return []*dataset.Examples{d.Train, d.Validation, d.Test}
	}
	return []*dataset.Examples{d.Train, d.Test}
}

// Close closes the caches of a stream. It does nothing for other data, and for nil.
func (d *Dataset) Close() {
	if d != nil && d.Stream != nil {
		d.Stream.Close()
	}
}

// Describe returns what the verdict uses of the rows, as the summary has it.
func (d *Dataset) Describe(run *config.Run) record.Data {
	if !run.Generated() && d.profile == nil {
		d.profile = d.newProfile()
	}
	if d.Stream != nil {
		described := d.Stream.describe()
		described.Profile = d.profile
		return described
	}
	described := describeData(d.Train, &d.Schema.Target)
	described.SHA256, described.Profile = d.whole.SHA256(), d.profile
	return described
}

// newProfile describes the rows; of a stream samples of them.
func (d *Dataset) newProfile() *profile.Table {
	if d.Stream != nil {
		return d.Stream.profile(d.whole)
	}
	return profile.Of(d.whole)
}

// Load generates or reads a run's data set, or takes it from memory where that isn't nil. It
// returns an [*invalid.Error] for a wrong choice, a wrong file, or wrong rows in memory. notice is called with what the user should know of a
// stream. Close the set after use.
func Load(run *config.Run, memory *Memory, notice func(line string)) (*Dataset, error) {
	if run.Stream && memory == nil {
		return openStream(run, notice)
	}
	var rows *dataset.Dataset
	var err error
	if memory != nil {
		rows, err = memory.open(run)
	} else {
		rows, err = dataset.Open(run.Source())
	}
	if err != nil {
		return nil, err
	}
	d := newSet(rows)
	points, first := d.Points, 0
	for _, scaled := range d.parts() {
		if i := slices.IndexFunc(scaled.X, func(x float64) bool { return !numeric.FitsFloat32(x) }); i >= 0 {
			column := points.Columns[i%points.Features()]
			return nil, &invalid.Error{
				Field: "scale", Value: run.Scale,
				Want: fmt.Sprintf("one that brings row %d of column %q (%g) within a float32", first+i/points.Features()+1, column, scaled.X[i]),
			}
		}
		first += scaled.Len()
	}
	return d, d.WeighClasses(run)
}

// describeData returns what the verdict uses of training rows in memory.
func describeData(train *dataset.Examples, target *dataset.Target) record.Data {
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

// Sum returns the SHA-256 of the scaled rows, or of what determines those of a stream, in hexadecimal
// digits.
func (d *Dataset) Sum() string {
	if d.sha256 == "" {
		d.sha256 = d.hash()
	}
	return d.sha256
}

func (d *Dataset) hash() string {
	if d.Stream != nil {
		return d.Stream.sum()
	}
	sum := sha256.New()
	var bytes []byte
	for _, points := range d.parts() {
		for _, values := range [][]float64{points.X, points.Y} {
			bytes = binary.LittleEndian.AppendUint64(bytes[:0], uint64(len(values)))
			for _, value := range values {
				bytes = binary.LittleEndian.AppendUint64(bytes, math.Float64bits(value))
			}
			sum.Write(bytes)
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}
