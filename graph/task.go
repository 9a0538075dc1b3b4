//go:build tensorflow

package graph

import (
	"slices"

	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	tg "github.com/galeone/tfgo"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
)

// For returns the model with the output layer and the loss that a run has for a target.
func (m Model) For(run *config.Run, target *dataset.Target) Model {
	m.Output = run.Output(target)
	m.Layers = slices.Clone(m.Layers)
	m.Layers[len(m.Layers)-1].Units = m.Output.Units
	if m.Output.Regression() {
		m.TargetUnit = 1
		if len(target.Scaling.Factor) > 0 {
			m.TargetUnit = float32(1 / target.Scaling.Factor[0])
		}
	}
	return m
}

// Labels returns the number of rows of a point's labels: one a unit where they are one-hot, else 1.
func (m Model) Labels() int {
	if m.Output.OneHot {
		return m.Output.Units
	}
	return 1
}

// PutLabel writes a point's label into column j of labels, [Labels, points], that are
// zeros there.
func (m Model) PutLabel(labels []float32, points, j int, y float64) {
	if m.Output.OneHot {
		labels[int(y)*points+j] = 1
		return
	}
	labels[j] = float32(y)
}

// loss returns the mean loss of each group: logits [group, outputs, points], labels
// [group, labels, points], weights [group, 1, points] -> [group]. The loss of a point is the mean
// over its outputs, but for the categorical losses.
func (m Model) loss(s *op.Scope, logits, labels, weights tf.Output) tf.Output {
	switch m.lossForm() {
	case softmaxLogits:
		return softmaxCrossEntropy(s, logits, labels, weights)
	case sigmoidLogits:
		return binaryCrossEntropy(s, logits, labels, m.outputShare(s, weights))
	case linearSquares:
		point := op.Square(s, op.Sub(s, logits, labels)) // [group, 1, points]
		return weightedSum(s.SubScope("mean"), point, weights)
	}
	outputs := m.predictions(s.SubScope("outputs"), logits)
	return weightedSum(s.SubScope("mean"), m.pointLoss(s, outputs, labels), m.outputShare(s, weights))
}

// lossGradient returns the derivative of the mean loss by the logits, in their shape:
// where op.Gradients starts from. Of the softmax's it is (softmax(z) - y) weight, of
// the mean squared error's 2 (z - y) weight.
func (m Model) lossGradient(s *op.Scope, logits, labels, weights tf.Output) tf.Output {
	switch m.lossForm() {
	case softmaxLogits:
		return op.Mul(s, op.Sub(s, softmax(s.SubScope("softmax"), logits), labels), weights)
	case sigmoidLogits:
		return lossGradient(s, logits, labels, m.outputShare(s, weights))
	case linearSquares:
		twice := op.Mul(s.SubScope("twice"), weights, tg.Const(s, float32(2)))
		return op.Mul(s, op.Sub(s, logits, labels), twice)
	}
	outputs := m.predictions(s.SubScope("outputs"), logits)
	slope := op.Mul(s, m.pointLossGradient(s, outputs, labels), m.outputShare(s, weights))
	return m.throughActivation(s.SubScope("activation"), logits, outputs, slope)
}

// metric returns the share of points whose class is right, or of a regression the mean
// absolute error in the target's own unit: shapes as in loss. As in Keras the class of a point is,
// with one output, 1 where the output is above 0.5, else 0; with several, the largest output.
func (m Model) metric(s *op.Scope, logits, labels, weights tf.Output) tf.Output {
	o := &m.Output
	switch {
	case o.Regression():
		if o.Activation != config.Linear {
			logits = m.predictions(s.SubScope("outputs"), logits)
		}
		point := op.Abs(s, op.Sub(s, logits, labels))
		if m.TargetUnit != 1 {
			point = op.Mul(s.SubScope("unit"), point, tg.Const(s, m.TargetUnit))
		}
		return weightedSum(s.SubScope("mean"), point, weights)
	case o.Units > 1 && o.Activation == config.Softmax: // the largest logit's is the largest output
		return categoricalAccuracy(s, logits, labels, weights)
	case o.Units > 1:
		return categoricalAccuracy(s, m.predictions(s.SubScope("outputs"), logits), labels, weights)
	case o.Activation == config.Sigmoid: // is above 0.5 where the logit is above 0
		return binaryAccuracy(s, logits, labels, weights, 0)
	default:
		return binaryAccuracy(s, m.predictions(s.SubScope("outputs"), logits), labels, weights, classThreshold)
	}
}

// classThreshold is the output above which a model of one output says class 1.
const classThreshold = 0.5

// predictions returns the outputs of the model for points, [group, outputs, points]: of the default models the
// probability of class 1 of two, of each of several classes, or a regression's number.
func (m Model) predictions(s *op.Scope, logits tf.Output) tf.Output {
	switch m.Output.Activation {
	case config.Softmax:
		return softmax(s, logits)
	case config.Linear:
		return op.Identity(s, logits)
	default:
		return Activate(s, m.Output.Activation, logits)
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
