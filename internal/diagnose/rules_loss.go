package diagnose

import (
	"fmt"
	"math"
	"slices"

	"gradwatch/train/record"
)

// unchanged: steps that change no number of a hidden layer's kernel.
func (a *analyzer) unchanged() {
	var layers, since []int // the epochs
	first := 0              // of layers, the one that stopped first
	var began *episode
	for k := range a.run.Activations {
		s := a.episodeOf(func(i int) bool { return a.Checks[i].Layers[k].UpdateRatio == 0 })
		if s == nil || s.cleared {
			continue
		}
		layers, since = append(layers, k), append(since, a.Checks[s.first].Epoch)
		if began == nil || s.first < began.first {
			began, first = s, k
		}
	}
	if len(layers) == 0 {
		return
	}
	when := fmt.Sprintf("since epoch %d", since[0])
	if slices.Min(since) != slices.Max(since) {
		when = fmt.Sprintf("those of %s since epoch %d", layerName(first), slices.Min(since))
	}
	a.find(a.when(Finding{
		Kind: UnchangedWeights, Severity: a.unlessLearned(Note), Layer: layerName(first),
		Quantity: "norm of a step's change over the kernel's norm", Value: 0, Threshold: 0,
		Tag:     "flow/" + layerName(first) + "/update_ratio",
		Message: fmt.Sprintf("The weights of %s no longer change, %s: %s.", layersText(layers), when, a.whyUnchanged(layers)),
	}, began))
}

// whyUnchanged says why the kernels of these layers no longer change at the last
// check.
func (a *analyzer) whyUnchanged(layers []int) string {
	without := 0
	for _, k := range layers {
		if a.Checks[len(a.Checks)-1].Layers[k].GradientMax == 0 {
			without++
		}
	}
	switch without {
	case 0:
		return "steps are below what a float32 can add"
	case len(layers):
		return verb(len(layers), "its gradient is 0", "their gradients are 0")
	default:
		return "gradients are 0, or steps below what a float32 can add"
	}
}

// smallRate: a signal is there, but steps are so small that nothing comes of them.
func (a *analyzer) smallRate() {
	if a.progress.Learned || a.has(UnscaledInputs, SymmetricUnits, DeadUnits, Vanishing, UnchangedWeights) {
		return
	}
	s := a.episodeOf(func(i int) bool {
		_, ratio := largestUpdate(&a.Checks[i])
		return ratio > 0 && ratio < a.SmallUpdate
	})
	if s == nil || s.cleared {
		return
	}
	k, ratio := largestUpdate(&a.Checks[s.last])
	a.find(a.when(Finding{
		Kind: RateTooSmall, Severity: Error, Layer: layerName(k),
		Quantity: "norm of a step's change over the kernel's norm", Value: record.Number(ratio), Threshold: record.Number(a.SmallUpdate),
		Tag:     "flow/" + layerName(k) + "/update_ratio",
		Message: fmt.Sprintf("Steps are far too small: none changes a kernel by more than %s its norm; 1/1000 is usual.", partOf(ratio)),
	}, s))
}

// oscillation: the loss jumps from epoch to epoch without coming down, or ends above
// that of guessing.
func (a *analyzer) oscillation() {
	if a.has(Divergence, Exploding) || len(a.History) < 2*a.Running {
		return
	}
	half := len(a.History) / 2
	rough, turns := a.jumps(half)
	const often, above = 0.4, 1.03
	p := a.progress
	worse := p.Guess > 0 && p.Loss > above*p.Guess
	if p.Learned || !worse && !(rough > a.Rough && turns > often) {
		return
	}
	f := Finding{
		Kind: Oscillation, Severity: Error, Epoch: half, Last: len(a.History) - 1,
		Quantity: "median change of the loss from one epoch to the next, over the loss", Value: record.Number(rough), Threshold: record.Number(a.Rough), Tag: "loss",
		Message: fmt.Sprintf("The loss jumps about, by %s from one epoch to the next, and does not come down: steps overshoot.", percent(rough)),
	}
	if worse {
		f.Epoch = a.firstAbove(above * p.Guess)
		f.Quantity, f.Value, f.Threshold = "training loss over that of guessing", record.Number(p.Loss/p.Guess), above
		f.Message = fmt.Sprintf("The loss, %s, stays above that of %s (%.3f): steps overshoot.", short(p.Loss), a.run.guessing(), p.Guess)
	}
	a.find(f)
}

