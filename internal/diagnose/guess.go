package diagnose

import (
	"math"
	"slices"

	"gradwatch/internal/dataset"
	"gradwatch/train/record"
)

// Target is what a verdict needs to know of what a model learns, beside Run.Class1: what
// a guess that doesn't look at the inputs is worth. The zero value is one of two classes.
type Target struct {
	// Classes are the shares of more than two classes among the training rows.
	Classes []float64
	// Regression: the target is a number, of that variance among the training rows, as
	// the model has it.
	Regression bool
	Variance   float64
	// Outputs is the number of the model's outputs; 0 stands for 1.
	Outputs int
}

// newTarget returns what a summary says of it.
func newTarget(summary *record.Summary) Target {
	t := Target{Classes: summary.Data.Classes, Variance: float64(summary.Data.Variance)}
	if s := summary.Schema; s != nil {
		t.Regression, t.Outputs = s.Target.Task == dataset.Regression, s.Target.Outputs()
	}
	return t
}

// guess returns the loss of guessing without the inputs: the classes' shares, which
// costs their entropy, or the mean, which costs the variance.
func (r *Run) guess() float64 {
	switch {
	case r.Target.Regression:
		return r.Target.Variance
	case r.Target.Classes == nil:
		return entropy(r.Class1)
	}
	sum := 0.0
	for _, share := range r.Target.Classes {
		if share > 0 {
			sum -= share * math.Log(share)
		}
	}
	return sum
}

// lift returns the part of what guessing gets wrong that the model gets right: of the
// rows, by their accuracy or, of a regression, of the squared errors, by the loss.
func (r *Run) lift(accuracy, loss float64) float64 {
	switch {
	case r.Target.Regression:
		return gain(loss, r.Target.Variance)
	case r.Target.Classes == nil:
		return lift(accuracy, max(r.Class1, 1-r.Class1))
	}
	return lift(accuracy, slices.Max(r.Target.Classes))
}

// guessing says how one guesses.
func (r *Run) guessing() string {
	if r.Target.Regression {
		return "guessing the target's mean"
	}
	return "guessing by the classes' shares"
}

// labels is what the inputs tell, or don't.
func (r *Run) labels() string {
	if r.Target.Regression {
		return "target"
	}
	return "labels"
}

// metricTag is the tag of what is measured on the test rows beside the loss.
func (r *Run) metricTag() string {
	if r.Target.Regression {
		return "val_mae"
	}
	return "val_accuracy"
}
