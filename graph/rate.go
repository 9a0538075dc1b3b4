//go:build tensorflow

package graph

import (
	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	tg "github.com/galeone/tfgo"
)

// RateFeed says whether a step is fed its learning rate, after all else.
type RateFeed int

const (
	// ConstantRate is a part of the graph: the optimizer's.
	ConstantRate RateFeed = iota
	// OneRate is a float32 scalar, the same for all replicas.
	OneRate
	// RateEach is each replica's, float32 [replica, 1, 1].
	RateEach
)

// feedRate adds the rate to what a step is fed.
func (b *builder) feedRate(s *op.Scope, shape []int64) tf.Output {
	rate := op.Placeholder(s.SubScope("learning_rate"), tf.Float, op.PlaceholderShape(tf.MakeShape(shape...)))
	b.program.Step.Feeds = append(b.program.Step.Feeds, rate)
	return rate
}

// update returns the ops that change the trained variables, whose values before the
// step are given, by their gradients.
func (b *builder) update(s *op.Scope, values, gradients []tf.Output) []*tf.Operation {
	o := b.Optimizer
	switch b.RateFeed {
	case OneRate:
		return o.update(s, b.vars, gradients, b.feedRate(s, nil))
	case RateEach:
		return b.updateEach(s, values, gradients, b.feedRate(s, grouped(b.Model.Replicas, 1, 1)))
	default:
		return o.update(s, b.vars, gradients, tg.Const(s.SubScope("learning_rate"), float32(o.LearningRate)))
	}
}

// updateEach does so with a rate for each replica. TensorFlow's ops take one for all
// of a variable. By sgd's rule the rate is a factor of the gradient; by the others',
// of the step: they make one with the rate 1, and the part of it that the rate is,
// is kept.
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
