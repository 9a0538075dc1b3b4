package config

import (
	"fmt"
	"slices"
	"strings"

	"gradwatch/internal/invalid"
)

// Optimizer is an update rule, by Keras's name and with Keras's constants.
type Optimizer struct {
	Name string
	// Rule is the update of a weight w by its gradient g; t counts the steps from 1.
	Rule string
	// LearningRate is the default learning rate: the tutorial's for sgd
	// (Keras's default too), Keras's for the others.
	LearningRate float64
	// Constants are the rule's, with Keras's defaults. The others are nil.
	Constants
}

// Constants are the constants of an update rule. In a [Run], nil stands for the
// optimizer's default, and a constant that its rule does not have is refused.
type Constants struct {
	// Beta1 is the decay of the mean of the gradients, Beta2 that of their squares (of
	// adamax: sizes; of lion: the second decay of the mean): at least 0 and below 1.
	Beta1 *float64 `json:"beta-1,omitempty"`
	Beta2 *float64 `json:"beta-2,omitempty"`
	// Rho is the decay of the mean of the squared gradients of rmsprop and adadelta, at
	// least 0 and below 1.
	Rho *float64 `json:"rho,omitempty"`
	// Epsilon is added to a denominator, at least 0.
	Epsilon *float64 `json:"epsilon,omitempty"`
	// WeightDecay is the share of each trained variable, biases counted, that a step of
	// learning rate 1 takes off before the update. Every rule has it: 0.004 by
	// default for adamw, 0 for the others.
	WeightDecay *float64 `json:"weight-decay,omitempty"`
}

// Optimizers returns the optimizers, in the order in which help lists them.
func Optimizers() []Optimizer {
	const rate = 0.001
	constants := func(list ...float64) Constants { // beta 1, beta 2, epsilon
		return Constants{Beta1: &list[0], Beta2: &list[1], Epsilon: &list[2]}
	}
	decays := func(rho, epsilon float64) Constants { return Constants{Rho: &rho, Epsilon: &epsilon} }
	adam, adamw := constants(0.9, 0.999, 1e-7), constants(0.9, 0.999, 1e-7)
	weightDecay, epsilon, beta1, beta2 := 0.004, 1e-7, 0.9, 0.99
	adamw.WeightDecay = &weightDecay
	rows := []Optimizer{
		{"sgd", "v = momentum v - rate g; w += v", 0.01, Constants{}},
		{"adam", "Kingma and Ba 2015, beta 0.9 and 0.999, epsilon 1e-7", rate, adam},
		{"rmsprop", "a = 0.9 a + 0.1 g^2; w -= rate g / sqrt(a + 1e-7)", rate, decays(0.9, 1e-7)},
		{"adagrad", "a += g^2, from 0.1; w -= rate g / sqrt(a + 1e-7)", rate, Constants{Epsilon: &epsilon}},
		{"adamw", "Loshchilov and Hutter 2019: w -= 0.004 rate w, then adam's update", rate, adamw},
		{"nadam", "Dozat 2016: adam with Nesterov's momentum, beta 1 times 1 - 0.96^t / 2", rate, constants(0.9, 0.999, 1e-7)},
		{"adamax", "m = 0.9 m + 0.1 g; u = max(0.999 u, |g|); w -= rate m / ((1 - 0.9^t) (u + 1e-7))", rate, constants(0.9, 0.999, 1e-7)},
		{
			"adadelta", "a = 0.95 a + 0.05 g^2; d = g sqrt(b + 1e-7) / sqrt(a + 1e-7); b = 0.95 b + 0.05 d^2; w -= rate d",
			rate, decays(0.95, 1e-7),
		},
		{
			"ftrl", "McMahan et al. 2013: b = a + g^2, from 0.1; l += g - w (sqrt(b) - sqrt(a)) / rate; a = b; w = -rate l / sqrt(a)",
			rate,
			Constants{},
		},
		{"lion", "Chen et al. 2023: w -= rate sign(0.9 m + 0.1 g); m = 0.99 m + 0.01 g", rate, Constants{Beta1: &beta1, Beta2: &beta2}},
	}
	for i := range rows {
		if rows[i].WeightDecay == nil {
			rows[i].WeightDecay = new(float64)
		}
	}
	return rows
}

// LookupOptimizer returns the row of [Optimizers] with that name.
func LookupOptimizer(name string) (Optimizer, bool) {
	return lookup(Optimizers(), name, func(o Optimizer) string { return o.Name })
}

// OptimizerNames returns the names of [Optimizers].
func OptimizerNames() []string {
	return names(Optimizers(), func(o Optimizer) string { return o.Name })
}

// constant is one of Constants, and its field's name.
type constant struct {
	field string
	value **float64
}

func (c *Constants) list() []constant {
	return []constant{
		{"beta-1", &c.Beta1}, {"beta-2", &c.Beta2}, {"rho", &c.Rho}, {"epsilon", &c.Epsilon}, {"weight-decay", &c.WeightDecay},
	}
}

// ConstantNames returns the names of the fields of [Constants].
func ConstantNames() []string {
	return names(new(Constants).list(), func(c constant) string { return c.field })
}

// Asked returns the names of those constants that are not nil.
func (c *Constants) Asked() []string {
	asked := slices.DeleteFunc(c.list(), func(c constant) bool { return *c.value == nil })
	return names(asked, func(c constant) string { return c.field })
}

// OptimizerConstants returns the constants that are in force: the run's, or else the
// optimizer's defaults; nil for those that its rule does not have.
func (r *Run) OptimizerConstants() Constants {
	row, _ := LookupOptimizer(r.Optimizer)
	own := r.Constants
	for i, c := range row.list() {
		if asked := *own.list()[i].value; asked != nil {
			*c.value = asked
		}
	}
	return row.Constants
}

// checkConstants refuses a constant that the optimizer's rule does not have.
func (r *Run) checkConstants() error {
	row, _ := LookupOptimizer(r.Optimizer)
	for i, c := range r.Constants.list() {
		if *c.value != nil && *row.list()[i].value == nil {
			return invalid.New("optimizer", r.Optimizer, fmt.Sprintf("one of %s with --%s", strings.Join(optimizersWith(i), ", "), c.field))
		}
	}
	return nil
}

// optimizersWith returns the names of the optimizers that have constant i of the list.
func optimizersWith(i int) []string {
	rows := slices.DeleteFunc(Optimizers(), func(o Optimizer) bool { return *o.list()[i].value == nil })
	return names(rows, func(o Optimizer) string { return o.Name })
}
