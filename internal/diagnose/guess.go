package diagnose

import (
	"math"
	"slices"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/record"
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
	RMS        float64 // root mean square of that target
	// Name is the target's, Mean and Std those of its training rows in its own unit.
	Name      string
	Mean, Std float64
	// Order says how much neighbouring training rows have the same target: 0 in a random order, 1 if they are sorted.
	Order float64
	// Output is the output layer and the loss; the zero value is that of two classes by default. ClassNames are the classes'.
	Output     config.Output
	ClassNames []string
	// Labels describe the labels of an output that stands for a number, nil where they aren't known; LowValue and
	// HighValue are their ends in the target's own unit, and Scaled that this isn't the model's.
	Labels              *record.Labels
	LowValue, HighValue float64
	Scaled              bool
	// OtherLoss: the model learns by another loss than the target's default. Guess and TrainGuess are what the best
	// constant outputs are worth by it, on the test and on the training rows.
	OtherLoss         bool
	Guess, TrainGuess float64
	// NoLoss: the loss says nothing about the target, so that no value of it shows whether the model has learned.
	NoLoss bool
}

// newTarget returns what a summary says of it.
func newTarget(summary *record.Summary) Target {
	t := Target{
		Classes: summary.Data.Classes, Variance: float64(summary.Data.Variance), RMS: float64(summary.Data.TargetRMS),
		Order: float64(summary.Data.Order),
	}
	if t.RMS == 0 { // a summary older than that
		t.RMS = math.Sqrt(t.Variance)
	}
	if s := summary.Schema; s != nil {
		output := summary.Configuration.Output(&s.Target)
		t.Regression, t.Output, t.ClassNames = output.Regression(), output, s.Target.Classes
		t.OtherLoss = !output.IsDefault()
		t.NoLoss = t.OtherLoss && summary.Data.Guess == nil
		t.Scaled = s.Target.Scaling.Kind == dataset.StandardTarget
		if t.Labels = summary.Data.Labels; t.Labels != nil {
			t.LowValue, t.HighValue = s.Target.Unscale(float64(t.Labels.Low)), s.Target.Unscale(float64(t.Labels.High))
		}
		t.Name, t.Mean, t.Std = s.Target.Name, s.Target.Mean, math.Sqrt(s.Target.Variance)
	}
	if g := summary.Data.Guess; g != nil {
		t.Guess, t.TrainGuess = float64(g.Loss-g.Least), float64(g.TrainLoss-g.TrainLeast)
	}
	return t
}

// hopeless reports whether nothing can be learned, or nothing can be seen of it: all outputs are equal, or the loss
// says nothing about the target.
func (t *Target) hopeless() bool { return t.NoLoss || t.Output.Constant() }

// Count returns the number of classes; 0 of a regression.
func (t *Target) Count() int {
	switch {
	case t.Regression:
		return 0
	case t.Classes == nil:
		return 2
	}
	return len(t.Classes)
}

// shares returns those of the classes among the training rows.
func (r *Run) shares() []float64 {
	if r.Target.Classes == nil {
		return []float64{1 - r.Class1, r.Class1}
	}
	return r.Target.Classes
}

// guess returns the loss of guessing without the inputs: the classes' shares, which
// costs their entropy, or the mean, which costs the variance; by another loss than the default that of the best
// constant output.
func (r *Run) guess() float64 {
	if r.Target.OtherLoss {
		return r.Target.Guess
	}
	if r.Target.Regression {
		return r.Target.Variance
	}
	return guessLoss(r.shares())
}

// trainGuess returns the training loss of guessing. Where classes have weights, the
// shares are those of the weights, and the loss is over the number of rows all the
// same, as in training.
func (r *Run) trainGuess() float64 {
	if r.Target.OtherLoss {
		return r.Target.TrainGuess
	}
	if r.ClassWeights == nil || r.Target.Regression || len(r.ClassWeights) != len(r.shares()) {
		return r.guess()
	}
	weighed, all := make([]float64, len(r.ClassWeights)), 0.0
	for class, share := range r.shares() {
		weighed[class] = r.ClassWeights[class] * share
		all += weighed[class]
	}
	if all == 0 {
		return 0
	}
	for class := range weighed {
		weighed[class] /= all
	}
	return all * guessLoss(weighed)
}

// guessLoss returns the entropy of the shares.
func guessLoss(shares []float64) float64 {
	if len(shares) == 2 {
		return entropy(shares[1])
	}
	sum := 0.0
	for _, share := range shares {
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
		return gain(loss, r.guess())
	case r.Target.Classes == nil:
		return lift(accuracy, max(r.Class1, 1-r.Class1))
	}
	return lift(accuracy, slices.Max(r.Target.Classes))
}

// guessing says how one guesses.
func (r *Run) guessing() string {
	if r.Target.OtherLoss {
		return "the best constant output"
	}
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

// right returns what of the rows a model gets right: the share of them or, of a regression, the part of the variance
// that it explains.
func (r *Run) right(accuracy, loss float64) float64 {
	if r.Target.Regression {
		return gain(loss, r.guess())
	}
	return accuracy
}

// guessRight returns what of that a guess gets right.
func (r *Run) guessRight() float64 {
	if r.Target.Regression {
		return 0
	}
	return slices.Max(r.shares())
}

// rightWords names that, on the measured rows.
func (r *Run) rightWords() string {
	if r.Target.Regression && r.Target.OtherLoss {
		return "the part of the loss of a constant output that is gone on the test rows"
	}
	if r.Target.Regression {
		return "the part of the " + r.rows() + " rows' variance that is explained"
	}
	return "the " + r.rows() + " accuracy"
}

// metricTag is the tag of what is measured on the test rows beside the loss.
func (r *Run) metricTag() string {
	if r.Target.Regression {
		return "val_mae"
	}
	return "val_accuracy"
}
