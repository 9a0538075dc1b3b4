//go:build tensorflow

package graph

import (
	"fmt"
	"slices"

	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	tg "github.com/galeone/tfgo"

	"gradwatch/internal/config"
)

// Model is the shape of a multilayer perceptron: hidden layers and, for two classes,
// one output unit whose logit is the last layer's output. For makes it one for several
// classes or for a number.
type Model struct {
	// Inputs is the number of input columns.
	Inputs int
	// Layers are the hidden layers and, last, the output layer.
	Layers []Layer
	// BatchNorm puts batch normalization between the product and the activation of
	// each hidden layer.
	BatchNorm bool
	// LayerNorm puts layer normalization there.
	LayerNorm bool
	// Replicas is the number of models that train side by side.
	Replicas int
	// Bfloat16 takes the wide products of a training step with factors rounded to
	// bfloat16, see [Model.product]. What is measured is float32's.
	Bfloat16 bool
	// Output is the output layer and what the model learns by; TargetUnit is, of a regression, the
	// target's own unit in that of the output.
	Output     config.Output
	TargetUnit float32
}

// Layer is one dense layer.
type Layer struct {
	Units           int
	Activation      string             // of config.Activations
	Initializer     config.Initializer // of the kernel
	BiasInitializer config.Initializer // of hidden layers; the output layer's bias starts at 0
	// Shortcut adds to the activation what the layer below hands up, which is as
	// wide.
	Shortcut bool
	// Dropout has a training step multiply the activation by a mask, see MaskShape.
	Dropout bool
}

// NewModel returns the model that a run describes, for that many input columns.
// It returns an error where an initializer's name is not known.
func NewModel(run *config.Run, inputs int) (Model, error) {
	m := Model{
		Inputs: inputs, BatchNorm: run.BatchNorm, LayerNorm: run.LayerNorm, Replicas: run.Repeats,
		Bfloat16: run.Precision == config.Bfloat16,
		Output:   config.Output{Loss: config.BinaryCrossentropy, Activation: config.Sigmoid, Units: 1, Classes: 2},
	}
	bias, err := config.ParseBiasInitializer(run.BiasInitializer)
	if err != nil {
		return Model{}, fmt.Errorf("bias initializer %q: %w", run.BiasInitializer, err)
	}
	for i, units := range run.Layers {
		kernel, err := config.ParseInitializer(run.LayerInitializer(i))
		if err != nil {
			return Model{}, fmt.Errorf("kernel initializer %q: %w", run.LayerInitializer(i), err)
		}
		m.Layers = append(m.Layers, Layer{
			Units: units, Activation: run.LayerActivation(i), Initializer: kernel, BiasInitializer: bias,
			Shortcut: run.Shortcut(i), Dropout: run.DropoutRate(i) > 0,
		})
	}
	output, err := config.ParseInitializer(run.OutputInitializer)
	if err != nil {
		return Model{}, fmt.Errorf("output initializer %q: %w", run.OutputInitializer, err)
	}
	m.Layers = append(m.Layers, Layer{Units: 1, Activation: "linear", Initializer: output})
	return m, nil
}

// LayerName returns the name of layer k, from 0, as Keras counts: dense_1, ...
func LayerName(k int) string { return fmt.Sprintf("dense_%d", k+1) }

// FanIn returns the number of inputs of layer k, the bias's not counted.
func (m Model) FanIn(k int) int {
	if k == 0 {
		return m.Inputs
	}
	return m.Layers[k-1].Units
}

// Rows returns the number of rows of layer k's weights: a row a unit, and, but
// for the output layer, the bias row.
func (m Model) Rows(k int) int {
	if k == len(m.Layers)-1 {
		return m.Layers[k].Units
	}
	return m.Layers[k].Units + 1
}

// WeightsShape returns the shape of layer k's weights for that many groups
// (replicas, or gradient batches of replicas): [group, rows, inputs+1], or without the first
// axis for one group.
func (m Model) WeightsShape(groups, k int) []int64 {
	return grouped(groups, m.Rows(k), m.FanIn(k)+1)
}

