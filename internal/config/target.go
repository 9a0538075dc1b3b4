package config

import (
	"slices"
	"strings"

	"gradwatch/internal/dataset"
	"gradwatch/internal/invalid"
)

// CheckTarget returns an [*invalid.Error] for a field that doesn't suit the target: an output layer
// that can't have a loss for it, weights of classes for a regression, or a monitor that isn't measured.
func (r *Run) CheckTarget(target *dataset.Target) error {
	if err := r.checkOutput(target); err != nil {
		return err
	}
	regression := target.Task == dataset.Regression
	if regression && r.ClassWeight != NoClassWeight {
		return invalid.New("class-weight", r.ClassWeight, NoClassWeight+": the target is a number")
	}
	unmeasured := []string{"mae", "val_mae"}
	if regression {
		unmeasured = []string{"accuracy", "val_accuracy"}
	}
	if slices.Contains(unmeasured, r.EarlyStoppingMonitor) {
		wanted := slices.DeleteFunc(MonitorNames(), func(name string) bool { return slices.Contains(unmeasured, name) })
		return invalid.New("early-stopping-monitor", r.EarlyStoppingMonitor, "one of "+strings.Join(wanted, ", ")+" for this target")
	}
	return nil
}

// WeighClasses returns the weight of each of the target's classes in the training loss,
// given the number of training rows of each; nil where all weigh the same. It returns an
// [*invalid.Error] for a class that the target doesn't have.
func (r *Run) WeighClasses(target *dataset.Target, counts []int) ([]float64, error) {
	if target.Task == dataset.Regression || r.ClassWeight == NoClassWeight {
		return nil, nil
	}
	return ClassWeights(r.ClassWeight, target.Classes, counts)
}
