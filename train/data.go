package train

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"gradwatch/internal/dataset"
	"gradwatch/train/config"
	"gradwatch/train/record"
)

// data is a run's points.
type data struct {
	points      *dataset.Points // as generated or read
	scaler      dataset.Scaler
	train, test *dataset.Points // scaled
	stream      *streamData     // where the rows come from the disk; then all of these are samples
}

// rows returns how many rows train, and how many test.
func (d *data) rows() (train, test int) {
	if d.stream != nil {
		return d.stream.train.Rows, d.stream.test.Rows
	}
	return d.train.Len(), d.test.Len()
}

// close lets go of what is on the disk.
func (d *data) close() {
	if d != nil && d.stream != nil {
		_ = d.stream.cache.Close() // it was only read
	}
}

// describe returns what a verdict needs to know of the training rows.
func (d *data) describe() record.Data {
	if d.stream != nil {
		return d.stream.describe(d.scaler)
	}
	return describeData(d.train)
}

// loadData generates or reads the run's points, scales and splits them.
func loadData(run *config.Run, notice func(line string)) (*data, error) {
	if run.Stream {
		return openStream(run, notice)
	}
	points, err := dataset.Load(run.Dataset, run.Samples, run.Noise, run.DataSeed)
	if err != nil {
		return nil, err
	}
	rows, err := dataset.TrainRows(points.Len(), run.TestFraction)
	if err != nil {
		return nil, fieldError("test-fraction", run.TestFraction, err)
	}
	d := &data{points: points}
	if d.scaler, err = dataset.FitScaler(run.Scale, points, rows); err != nil {
		return nil, fieldError("scale", run.Scale, err)
	}
	scaled := d.scaler.Apply(points)
	if i := slices.IndexFunc(scaled.X, beyondFloat32); i >= 0 {
		column := points.Columns[i%points.Features()]
		return nil, &config.Error{
			Field: "scale", Value: run.Scale,
			Want: fmt.Sprintf("one that brings row %d of column %q (%g) within a float32", i/points.Features()+1, column, scaled.X[i]),
		}
	}
	d.train, d.test, err = scaled.Split(run.TestFraction)
	return d, err
}

func beyondFloat32(x float64) bool { return math.Abs(x) > math.MaxFloat32 }

// fieldError turns an error that names its field and value into a
// [*config.Error].
func fieldError(field string, value any, err error) error {
	_, want, found := strings.Cut(err.Error(), ": want ")
	if !found {
		want = err.Error()
	}
	return &config.Error{Field: field, Value: fmt.Sprint(value), Want: want}
}

// describeData returns what a verdict needs to know of the training rows.
func describeData(train *dataset.Points) record.Data {
	largest := 0.0
	for _, x := range train.X {
		largest = max(largest, math.Abs(x))
	}
	return record.Data{
		Class1:   stat.Mean(train.Y, nil),
		InputRMS: record.Number(floats.Norm(train.X, 2) / math.Sqrt(float64(len(train.X)))),
		InputMax: record.Number(largest),
	}
}
