//go:build tensorflow

package graph

import (
	"fmt"

	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	tg "github.com/galeone/tfgo"
)

// Optimizer is an update rule with its settings, by Keras's definition.
type Optimizer struct {
	Name     string  // of config.Optimizers
	Momentum float64 // of sgd
	Nesterov bool    // of sgd
	// ClipNorm, GlobalClipNorm and ClipValue bound the gradients, see clip; at
	// most one is not 0.
	ClipNorm, GlobalClipNorm, ClipValue float64
}

// Keras's constants.
const (
	epsilon            = 1e-7
	adamBeta1          = 0.9
	adamBeta2          = 0.999
	rmspropRho         = 0.9
	adagradAccumulator = 0.1
)

// slots names the variables that the rule keeps beside each weights variable,
// with their initial values.
func (o Optimizer) slots() []slot {
	switch o.Name {
	case "adam":
		return []slot{{"m", 0}, {"v", 0}}
	case "rmsprop":
		return []slot{{"mean_square", 0}, {"momentum", 0}}
	case "adagrad":
		// Keras divides by sqrt(a + epsilon), TensorFlow's op by sqrt(a): the
		// same where the accumulator starts with epsilon in it.
		return []slot{{"accumulator", adagradAccumulator + epsilon}}
	default:
		return []slot{{"momentum", 0}}
	}
}

type slot struct {
	name    string
	initial float32
}

// update adds the ops that change each trained variable by its gradient, with a
// learning rate, a scalar.
// The ops of one call read the variables' values from before it.
func (o Optimizer) update(s *op.Scope, v *variables, gradients []tf.Output, rate tf.Output) []*tf.Operation {
	if o.Name == "adam" {
		return o.adam(s, v, gradients, rate)
	}
	updates := make([]*tf.Operation, len(gradients))
	for k, gradient := range gradients {
		ls, w, slots := v.trained[k].scope, v.trained[k].handle, v.trained[k].slots
		switch o.Name {
		case "sgd":
			momentum := tg.Const(ls, float32(o.Momentum))
			updates[k] = op.ResourceApplyKerasMomentum(ls, w, slots[0].handle, rate, gradient, momentum,
				op.ResourceApplyKerasMomentumUseNesterov(o.Nesterov))
		case "rmsprop":
			zero, rho, eps := tg.Const(ls, float32(0)), tg.Const(ls, float32(rmspropRho)), tg.Const(ls, float32(epsilon))
			updates[k] = op.ResourceApplyRMSProp(ls, w, slots[0].handle, slots[1].handle, rate, rho, zero, eps, gradient)
		case "adagrad":
			updates[k] = op.ResourceApplyAdagrad(ls, w, slots[0].handle, rate, gradient)
		default:
			s.UpdateErr("update", fmt.Errorf("optimizer %q is not known", o.Name))
		}
	}
	return updates
}

// adam adds Adam's updates (Kingma and Ba 2015) and, after them, the powers of
// its betas for the next step, which are variables of their own.
func (o Optimizer) adam(s *op.Scope, v *variables, gradients []tf.Output, rate tf.Output) []*tf.Operation {
	betas := []tf.Output{tg.Const(s, float32(adamBeta1)), tg.Const(s, float32(adamBeta2))}
	eps := tg.Const(s.SubScope("epsilon"), float32(epsilon))
	powers := make([]tf.Output, len(betas))
	for i := range betas {
		powers[i] = v.powers[i].read(s.SubScope(v.powers[i].name))
	}
	updates := make([]*tf.Operation, len(gradients))
	for k, gradient := range gradients {
		t := v.trained[k]
		updates[k] = op.ResourceApplyAdam(t.scope, t.handle,
			t.slots[0].handle, t.slots[1].handle, powers[0], powers[1], rate, betas[0], betas[1], eps, gradient)
	}
	after := s.WithControlDependencies(updates...)
	for i, beta := range betas {
		ps := after.SubScope("next_power")
		updates = append(updates, op.AssignVariableOp(ps, v.powers[i].handle, op.Mul(ps, powers[i], beta)))
	}
	return updates
}
