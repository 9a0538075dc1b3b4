package config

import (
	"slices"
	"strconv"
)

// DropoutRate returns the share of the outputs of hidden layer i, from 0, that a training
// step sets to 0; 0 for no dropout.
func (r *Run) DropoutRate(i int) float64 {
	switch len(r.Dropout) {
	case 0:
		return 0
	case 1:
		return r.Dropout[0]
	default:
		return r.Dropout[i]
	}
}

// DropsOut reports whether any layer has dropout.
func (r *Run) DropsOut() bool {
	return slices.ContainsFunc(r.Dropout, func(rate float64) bool { return rate != 0 })
}

// Regularized reports whether the loss has a penalty on the kernels.
func (r *Run) Regularized() bool { return r.L1 != 0 || r.L2 != 0 }

// regularizationParts returns the parts of the folder's name for penalties, dropout, class
// weights, the learning rate's schedule and early stopping.
func (r *Run) regularizationParts() []string {
	var parts []string
	if r.L1 != 0 {
		parts = append(parts, "l1", formatNumber(r.L1))
	}
	if r.L2 != 0 && r.L2 != AutoL2 {
		parts = append(parts, "l2", formatNumber(r.L2))
	}
	if r.DropsOut() {
		parts = append(parts, "dropout", joinNumbers(r.Dropout))
	}
	if r.LearningRateSchedule != ConstantSchedule && r.LearningRateSchedule != AutoSchedule {
		parts = append(parts, r.LearningRateSchedule)
	}
	if r.Decay != 0 {
		parts = append(parts, "decay", formatNumber(r.Decay))
	}
	if r.ClassWeight != NoClassWeight {
		parts = append(parts, "class-weight", r.ClassWeight)
	}
	if r.EarlyStopping > 0 {
		parts = append(parts, "early-stopping", strconv.Itoa(r.EarlyStopping))
	}
	return parts
}
