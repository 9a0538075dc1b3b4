package diagnose

import (
	"math"

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
// come through, whatever the test rows say.
func (a *analyzer) fits() bool { return a.progress.Learned || a.progress.Gain >= a.Thresholds.Learned }

// sufficient reports whether a model does about as well on the test rows as nearest neighbours or a linear
// model on those that these were tried on, or, where these found nothing, better than guessing beyond chance.
func (r *Run) sufficient(p *Progress) bool {
	if r.Probe == nil || r.ClassWeights != nil {
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
		beyond := chance * math.Sqrt(guess*(1-guess)/float64(max(1, r.TestRows)))
		return !r.Target.Regression && p.ValLift > 0 && p.ValAccuracy-guess > beyond && p.ValGain > 0
	}
	if r.Target.Regression {
		return p.ValGain >= asSure*best.Explained
	}
	reached := lift(best.Accuracy, r.Probe.Guess)
	return reached >= matters && p.ValLift >= asRight*reached || p.ValGain >= asSure*best.Explained
}

// WantsProbe reports whether a replica seems not to have learned, though its loss is finite: then it is worth
// while to look whether anything can be learned of the data.
func (t Thresholds) WantsProbe(run *Run) bool {
	for i := range run.Replicas {
		r := &run.Replicas[i]
		p := t.progress(run, r)
		if p.Epochs > 0 && !p.Learned && finite(p.Loss) && run.Probe == nil {
			return true
		}
	}
	return false
}