// BiasRow returns the bias row of hidden layer k, the last of its weights, [inputs+1], which
// training leaves as it is. Its output is 1 for every point or, where a shortcut adds the
// ones of the layer below, 0.
func (m Model) BiasRow(k int) []float32 {
	row := make([]float32, m.FanIn(k)+1)
	row[len(row)-1] = m.biasRowInput(k)
	return row
}

// biasRowInput returns the pre-activation of hidden layer k's bias row.
func (m Model) biasRowInput(k int) float32 {
	if m.Layers[k].Shortcut {
		return shortcutBiasRowInput(m.Layers[k].Activation)
	}
	return biasRowInput(m.Layers[k].Activation)
}

// Parameters returns the number of weights and biases of one replica and, as
// Keras counts, of the variables of its normalizations.
func (m Model) Parameters() int {
	count := 0
	for k, layer := range m.Layers {
		count += layer.Units * (m.FanIn(k) + 1)
	}
	for _, layer := range m.Layers[:m.Normalized()] {
		count += m.NormVariables() * layer.Units
	}
	return count
}

// widest returns the number of units of the widest layer, the input counted.
func (m Model) widest() int {
	units := m.Inputs
	for _, layer := range m.Layers {
		units = max(units, layer.Units)
	}
	return units
}

// largestLayer returns the number of weights of the largest layer, the bias row counted.
func (m Model) largestLayer() int {
	largest := 0
	for k := range m.Layers {
		largest = max(largest, m.Rows(k)*(m.FanIn(k)+1))
	}
	return largest
}

// grouped returns dims, after the number of groups where that is not 1.
func grouped(groups int, dims ...int) []int64 {
	shape := make([]int64, 0, len(dims)+1)
	if groups != 1 {
		shape = append(shape, int64(groups))
	}
	for _, d := range dims {
		shape = append(shape, int64(d))
	}
	return shape
}

// layerScopes returns a scope for each layer inside s, named dense_1, ...
func (m Model) layerScopes(s *op.Scope) []*op.Scope {
	scopes := make([]*op.Scope, len(m.Layers))
	for k := range scopes {
		scopes[k] = s.SubScope(LayerName(k))
	}
	return scopes
}

// points are the inputs, labels and weights of a set of points, as tensors:
// one for each group, or without the first axis where all groups share them.
type points struct {
	x       tf.Output // [group, inputs+1, points], the last row ones
	labels  tf.Output // [group, Model.Labels, points]
	weights tf.Output // [group, 1, points]
	count   int       // of points
	shared  bool
}

// layerOutput is what one layer makes of points, [group, rows, points] each. The
// output layer's are all its logits.
type layerOutput struct {
	z tf.Output // the activation's input
	a tf.Output // the activation's output
	h tf.Output // what the layer above gets
}

// forward returns what each layer makes of the points, in the layers' scopes.
// weights holds each layer's, [group, rows, inputs+1], with its batch
// normalization, if there is one, folded into it; maps are those of the norms, see
// affineMaps. With one group the first axis is absent.
func (m Model) forward(layers []*op.Scope, groups int, weights []tf.Output, maps []affineMap, p points) []layerOutput {
	m.Bfloat16 = false
	return m.pass(layers, groups, weights, p, m.layerNormalizing(layers, groups, maps), nil)
}