// jumps returns how much the loss changes from one epoch to the next after a first
// epoch, the median part of it, and in which part of the epochs it turns.
func (a *analyzer) jumps(first int) (rough, turns float64) {
	var changes []float64
	for i := first + 1; i < len(a.History); i++ {
		change := a.History[i].Loss - a.History[i-1].Loss
		changes = append(changes, math.Abs(change)/a.History[i].Loss)
		if before := a.History[i-1].Loss - a.History[max(i-2, 0)].Loss; change*before < 0 {
			turns++
		}
	}
	return medianOf(changes), turns / float64(len(changes))
}

// signal: what is learned of the training rows tells nothing of the test rows, and
// nothing is wrong with the gradient.
func (a *analyzer) signal() {
	const little, memorized = 0.1, 0.05
	p := a.progress
	if a.run.ClassWeights != nil {
		return // a model that is made to heed the smaller class gets more of the larger one wrong than guessing
	}
	if !(p.ValLift < little && p.ValGain <= 0.02 && p.Gain > 0) {
		return
	}
	if a.has(Kinds()...) && (p.Gain < memorized || a.has(Divergence, Exploding, UnscaledInputs, SymmetricUnits, DeadUnits, SaturatedUnits)) {
		return // what was found explains it
	}
	right := ""
	if !a.run.Target.Regression {
		right = fmt.Sprintf("; of the test rows %s are right", percent(p.ValAccuracy))
	}
	a.find(Finding{
		Kind: NoSignal, Severity: Error, Last: len(a.History) - 1,
		Quantity: "part of the guesses that the model puts right, on the test rows", Value: record.Number(p.ValLift), Threshold: little, Tag: a.run.metricTag(),
		Message: fmt.Sprintf("The inputs seem to tell nothing of the %s: the loss is %s on the training rows, %s on the test rows, "+
			"and %s gives %.3f%s.", a.run.labels(), short(p.Loss), short(p.ValLoss), a.run.guessing(), p.Guess, right),
	})
}

// overfitting: the test loss has risen while the training loss fell.
func (a *analyzer) overfitting() {
	p := a.progress
	if !p.Learned || p.Guess == 0 || a.has(NoSignal) {
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
	if matters := 0.02 * p.Guess; !(rise > a.Overfit) || p.ValLoss-least < matters || p.ValLoss < 1.5*p.Loss {
		return
	}
	a.find(Finding{
		Kind: Overfitting, Severity: Warning, Epoch: at, Last: len(a.History) - 1,
		Quantity: "test loss above its least", Value: record.Number(rise), Threshold: record.Number(a.Overfit), Tag: "val_loss",
		Message: fmt.Sprintf("It overfits since epoch %d: the test loss has risen from %s to %s, the training loss is %s.",
			at, short(least), short(p.ValLoss), short(p.Loss)),
	})
}

// stalled: the loss no longer falls, and the model has not learned.
func (a *analyzer) stalled() {
	p := a.progress
	if p.Learned || len(a.History) < 2*a.Running || !finite(a.History[len(a.History)-1].Loss) {
		return
	}
	half := len(a.History) / 2
	var values []float64
	for i := half; i < half+lastEpochs(len(a.History)); i++ {
		values = append(values, a.History[i].Loss)
	}
	middle := medianOf(values)
	fall := 1 - p.Loss/middle
	if !(fall < a.Stalled) {
		return
	}
	f := Finding{
		Kind: StalledLoss, Severity: Error, Epoch: half, Last: len(a.History) - 1,
		Quantity: "fall of the loss over the last half of the run", Value: record.Number(fall), Threshold: record.Number(a.Stalled), Tag: "loss",
		Message: fmt.Sprintf("The loss stands still at %s; %s gives %.3f.", short(p.Loss), a.run.guessing(), p.Guess),
	}
	const rising = 0.01 // by less it stands still
	if rough, _ := a.jumps(half); fall < -max(rising, 2*rough) {
		f.Message = fmt.Sprintf("The loss rises, from %s half-way through the run to %s; %s gives %.3f.", short(middle), short(p.Loss), a.run.guessing(), p.Guess)
	}
	if a.has(Kinds()...) {
		f.Severity = Warning // it follows from the others
	}
	a.find(f)
}
