//go:build tensorflow

package graph

import (
	"fmt"
	"slices"

	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	tg "github.com/galeone/tfgo"

	"gradwatch/internal/config"
)

// Optimizer is an update rule with its settings, by Keras's definition. [NewOptimizer]
// fills in what a rule needs.
type Optimizer struct {
	Name     string  // of config.Optimizers
	Momentum float64 // of sgd
	Nesterov bool    // of sgd
	// Beta1, Beta2, Rho and Epsilon are the rule's constants, see config.Constants.
	Beta1, Beta2, Rho, Epsilon float64
	// WeightDecay is the share of each trained variable, times the rate, that a step
	// takes off before the update; 0 for none.
	WeightDecay float64
	// ClipNorm, GlobalClipNorm and ClipValue bound the gradients, see clip; at
	// most one is not 0.
	ClipNorm, GlobalClipNorm, ClipValue float64
}

// NewOptimizer returns the optimizer that a run describes.
func NewOptimizer(run *config.Run) Optimizer {
	o := Optimizer{
		Name: run.Optimizer, Momentum: run.Momentum, Nesterov: run.Nesterov,
		ClipNorm: run.ClipNorm, GlobalClipNorm: run.GlobalClipNorm, ClipValue: run.ClipValue,
	}
	constants := run.OptimizerConstants()
	for to, value := range map[*float64]*float64{
		&o.Beta1: constants.Beta1, &o.Beta2: constants.Beta2, &o.Rho: constants.Rho, &o.Epsilon: constants.Epsilon,
		&o.WeightDecay: constants.WeightDecay,
	} {
		if value != nil {
			*to = *value
		}
	}
	return o
}

// Keras's constants.
const (
	startAccumulator = 0.1  // of adagrad and ftrl
	nadamDecay       = 0.96 // beta 1 of step t is times 1 - 0.96^t / 2
)

// slots names the variables that the rule keeps beside each weights variable,
// with their initial values.
func (o Optimizer) slots() []slot {
	switch o.Name {
	case "adam", "adamw", "nadam":
		return []slot{{"m", 0}, {"v", 0}}
	case "adamax":
		return []slot{{"m", 0}, {"largest", 0}}
	case "rmsprop":
		return []slot{{"mean_square", 0}, {"momentum", 0}}
	case "adagrad":
		// Keras divides by sqrt(a + epsilon), TensorFlow's op by sqrt(a): the
		// same where the accumulator starts with epsilon in it.
		return []slot{{"accumulator", startAccumulator + float32(o.Epsilon)}}
	case "adadelta":
		return []slot{{"mean_square", 0}, {"mean_square_update", 0}}
	case "ftrl":
		return []slot{{"accumulator", startAccumulator}, {"linear", 0}}
	case "lion":
		return []slot{{"m", 0}}
	default:
		return []slot{{"momentum", 0}}
	}
}

type slot struct {
	name    string
	initial float32
}

// powers names the scalars that the rule keeps from step to step, with their values at
// the first step.
func (o Optimizer) powers() []slot {
	beta1, beta2 := slot{"beta_1_power", float32(o.Beta1)}, slot{"beta_2_power", float32(o.Beta2)}
	switch o.Name {
	case "adam", "adamw":
		return []slot{beta1, beta2}
	case "adamax":
		return []slot{beta1}
	case "nadam": // the last is the product of the steps' beta 1, before this step
		return []slot{{"decay_power", nadamDecay}, beta2, {"beta_1_product", 1}}
	default:
		return nil
	}
}

// update adds the ops that change each trained variable by its gradient, and after them
// the powers for the next step. The rate is a scalar, or, for a rule that
// [Optimizer.takesRates], may be one for each replica, [replica, 1, 1].
// The ops of one call read the variables' values from before it.
func (o Optimizer) update(s *op.Scope, v *variables, gradients []tf.Output, rate tf.Output) []*tf.Operation {
	powers := make([]tf.Output, len(v.powers))
	for i, power := range v.powers {
		powers[i] = power.read(s.SubScope(power.name))
	}
	rule, factors := o.rule(s, rate, powers)
	if s.Err() != nil {
		return nil
	}
	updates := make([]*tf.Operation, len(gradients))
	for k, gradient := range gradients {
		updates[k] = rule(&v.trained[k], gradient)
	}
	if len(powers) == 0 {
		return updates
	}
	after := s.WithControlDependencies(updates...)
	for i, factor := range factors {
		ps := after.SubScope("next_power")
		updates = append(updates, op.AssignVariableOp(ps, v.powers[i].handle, op.Mul(ps, powers[i], factor)))
	}
	return updates
}

