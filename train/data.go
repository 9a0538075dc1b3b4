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
	// classWeights are the classes' in the training loss; nil for none.
	classWeights []float64
}

// loadData generates or reads the run's points, scales and splits them.
func loadData(run *config.Run) (*data, error) {
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
	if d.train, d.test, err = scaled.Split(run.TestFraction); err != nil {
		return nil, err
	}
	return d, d.weighClasses(run)
}

func beyondFloat32(x float64) bool { return !(math.Abs(x) <= math.MaxFloat32) } // NaN is too

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
