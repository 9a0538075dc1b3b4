package diagnose

// Thresholds say from where on something is wrong. docs/verdicts.md tells how well
// the defaults tell broken runs from healthy ones.
type Thresholds struct {
	// Learned is the part of the loss of guessing by the classes' shares that a model
	// must have taken away from the training loss to count as one that learns. Of
	// our own healthy runs the least takes 0.3.
	Learned float64
	// LearnedRows is the part of the rows that guessing gets wrong, and that a model must get right, of the
	// test rows: 0.4 is 70 % right of two classes of the same size.
	LearnedRows float64
	// HeldBack is the part below which a model that learns may do so in spite of
	// something that no healthy model has: saturated layers, symmetric units, large
	// inputs.
	HeldBack float64
	// DeltaRatio: the error signal of dense_1 over the output layer's below it is
	// vanishing. Healthy runs stay above 0.02.
	DeltaRatio float64
	// GradientRatio: the gradient of a hidden layer's kernel over the output
	// layer's, root mean squares, below it is vanishing.
	GradientRatio float64
	// ExplodingRatio: the error signal of dense_1 over the output layer's above it
	// is exploding. 70 is AUTOTRAINER's bound (Zhang et al. 2021, ICSE), of kernels'
	// gradients.
	ExplodingRatio float64
	// ExplodingUpdate: a step that changes a kernel's norm by more than this part
	// is exploding. A healthy step changes about 0.001 (Karpathy, CS231n).
	ExplodingUpdate float64
	// SmallUpdate: steps that change all kernels' norms by less than this part are
	// too small to learn by: a thousand of them change 2 %.
	SmallUpdate float64
	// DeadLayer is the part of a layer's units that are dead from where on it is
	// more than a note.
	DeadLayer float64
	// NearlyDead: a unit that is active on less than this part of the rows is
	// nearly dead.
	NearlyDead float64
	// SaturatedUnit is the part of the rows on which a unit must be saturated to
	// count; SaturatedLayer the mean over a layer's units that is a warning,
	// SaturatedError the one that keeps a model from learning.
	SaturatedUnit, SaturatedLayer, SaturatedError float64
	// LargeInput is the root mean square of the inputs from where on they are too
	// large: they should be about 1 (LeCun et al. 1998, Efficient BackProp).
	LargeInput float64
	// LargeTarget is the same of a regression's target; below 1 over its square the target is too small.
	LargeTarget float64
	// Unstable is the spread of the accuracy over the last epochs from where on it swings too much: tanh-5 with batch
	// normalization and shortcuts has 0.07, no healthy run of ours more than 0.04.
	Unstable float64
	// Stalled is the part by which the loss must fall over the last half of the run
	// to count as moving.
	Stalled float64
	// Rough is the median change of the loss from one epoch to the next, over the
	// loss, from where on it oscillates.
	Rough float64
	// Overfit is the part by which the test loss may rise above its least.
	Overfit float64
	// Running is how many checks must agree, one after the other, before something
	// is found or has gone.
	Running int
}

// Default returns the thresholds that the verdicts of train use.
func Default() Thresholds {
	return Thresholds{
		Learned:         0.2,
		LearnedRows:     0.4,
		HeldBack:        0.7,
		DeltaRatio:      1e-2,
		GradientRatio:   0.05,
		ExplodingRatio:  70,
		ExplodingUpdate: 0.1,
		SmallUpdate:     2e-5,
		DeadLayer:       0.5,
		NearlyDead:      0.01,
		SaturatedUnit:   0.99,
		SaturatedLayer:  0.5,
		SaturatedError:  0.9,
		LargeInput:      10,
		LargeTarget:     10,
		Unstable:        0.06,
		Stalled:         1e-3,
		Rough:           0.05,
		Overfit:         0.3,
		Running:         3,
	}
}
