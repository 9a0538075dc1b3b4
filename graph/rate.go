//go:build tensorflow

package graph

import (
	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	tg "github.com/galeone/tfgo"
)

// LearningRate is how a program has the learning rate of its steps: as a constant, or fed.
type LearningRate struct {
	// Values are one number for all replicas, or one for each. Where the rate is fed, only
	// their number counts.
	Values []float32
	// Fed has each step be fed the rate, after all else: float32, a scalar, or [replica, 1, 1].
	Fed bool
}

// learningRate returns the rate: a scalar, or [replica, 1, 1].
func (b *builder) learningRate(s *op.Scope) tf.Output {
	s = s.SubScope("learning_rate")
	rate, count := b.LearningRate, int64(len(b.LearningRate.Values))
	shape := tf.ScalarShape()
	if count > 1 {
		shape = tf.MakeShape(count, 1, 1)
	}
	switch {
	case rate.Fed:
		fed := op.Placeholder(s, tf.Float, op.PlaceholderShape(shape))
		b.program.Step.Feeds = append(b.program.Step.Feeds, fed)
		return fed
	case count > 1:
		return tg.Const(s, tensor(s, rate.Values, []int64{count, 1, 1}))
	}
	return tg.Const(s, rate.Values[0])
}

// update returns the ops that change the trained variables, whose values before the step are
// given, by their gradients.
func (b *builder) update(s *op.Scope, values, gradients []tf.Output) []*tf.Operation {
	rate := b.learningRate(s)
	values = b.Optimizer.decay(b.vars, values, rate)
	if len(b.LearningRate.Values) == 1 || b.Optimizer.takesRates() {
		return b.Optimizer.update(s, b.vars, gradients, rate)
	}
	return b.updateEach(s, values, gradients, rate)
}

// updateEach does so with a rate for each replica, [replica, 1, 1], while TensorFlow's ops
// take one for all of a variable. With sgd the rate is a factor of the gradient. With the
// others it is a factor of the step: their ops make one with the rate 1, and the variable
// moves by that factor of it.
func (b *builder) updateEach(s *op.Scope, values, gradients []tf.Output, rates tf.Output) []*tf.Operation {
	one := tg.Const(s.SubScope("one"), float32(1))
	if b.Optimizer.Name == "sgd" {
		scaled := make([]tf.Output, len(gradients))
		for i, gradient := range gradients {
			scaled[i] = op.Mul(b.vars.trained[i].scope.SubScope("rate"), gradient, rates)
		}
		return b.Optimizer.update(s, b.vars, scaled, one)
	}
	updates := b.Optimizer.update(s, b.vars, gradients, one)
	for i, t := range b.vars.trained {
		after := t.scope.SubScope("part").WithControlDependencies(updates...)
		step := op.Sub(after, t.read(after), values[i])
		part := op.AddV2(after, values[i], op.Mul(after, step, rates))
		updates = append(updates, op.AssignVariableOp(after, t.handle, part))
	}
	return updates
}