// pass does the same in the model's precision, and puts normalize, unless it is
// nil, between a hidden layer's product and its activation, and drop, likewise,
// after its activation.
func (m Model) pass(layers []*op.Scope, groups int, weights []tf.Output, p points, normalize, drop func(k int, z tf.Output) tf.Output) []layerOutput {
	outputs := make([]layerOutput, len(m.Layers))
	h := p.x // [group, inputs+1, points]
	for k, layer := range m.Layers {
		var z tf.Output // [group, rows, points]
		if k == 0 && p.shared && groups > 1 {
			z = sharedProduct(layers[k], groups, m.Rows(k), weights[k], h, p.count)
		} else {
			z = m.product(layers[k], groups, k, weights[k], h)
		}
		if m.narrow(k) {
			z = cast(layers[k].SubScope("bfloat16"), z, tf.Bfloat16)
		} else {
			z = cast(layers[k].SubScope("float32"), z, tf.Float)
		}
		if normalize != nil && k < len(m.Layers)-1 {
			z = normalize(k, z)
		}
		a := Activate(layers[k], layer.Activation, z)
		up := a
		if drop != nil {
			up = drop(k, a)
		}
		if layer.Shortcut {
			up = op.AddN(layers[k].SubScope("shortcut"), []tf.Output{up, h})
		}
		h = up
		outputs[k] = layerOutput{z: z, a: a, h: h}
	}
	return outputs
}

// logits returns the output layer's.
func logits(outputs []layerOutput) tf.Output { return last(outputs).h }

// wideLayer is the least number of inputs and of units of a layer whose product is
// taken in bfloat16: below, rounding takes longer than the arithmetic saves, and
// would cost digits for nothing (docs/benchmarks.md).
const wideLayer = 128

// wide reports whether layer k's product is taken in bfloat16.
func (m Model) wide(k int) bool {
	return m.Bfloat16 && min(m.FanIn(k), m.Layers[k].Units) >= wideLayer
}

// product returns layer k's w h for each group: w [group, rows, inputs], h [group,
// inputs, points] -> [group, rows, points]. In bfloat16 both factors are rounded to
// its 8 significant bits, products are summed in float32, and the sum is rounded
// again; so are those of the gradients that op.Gradients makes of it. Weights,
// their updates and all else stay float32 (mixed precision, Micikevicius et al.
// 2018; bfloat16 has float32's range, so that no loss has to be scaled).
func (m Model) product(s *op.Scope, groups, k int, w, h tf.Output) tf.Output {
	kind := tf.Float
	if m.wide(k) {
		kind = tf.Bfloat16
	}
	return product(s, groups, cast(s.SubScope("kernel"), w, kind), cast(s.SubScope("input"), h, kind))
}

// narrow reports whether layer k's activation stays between products in bfloat16,
// which halves what is read and written: where it gives what float32's would after
// the same rounding, and nothing but a product takes it.
func (m Model) narrow(k int) bool {
	if k == len(m.Layers)-1 || m.Normalized() > 0 || m.Layers[k].Dropout || m.Layers[k].Shortcut || m.Layers[k+1].Shortcut {
		return false
	}
	exact := slices.Contains([]string{"linear", "relu"}, m.Layers[k].Activation)
	return exact && (m.wide(k) || m.wide(k+1))
}

// cast returns x as that kind of number; x itself if it is.
func cast(s *op.Scope, x tf.Output, kind tf.DataType) tf.Output {
	if s.Err() != nil || x.DataType() == kind {
		return x
	}
	return tg.Cast(s, x, kind)
}

// product returns w h for each group, as above. Without groups it is one MatMul,
// which is faster for large layers; with groups BatchMatMul, whose gradient,
// unlike BatchMatMulV2's, has no broadcasting to undo.
func product(s *op.Scope, groups int, w, h tf.Output) tf.Output {
	if groups == 1 {
		return op.MatMul(s, w, h)
	}
	return op.BatchMatMul(s, w, h)
}

// sharedProduct returns w x for each group, where all groups share
// x [inputs, points]: w [group, rows, inputs] -> [group, rows, points]. The
// groups' rows stand below each other in one MatMul.
func sharedProduct(s *op.Scope, groups, rows int, w, x tf.Output, count int) tf.Output {
	stacked := op.Reshape(s.SubScope("stacked"), w, tg.Const(s, []int32{int32(groups * rows), -1}))
	z := op.MatMul(s, stacked, x) // [group * rows, points]
	return op.Reshape(s, z, tg.Const(s, grouped(groups, rows, count)))
}
