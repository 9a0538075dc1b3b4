//go:build tensorflow

package graph

import (
	"fmt"

	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	tg "github.com/galeone/tfgo"

	"gradwatch/internal/config"
)

// lossForm is how a loss is computed.
type lossForm int

// The forms. The first three take logits, in fewer ops and without overflow; anyLoss takes the
// outputs of the activation.
const (
	anyLoss       lossForm = iota
	sigmoidLogits          // binary cross-entropy, of each output by itself
	softmaxLogits          // cross-entropy of all outputs of a point
	linearSquares          // mean squared error of one linear output
)

func (m Model) lossForm() lossForm {
	o := &m.Output
	switch {
	case o.FromLogits() && o.Loss == config.BinaryCrossentropy:
		return sigmoidLogits
	case o.FromLogits():
		return softmaxLogits
	case o.Loss == config.MSE && o.Activation == config.Linear && o.Units == 1:
		return linearSquares
	}
	return anyLoss
}

// outputShare returns the weights of points divided by the number of outputs, for losses that are a mean over
// these.
func (m Model) outputShare(s *op.Scope, weights tf.Output) tf.Output {
	if m.Output.Units == 1 || m.categorical() {
		return weights
	}
	return op.Mul(s.SubScope("share"), weights, tg.Const(s.SubScope("share"), 1/float32(m.Output.Units)))
}

func (m Model) categorical() bool {
	loss, _ := config.LookupLoss(m.Output.Loss)
	return loss.Categorical
}

// own returns a scope for one op: two ops of a kind can't be in the same one.
func own(s *op.Scope) *op.Scope { return s.SubScope("op") }

// literal returns a constant in a scope of its own.
func literal(s *op.Scope, value float32) tf.Output { return tg.Const(s.SubScope("constant"), value) }

// pointLoss returns the loss of each output, or of each point of a categorical loss: outputs [group, outputs,
// points], labels [group, labels, points] -> [group, outputs or 1, points]. Formulas are config.Losses'.
func (m Model) pointLoss(s *op.Scope, outputs, labels tf.Output) tf.Output {
	if m.categorical() {
		logs := op.Log(own(s), m.classParts(s, outputs).clipped)
		if m.Output.Loss == config.SparseCategoricalCrossentropy {
			z, _, sum := shifted(s.SubScope("shifted"), logs)
			logs = op.Sub(own(s), z, op.Log(s.SubScope("log"), sum))
		}
		return op.Neg(own(s), op.Sum(own(s), op.Mul(own(s), logs, labels), classAxis(s), op.SumKeepDims(true)))
	}
	labels = m.margins(s, labels)
	difference := op.Sub(own(s), outputs, labels)
	switch m.Output.Loss {
	case config.BinaryCrossentropy:
		p := clip(s, outputs)
		rest := op.Mul(own(s), op.Sub(own(s), literal(s, 1), labels), op.Log(own(s), op.Sub(own(s), literal(s, 1), p)))
		return op.Neg(own(s), op.AddV2(own(s), op.Mul(own(s), labels, op.Log(own(s), p)), rest))
	case config.MSE:
		return op.Square(own(s), difference)
	case config.MAE:
		return op.Abs(own(s), difference)
	case config.Huber: // with e = min(|a - y|, 1): e (|a - y| - e / 2)
		size := op.Abs(own(s), difference)
		short := op.Minimum(own(s), size, literal(s, 1))
		return op.Mul(own(s), short, op.Sub(own(s), size, op.Mul(own(s), short, literal(s, 0.5))))
	case config.Hinge:
		return op.Relu(own(s), missing(s, outputs, labels))
	case config.SquaredHinge:
		return op.Square(own(s), op.Relu(own(s), missing(s, outputs, labels)))
	case config.Poisson:
		return op.Sub(own(s), outputs, op.Mul(own(s), labels, op.Log(own(s), op.AddV2(own(s), outputs, literal(s, config.LossEpsilon)))))
	case config.LogCosh:
		both := op.AddV2(own(s), difference, softplus(s, op.Mul(own(s), difference, literal(s, -2))))
		return op.Sub(own(s), both, literal(s, ln2))
	}
	s.UpdateErr("pointLoss", fmt.Errorf("loss %q is not known", m.Output.Loss))
	return outputs
}

const ln2 = 0.6931472

