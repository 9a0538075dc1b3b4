//go:build tensorflow

package data

import (
	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
)

// WeighClasses sets ClassWeights. It returns an [*invalid.Error] for a choice that doesn't fit the
// target.
func (d *Dataset) WeighClasses(run *config.Run) error {
	if err := run.CheckTarget(&d.Schema.Target); err != nil {
		return err
	}
	target := &d.Schema.Target
	var counts []int
	switch {
	case d.Stream != nil:
		counts = d.Stream.Classes
	case target.Task == dataset.Classification:
		counts = config.ClassCounts(d.Train.Y, len(target.Classes))
	}
	var err error
	d.ClassWeights, err = run.WeighClasses(target, counts)
	return err
}

// LossWeights returns the classes' weights in the training loss, as package graph takes them; nil for
// none.
func (d *Dataset) LossWeights() []float32 {
	var weights []float32
	for _, weight := range d.ClassWeights {
		weights = append(weights, float32(weight))
	}
	return weights
}
