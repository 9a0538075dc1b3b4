package diagnose

import (
	"fmt"
	"math"
	"slices"

	"gradwatch/internal/printable"
	"gradwatch/internal/record"
)

// Said of a run that has not learned, where nothing else explains it.

// stoppedEarly: early stopping ended the replica before it learned, or when it had learned a part.
func (a *analyzer) stoppedEarly() {
	if a.Stop == nil || !a.Stop.Early || !a.failed() && !a.learnedInPart() {
		return
	}
	when := "before the model learned"
	if a.progress.Learned {
		when = "when the model had learned a part of what can be learned"
	}
	end := len(a.History) - 1
	a.find(Finding{
		Kind: StoppedEarly, Severity: a.unlessLearned(), Epoch: end, Last: end,
		Quantity: "epochs trained of those asked for", Value: record.Number(len(a.History)), Threshold: record.Number(a.run.Epochs), Tag: a.run.Monitor,
		Message: fmt.Sprintf("Early stopping ended training after %s, %s: %s had not improved for %s since epoch %d. A larger --early-stopping, or none, may help.%s",
			printable.Count(len(a.History), "epoch"), when, a.run.Monitor, printable.Count(end-a.Stop.Best, "epoch"), a.Stop.Best, a.run.probeText()),
	})
}

// fewSteps is below how many training steps a loss that does not fall yet says little: the tutorial's tanh-1
// begins to learn after about 1,500 steps.
const fewSteps = 2000

// fewSteps reports whether so many epochs are few, or of few steps.
func (r *Run) fewSteps(epochs int) bool {
	return epochs < 2*Default().Running || r.StepsPerEpoch > 0 && epochs*r.StepsPerEpoch < fewSteps
}

// learnedInPart reports whether a replica has learned, in few steps and with a loss that still falls, and simple methods
// are right much more often.
func (a *analyzer) learnedInPart() bool {
	return a.run.Ended && a.progress.Learned && !a.explained() && a.run.fewSteps(len(a.History)) && a.run.behind(&a.progress) &&
		a.medianLoss(max(0, len(a.History)/2-1), len(a.History)/2) > a.endLoss()
}

// tooShort: the loss still falls, or few steps were made; or, of a model that has learned, both, and it falls steeply or
// simple methods are right much more often.
func (a *analyzer) tooShort() {
	if a.progress.Learned {
		if !slices.ContainsFunc(a.findings, func(f Finding) bool { return f.Kind == StoppedEarly }) {
			a.stillSteep()
		}
		return
	}
	if !a.failed() {
		return
	}
	epochs, steps, fall := len(a.History), len(a.History)*a.run.StepsPerEpoch, a.fall()
	falling := epochs >= 2*a.Running && fall >= a.Stalled
	few := a.run.fewSteps(epochs)
	if !falling && !few {
		return
	}
	f := Finding{
		Kind: TooShort, Severity: Error, Epoch: epochs / 2, Last: epochs - 1,
		Quantity: "fall of the loss over the last half of the run", Value: record.Number(fall), Threshold: record.Number(a.Stalled), Tag: "loss",
	}
	made := printable.Count(epochs, "epoch")
	if a.run.StepsPerEpoch > 0 {
		made += fmt.Sprintf(", %d steps", steps)
	}
	switch {
	case falling:
		f.Message = fmt.Sprintf("Training was probably too short (%s): the loss, %s, still falls, by %s over the last half. %s",
			made, short(a.endLoss()), percent(fall), a.moreEpochs())
	default:
		f.Message = fmt.Sprintf("Training was probably too short: only %s. The loss is %s; %s gives %s.",
			made, short(a.progress.Loss), a.run.guessing(), short(a.progress.Guess))
	}
	if a.run.Interrupted {
		f.Message += fmt.Sprintf(" It was stopped before its %d epochs were done.", a.run.Epochs)
	}
	f.Message += a.run.probeText()
	a.find(f)
}

