package config

import "gradwatch/internal/dataset"

// Defaults returns the defaults for a data set such as of's. Generated data keep the tutorial's,
// which show how a gradient vanishes.
func Defaults(of *Run) Run { return SplitDefaults(of) }

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

// MeasuredName names the rows whose values are recorded as val_loss and the like: validation or,
// without any, test.
func (r *Run) MeasuredName() string {
	if r.ValidationFraction > 0 {
		return "validation"
	}
	return "test"
}
