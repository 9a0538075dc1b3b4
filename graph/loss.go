//go:build tensorflow

package graph

import (
	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	tg "github.com/galeone/tfgo"
)

// The loss of a point of label y and logit z is the binary cross-entropy of
// y and sigmoid(z), in the form that does not overflow: softplus(z) - z y. The
// loss of a set is the sum over its points by their weights, which are 1/n.

// binaryCrossEntropy returns the loss of each group: logits, labels and
// weights of shapes that broadcast to [group, 1, points] -> [group], or a
// scalar for one group without that axis.
func binaryCrossEntropy(s *op.Scope, logits, labels, weights tf.Output) tf.Output {
	point := op.Sub(s, softplus(s, logits), op.Mul(s, logits, labels)) // [group, 1, points]
	return weightedSum(s.SubScope("mean"), point, weights)
}

// lossGradient returns the derivative of binaryCrossEntropy by the logits,
// (sigmoid(z) - y) weight, in the shape of the logits. It is where op.Gradients
// starts from, so that a training step needs no op of the loss itself.
func lossGradient(s *op.Scope, logits, labels, weights tf.Output) tf.Output {
	return op.Mul(s, op.Sub(s, op.Sigmoid(s, logits), labels), weights)
}

// binaryAccuracy returns the share of points whose class, 1 where the value is
// above the threshold, is the label: shapes as in binaryCrossEntropy.
func binaryAccuracy(s *op.Scope, values, labels, weights tf.Output, threshold float32) tf.Output {
	class := tg.Cast(s.SubScope("class"), op.Greater(s, values, tg.Const(s, threshold)), tf.Float)
	right := tg.Cast(s.SubScope("right"), op.Equal(s, class, labels), tf.Float)
	return weightedSum(s.SubScope("mean"), right, weights)
}

// weightedSum returns the sum over points of values by weights:
// [group, 1, points] -> [group].
func weightedSum(s *op.Scope, values, weights tf.Output) tf.Output {
	axes := tg.Const(s, []int32{-2, -1})
	return op.Sum(s, op.Mul(s, values, weights), axes)
}
