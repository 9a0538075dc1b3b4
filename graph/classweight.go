//go:build tensorflow

package graph

import (
	"slices"

	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	tg "github.com/galeone/tfgo"
)

// lossWeights returns the weights of points in the training loss: theirs, times the
// weight of each one's class, where classes have weights: [group, 1, points]. As in
// Keras the sum is divided by the number of points all the same.
func (b *builder) lossWeights(s *op.Scope, p points) tf.Output {
	if b.ClassWeights == nil {
		return p.weights
	}
	cs := s.SubScope("class_weights")
	if units := b.Model.Labels(); b.Model.Output.OneHot { // labels are [group, units, points]
		weights := append(slices.Clone(b.ClassWeights), make([]float32, units-len(b.ClassWeights))...) // no point is of a unit without a class
		column := tg.Const(cs, tensor(cs, weights, []int64{int64(units), 1}))
		own := op.Sum(cs, op.Mul(cs, p.labels, column), classAxis(cs), op.SumKeepDims(true))
		return op.Mul(cs.SubScope("weighed"), p.weights, own)
	}
	class := tg.Cast(cs, p.labels, tf.Int32)
	return op.Mul(cs, p.weights, op.GatherV2(cs, tg.Const(cs, b.ClassWeights), class, tg.Const(cs.SubScope("axis"), int32(0))))
}
