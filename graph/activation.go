//go:build tensorflow

package graph

import (
	"fmt"
	"math"

	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	tg "github.com/galeone/tfgo"
)

// leakyReluSlope is the slope below 0 of Keras's leaky_relu activation.
const leakyReluSlope = 0.2

// Activate returns the activation of that name (see config.Activations) of the
// pre-activations z, in z's shape. Another name is an error of the scope.
func Activate(s *op.Scope, name string, z tf.Output) tf.Output {
	switch name {
	case "linear":
		return z
	case "relu":
		return op.Relu(s, z)
	case "relu6":
		return op.Relu6(s, z)
	case "leaky_relu":
		return op.LeakyRelu(s, z, op.LeakyReluAlpha(leakyReluSlope))
	case "elu":
		return op.Elu(s, z)
	case "selu":
		return op.Selu(s, z)
	case "gelu":
		// z (1 + erf(z / sqrt 2)) / 2, Hendrycks and Gimpel 2016, not the
		// approximation by tanh.
		erf := op.Erf(s, op.Mul(s.SubScope("scaled"), z, tg.Const(s, float32(math.Sqrt2/2))))
		half := op.Mul(s.SubScope("half"), z, tg.Const(s, float32(0.5)))
		return op.AddV2(s, half, op.Mul(s, half, erf))
	case "silu":
		return op.Mul(s, z, op.Sigmoid(s, z))
	case "tanh":
		return op.Tanh(s, z)
	case "sigmoid":
		return op.Sigmoid(s, z)
	case "softplus":
		return softplus(s, z)
	case "softsign":
		return op.Softsign(s, z)
	case "exponential":
		return op.Exp(s, z)
	case "mish":
		return op.Mul(s, z, op.Tanh(s, softplus(s, z)))
	case "hard_sigmoid":
		return hardSigmoid(s, z)
	case "hard_silu":
		return op.Mul(s, z, hardSigmoid(s.SubScope("hard_sigmoid"), z))
	case "hard_tanh":
		return op.ClipByValue(s, z, tg.Const(s.SubScope("low"), float32(-1)), tg.Const(s.SubScope("high"), float32(1)))
	}
	s.UpdateErr("Activate", fmt.Errorf("activation %q is not known", name))
	return z
}

// biasRowInput returns the bias of a bias row: the pre-activation whose activation is 1, in
// float32.
func biasRowInput(name string) float32 {
	switch name {
	case "selu":
		return 0.95174556 // 1 over selu's scale, 1.0507
	case "gelu":
		return 1.1444507 // solves gelu(z) = 1
	case "silu":
		return 1.2784645 // solves silu(z) = 1
	case "softplus":
		return 0.5413249 // log(e - 1)
	case "exponential":
		return 0
	case "tanh", "sigmoid":
		return 20 // nearer to 1 than float32 can tell
	case "softsign":
		return 1e8 // likewise
	case "mish":
		return 1.1273324 // solves mish(z) = 1
	case "hard_sigmoid":
		return 20
	case "hard_silu":
		return 1.3722813 // solves hard_silu(z) = 1
	default:
		return 1 // linear, and the ReLUs from 0 to 1 and beyond
	}
}

// shortcutBiasRowInput returns the bias of the bias row of a layer with a shortcut: the
// pre-activation whose activation is 0, or so near to it that 1 more is 1 in float32.
func shortcutBiasRowInput(name string) float32 {
	switch name {
	case "sigmoid", "softplus", "exponential", "hard_sigmoid":
		return -30
	default:
		return 0
	}
}

// hardSigmoid returns relu6(z + 3) / 6, in z's shape.
func hardSigmoid(s *op.Scope, z tf.Output) tf.Output {
	moved := op.Relu6(s, op.AddV2(s, z, tg.Const(s.SubScope("three"), float32(3))))
	return op.RealDiv(s, moved, tg.Const(s.SubScope("six"), float32(6)))
}

// softplus returns log(1 + exp(z)), in z's shape. Package op has no wrapper.
func softplus(s *op.Scope, z tf.Output) tf.Output {
	return addOp(s, "Softplus", z)
}

// addOp adds an op of one output that package op does not wrap; after an error
// of the scope it returns its first input.
func addOp(s *op.Scope, kind string, inputs ...tf.Output) tf.Output {
	list := make([]tf.Input, len(inputs))
	for i, input := range inputs {
		list[i] = input
	}
	added := s.AddOperation(tf.OpSpec{Type: kind, Input: list})
	if s.Err() != nil {
		return inputs[0]
	}
	return added.Output(0)
}
