//go:build tensorflow

package train

import (
	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
)

// weighClasses sets the weights of the classes in the training loss.
func (d *data) weighClasses(run *config.Run) error {
	if err := run.CheckTarget(&d.Schema.Target); err != nil {
		return err
	}
	target := &d.Schema.Target
	var counts []int
	switch {
	case d.stream != nil:
		counts = d.stream.Classes
	case target.Task == dataset.Classification:
		counts = config.ClassCounts(d.train.Y, len(target.Classes))
	}
	var err error
	d.classWeights, err = run.WeighClasses(target, counts)
	return err
}

// lossWeights returns them as a graph takes them.
func (d *data) lossWeights() []float32 {
	var weights []float32
	for _, weight := range d.classWeights {
		weights = append(weights, float32(weight))
	}
	return weights
}
