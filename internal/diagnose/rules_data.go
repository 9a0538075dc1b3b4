package diagnose

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/floats"

	"gradwatch/internal/printable"
	"gradwatch/internal/record"
)

// inputs: the scaled inputs are far larger than 1.
func (a *analyzer) inputs() {
	if len(a.History) == 0 || !(a.run.InputRMS > a.LargeInput) {
		return
	}
	a.find(Finding{
		Kind: UnscaledInputs, Severity: a.ifHeldBack(Warning), Layer: layerName(0), Last: len(a.History) - 1,
		Quantity: "root mean square of the inputs", Value: record.Number(a.run.InputRMS), Threshold: record.Number(a.LargeInput), Tag: "dense_1_out",
		Message: fmt.Sprintf("The inputs are too large: their root mean square is %s, the largest is %s. Scale them to about 1.",
			short(a.run.InputRMS), short(a.run.InputMax)),
	})
}

// target: a regression's target is far from the size of a new model's outputs, about 1, and the model is held
// back.
func (a *analyzer) target() {
	const good = 0.98 // of the variance: then the scale has cost little
	size := a.run.Target.RMS
	large, tiny := size > a.LargeTarget, size > 0 && size*a.LargeTarget*a.LargeTarget < 1
	if !a.run.Target.Regression || len(a.History) == 0 || a.progress.Gain >= good || !large && !tiny {
		return
	}
	word := "large"
	if tiny {
		word = "small"
	}
	a.find(Finding{
		Kind: UnscaledTarget, Severity: a.ifHeldBack(Warning), Last: len(a.History) - 1,
		Quantity: "root mean square of the target", Value: record.Number(size), Threshold: record.Number(a.LargeTarget), Tag: "loss",
		Message: fmt.Sprintf("The target%s is too %s: mean %s, standard deviation %s, while the outputs of a new model are about 1. The loss is %s; %s gives %s. Scale it, with --scale-target standard.",
			quoted(a.run.Target.Name), word, short(a.run.Target.Mean), short(a.run.Target.Std), short(a.progress.Loss), a.run.guessing(), short(a.progress.Guess)),
	})
}

// sorted: the training rows are not shuffled, and rows of one class, or of about the same target, follow one another:
// a batch then shows a part of the data only, and the model follows the last ones.
func (a *analyzer) sorted() {
	const runs = 0.5 // of rows in a random order it is about 0, of sorted ones 1
	order := a.run.Target.Order
	if !a.run.Unshuffled || len(a.History) == 0 || !(order > runs) {
		return
	}
	alike := "of one class"
	if a.run.Target.Regression {
		alike = "with similar targets"
	}
	a.find(Finding{
		Kind: SortedRows, Severity: a.ifHeldBack(Warning), Last: len(a.History) - 1,
		Quantity: "how much neighbouring training rows have the same target, 0 in a random order, 1 if sorted", Value: record.Number(order), Threshold: runs, Tag: "loss",
		Message: fmt.Sprintf("The training rows are not shuffled, and rows %s follow one another, so each step sees only a part of the data. Train without --shuffle=false.", alike),
	})
}

// regularization: a model that does not fit its training rows pays more for its weights than there is to gain, and they
// have shrunk; or it has few of its units in each step.
func (a *analyzer) regularization() {
	const (
		most   = 0.6 // of the units; half is usual (Srivastava et al. 2014)
		shrunk = 0.2
	)
	if a.fits() || len(a.History) == 0 {
		return
	}
	f := Finding{Kind: Regularization, Severity: Error, Last: len(a.History) - 1, Tag: "loss"}
	switch penalty, guess := a.History[0].Penalty, a.progress.Guess; {
	case penalty > guess && guess > 0 && a.shrinks() < shrunk:
		f.Quantity, f.Value, f.Threshold = "penalty of the weights after the first epoch", record.Number(penalty), record.Number(guess)
		f.Message = fmt.Sprintf("The penalty of the weights is probably too strong: after the first epoch it is %s, more than can be gained by learning, for %s gives a loss of %s. The weights have shrunk to %s their size since. Try an --l1 or --l2 a hundred times as small, or none.",
			short(penalty), a.run.guessing(), short(guess), partOf(a.shrinks()))
	case a.run.Dropout > most:
		f.Quantity, f.Value, f.Threshold = "part of a layer's outputs that a step leaves out", record.Number(a.run.Dropout), most
		f.Message = fmt.Sprintf("Dropout is probably too strong: each step leaves out %s of a layer's outputs, and the model does not fit its training rows. Try 0.5 at most, or none.", percent(a.run.Dropout))
	default:
		return
	}
	a.find(f)
}

// shrinks returns the sum of the weights' sizes at the end over that after the first epoch.
func (a *analyzer) shrinks() float64 {
	return floats.Sum(a.History[len(a.History)-1].KernelL1) / floats.Sum(a.History[0].KernelL1)
}

// isLinear reports whether all activations are linear.
func (r *Run) isLinear() bool {
	return !slices.ContainsFunc(r.Activations, func(name string) bool { return name != "linear" })
}

