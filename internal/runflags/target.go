package runflags

import (
	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
)

// CheckTarget refuses what doesn't fit the data's target, such as weights of classes
// that the training rows don't have.
func CheckTarget(run *config.Run, data *dataset.Dataset) error {
	target := &data.Schema.Target
	if err := run.CheckTarget(target); err != nil {
		return err
	}
	if target.Task == dataset.Regression {
		return nil
	}
	_, err := run.WeighClasses(target, config.ClassCounts(data.Examples.Y[:data.Train], len(target.Classes)))
	return err
}