// pointLossGradient returns the derivative of pointLoss by each output, in the shape of the outputs. At a kink
// it is what TensorFlow takes for Keras's formula.
func (m Model) pointLossGradient(s *op.Scope, outputs, labels tf.Output) tf.Output {
	if m.categorical() {
		return m.categoricalGradient(s, outputs, labels)
	}
	labels = m.margins(s, labels)
	difference := op.Sub(own(s), outputs, labels)
	switch m.Output.Loss {
	case config.BinaryCrossentropy: // (p - y) / (p (1 - p))
		p := clip(s, outputs)
		slope := op.RealDiv(own(s), op.Sub(own(s), p, labels), op.Mul(own(s), p, op.Sub(own(s), literal(s, 1), p)))
		return op.Mul(own(s), slope, within(s, outputs))
	case config.MSE:
		return op.Mul(own(s), difference, literal(s, 2))
	case config.MAE:
		return op.Sign(own(s), difference)
	case config.Huber:
		return op.ClipByValue(own(s), difference, literal(s, -1), literal(s, 1))
	case config.Hinge:
		short := op.GreaterEqual(own(s), missing(s, outputs, labels), literal(s, 0))
		return op.Neg(own(s), op.Mul(own(s), labels, tg.Cast(own(s), short, tf.Float)))
	case config.SquaredHinge:
		return op.Mul(own(s), op.Mul(own(s), labels, op.Relu(own(s), missing(s, outputs, labels))), literal(s, -2))
	case config.Poisson:
		rate := op.AddV2(own(s), outputs, literal(s, config.LossEpsilon))
		return op.Sub(own(s), literal(s, 1), op.RealDiv(own(s), labels, rate))
	case config.LogCosh:
		return op.Tanh(own(s), difference)
	}
	s.UpdateErr("pointLossGradient", fmt.Errorf("loss %q is not known", m.Output.Loss))
	return outputs
}

// margins returns the labels of a loss that takes them as -1 and 1, as Keras converts labels 0 and 1: those of
// two classes, or of one class among several. A class of more than two as one number, and a regression's target,
// stay as they are.
func (m Model) margins(s *op.Scope, labels tf.Output) tf.Output {
	loss, _ := config.LookupLoss(m.Output.Loss)
	if !loss.Margin || !m.Output.OneHot && m.Output.Classes != 2 {
		return labels
	}
	ms := s.SubScope("margins")
	return op.Sub(own(ms), op.Mul(own(ms), labels, literal(ms, 2)), literal(ms, 1))
}

// missing returns 1 - y a: what an output lacks to be right by a margin of 1.
func missing(s *op.Scope, outputs, labels tf.Output) tf.Output {
	ms := s.SubScope("margin")
	return op.Sub(own(ms), literal(ms, 1), op.Mul(own(ms), labels, outputs))
}

// clip returns probabilities as the cross-entropies take them, within returns 1 for each that is not clipped, else 0.
func clip(s *op.Scope, outputs tf.Output) tf.Output {
	cs := s.SubScope("clip")
	return op.ClipByValue(own(cs), outputs, literal(cs, config.LossEpsilon), literal(cs, 1-config.LossEpsilon))
}

func within(s *op.Scope, outputs tf.Output) tf.Output {
	ws := s.SubScope("within")
	return tg.Cast(own(ws), op.Equal(own(ws), clip(ws, outputs), outputs), tf.Float)
}

// classParts is what a categorical loss makes of the outputs of a point.
type classParts struct {
	sum     tf.Output // of the outputs, [group, 1, points]; of categorical_crossentropy alone
	parts   tf.Output // the outputs over their sum
	clipped tf.Output // these, or of the sparse loss the outputs themselves, as clip makes them
}

func (m Model) classParts(s *op.Scope, outputs tf.Output) classParts {
	cs := s.SubScope("parts")
	if m.Output.Loss == config.SparseCategoricalCrossentropy { // scales only after clipping
		return classParts{parts: outputs, clipped: clip(cs, outputs)}
	}
	p := classParts{sum: op.Sum(own(cs), outputs, classAxis(cs), op.SumKeepDims(true))}
	p.parts = op.RealDiv(own(cs), outputs, p.sum)
	p.clipped = clip(cs, p.parts)
	return p
}

// categoricalGradient returns the derivative of a categorical loss by each output. Of categorical_crossentropy it is
// (g_j - sum_k g_k p_k) / sum a with p = a / sum a and g = -y/p, or 0 where p is clipped; of the sparse loss
// (softmax(log a) - y) / a, or 0 where a is clipped.
func (m Model) categoricalGradient(s *op.Scope, outputs, labels tf.Output) tf.Output {
	c := m.classParts(s, outputs)
	if m.Output.Loss == config.SparseCategoricalCrossentropy {
		share := softmax(s.SubScope("softmax"), op.Log(own(s), c.clipped))
		return op.Mul(own(s), op.RealDiv(own(s), op.Sub(own(s), share, labels), c.clipped), within(s, c.parts))
	}
	g := op.Neg(own(s), op.Mul(own(s), op.RealDiv(own(s), labels, c.clipped), within(s, c.parts)))
	mean := op.Sum(own(s), op.Mul(own(s), g, c.parts), classAxis(s), op.SumKeepDims(true))
	return op.RealDiv(own(s), op.Sub(own(s), g, mean), c.sum)
}

// throughActivation returns the derivative of a loss by the logits, given that by the outputs of the activation.
func (m Model) throughActivation(s *op.Scope, logits, outputs, gradient tf.Output) tf.Output {
	switch m.Output.Activation {
	case config.Linear:
		return gradient
	case config.Softmax: // p_j (g_j - sum_k g_k p_k)
		mean := op.Sum(own(s), op.Mul(own(s), gradient, outputs), classAxis(s), op.SumKeepDims(true))
		return op.Mul(own(s), outputs, op.Sub(own(s), gradient, mean))
	}
	if s.Err() != nil {
		return logits
	}
	by := op.Gradients(s, []tf.Output{outputs}, []tf.Output{logits}, gradient)
	if s.Err() != nil {
		return logits
	}
	return by[0]
}
