package config

import (
	"fmt"
	"math"

	"gradwatch/internal/dataset"
)

// Values of a Run that [Run.FillByRows] replaces.
const (
	AutoEpochs   = -1     // Epochs: as many as make enough training steps
	AutoSchedule = "auto" // LearningRateSchedule: cosine over all epochs, down to 0
	AutoL2       = -1     // L2: the less, the more rows there are to train on
)

// Defaults returns the defaults for a data set such as of's. A file has those with which a model of
// an ordinary table reaches what other programs' models reach, measured by scripts/bench-tables
// (docs/benchmarks.md). Generated data keep the tutorial's, which show how a gradient vanishes.
func Defaults(of *Run) Run {
	base := SplitDefaults(of)
	if of.Generated() {
		return base
	}
	if !of.Stream { // which takes neither words nor missing values
		base.Missing, base.OneHot = dataset.MedianOfTraining, dataset.AllWords
	}
	base.Layers, base.Activations = []int{128, 64}, []string{"relu"}
	base.Optimizer, base.LearningRate = "adam", 0.003
	base.Epochs, base.LearningRateSchedule, base.L2 = AutoEpochs, AutoSchedule, AutoL2
	return base
}

// SplitDefaults returns [Default] with the defaults of how of's data set is split and scaled. A
// fifth of a file's rows, drawn, tests, with the same share of each class, unless a second file
// says what tests; the training rows decide the scaling. A stream's rows stay in their order.
func SplitDefaults(of *Run) Run {
	base := Default()
	if of.Generated() {
		return base
	}
	base.TestFraction, base.Scale = 0.2, "standard"
	base.ShuffleRows = (of.TestFile == "" || of.ValidationFraction > 0) && !of.Stream
	base.Stratify = base.ShuffleRows && of.Task != string(dataset.Regression)
	return base
}

// What [Run.FillByRows] goes by.
const (
	autoEpochs = 40     // epochs,
	leastSteps = 1500   // more of a small table, until they make so many steps,
	mostSteps  = 20_000 // fewer of a large one, which make no more
	// L2 times the training rows. A penalty of X/N on the mean loss of N rows is one of X on
	// their sum, as in scikit-learn's Ridge: the more rows there are, the less it counts.
	penaltyOfClasses, penaltyOfNumber = 2.0, 10.0
)

// FillByRows replaces AutoEpochs, AutoSchedule and AutoL2 by what suits so many training rows
// of a regression or of classes. The run keeps the name that it had before.
func (r *Run) FillByRows(rows int, regression bool) {
	if r.Epochs != AutoEpochs && r.LearningRateSchedule != AutoSchedule && r.L2 != AutoL2 {
		return
	}
	r.Name = r.FolderName()
	if r.Epochs == AutoEpochs {
		steps := max(1, roundUp(rows, r.BatchSize)) // of an epoch
		r.Epochs = min(max(autoEpochs, roundUp(leastSteps, steps)), roundUp(mostSteps, steps))
	}
	if r.LearningRateSchedule == AutoSchedule {
		r.LearningRateSchedule = fmt.Sprintf("cosine:%d,0", r.Epochs)
	}
	if r.L2 == AutoL2 {
		penalty := penaltyOfClasses
		if regression {
			penalty = penaltyOfNumber
		}
		r.L2 = twoDigits(penalty / float64(max(1, rows)))
	}
}

func roundUp(a, b int) int { return (a + b - 1) / b }

// twoDigits rounds to two significant digits, because the value is part of commands that are
// printed.
func twoDigits(x float64) float64 {
	digits := math.Floor(math.Log10(x)) - 1
	return math.Round(x*math.Pow(10, -digits)) / math.Pow(10, -digits)
}

// MeasuredName names the rows whose values are recorded as val_loss and the like: validation or,
// without any, test.
func (r *Run) MeasuredName() string {
	if r.ValidationFraction > 0 {
		return "validation"
	}
	return "test"
}
