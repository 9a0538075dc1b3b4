//go:build tensorflow

package graph

import (
	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	tg "github.com/galeone/tfgo"

	"gradwatch/internal/dataset"
)

// Loss is what a model learns by.
type Loss int

// The losses. The first is of one output and labels 0 and 1, the second of an output
// for each of several classes and one-hot labels, the third of one output and a number.
const (
	BinaryCrossEntropy Loss = iota
	SoftmaxCrossEntropy
	MeanSquaredError
)

// For returns the model with the outputs and the loss of a target.
func (m Model) For(target *dataset.Target) Model {
	layers := append([]Layer{}, m.Layers...)
	layers[len(layers)-1].Units = target.Outputs()
	m.Layers = layers
	switch {
	case target.Task == dataset.Regression:
		m.Loss, m.TargetUnit = MeanSquaredError, 1
		if len(target.Scaling.Factor) > 0 {
			m.TargetUnit = float32(1 / target.Scaling.Factor[0])
		}
	case len(target.Classes) > 2:
		m.Loss = SoftmaxCrossEntropy
	default:
		m.Loss = BinaryCrossEntropy
	}
	return m
}

// Labels returns the number of rows of a point's labels: one a class of several, else 1.
func (m Model) Labels() int {
	if m.Loss == SoftmaxCrossEntropy {
		return last(m.Layers).Units
	}
	return 1
}

// PutLabel writes a point's label into column j of labels, [Labels, points], that are
// zeros there.
func (m Model) PutLabel(labels []float32, points, j int, y float64) {
	if m.Loss == SoftmaxCrossEntropy {
		labels[int(y)*points+j] = 1
		return
	}
	labels[j] = float32(y)
}

// loss returns the mean loss of each group: logits [group, outputs, points], labels
// [group, labels, points], weights [group, 1, points] -> [group].
func (m Model) loss(s *op.Scope, logits, labels, weights tf.Output) tf.Output {
	switch m.Loss {
	case SoftmaxCrossEntropy:
		return softmaxCrossEntropy(s, logits, labels, weights)
	case MeanSquaredError:
		point := op.Square(s, op.Sub(s, logits, labels)) // [group, 1, points]
		return weightedSum(s.SubScope("mean"), point, weights)
	default:
		return binaryCrossEntropy(s, logits, labels, weights)
	}
}

// lossGradient returns the derivative of the mean loss by the logits, in their shape:
// where op.Gradients starts from. Of the softmax's it is (softmax(z) - y) weight, of
// the mean squared error's 2 (z - y) weight.
func (m Model) lossGradient(s *op.Scope, logits, labels, weights tf.Output) tf.Output {
	switch m.Loss {
	case SoftmaxCrossEntropy:
		return op.Mul(s, op.Sub(s, softmax(s.SubScope("softmax"), logits), labels), weights)
	case MeanSquaredError:
		twice := op.Mul(s.SubScope("twice"), weights, tg.Const(s, float32(2)))
		return op.Mul(s, op.Sub(s, logits, labels), twice)
	default:
		return lossGradient(s, logits, labels, weights)
	}
}

// metric returns the share of points whose class is right, or of a regression the mean
// absolute error in the target's own unit: shapes as in loss.
func (m Model) metric(s *op.Scope, logits, labels, weights tf.Output) tf.Output {
	switch m.Loss {
	case SoftmaxCrossEntropy:
		return categoricalAccuracy(s, logits, labels, weights)
	case MeanSquaredError:
		point := op.Abs(s, op.Sub(s, logits, labels))
		if m.TargetUnit != 1 {
			point = op.Mul(s.SubScope("unit"), point, tg.Const(s, m.TargetUnit))
		}
		return weightedSum(s.SubScope("mean"), point, weights)
	default:
		return binaryAccuracy(s, logits, labels, weights)
	}
}

// predictions returns what a model says of points: the probability of class 1 of two,
// of each of several, or a regression's number: [group, outputs, points].
func (m Model) predictions(s *op.Scope, logits tf.Output) tf.Output {
	switch m.Loss {
	case SoftmaxCrossEntropy:
		return softmax(s, logits)
	case MeanSquaredError:
		return op.Identity(s, logits)
	default:
		return op.Sigmoid(s, logits)
	}
}

// classAxis is that of the outputs: points are columns. TensorFlow's own Softmax goes
// along the last axis, and would need two transpositions.
func classAxis(s *op.Scope) tf.Output { return tg.Const(s.SubScope("axis"), []int32{-2}) }

// shifted returns the logits of each point less the largest of them, so that no
// exponential overflows, and their exponentials' sum: [group, classes, points],
// [group, 1, points].
func shifted(s *op.Scope, logits tf.Output) (z, exp, sum tf.Output) {
	axis := classAxis(s)
	z = op.Sub(s, logits, op.Max(s, logits, axis, op.MaxKeepDims(true)))
	exp = op.Exp(s, z)
	return z, exp, op.Sum(s, exp, axis, op.SumKeepDims(true))
}

// softmax returns exp(z_k) / sum_j exp(z_j) for each point.
func softmax(s *op.Scope, logits tf.Output) tf.Output {
	_, exp, sum := shifted(s, logits)
	return op.RealDiv(s, exp, sum)
}

// softmaxCrossEntropy returns the mean over points of log sum_j exp(z_j) - z_y, where y
// is the point's class.
func softmaxCrossEntropy(s *op.Scope, logits, labels, weights tf.Output) tf.Output {
	z, _, sum := shifted(s.SubScope("shifted"), logits)
	right := op.Sum(s.SubScope("right"), op.Mul(s, z, labels), classAxis(s), op.SumKeepDims(true))
	point := op.Sub(s, op.Log(s, sum), right) // [group, 1, points]
	return weightedSum(s.SubScope("mean"), point, weights)
}

// categoricalAccuracy returns the share of points whose largest logit, the first of
// several, is that of their class.
func categoricalAccuracy(s *op.Scope, logits, labels, weights tf.Output) tf.Output {
	axis := tg.Const(s.SubScope("axis"), int32(-2))
	most := op.ArgMax(s.SubScope("class"), logits, axis)
	class := op.ArgMax(s.SubScope("label"), labels, axis)
	right := tg.Cast(s.SubScope("right"), op.Equal(s, most, class), tf.Float) // [group, points]
	return weightedSum(s.SubScope("mean"), op.ExpandDims(s, right, axis), weights)
}
