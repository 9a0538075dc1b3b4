package diagnose

import (
	"math"

	"gradwatch/internal/numeric"
	"gradwatch/internal/study"
)

// Progress says how far a replica has come, by the median of its last epochs or, where it ends with
// the weights of its best epoch, by that one.
type Progress struct {
	Epochs                               int // recorded
	Loss, Accuracy, ValLoss, ValAccuracy float64
	// Guess is the loss of guessing by the classes' shares among the training rows:
	// their entropy, 0.693 for two classes of the same size; or of a regression that of
	// guessing the mean, the variance.
	Guess float64
	// Gain is the part of Guess that the training loss has lost, ValGain the test
	// loss: 1 for a perfect model, 0 for one that guesses, negative for a worse one.
	Gain, ValGain float64
	// Lift is the part of the rows that guessing the larger class gets wrong and the
	// model gets right: of the training rows, and of the test rows. Of a regression it is
	// the part of the variance that the model explains.
	Lift, ValLift float64
	// Sufficient: it does about as well on the test rows as nearest neighbours or a linear model,
	// where these were tried.
	Sufficient bool
	// Ignored is the largest class that is hardly ever predicted, though nearest neighbours or a linear model tell it from
	// the others; -1 for none.
	Ignored int
	// Learned: it is better than guessing on the test rows; see learned.
	Learned bool
}

// lastEpochs returns how many of a number of epochs stand, by their median, for the
// end.
func lastEpochs(epochs int) int { return max(1, epochs/20) }

func (t Thresholds) progress(run *Run, r *Replica) Progress {
	p := Progress{Epochs: len(r.History), Guess: run.trainGuess()}
	from, to := max(0, len(r.History)-lastEpochs(len(r.History))), len(r.History)
	if s := r.Stop; s != nil && s.Restored && s.Best < to {
		from, to = s.Best, s.Best+1
	}
	median := func(column func(i int) float64) float64 {
		var values []float64
		for i := from; i < to; i++ {
			values = append(values, column(i))
		}
		return medianOf(values)
	}
	p.Loss = median(func(i int) float64 { return r.History[i].Loss })
	p.Accuracy = median(func(i int) float64 { return r.History[i].Accuracy })
	p.ValLoss = median(func(i int) float64 { return r.History[i].ValLoss })
	p.ValAccuracy = median(func(i int) float64 { return r.History[i].ValAccuracy })
	p.Gain, p.ValGain = gain(p.Loss, p.Guess), gain(p.ValLoss, run.guess())
	p.Lift, p.ValLift = run.lift(p.Accuracy, p.Loss), run.lift(p.ValAccuracy, p.ValLoss)
	if run.Target.NoLoss {
		p.Gain, p.ValGain = 0, 0
		if run.Target.Regression {
			p.Lift, p.ValLift = 0, 0
		}
	}
	p.Ignored = run.ignored()
	p.Sufficient = run.sufficient(&p)
	p.Learned = p.Epochs > 0 && numeric.Finite(r.History[to-1].Loss) && (p.Sufficient || t.learned(run, r, &p))
	return p
}

// entropy returns that of a class of the given share, in nats.
func entropy(share float64) float64 {
	if share <= 0 || share >= 1 {
		return 0
	}
	return -share*math.Log(share) - (1-share)*math.Log(1-share)
}

func gain(loss, guess float64) float64 {
	if guess == 0 {
		return 1 // of a single class there is nothing to learn
	}
	return 1 - loss/guess
}

// lift of a single class is 1 for a model that gets all rows right, else negative.
func lift(accuracy, larger float64) float64 {
	if larger >= 1 {
		if accuracy >= 1 {
			return 1
		}
		return accuracy - 1
	}
	return (accuracy - larger) / (1 - larger)
}

// medianOf returns the median of the finite values; NaN of none.
func medianOf(values []float64) float64 { return study.NewSpread(values).Median }

// gainAt returns the gain of the training loss at an epoch.
func (a *analyzer) gainAt(epoch int) float64 {
	if epoch >= len(a.History) {
		return math.NaN()
	}
	return gain(a.History[epoch].Loss, a.progress.Guess)
}