// stillSteep: a model that has learned, in few steps, and gains much with each further epoch.
func (a *analyzer) stillSteep() {
	const much = 0.15 // of the loss of guessing, over the last half
	epochs, steps := len(a.History), len(a.History)*a.run.StepsPerEpoch
	gained := (a.middleLoss() - a.endLoss()) / a.progress.Guess
	if a.learnedInPart() {
		a.find(Finding{
			Kind: TooShort, Severity: Warning, Epoch: epochs / 2, Last: epochs - 1,
			Quantity: "errors of a simple method on the " + a.run.rows() + " rows over those of the model", Value: record.Number(a.run.errors(&a.progress)), Threshold: half, Tag: "loss",
			Message: fmt.Sprintf("Training was probably too short (%s, %d steps) to learn all that can be learned: the loss, %s, still falls, and %s is %s.%s",
				printable.Count(epochs, "epoch"), steps, short(a.endLoss()), a.run.rightWords(), short(a.run.right(a.progress.ValAccuracy, a.progress.ValLoss)), a.run.probeText()),
		})
		return
	}
	if !a.run.Ended || a.explained() || epochs < 2*a.Running || steps == 0 || steps >= fewSteps || !(gained > much) {
		return
	}
	a.find(Finding{
		Kind: TooShort, Severity: Warning, Epoch: epochs / 2, Last: epochs - 1,
		Quantity: "fall of the loss over the last half of the run, over the loss of guessing", Value: record.Number(gained), Threshold: much, Tag: "loss",
		Message: fmt.Sprintf("The loss still falls steeply, from %s half-way to %s, after only %s (%d steps): more epochs will probably improve the model.",
			short(a.middleLoss()), short(a.endLoss()), printable.Count(epochs, "epoch"), steps),
	})
}

// moreEpochs says when the loss may be far enough below that of guessing, if it goes on falling as over the last
// half.
func (a *analyzer) moreEpochs() string {
	if from, to, fallen := a.fallenRate(); fallen {
		return fmt.Sprintf("The learning rate has fallen from %s to %s. More epochs, over which it falls more slowly, or another schedule may help.", short(from), short(to))
	}
	from, to := a.middleLoss(), a.endLoss()
	pace := (from - to) / float64(len(a.History)-len(a.History)/2)
	more := math.Ceil((to - (1-a.Thresholds.Learned)*a.progress.Guess) / pace)
	const many = 20 // times as long: then another rate is the better way
	switch {
	case !(more > 0):
		return "More epochs may help."
	case more > many*float64(len(a.History)):
		return fmt.Sprintf("At this pace it needs more than %d times as many epochs (an estimate): try a larger learning rate%s.", many, thanRate(a.run.Rate))
	default:
		return fmt.Sprintf("At this pace it needs about %s more epochs to learn something (an estimate).", roughly(more))
	}
}

// fallenRate returns the largest learning rate and the last one, and whether the last one is so small that the loss
// goes on falling no further at it.
func (a *analyzer) fallenRate() (from, to float64, fallen bool) {
	const small = 0.1
	for i := range a.History {
		from, to = max(from, a.History[i].LearningRate), a.History[i].LearningRate // 0 where it is constant
	}
	return from, to, to < small*from
}

// roughly writes a number of at least 1 with two significant digits.
func roughly(x float64) string {
	unit := math.Pow(10, max(0, math.Floor(math.Log10(x))-1))
	return fmt.Sprintf("%.0f", math.Ceil(x/unit)*unit)
}

// unexplained: it has not learned, and nothing says why.
func (a *analyzer) unexplained() {
	if !a.failed() {
		return
	}
	p := &a.progress
	found := fmt.Sprintf("the training loss is %s, the %s loss %s; %s gives %s", short(p.Loss), a.run.rows(), short(p.ValLoss), a.run.guessing(), short(a.run.guess()))
	if a.run.guess() == 0 {
		found = fmt.Sprintf("all training rows are of one class, and of the %s rows %s are right", a.run.rows(), percent(p.ValAccuracy))
	}
	a.find(Finding{
		Kind: Unexplained, Severity: Error, Last: len(a.History) - 1,
		Quantity: "part of the guesses' errors on the " + a.run.rows() + " rows that the model puts right", Value: record.Number(p.ValLift), Threshold: record.Number(a.LearnedRows), Tag: a.run.metricTag(),
		Message: fmt.Sprintf("The model has not learned, and no reason was found: %s.%s", found, a.run.probeText()),
	})
}
