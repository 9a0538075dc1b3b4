package runner

import (
	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
)

// DataSize is the size of a data set that was read and found right.
type DataSize struct {
	Rows, Features int
	TrainRows      int
	Regression     bool // its target is a number
	Classes        int
	SHA256         string // of the rows
}

// SizeOf returns the size of a data set.
func SizeOf(data *dataset.Dataset) DataSize {
	target := data.Schema.Target
	return DataSize{Rows: data.Examples.Len(), Features: data.Examples.Features(), TrainRows: data.Train, Regression: target.Task == dataset.Regression, Classes: len(target.Classes)}
}

// ConfigRows returns the rows as the estimate of the memory takes them.
func (d DataSize) ConfigRows() config.Rows { return config.Rows{Count: d.Rows, Inputs: d.Features} }
