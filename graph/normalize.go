//go:build tensorflow

package graph

import (
	"slices"

	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	tg "github.com/galeone/tfgo"
)

// A normalization, with Keras's defaults, stands between the product and the activation
// of each hidden layer.
//
// Layer normalization (Ba, Kiros and Hinton 2016) takes mean and variance of each point
// over the layer's units, in every pass.
//
// Batch normalization (Ioffe and Szegedy 2015) takes them of each unit. A training step
// takes mean and variance of its batch, and moves the moving ones towards them. All
// else uses the moving ones: then it is an affine map of each unit, and is folded
// into the layer's weights, so that a forward pass has no op more than without it.
//
// The bias row, which is no unit, has gamma 0 and, as beta, what else its weights
// hold.

// Keras's defaults.
const (
	normMomentum = 0.99
	normEpsilon  = 1e-3
)

// The variables of a layer's normalization, in the order of Keras's get_weights.
const (
	Gamma = iota
	Beta
	MovingMean
	MovingVariance
	batchNormVariables // their number
)

// layerNormVariables is their number in layer normalization: gamma and beta.
const layerNormVariables = Beta + 1

// normNames are their names.
var normNames = [batchNormVariables]string{"gamma", "beta", "moving_mean", "moving_variance"}

// NormVariables returns the number of the variables of a layer's normalization.
func (m Model) NormVariables() int {
	switch {
	case m.BatchNorm:
		return batchNormVariables
	case m.LayerNorm:
		return layerNormVariables
	}
	return 0
}

// NormStart returns the values with which the variables of layer k's normalization
// start, [rows] each.
func (m Model) NormStart(k int) [][]float32 {
	start := make([][]float32, m.NormVariables())
	rows, units := m.Rows(k), m.Layers[k].Units
	for i := range start {
		start[i] = make([]float32, rows)
	}
	for row := range rows {
		if m.BatchNorm {
			start[MovingVariance][row] = 1
		}
		if row < units {
			start[Gamma][row] = 1
		} else {
			start[Beta][row] = m.biasRowInput(k)
		}
	}
	return start
}

// NormShape returns the shape of each variable of layer k's normalization:
// [group, rows, 1], or without the first axis for one group.
func (m Model) NormShape(groups, k int) []int64 { return grouped(groups, m.Rows(k), 1) }

// Normalized returns the number of layers with a normalization: the hidden
// ones, or none.
func (m Model) Normalized() int {
	if m.NormVariables() == 0 {
		return 0
	}
	return len(m.Layers) - 1
}

// newNormVariables adds the variables of layer k's normalization.
func newNormVariables(s *op.Scope, m Model, k int) []variable {
	norm := make([]variable, m.NormVariables())
	for i, name := range normNames[:len(norm)] {
		norm[i] = newVariable(s, LayerName(k)+"/"+name, m.NormShape(m.Replicas, k))
	}
	return norm
}

// moments are the mean and the variance of a batch, [replica, rows, 1].
type moments struct{ mean, variance tf.Output }

// normalize returns gamma (z - mean) / sqrt(variance + epsilon) + beta, with the
// mean and the variance of the batch's points by their weights, which leave out
// those that fill it up: z [replica, rows, points], gamma and beta [replica, rows,
// 1] -> [replica, rows, points].
func normalize(s *op.Scope, z, gamma, beta, weights tf.Output, groups int) (tf.Output, moments) {
	mean := pointMean(s.SubScope("mean"), z, weights, groups)
	centered := op.Sub(s, z, mean)
	variance := pointMean(s.SubScope("variance"), op.Square(s, centered), weights, groups)
	scale := normScale(s.SubScope("scale"), gamma, variance)
	return op.AddV2(s, op.Mul(s, centered, scale), beta), moments{mean, variance}
}

// normScale returns gamma / sqrt(variance + epsilon).
func normScale(s *op.Scope, gamma, variance tf.Output) tf.Output {
	return op.Mul(s, gamma, op.Rsqrt(s, op.AddV2(s, variance, tg.Const(s, float32(normEpsilon)))))
}

// pointMean returns the weighted sum over points, which is their mean: values
// [group, rows, points], weights [group, 1, points] -> [group, rows, 1].
func pointMean(s *op.Scope, values, weights tf.Output, groups int) tf.Output {
	if groups == 1 {
		return op.MatMul(s, values, weights, op.MatMulTransposeB(true))
	}
	return op.BatchMatMul(s, values, weights, op.BatchMatMulAdjY(true))
}

// normalizeUnits returns gamma (z - mean) / sqrt(variance + epsilon) + beta, with each
// point's mean and variance over that many units, the first rows: z [group, rows,
// points], gamma and beta [group, rows, 1] -> [group, rows, points].
func normalizeUnits(s *op.Scope, z, gamma, beta tf.Output, groups, units int) tf.Output {
	shares := append(slices.Repeat([]float32{1 / float32(units)}, units), 0) // [rows]
	weights := tg.Const(s.SubScope("shares"), tensor(s, slices.Repeat(shares, groups), grouped(groups, 1, len(shares))))
	mean := product(s.SubScope("mean"), groups, weights, z) // [group, 1, points]
	centered := op.Sub(s, z, mean)
	variance := product(s.SubScope("variance"), groups, weights, op.Square(s, centered))
	scale := normScale(s.SubScope("scale"), gamma, variance) // [group, rows, points]
	return op.AddV2(s, op.Mul(s, centered, scale), beta)
}

