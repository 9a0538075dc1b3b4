package config

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gradwatch/internal/invalid"
)

// DropoutRate returns the part of hidden layer i's outputs, from 0, that a training
// step leaves out; 0 for none.
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

// checkRegularization checks penalties and dropout.
func (r *Run) checkRegularization() error {
	for _, penalty := range []bound{{"l1", r.L1}, {"l2", r.L2}} {
		if !(penalty.value >= 0) || penalty.value > math.MaxFloat32 {
			return numberError(penalty.field, penalty.value, "a number of at least 0")
		}
	}
	for _, rate := range r.Dropout {
		if !(rate >= 0 && rate < 1) {
			return invalid.New("dropout", joinNumbers(r.Dropout), "numbers of at least 0 and below 1")
		}
	}
	if n := len(r.Dropout); n > 1 && n != len(r.Layers) {
		return invalid.New(
			"dropout", joinNumbers(r.Dropout),
			fmt.Sprintf("one for all hidden layers, or one for each of the %d", len(r.Layers)),
		)
	}
	return nil
}

// joinNumbers writes numbers as a flag takes them.
func joinNumbers(values []float64) string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = strconv.FormatFloat(value, 'g', -1, 64)
	}
	return strings.Join(texts, ",")
}

// knobParts returns the parts of a run's folder's name that tell of penalties,
// dropout, class weights, the learning rate's schedule and early stopping.
func (r *Run) knobParts() []string {
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	var parts []string
	if r.L1 != 0 {
		parts = append(parts, "l1", number(r.L1))
	}
	if r.L2 != 0 {
		parts = append(parts, "l2", number(r.L2))
	}
	if r.DropsOut() {
		parts = append(parts, "dropout", joinNumbers(r.Dropout))
	}
	if r.LearningRateSchedule != ConstantSchedule {
		parts = append(parts, r.LearningRateSchedule)
	}
	if r.ClassWeight != NoClassWeight {
		parts = append(parts, "class-weight", r.ClassWeight)
	}
	if r.EarlyStopping > 0 {
		parts = append(parts, "early-stopping", strconv.Itoa(r.EarlyStopping))
	}
	return parts
}
