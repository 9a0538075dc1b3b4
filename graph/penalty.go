//go:build tensorflow

package graph

import (
	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	tg "github.com/galeone/tfgo"
)

// A penalty on the kernels, l1 sum|w| + l2 sum w^2, by Keras's definition of its
// regularizers, is part of the loss. Its gradient is written down rather than
// derived: what op.Gradients gives begins at the logits, which the penalty does not
// pass through. Biases and the bias rows are not penalized.

// penalized reports whether the loss has a penalty.
func (b *builder) penalized() bool { return b.L1 != 0 || b.L2 != 0 }

// penalty returns each replica's, of its layers' weights, [replica, rows, inputs+1]
// each -> one tensor [replica]; none where the loss has no penalty.
func (b *builder) penalty(s *op.Scope, weights []tf.Output) []tf.Output {
	if !b.penalized() {
		return nil
	}
	var terms []tf.Output
	for k, w := range weights {
		ls := s.SubScope(LayerName(k))
		kernel, axes := b.kernelPart(ls, k, w), tg.Const(ls, []int32{-2, -1})
		add := func(s *op.Scope, values tf.Output, factor float64) {
			terms = append(terms, op.Mul(s, op.Sum(s, values, axes), tg.Const(s.SubScope("factor"), float32(factor))))
		}
		if b.L1 != 0 {
			add(ls.SubScope("l1"), op.Abs(ls, kernel), b.L1)
		}
		if b.L2 != 0 {
			add(ls.SubScope("l2"), op.Square(ls, kernel), b.L2)
		}
	}
	return []tf.Output{op.AddN(s, terms)}
}

// withPenalty returns a loss, [replica], and its penalty together.
func withPenalty(s *op.Scope, loss tf.Output, penalty []tf.Output) tf.Output {
	if len(penalty) == 0 {
		return loss
	}
	return op.AddV2(s.SubScope("with_penalty"), loss, penalty[0])
}

// withPenaltyGradients returns the derivatives of a loss by the layers' weights and
// what else there is, with those of the penalty: l1 sign(w) + 2 l2 w in the kernels.
func (b *builder) withPenaltyGradients(s *op.Scope, gradients, weights []tf.Output) []tf.Output {
	if !b.penalized() {
		return gradients
	}
	all := append([]tf.Output{}, gradients...)
	for k := range b.Model.Layers {
		ls := s.SubScope(LayerName(k))
		terms := []tf.Output{gradients[k]}
		if b.L1 != 0 {
			signs := ls.SubScope("l1")
			terms = append(terms, op.Mul(signs, op.Sign(signs, weights[k]), b.kernelFactor(signs, k, b.L1)))
		}
		if b.L2 != 0 {
			sizes := ls.SubScope("l2")
			terms = append(terms, op.Mul(sizes, weights[k], b.kernelFactor(sizes, k, 2*b.L2)))
		}
		all[k] = op.AddN(ls, terms)
	}
	return all
}

// kernelFactor returns a factor for each of layer k's weights, [rows, inputs+1]: 0
// but for the kernel's.
func (b *builder) kernelFactor(s *op.Scope, k int, factor float64) tf.Output {
	rows, inputs := b.Model.Rows(k), b.Model.FanIn(k)
	factors := make([]float32, rows*(inputs+1))
	for unit := range b.Model.Layers[k].Units {
		for i := range inputs {
			factors[unit*(inputs+1)+i] = float32(factor)
		}
	}
	return tg.Const(s.SubScope("factor"), tensor(s, factors, grouped(1, rows, inputs+1)))
}