// rule returns what adds the update of one variable, given the step's powers, and the
// factors by which these change until the next step.
func (o Optimizer) rule(s *op.Scope, rate tf.Output, powers []tf.Output) (update func(t *trained, gradient tf.Output) *tf.Operation, factors []tf.Output) {
	number := func(name string, value float64) tf.Output { return tg.Const(s.SubScope(name), float32(value)) }
	switch o.Name {
	case "sgd":
		return func(t *trained, gradient tf.Output) *tf.Operation {
			return op.ResourceApplyKerasMomentum(t.scope, t.handle, t.slots[0].handle, rate, gradient, tg.Const(t.scope, float32(o.Momentum)),
				op.ResourceApplyKerasMomentumUseNesterov(o.Nesterov))
		}, nil
	case "rmsprop":
		return func(t *trained, gradient tf.Output) *tf.Operation {
			ls := t.scope
			zero, rho, eps := tg.Const(ls, float32(0)), tg.Const(ls, float32(o.Rho)), tg.Const(ls, float32(o.Epsilon))
			return op.ResourceApplyRMSProp(ls, t.handle, t.slots[0].handle, t.slots[1].handle, rate, rho, zero, eps, gradient)
		}, nil
	case "adagrad":
		return func(t *trained, gradient tf.Output) *tf.Operation {
			return op.ResourceApplyAdagrad(t.scope, t.handle, t.slots[0].handle, rate, gradient)
		}, nil
	case "adadelta":
		rho, eps := number("rho", o.Rho), number("epsilon", o.Epsilon)
		return func(t *trained, gradient tf.Output) *tf.Operation {
			return op.ResourceApplyAdadelta(t.scope, t.handle, t.slots[0].handle, t.slots[1].handle, rate, rho, eps, gradient)
		}, nil
	case "adam", "adamw":
		betas := []tf.Output{tg.Const(s, float32(o.Beta1)), tg.Const(s, float32(o.Beta2))}
		eps := number("epsilon", o.Epsilon)
		return func(t *trained, gradient tf.Output) *tf.Operation {
			return op.ResourceApplyAdam(t.scope, t.handle, t.slots[0].handle, t.slots[1].handle,
				powers[0], powers[1], rate, betas[0], betas[1], eps, gradient)
		}, betas
	case "adamax":
		beta1, beta2, eps := number("beta_1", o.Beta1), number("beta_2", o.Beta2), number("epsilon", o.Epsilon)
		return func(t *trained, gradient tf.Output) *tf.Operation {
			return op.ResourceApplyAdaMax(t.scope, t.handle, t.slots[0].handle, t.slots[1].handle,
				powers[0], rate, beta1, beta2, eps, gradient)
		}, []tf.Output{beta1}
	case "nadam":
		return o.nadam(s, rate, powers)
	case "lion":
		return o.lion(rate), nil
	case "ftrl":
		return ftrl(rate), nil
	}
	s.UpdateErr("update", fmt.Errorf("optimizer %q is not known", o.Name))
	return nil, nil
}

// takesRates reports whether the rule is composed of ops for which each replica may have
// a rate of its own. Those for which TensorFlow has one op take one rate.
func (o Optimizer) takesRates() bool {
	return slices.Contains([]string{"nadam", "lion", "ftrl"}, o.Name)
}

// nadam is Dozat 2016: TensorFlow's Adam op with Nesterov's momentum has no beta 1 that
// changes from step to step. Powers are 0.96^t, beta 2^t and the product of beta 1 of the
// steps before.
func (o Optimizer) nadam(s *op.Scope, rate tf.Output, powers []tf.Output) (func(t *trained, gradient tf.Output) *tf.Operation, []tf.Output) {
	a := arithmetic{s}
	one, decay := a.number(1), a.number(nadamDecay)
	momentum := func(power tf.Output) tf.Output { // beta 1 (1 - power / 2)
		return a.mul(a.number(o.Beta1), a.sub(one, a.mul(power, a.number(0.5))))
	}
	now, next := momentum(powers[0]), momentum(a.mul(powers[0], decay))
	product := a.mul(powers[2], now)
	meanFactor := a.div(next, a.sub(one, a.mul(product, next)))
	gradientFactor := a.div(a.sub(one, now), a.sub(one, product))
	bias, eps := a.sub(one, powers[1]), a.number(o.Epsilon)
	return func(t *trained, gradient tf.Output) *tf.Operation {
		a := arithmetic{t.scope}
		m, keepM := a.moveMean(t.slots[0], gradient, o.Beta1)
		v, keepV := a.moveMean(t.slots[1], a.mul(gradient, gradient), o.Beta2)
		mean := a.add(a.mul(m, meanFactor), a.mul(gradient, gradientFactor))
		scale := a.add(op.Sqrt(t.scope, a.div(v, bias)), eps)
		step := a.div(a.mul(mean, rate), scale)
		return op.AssignSubVariableOp(t.scope.WithControlDependencies(keepM, keepV), t.handle, step)
	}, []tf.Output{decay, a.number(o.Beta2), now}
}

