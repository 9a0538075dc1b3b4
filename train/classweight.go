package train

import (
	"strings"

	"gradwatch/train/config"
)

// weighClasses sets the weights of the classes in the training loss.
func (d *data) weighClasses(run *config.Run) error {
	var err error
	if d.classWeights, err = config.ClassWeights(run.ClassWeight, config.ClassCounts(d.train.Y)); err != nil {
		return &config.Error{Field: "class-weight", Value: run.ClassWeight, Want: strings.TrimPrefix(err.Error(), "want ")}
	}
	return nil
}

// lossWeights returns them as a graph takes them.
func (d *data) lossWeights() []float32 {
	var weights []float32
	for _, weight := range d.classWeights {
		weights = append(weights, float32(weight))
	}
	return weights
}