// linear: the model is linear, and where a linear model was compared with nearest neighbours it found much less; or
// neither was tried, and the model has not learned.
func (a *analyzer) linear() {
	if !a.run.isLinear() || a.progress.Learned && a.run.Probe == nil || !a.run.Ended || len(a.History) == 0 || a.explained() {
		return
	}
	why, remedy := "All activations are linear", "a nonlinear activation, such as relu"
	if len(a.run.Activations) == 0 {
		why, remedy = "The model has no hidden layers", "hidden layers, such as --hidden-layers 2"
	}
	f := Finding{
		Kind: LinearModel, Severity: a.unlessLearned(), Last: len(a.History) - 1,
		Quantity: "part of the " + a.run.rows() + " rows' error that nearest neighbours explain beyond a linear model", Tag: a.run.metricTag(),
		Message: why + ", so the model can only draw a straight boundary. The data may need a curved one: try " + remedy + ".",
	}
	if a.run.Target.Regression {
		f.Message = why + ", so the model is a straight line. The data may need a curve: try " + remedy + "."
	}
	const much = 0.1
	if p := a.run.Probe; p != nil {
		beyond := p.Neighbors.Explained - max(0, p.Linear.Explained)
		if !(beyond > much) {
			return // a straight boundary would do, or nothing does
		}
		f.Value, f.Threshold = record.Number(beyond), much
		f.Message = fmt.Sprintf("%s, but the data probably are not: nearest neighbours %s, a linear model %s. Use %s.",
			strings.Replace(why, "no hidden layers", "no hidden layers and is linear", 1), a.run.reaches(p.Neighbors), a.run.reachesBriefly(p.Linear), remedy)
	} else if a.fall() >= a.Stalled {
		return // it may still learn
	}
	a.find(f)
}

// minority: a class is hardly ever predicted though nearest neighbours or a linear model tell it from the others; or
// the rare one of two, though the model itself knows something of it.
func (a *analyzer) minority() {
	if k := a.progress.Ignored; k >= 0 && a.run.Ended && len(a.History) > 0 && (!a.explained() || a.has(TooShort, StoppedEarly)) {
		c := &a.run.Recalls[k]
		a.find(Finding{
			Kind: MinorityIgnored, Severity: Error, Last: len(a.History) - 1,
			Quantity: "part of the class's test rows that is predicted right", Value: record.Number(c.Part), Threshold: hardly, Tag: a.run.metricTag(),
			Message: fmt.Sprintf("Class %q, %s of the training rows, is hardly ever predicted: %s of its %s. A simple method tells %s of them from the others. More epochs, a larger learning rate%s or --class-weight balanced may help.",
				c.Class, percent(a.run.shares()[k]), countedOf(c.Part, c.Rows), printable.Count(c.Rows, "test row"), percent(a.run.Probe.Recalls[k]), thanRate(a.run.Rate)),
		})
		return
	}
	const rare, none = 0.2, 0.02
	if a.run.Recalls != nil && !slices.ContainsFunc(a.run.Recalls, func(c Recall) bool { return c.Part <= hardly }) {
		return // it is predicted, and as often where it is wrong
	}
	p, share := &a.progress, min(a.run.Class1, 1-a.run.Class1)
	if a.run.Target.Count() != 2 || !(0 < share && share < rare) || !p.Learned || !a.run.Ended || math.Abs(p.Lift) > none {
		return
	}
	a.find(Finding{
		Kind: MinorityIgnored, Severity: Warning, Last: len(a.History) - 1,
		Quantity: "part of the rows of the rare class that more than make up for errors in the other", Value: record.Number(p.Lift), Threshold: none, Tag: a.run.metricTag(),
		Message: fmt.Sprintf("The rare class, %s of the training rows, is almost never predicted: the accuracy, %s, is that of always answering the other one. Look at the ROC curve; --class-weight balanced makes the model answer it.",
			percent(share), short(p.ValAccuracy)),
	})
}

// signal: the training rows are fitted, the test rows are not, and neither nearest neighbours nor a linear model
// find anything, on the test rows or among the training rows. That is no proof.
func (a *analyzer) signal() {
	p := &a.progress
	const gap = 0.01
	apart := p.Gain >= wellFitted && p.Gain-p.ValGain >= wellFitted || a.parts(gap) && len(a.History)*a.run.StepsPerEpoch >= fewSteps/2
	if !a.failed() || !a.nothingToFind() || !a.knowsNothing() || !apart || a.run.ClassWeights != nil || a.run.ranks(a.Replica) {
		return
	}
	right := fmt.Sprintf("loss %s", short(p.ValLoss))
	if !a.run.Target.Regression {
		right = percent(p.ValAccuracy) + " right"
	}
	fitted := "the model fits the training rows but"
	if p.Gain < wellFitted {
		fitted = "over the last half of the run the training loss fell and the " + a.run.rows() + " loss rose, and the model"
	}
	a.find(Finding{
		Kind: NoSignal, Severity: Error, Last: len(a.History) - 1,
		Quantity: "standard errors by which the better of nearest neighbours and a linear model beats guessing",
		Value:    record.Number(a.run.Probe.Best().Sigmas), Threshold: probeCertain, Tag: a.run.metricTag(),
		Message: fmt.Sprintf("The inputs probably say nothing about the %s: %s is no better than guessing on the %s rows (%s). Nearest neighbours and a linear model find nothing either. This is likely, not certain.",
			a.run.labels(), fitted, a.run.rows(), right),
	})
}