// lion is Chen et al. 2023, of which TensorFlow has no op.
func (o Optimizer) lion(rate tf.Output) func(t *trained, gradient tf.Output) *tf.Operation {
	return func(t *trained, gradient tf.Output) *tf.Operation {
		a := arithmetic{t.scope}
		m := t.slots[0].read(t.scope)
		direction := a.add(a.mul(m, a.number(o.Beta1)), a.mul(gradient, a.number(1-o.Beta1)))
		next := a.add(a.mul(m, a.number(o.Beta2)), a.mul(gradient, a.number(1-o.Beta2)))
		step := op.AssignSubVariableOp(t.scope, t.handle, a.mul(op.Sign(t.scope, direction), rate))
		return op.AssignVariableOp(t.scope.WithControlDependencies(step), t.slots[0].handle, next)
	}
}

// ftrl is McMahan et al. 2013 without penalties. It makes a variable from its slots only, so
// that what has no gradient becomes 0; TensorFlow's op does the same to the bias
// rows, which have to stay as they are.
func ftrl(rate tf.Output) func(t *trained, gradient tf.Output) *tf.Operation {
	return func(t *trained, gradient tf.Output) *tf.Operation {
		a := arithmetic{t.scope}
		w, sum, linear := t.read(a.next()), t.slots[0].read(a.next()), t.slots[1].read(a.next())
		nextSum := a.add(sum, a.mul(gradient, gradient))
		root := op.Sqrt(a.next(), nextSum)
		pull := a.mul(a.div(a.sub(root, op.Sqrt(a.next(), sum)), rate), w)
		nextLinear := a.add(linear, a.sub(gradient, pull))
		negative := a.div(nextLinear, a.div(root, rate)) // of the next weight
		step := t.withoutBiasRows(a.next(), a.add(w, negative))
		keepSum := op.AssignVariableOp(a.next(), t.slots[0].handle, nextSum)
		keepLinear := op.AssignVariableOp(a.next(), t.slots[1].handle, nextLinear)
		return op.AssignSubVariableOp(t.scope.WithControlDependencies(keepSum, keepLinear), t.handle, step)
	}
}

// decay adds the ops of weight decay, which the updates wait for, and returns the values
// of the trained variables after it.
func (o Optimizer) decay(v *variables, values []tf.Output, rate tf.Output) []tf.Output {
	if o.WeightDecay == 0 {
		return values
	}
	decayed := make([]tf.Output, len(values))
	for i := range v.trained {
		t := &v.trained[i]
		a := arithmetic{t.scope.SubScope("weight_decay")}
		share := t.withoutBiasRows(a.next(), a.mul(values[i], a.number(o.WeightDecay)))
		decayed[i] = a.sub(values[i], a.mul(share, rate))
		t.scope = t.scope.WithControlDependencies(op.AssignVariableOp(a.next(), t.handle, decayed[i]))
	}
	return decayed
}

// arithmetic adds ops to a scope, in which each needs a name of its own.
type arithmetic struct{ s *op.Scope }

func (a arithmetic) next() *op.Scope                { return a.s.SubScope("part") }
func (a arithmetic) number(value float64) tf.Output { return tg.Const(a.next(), float32(value)) }
func (a arithmetic) add(x, y tf.Output) tf.Output   { return op.AddV2(a.next(), x, y) }
func (a arithmetic) sub(x, y tf.Output) tf.Output   { return op.Sub(a.next(), x, y) }
func (a arithmetic) mul(x, y tf.Output) tf.Output   { return op.Mul(a.next(), x, y) }
func (a arithmetic) div(x, y tf.Output) tf.Output   { return op.RealDiv(a.next(), x, y) }

// moveMean returns mean + (value - mean) (1 - beta), and the op that sets the mean to it.
func (a arithmetic) moveMean(mean variable, value tf.Output, beta float64) (tf.Output, *tf.Operation) {
	now := mean.read(a.next())
	next := a.add(now, a.mul(a.sub(value, now), a.number(1-beta)))
	return next, op.AssignVariableOp(a.next(), mean.handle, next)
}
