package graph

import (
	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	tg "github.com/galeone/tfgo"
)

// lossWeights returns the weights of points in the training loss: theirs, times the
// weight of each one's class, where classes have weights. As in Keras the sum is
// divided by the number of points all the same. Labels are the classes' numbers:
// [group, 1, points] both.
func (b *builder) lossWeights(s *op.Scope, p points) tf.Output {
	if b.ClassWeights == nil {
		return p.weights
	}
	cs := s.SubScope("class_weights")
	class := tg.Cast(cs, p.labels, tf.Int32)
	return op.Mul(cs, p.weights, op.GatherV2(cs, tg.Const(cs, b.ClassWeights), class, tg.Const(cs.SubScope("axis"), int32(0))))
}
