package runner

import (
	"strings"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/sysmem"
)

// Fits refuses a run that needs more memory than there is. On a GPU most of it lies
// there, and TensorFlow itself says so when it is full.
func Fits(run *config.Run, data DataSize, have sysmem.Sizes) error {
	if strings.HasPrefix(run.Device, "gpu") {
		return nil
	}
	return run.Fits(data.ConfigRows(), have)
}

// DataSize is the size of a data set that was read and found right.
type DataSize struct {
	Rows, Features int
	Regression     bool // its target is a number
	Classes        int
	SHA256         string // of the rows
}

func SizeOf(data *dataset.Set) DataSize {
	target := data.Schema.Target
	return DataSize{Rows: data.Points.Len(), Features: data.Points.Features(), Regression: target.Task == dataset.Regression, Classes: len(target.Classes)}
}

func (d DataSize) ConfigRows() config.Rows { return config.Rows{Count: d.Rows, Inputs: d.Features} }
