package config

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gradwatch/internal/dataset"
	"gradwatch/internal/invalid"
)

// AutoOutput is the Loss and the OutputActivation that follow from the target.
const AutoOutput = auto

// Softmax is the activation that only an output layer can have: exp(z_k) / sum_j exp(z_j) over the layer's units.
const Softmax = "softmax"

// Output is the output layer of a model and what the model learns by, for one target.
type Output struct {
	// Loss is one of [Losses], Activation one of [OutputActivationNames] without auto.
	Loss, Activation string
	Units            int
	// Classes is the number of the target's classes; 0 for a regression.
	Classes int
	// OneHot: a row's label has a number for each unit, 1 for that of its class, else 0. Otherwise the
	// label is one number: that of the class, from 0, or the target of a regression.
	OneHot bool
}

// Regression reports whether the target is a number.
func (o *Output) Regression() bool { return o.Classes == 0 }

// IsDefault reports whether the loss and the activation are those that the target has by default: the
// cross-entropies of sigmoid and softmax, and the mean squared error of a linear output.
func (o *Output) IsDefault() bool {
	switch {
	case o.Regression():
		return o.Loss == MSE && o.Activation == Linear
	case o.OneHot:
		return o.FromLogits() && o.Loss != BinaryCrossentropy && o.Activation == Softmax
	}
	return o.Loss == BinaryCrossentropy && o.Activation == Sigmoid && o.Classes == 2
}

// FromLogits reports whether the loss takes the output layer's pre-activations. Keras's
// cross-entropies do so where the activation is sigmoid or softmax, each loss with both of them:
// categorical_crossentropy of sigmoid outputs is that of a softmax.
func (o *Output) FromLogits() bool {
	loss, _ := LookupLoss(o.Loss)
	return loss.CrossEntropy && (o.Activation == Sigmoid || o.Activation == Softmax)
}

// Probabilities reports whether the outputs are probabilities.
func (o *Output) Probabilities() bool { return o.Activation == Sigmoid || o.Activation == Softmax }

// Constant reports whether the model has the same output for all inputs: a softmax of one unit is 1.
func (o *Output) Constant() bool { return o.Activation == Softmax && o.Units == 1 }

// Range returns the bounds of the outputs that the loss sees, which they may only approach.
func (o *Output) Range() (low, high float64) {
	switch a := o.Activation; {
	case a == Sigmoid || o.FromLogits() || a == Softmax && o.Units > 1:
		return 0, 1
	case a == Softmax:
		return 1, 1
	case a == "hard_sigmoid":
		return 0, 1
	case a == "tanh" || a == "hard_tanh" || a == "softsign":
		return -1, 1
	case a == "relu" || a == "softplus" || a == "exponential":
		return 0, math.Inf(1)
	case a == "relu6":
		return 0, 6
	case a == "elu":
		return -1, math.Inf(1)
	case a == "selu":
		return -1.7581, math.Inf(1)
	case a == "gelu":
		return -0.17, math.Inf(1)
	case a == "silu":
		return -0.2785, math.Inf(1)
	case a == "hard_silu":
		return -0.375, math.Inf(1)
	case a == "mish":
		return -0.3088, math.Inf(1)
	}
	return math.Inf(-1), math.Inf(1)
}

// OutputNames returns a name for each of several units: the class's, and unused_1, unused_2, ... of
// those that stand for no class.
func (o *Output) OutputNames(classes []string) []string {
	names := slices.Clone(classes)
	for k := len(classes); k < o.Units && o.Classes > 0; k++ {
		names = append(names, "unused_"+strconv.Itoa(k-len(classes)+1))
	}
	return names
}

// OutputActivationNames are the names that Run.OutputActivation accepts.
func OutputActivationNames() []string {
	return slices.Concat([]string{AutoOutput, Linear, Sigmoid, Softmax}, slices.DeleteFunc(ActivationNames(), func(name string) bool {
		return name == Linear || name == Sigmoid
	}))
}

// Output returns the run's output layer and loss for a target. What was not asked for follows from the
// rest. Two classes have one unit, sigmoid and binary_crossentropy, unless several units are asked for, a
// softmax, or a loss of several units; more classes have a unit each, softmax and
// categorical_crossentropy; a regression has one unit, linear and mse.
func (r *Run) Output(target *dataset.Target) Output {
	o := Output{Loss: cmp.Or(r.Loss, AutoOutput), Activation: cmp.Or(r.OutputActivation, AutoOutput), Units: r.UnitsOutput}
	if target.Task != dataset.Regression {
		o.Classes = len(target.Classes)
	}
	loss, _ := LookupLoss(o.Loss)
	if o.Units == 0 {
		o.Units = max(o.Classes, 1)
		if o.Classes == 2 && !loss.Categorical && o.Activation != Softmax {
			o.Units = 1
		}
	}
	o.OneHot = !o.Regression() && o.Units > 1
	if o.Activation == AutoOutput {
		o.Activation = o.activationOf(loss)
	}
	if o.Loss == AutoOutput {
		o.Loss = o.lossOf()
	}
	return o
}

// activationOf returns the activation that suits a loss: the one with which its best outputs can be reached.
func (o *Output) activationOf(loss Loss) string {
	switch {
	case loss.Activation != "":
		return loss.Activation
	case o.Regression():
		return Linear
	case o.OneHot && loss.Name != BinaryCrossentropy:
		return Softmax
	}
	return Sigmoid
}

// Suited returns the activation that suits the loss and the target.
func (o *Output) Suited() string {
	loss, _ := LookupLoss(o.Loss)
	return o.activationOf(loss)
}

// lossOf returns the loss that is usual for the target, whatever the activation.
func (o *Output) lossOf() string {
	switch {
	case o.Regression():
		return MSE
	case o.OneHot:
		return CategoricalCrossentropy
	}
	return BinaryCrossentropy
}

// checkOutput returns an [*invalid.Error] for a combination that has no meaning in Keras.
func (r *Run) checkOutput(target *dataset.Target) error {
	o := r.Output(target)
	switch {
	case o.Regression() && o.Units > 1:
		return invalid.New("units-output", strconv.Itoa(o.Units), "1: the target is a number")
	case o.OneHot && o.Units < o.Classes:
		return invalid.New("units-output", strconv.Itoa(o.Units), fmt.Sprintf("1, or at least %d: the target has %d classes", o.Classes, o.Classes))
	case o.Loss == SparseCategoricalCrossentropy && !o.OneHot:
		reason := "the target is a number"
		if !o.Regression() {
			reason = "the model has one output, and this loss takes one for each class"
		}
		names := slices.DeleteFunc(LossNames(), func(name string) bool { return name == SparseCategoricalCrossentropy })
		return invalid.New("loss", o.Loss, "one of "+strings.Join(names, ", ")+": "+reason)
	}
	return nil
}
