//go:build tensorflow

package graph

import (
	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	tg "github.com/galeone/tfgo"
)

// clips reports whether the gradients are bounded.
func (o Optimizer) clips() bool { return o.ClipNorm != 0 || o.GlobalClipNorm != 0 || o.ClipValue != 0 }

// clip returns the gradients within the optimizer's bound, by Keras's definition,
// each replica's by themselves: [replica, rows, columns] each. The first ones are
// those of the layers' weights, whose kernel and bias, one tensor here, are two
// variables there.
func (o Optimizer) clip(s *op.Scope, gradients []tf.Output, layers int) []tf.Output {
	if o.GlobalClipNorm != 0 {
		return clipGlobalNorm(s, gradients, o.GlobalClipNorm)
	}
	clipped := make([]tf.Output, len(gradients))
	for k, gradient := range gradients {
		ls := s.SubScope("variable")
		if o.ClipValue != 0 {
			bound := float32(o.ClipValue)
			clipped[k] = op.ClipByValue(ls, gradient, tg.Const(ls.SubScope("low"), -bound), tg.Const(ls.SubScope("high"), bound))
			continue
		}
		if k >= layers {
			clipped[k] = clipNorm(ls, gradient, o.ClipNorm)
			continue
		}
		kernel, bias := splitBias(ls, gradient)
		kernel, bias = clipNorm(ls.SubScope("kernel"), kernel, o.ClipNorm), clipNorm(ls.SubScope("bias"), bias, o.ClipNorm)
		clipped[k] = op.ConcatV2(ls, []tf.Output{kernel, bias}, tg.Const(ls.SubScope("axis"), int32(-1)))
	}
	return clipped
}

// clipNorm returns a variable's gradient times bound / max(norm, bound).
func clipNorm(s *op.Scope, gradient tf.Output, bound float64) tf.Output {
	limit := tg.Const(s.SubScope("bound"), float32(bound))
	norm := op.Sqrt(s, squares(s, gradient)) // [replica, 1, 1]
	return op.Mul(s, gradient, op.Div(s, limit, op.Maximum(s, norm, limit)))
}

// clipGlobalNorm returns all gradients times bound / max(norm, bound), where the
// norm is that of all of them together. If it is not finite, nor is what they
// become.
func clipGlobalNorm(s *op.Scope, gradients []tf.Output, bound float64) []tf.Output {
	limit := tg.Const(s.SubScope("bound"), float32(bound))
	sums := make([]tf.Output, len(gradients))
	for k, gradient := range gradients {
		sums[k] = squares(s.SubScope("variable"), gradient)
	}
	norm := op.Sqrt(s, op.AddN(s, sums)) // [replica, 1, 1]
	factor := op.Div(s, limit, op.Maximum(s, norm, limit))
	factor = op.AddV2(s, factor, op.Sub(s, norm, norm)) // Keras's, to the NaN of an infinite norm
	clipped := make([]tf.Output, len(gradients))
	for k, gradient := range gradients {
		clipped[k] = op.Mul(s.SubScope("scaled"), gradient, factor)
	}
	return clipped
}

// squares returns the sum of each replica's squares: [replica, rows, columns] ->
// [replica, 1, 1].
func squares(s *op.Scope, values tf.Output) tf.Output {
	return op.Sum(s, op.Square(s, values), tg.Const(s, []int32{-2, -1}), op.SumKeepDims(true))
}

// splitBias takes a layer's weights or their gradient apart: [replica, rows,
// inputs+1] -> [replica, rows, inputs] and [replica, rows, 1].
func splitBias(s *op.Scope, w tf.Output) (kernel, bias tf.Output) {
	if s.Err() != nil {
		return w, w
	}
	inputs := int32(w.Shape().Size(w.Shape().NumDimensions()-1)) - 1
	parts := op.SplitV(s, w, tg.Const(s.SubScope("sizes"), []int32{inputs, 1}), tg.Const(s.SubScope("axis"), int32(-1)), 2)
	if s.Err() != nil {
		return w, w
	}
	return parts[0], parts[1]
}