// layerNormalizing returns what a pass in these layers' scopes does with a hidden
// layer's products by each norm's gamma, as scale, and beta, as shift; nil without layer
// normalization.
func (m Model) layerNormalizing(layers []*op.Scope, groups int, maps []affineMap) func(k int, z tf.Output) tf.Output {
	if !m.LayerNorm {
		return nil
	}
	return func(k int, z tf.Output) tf.Output {
		return normalizeUnits(layers[k].SubScope("normalize"), z, maps[k].scale, maps[k].shift, groups, m.Layers[k].Units)
	}
}

// normalizing returns what a training pass does with a hidden layer's products;
// nil without a normalization. Values are those of each norm's gamma and beta,
// of the one layer after those of the other.
func (b *builder) normalizing(values []tf.Output, batch points) func(k int, z tf.Output) tf.Output {
	if b.Model.LayerNorm {
		var maps []affineMap
		for k := range b.Model.Normalized() {
			maps = append(maps, affineMap{values[2*k], values[2*k+1]})
		}
		return b.Model.layerNormalizing(b.layers, b.Model.Replicas, maps)
	}
	if !b.Model.BatchNorm {
		return nil
	}
	return func(k int, z tf.Output) tf.Output {
		s := b.layers[k].SubScope("normalize")
		y, m := normalize(s, z, values[2*k], values[2*k+1], batch.weights, b.Model.Replicas)
		b.stepMoments = append(b.stepMoments, m)
		return y
	}
}

// moveStatistics returns the ops that move each norm's moving mean and variance
// towards those of the training pass's batch.
func (b *builder) moveStatistics(s *op.Scope) []*tf.Operation {
	var moves []*tf.Operation
	move := func(s *op.Scope, moving variable, target tf.Output) {
		away := op.Sub(s, moving.read(s), target)
		step := op.Mul(s, away, tg.Const(s, float32(1-normMomentum)))
		moves = append(moves, op.AssignSubVariableOp(s, moving.handle, step))
	}
	for k, m := range b.stepMoments {
		ls, norm := s.SubScope(LayerName(k)), b.vars.norms[k]
		move(ls.SubScope("mean"), norm[MovingMean], m.mean)
		move(ls.SubScope("variance"), norm[MovingVariance], m.variance)
	}
	return moves
}

// keepNorms adds the norms' variables to what a snapshot keeps, and returns each
// norm's values of the last one.
func (b *builder) keepNorms(s *op.Scope) [][]tf.Output {
	kept := make([][]tf.Output, len(b.vars.norms))
	for k, norm := range b.vars.norms {
		ls := s.SubScope(LayerName(k))
		var now []tf.Output
		for i, v := range norm {
			now = append(now, v.read(ls.SubScope(normNames[i])))
		}
		kept[k] = b.snapshot(ls, now)
	}
	return kept
}

// affineMap is what batch normalization with moving statistics is, and what layer
// normalization does last: a unit's value times scale, plus shift, [group, rows, 1] each.
type affineMap struct{ scale, shift tf.Output }

// affineMaps returns the maps that the norms are by their values.
func (m Model) affineMaps(s *op.Scope, norms [][]tf.Output) []affineMap {
	maps := make([]affineMap, len(norms))
	for k, norm := range norms {
		if m.LayerNorm {
			maps[k] = affineMap{norm[Gamma], norm[Beta]}
			continue
		}
		ls := s.SubScope(LayerName(k))
		scale := normScale(ls.SubScope("scale"), norm[Gamma], norm[MovingVariance])
		maps[k] = affineMap{scale, op.Sub(ls, norm[Beta], op.Mul(ls, norm[MovingMean], scale))}
	}
	return maps
}

// fold returns weights with which a layer does what it does with its own weights
// and the map after them: [group, rows, inputs+1] each. Layers beyond those with a
// map keep theirs, and so do all with layer normalization, which is no linear map.
func (m Model) fold(s *op.Scope, weights []tf.Output, maps []affineMap) []tf.Output {
	if m.LayerNorm {
		return weights
	}
	folded := make([]tf.Output, len(weights))
	copy(folded, weights)
	for k, to := range maps {
		ls := s.SubScope(LayerName(k))
		last := make([]float32, m.FanIn(k)+1) // 1 for the bias
		last[len(last)-1] = 1
		bias := tg.Const(ls.SubScope("bias"), [][]float32{last})
		shift := op.Mul(ls.SubScope("shift"), to.shift, bias) // [group, rows, inputs+1]
		folded[k] = op.AddV2(ls, op.Mul(ls, weights[k], to.scale), shift)
	}
	return folded
}
