package diagnose

import (
	"fmt"
	"math"
	"slices"

	"gradwatch/internal/numeric"
	"gradwatch/internal/record"
)

// fall returns the part by which the training loss has fallen over the last half of the run: from the median of the
// first epochs of that half to that of the last ones.
func (a *analyzer) fall() float64 { return 1 - a.endLoss()/a.middleLoss() }

// middleLoss returns the median loss of the epochs after the first half.
func (a *analyzer) middleLoss() float64 {
	half := len(a.History) / 2
	return a.medianLoss(half, half+lastEpochs(len(a.History)))
}

// endLoss returns that of the last epochs.
func (a *analyzer) endLoss() float64 {
	return a.medianLoss(len(a.History)-lastEpochs(len(a.History)), len(a.History))
}

func (a *analyzer) medianLoss(from, to int) float64 {
	return a.medianOf(from, to, func(r *record.Row) float64 { return r.Loss })
}

// medianOf returns the median of something over epochs.
func (a *analyzer) medianOf(from, to int, of func(r *record.Row) float64) float64 {
	var values []float64
	for i := from; i < min(to, len(a.History)); i++ {
		values = append(values, of(&a.History[i]))
	}
	return medianOf(values)
}

// falls reports whether the loss still falls, from epoch to epoch: steps may then be small, but they do not
// overshoot.
func (a *analyzer) falls() bool {
	const seldom = 0.1 // of the epochs it turns
	_, turns := a.jumps(len(a.History) / 2)
	return a.fall() >= a.Stalled && !(turns > seldom)
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

// lost returns the epoch about which the training loss was least, and that loss, where it has since risen so far that
// most of what was learned is lost.
func (a *analyzer) lost() (epoch int, least float64, is bool) {
	const learned, kept = 0.4, 0.5
	last := lastEpochs(len(a.History))
	least = math.Inf(1)
	for i := 0; i+last <= len(a.History); i += last {
		if loss := a.medianLoss(i, i+last); loss < least {
			epoch, least = i, loss
		}
	}
	best := gain(least, a.progress.Guess)
	return epoch, least, best >= learned && a.progress.Gain < kept*best
}

// oscillation: the loss jumps from epoch to epoch without coming down, or has risen above that of guessing, or from
// where the model had learned to where it has not.
func (a *analyzer) oscillation() {
	p := a.progress
	if a.fits() || a.run.Target.NoLoss || a.has(ConstantOutput, LossMismatch, OutputRange, Divergence, Exploding) || len(a.History) < 2*a.Running || a.falls() {
		return
	}
	if epoch, least, lost := a.lost(); lost {
		a.find(Finding{
			Kind: Oscillation, Severity: Error, Epoch: epoch, Last: len(a.History) - 1,
			Quantity: "training loss over its least", Value: record.Number(p.Loss / least), Threshold: 1, Tag: "loss",
			Message: fmt.Sprintf("The model had learned and has lost it: the loss rose from %s about epoch %d to %s. The steps are probably too large: try a smaller learning rate%s.",
				short(least), epoch, short(p.Loss), thanRate(a.run.Rate)),
		})
		return
	}
	half := len(a.History) / 2
	rough, turns := a.jumps(half)
	const often, above, rising = 0.4, 1.03, 0.01
	jumpy := rough > a.Rough && turns > often
	worse := p.Guess > 0 && p.Loss > above*p.Guess && (turns > often || a.fall() < -rising)
	if !jumpy && !worse {
		return
	}
	f := Finding{
		Kind: Oscillation, Severity: Error, Epoch: half, Last: len(a.History) - 1,
		Quantity: "median change of the loss from one epoch to the next, over the loss", Value: record.Number(rough), Threshold: record.Number(a.Rough), Tag: "loss",
		Message: fmt.Sprintf("The loss jumps up and down, by %s from one epoch to the next, and does not fall. The steps are probably too large: try a smaller learning rate%s.",
			percent(rough), thanRate(a.run.Rate)),
	}
	if worse {
		f.Epoch = a.firstAbove(above * p.Guess)
		f.Quantity, f.Value, f.Threshold = "training loss over that of guessing", record.Number(p.Loss/p.Guess), above
		f.Message = fmt.Sprintf("The loss, %s, is above that of %s (%s) and does not fall. The steps are probably too large: try a smaller learning rate%s.",
			short(p.Loss), a.run.guessing(), short(p.Guess), thanRate(a.run.Rate))
	}
	a.find(f)
}

// unstable: what is right changes much from one of the last epochs to the next, of the training rows and of the test
// rows, so that the end depends on when one stops. To answer now one class for all rows and now another is no such
// change.
func (a *analyzer) unstable() {
	const least = 10 // epochs
	last := max(least, len(a.History)/10)
	if len(a.History) < 2*least || a.explained() || !a.run.Ended {
		return
	}
	from := len(a.History) - last
	swing := func(of func(r *record.Row) float64) (low, high, size float64) {
		values := make([]float64, last)
		for i := range values {
			values[i] = of(&a.History[from+i])
		}
		low, high = slices.Min(values), slices.Max(values)
		return low, high, spreadAround(values)
	}
	_, _, train := swing(func(r *record.Row) float64 { return max(a.run.right(r.Accuracy, r.Loss), a.run.guessRight()) })
	low, high, test := swing(func(r *record.Row) float64 { return max(a.run.right(r.ValAccuracy, r.ValLoss), a.run.guessRight()) })
	size := min(train, test)
	if !(size > a.Unstable) {
		return
	}
	a.find(Finding{
		Kind: Unstable, Severity: a.unlessLearned(), Epoch: from, Last: len(a.History) - 1,
		Quantity: "spread of " + a.run.rightWords() + " over the last epochs", Value: record.Number(size), Threshold: record.Number(a.Unstable), Tag: a.run.metricTag(),
		Message: fmt.Sprintf("The result depends on the epoch in which training stops: in the last %d epochs %s is between %s and %s. A smaller learning rate%s, or one that falls, may help.",
			last, a.run.rightWords(), short(low), short(high), thanRate(a.run.Rate)),
	})
}

// spreadAround returns the difference between the 10th and the 90th percentile of what is left of values when
// the straight line through them is taken away: how much they swing, not how much they rise.
func spreadAround(values []float64) float64 {
	n := float64(len(values))
	middle, sum, slope, squares := (n-1)/2, 0.0, 0.0, 0.0
	for i, v := range values {
		sum += v
		slope += (float64(i) - middle) * v
		squares += (float64(i) - middle) * (float64(i) - middle)
	}
	rest := make([]float64, len(values))
	for i, v := range values {
		rest[i] = v - sum/n - slope/squares*(float64(i)-middle)
	}
	slices.Sort(rest)
	return rest[int(0.9*(n-1)+0.5)] - rest[int(0.1*(n-1)+0.5)]
}

// stalled: the loss no longer falls, and the model has not learned.
func (a *analyzer) stalled() {
	p := a.progress
	if a.fits() || a.run.Target.NoLoss || len(a.History) < 2*a.Running || !numeric.Finite(a.History[len(a.History)-1].Loss) {
		return
	}
	half, fall := len(a.History)/2, a.fall()
	if !(fall < a.Stalled) {
		return
	}
	f := Finding{
		Kind: StalledLoss, Severity: Error, Epoch: half, Last: len(a.History) - 1,
		Quantity: "fall of the loss over the last half of the run", Value: record.Number(fall), Threshold: record.Number(a.Stalled), Tag: "loss",
		Message: fmt.Sprintf("The loss no longer falls: it stays at %s; %s gives %s.", short(p.Loss), a.run.guessing(), short(p.Guess)),
	}
	const rising = 0.01 // by less it stands still
	if rough, _ := a.jumps(half); fall < -max(rising, 2*rough) {
		f.Message = fmt.Sprintf("The loss rises: from %s half-way through the run to %s; %s gives %s.",
			short(a.middleLoss()), short(p.Loss), a.run.guessing(), short(p.Guess))
	}
	if !a.explained() {
		f.Message += a.run.probeText()
	}
	a.find(f)
}
