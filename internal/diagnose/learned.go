package diagnose

import (
	"math"
	"slices"

	"gradwatch/internal/numeric"
	"gradwatch/internal/probe"
)

// learned reports whether a replica is better than guessing on the test rows, by what is right of them and
// by how sure the model is:
//
//   - of two and more classes: most of what guessing gets wrong is right (a lift of at least LearnedRows, with
//     some loss gone, or twice that whatever the loss), or the loss of guessing has lost a part of Learned on the
//     training rows and of half of that on the test rows, or the ROC curve's area is far above 0.5;
//   - of a regression: it explains a part of Learned of the variance, of training and test rows.
//
// One that ignores one of two classes, though the class can be told, answers all rows alike: it has not learned.
//
// Accuracy alone says nothing of a rare class, the loss alone nothing of a model that is right but not sure, or
// sure where it is wrong.
func (t Thresholds) learned(run *Run, r *Replica, p *Progress) bool {
	const (
		some = 0.05 // of the loss, by which steps have done something
		area = 0.7  // of the ROC curve: below it a model is of little use
		most = 0.9  // of the test rows, where the training rows are of one class
	)
	sure := p.Gain >= t.Learned && p.ValGain >= t.Learned/2
	ranks := r.AUC >= area && run.ranks(r)
	switch {
	case run.Target.hopeless():
		return false
	case p.Ignored >= 0 && run.Target.Count() == 2:
		return false
	case run.guess() == 0:
		return p.ValAccuracy >= most || run.Target.Regression
	case run.Target.Regression:
		return p.Gain >= t.Learned && p.ValGain >= t.Learned
	case run.ClassWeights != nil: // it gets more of the larger class wrong than guessing does, on purpose
		return p.Gain >= t.Learned && (r.AUC == 0 || ranks) || ranks && p.Gain >= some
	}
	right := p.ValLift >= 2*t.LearnedRows || p.ValLift >= t.LearnedRows && p.Gain >= some
	return right || sure || ranks
}

// ranks reports whether a replica gives the test rows of class 1 larger values than the others, beyond chance.
func (r *Run) ranks(of *Replica) bool {
	ones := r.Class1 * float64(r.TestRows)
	return of.AUC > 0 && probe.RankSigmas(of.AUC, ones, float64(r.TestRows)-ones) >= probe.Certain
}

// fits reports whether a replica has learned, or at least learned its training rows: then the gradient has
// come through, whatever the test rows say. Of rows without a signal, which are learned one by one, less will do.
func (a *analyzer) fits() bool {
	p := &a.progress
	return p.Learned || p.Gain >= a.Thresholds.Learned || p.Gain >= wellFitted && p.ValGain <= -wellFitted && a.nothingToFind()
}

// sufficient reports whether a model does about as well on the test rows as nearest neighbours or a linear
// model on those that these were tried on, or, where these found nothing, better than guessing beyond chance.
func (r *Run) sufficient(p *Progress) bool {
	if r.Probe == nil || r.Target.hopeless() || r.ClassWeights != nil || p.Ignored >= 0 {
		return false
	}
	const (
		asRight, asSure = 0.7, 0.5 // parts of what the better of the two reaches
		matters         = 0.05     // a lift below it is too small to compare
		chance          = 3        // standard errors
	)
	best := r.Probe.Best()
	if !r.Probe.Finds() {
		guess := r.Probe.Guess
		_, rows := r.measured()
		beyond := chance * math.Sqrt(guess*(1-guess)/float64(max(1, rows)))
		return !r.Target.Regression && p.ValLift > 0 && p.ValAccuracy-guess > beyond && p.ValGain > 0
	}
	if r.Target.Regression {
		return p.Gain > 0 && p.ValGain >= asSure*best.Explained // test rows that differ can be near one number
	}
	reached := lift(best.Accuracy, r.Probe.Guess)
	return reached >= matters && p.ValLift >= asRight*reached || p.ValGain >= asSure*best.Explained
}

// hardly is the part of a class's test rows up to which the class counts as never predicted.
const hardly = 0.05

// neglected reports whether a class is hardly ever predicted, of so many test rows that this is no chance.
func (c *Recall) neglected() bool {
	const enough = 10 // rows
	return c.Rows >= enough && c.Part <= hardly
}

// ignored returns the largest class of those rarer than the average that is hardly ever predicted, though nearest
// neighbours or a linear model tell at least half of its rows from the others; -1 for none.
func (r *Run) ignored() int {
	const found = 0.5
	at, shares := -1, r.shares()
	for k := range r.Recalls {
		c := &r.Recalls[k]
		rare := k < len(shares) && shares[k]*float64(len(shares)) <= 1
		if rare && c.neglected() && r.Probe != nil && k < len(r.Probe.Recalls) && r.Probe.Recalls[k] >= found && (at < 0 || c.Rows > r.Recalls[at].Rows) {
			at = k
		}
	}
	return at
}

// behind reports whether the better of nearest neighbours and a linear model makes at most half of the model's errors
// on the test rows, by more than chance: then there is much more to learn.
func (r *Run) behind(p *Progress) bool {
	const matters, chance = 0.05, 3
	if r.Probe == nil || 1-p.ValLift < matters || !(r.errors(p) <= half) {
		return false
	}
	wrong := 1 - p.ValAccuracy
	noise := math.Sqrt(wrong * (1 - wrong) / float64(max(1, r.Probe.TestRows)))
	if r.Target.Regression {
		return !r.Target.OtherLoss // by which the two would have to be compared
	}
	return wrong*(1-r.errors(p)) >= chance*noise
}

// half is the part of a model's errors from which on down a simple method is much better.
const half = 0.5

// errors returns the errors on the test rows of the better of nearest neighbours and a linear model, or of the latter
// for a linear model, over the model's.
func (r *Run) errors(p *Progress) float64 {
	best := r.Probe.Best()
	if r.isLinear() {
		best = r.Probe.Linear
	}
	if r.Target.Regression {
		return (1 - best.Explained) / (1 - p.ValGain)
	}
	return (1 - best.Accuracy) / (1 - p.ValAccuracy)
}

// WantsProbe reports whether it is worth while to look what simple methods find in the data: a replica seems not to
// have learned, though its loss is finite, or has learned in few steps, or a class is hardly ever predicted.
func (t Thresholds) WantsProbe(run *Run) bool {
	if run.Probe != nil {
		return false
	}
	neglected := slices.ContainsFunc(run.Recalls, func(c Recall) bool { return c.neglected() })
	for i := range run.Replicas {
		p := t.progress(run, &run.Replicas[i])
		const good = 0.9 // of the test rows or their variance: then little is left to find
		short := (run.fewSteps(p.Epochs) || run.isLinear()) && max(p.ValLift, p.ValGain) < good
		if p.Epochs > 0 && numeric.Finite(p.Loss) && (!p.Learned || neglected || short) {
			return true
		}
	}
	return false
}