// wellFitted is the part of the loss of guessing that only a model loses which has learned training rows: on a few
// hundred rows far more than chance gives.
const wellFitted = 0.05

// fitsTrainingOnly reports whether what a replica has learned of its training rows does not hold for the test rows, or
// far less.
func (a *analyzer) fitsTrainingOnly() bool {
	const gap = 0.02
	p, well := &a.progress, a.Thresholds.Learned
	if !a.failed() || a.run.ClassWeights != nil {
		return false
	}
	if p.Gain >= well {
		return p.Gain-p.ValGain >= well
	}
	return a.knowsNothing() && !a.run.ranks(a.Replica) && !a.run.fewSteps(len(a.History)) && a.parts(gap)
}

// knowsNothing reports whether a replica fits its training rows better than guessing, and the test rows not.
func (a *analyzer) knowsNothing() bool {
	const little, none = 0.1, 0.02
	p := &a.progress
	return p.ValLift < little && p.ValGain <= none && p.Gain > 0
}

// parts reports whether the test loss has not fallen over the last half of the run, as the training loss has, and is now
// above that by a part of the loss of guessing: more epochs would make it worse.
func (a *analyzer) parts(gap float64) bool {
	p, half, last := &a.progress, len(a.History)/2, lastEpochs(len(a.History))
	before := a.medianOf(half, half+last, func(r *record.Row) float64 { return r.ValLoss })
	return len(a.History) >= 2*a.Running && p.Gain-p.ValGain >= gap && p.ValLoss >= before && a.fall() > 0
}

// nothingToFind reports whether nearest neighbours and a linear model, with enough rows, find nothing in the data.
func (a *analyzer) nothingToFind() bool {
	p := a.run.Probe
	return p != nil && p.Enough() && !p.Finds() && !p.FindsWithin()
}

// overfitting: the test loss has risen while the training loss fell; or what was learned of the training rows does
// not hold for the test rows.
func (a *analyzer) overfitting() {
	p := a.progress
	if a.fitsTrainingOnly() && !a.has(NoSignal) {
		message := fmt.Sprintf("What the model learns of the training rows does not hold for the %s rows: the loss is %s on the first and %s on the second; %s gives %s.%s",
			a.run.rows(), short(p.Loss), short(p.ValLoss), a.run.guessing(), short(a.run.guess()), a.run.probeText())
		a.find(Finding{
			Kind: Overfitting, Severity: Error, Last: len(a.History) - 1,
			Quantity: a.run.rows() + " loss over that of guessing", Value: record.Number(p.ValLoss / a.run.guess()), Threshold: 1, Tag: "val_loss", Message: message,
		})
		return
	}
	if !p.Learned || p.Guess == 0 {
		return
	}
	const wide = 0.5
	if apart := p.Gain - p.ValGain; apart >= wide && p.Lift-p.ValLift >= a.Thresholds.Learned && a.run.ClassWeights == nil {
		a.find(Finding{
			Kind: Overfitting, Severity: Warning, Last: len(a.History) - 1,
			Quantity: a.run.rows() + " loss above the training loss, over the loss of guessing", Value: record.Number(apart), Threshold: wide, Tag: "val_loss",
			Message: fmt.Sprintf("The model overfits: the loss is %s on the training rows and %s on the %s rows; %s gives %s. More training rows, an L2 penalty or dropout may help.",
				short(p.Loss), short(p.ValLoss), a.run.rows(), a.run.guessing(), short(a.run.guess())),
		})
		return
	}
	least, at := math.Inf(1), 0
	for i := range a.History {
		if a.History[i].ValLoss < least {
			least, at = a.History[i].ValLoss, i
		}
	}
	rise := p.ValLoss/least - 1
	// A difference of a loss that is next to 0 is no matter.
	if matters := 0.02 * p.Guess; !(rise > a.Overfit) || p.ValLoss-least < matters || p.ValLoss < 1.5*p.Loss || p.Loss > a.History[at].Loss {
		return
	}
	a.find(Finding{
		Kind: Overfitting, Severity: Warning, Epoch: at, Last: len(a.History) - 1,
		Quantity: a.run.rows() + " loss above its least", Value: record.Number(rise), Threshold: record.Number(a.Overfit), Tag: "val_loss",
		Message: fmt.Sprintf("The model overfits since epoch %d: the %s loss has risen from %s to %s, while the training loss is %s.",
			at, a.run.rows(), short(least), short(p.ValLoss), short(p.Loss)),
	})
}
