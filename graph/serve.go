//go:build tensorflow

package graph

import (
	"fmt"
	"math"

	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	tg "github.com/galeone/tfgo"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
)

// Dense is a trained layer, as Keras lays it.
type Dense struct {
	Kernel []float32 // [inputs, units], row-major
	Bias   []float32 // [units]
	// Norm is the variables of the layer's normalization, [units] each, as many as
	// Model.NormVariables says.
	Norm [][]float32
}

// ServeSpec is what a graph for predicting is built from.
type ServeSpec struct {
	Model  Model   // its replicas don't matter
	Layers []Dense // of one replica, whose shapes are the model's
	// Schema says how inputs are scaled, and a regression's target.
	Schema *dataset.Schema
	// Scaled leaves the inputs as they are fed: they are scaled already.
	Scaled bool
}

// Serving is a graph that predicts with one replica. It is a net of its own, not a
// part of a Program: points are rows, weights are constants, batch normalization
// is part of them, and the inputs are scaled inside. So it needs no state and takes
// any number of rows.
type Serving struct {
	Graph *tf.Graph
	// Inputs is where rows are fed, float32 [rows, inputs].
	Inputs tf.Output
	// Outputs are what it makes of them.
	Outputs []ServingOutput
}

// ServingOutput is one of the outputs, by its name in the graph.
type ServingOutput struct {
	Name string
	tf.Output
}

// Names of a Serving's inputs and outputs: of classes with one output Probability and Class, with several
// Probabilities and Class, where the outputs are sigmoid or softmax; else ServingValue or ServingValues in place
// of the probabilities. Of a regression Prediction.
const (
	ServingInputs = "inputs"
	Probability   = "probability"   // of class 1, float32 [rows]
	Probabilities = "probabilities" // float32 [rows, outputs]
	ServingValue  = "output"        // float32 [rows]
	ServingValues = "outputs"       // float32 [rows, outputs]
	Class         = "class"         // from 0, int64 [rows]
	Prediction    = "prediction"    // in the target's unit, float32 [rows]
)

// NewServing builds the graph of spec. The order of summation is not that of
// training, so predictions agree with the run's to rounding.
func NewServing(spec ServeSpec) (*Serving, error) {
	v := &Serving{}
	var err error
	v.Graph, err = Compose(func(s *op.Scope) {
		v.Inputs = named(s, ServingInputs, "Placeholder", map[string]any{
			"dtype": tf.Float, "shape": tf.MakeShape(-1, int64(spec.Model.Inputs)),
		})
		h := v.Inputs
		if !spec.Scaled {
			h = scaleRows(s.SubScope("scale"), spec.Schema.Scaling, h)
		}
		for k := range spec.Model.Layers {
			h = spec.dense(s.SubScope(LayerName(k)), k, h)
		}
		v.Outputs = spec.outputs(s, h)
	})
	return v, err
}

// scaleRows scales as dataset.Scaler does, in doubles, whose result is rounded to
// float32: [rows, inputs].
func scaleRows(s *op.Scope, scaler dataset.Scaler, x tf.Output) tf.Output {
	wide := tg.Cast(s.SubScope("wide"), x, tf.Double)
	scaled := op.Mul(s.SubScope("factor"), wide, tg.Const(s.SubScope("factor"), scaler.Factor))
	moved := op.AddV2(s.SubScope("offset"), scaled, tg.Const(s.SubScope("offset"), scaler.Offset))
	return tg.Cast(s.SubScope("narrow"), moved, tf.Float)
}

// dense returns what layer k makes of what the one below hands up: h [rows,
// inputs] -> act(h W + b), [rows, units], and with a shortcut h added.
func (spec *ServeSpec) dense(s *op.Scope, k int, h tf.Output) tf.Output {
	layer := spec.Model.Layers[k]
	kernel, bias := spec.Layers[k].Kernel, spec.Layers[k].Bias
	if spec.Model.BatchNorm && k < spec.Model.Normalized() {
		kernel, bias = spec.Layers[k].folded()
	}
	w := tensor(s, kernel, []int64{int64(spec.Model.FanIn(k)), int64(layer.Units)})
	z := op.BiasAdd(s, op.MatMul(s, h, tg.Const(s.SubScope("kernel"), w)), tg.Const(s.SubScope("bias"), bias))
	if spec.Model.LayerNorm && k < spec.Model.Normalized() {
		z = normalizeRows(s.SubScope("normalize"), z, spec.Layers[k].Norm)
	}
	a := Activate(s, layer.Activation, z)
	if layer.Shortcut {
		return op.AddV2(s.SubScope("shortcut"), a, h)
	}
	return a
}

// folded returns a kernel and a bias that do what the layer does with its batch
// normalization by the moving statistics.
func (d *Dense) folded() (kernel, bias []float32) {
	units := len(d.Bias)
	kernel, bias = make([]float32, len(d.Kernel)), make([]float32, units)
	for u := range units {
		scale := float64(d.Norm[Gamma][u]) / math.Sqrt(float64(d.Norm[MovingVariance][u])+normEpsilon)
		for i := u; i < len(kernel); i += units {
			kernel[i] = float32(float64(d.Kernel[i]) * scale)
		}
		bias[u] = float32((float64(d.Bias[u])-float64(d.Norm[MovingMean][u]))*scale + float64(d.Norm[Beta][u]))
	}
	return kernel, bias
}

// normalizeRows does what normalizeUnits does, with points as rows: [rows, units].
func normalizeRows(s *op.Scope, z tf.Output, norm [][]float32) tf.Output {
	mean := func(s *op.Scope, of tf.Output) tf.Output {
		return op.Mean(s, of, tg.Const(s, int32(1)), op.MeanKeepDims(true)) // [rows, 1]
	}
	centered := op.Sub(s, z, mean(s.SubScope("mean"), z))
	variance := mean(s.SubScope("variance"), op.Square(s, centered))
	scale := normScale(s.SubScope("scale"), tg.Const(s.SubScope("gamma"), norm[Gamma]), variance) // [rows, units]
	return op.AddV2(s, op.Mul(s, centered, scale), tg.Const(s.SubScope("beta"), norm[Beta]))
}

// outputs returns what the model says by its logits, [rows, outputs].
func (spec *ServeSpec) outputs(s *op.Scope, logits tf.Output) []ServingOutput {
	o := &spec.Model.Output
	switch {
	case o.Regression():
		value := spec.Model.activateRows(s, firstColumn(s, logits))
		return []ServingOutput{{Prediction, unscaled(s, spec.Schema.Target.Scaling, value)}}
	case o.Units > 1:
		name, values, compared := Probabilities, logits, logits
		switch o.Activation {
		case config.Softmax:
			values = named(s, Probabilities, "Softmax", nil, logits)
		case config.Sigmoid:
			values = named(s, Probabilities, "Sigmoid", nil, logits)
			compared = values
		default:
			values = named(s, ServingValues, "Identity", nil, spec.Model.activateRows(s, logits))
			name, compared = ServingValues, values
		}
		class := op.ArgMax(s.SubScope("largest"), compared, tg.Const(s.SubScope("axis"), int32(1)))
		return []ServingOutput{{name, values}, {Class, named(s, Class, "Identity", nil, class)}}
	}
	// As in Model.metric: class 1 where the output is above 0.5, of a sigmoid where the logit is above 0.
	z := firstColumn(s, logits)
	name, value, compared, threshold := Probability, z, z, float32(0)
	if o.Activation == config.Sigmoid {
		value = named(s, Probability, "Sigmoid", nil, z)
	} else {
		if !o.Probabilities() {
			name = ServingValue
		}
		value = named(s, name, "Identity", nil, spec.Model.activateRows(s, z))
		compared, threshold = value, classThreshold
	}
	above := op.Greater(s.SubScope("above"), compared, tg.Const(s.SubScope("above"), threshold))
	return []ServingOutput{{name, value}, {Class, named(s, Class, "Cast", map[string]any{"DstT": tf.Int64}, above)}}
}

// activateRows returns the outputs of logits whose points are rows: [rows, outputs], or [rows] of one output, whose
// softmax is 1.
func (m Model) activateRows(s *op.Scope, logits tf.Output) tf.Output {
	as := s.SubScope("activation")
	if m.Output.Activation == config.Softmax {
		return op.OnesLike(as, logits)
	}
	return Activate(as, m.Output.Activation, logits)
}

// firstColumn returns the only column: [rows, 1] -> [rows].
func firstColumn(s *op.Scope, logits tf.Output) tf.Output {
	return op.Squeeze(s.SubScope("logit"), logits, op.SqueezeAxis([]int64{1}))
}

// unscaled takes a target's scaling back, in doubles: [rows].
func unscaled(s *op.Scope, scaler dataset.Scaler, z tf.Output) tf.Output {
	if len(scaler.Factor) == 0 {
		return named(s, Prediction, "Identity", nil, z)
	}
	us := s.SubScope("unscale")
	wide := tg.Cast(us.SubScope("wide"), z, tf.Double)
	moved := op.Sub(us.SubScope("offset"), wide, tg.Const(us.SubScope("offset"), scaler.Offset[0]))
	value := op.RealDiv(us.SubScope("factor"), moved, tg.Const(us.SubScope("factor"), scaler.Factor[0]))
	return named(s, Prediction, "Cast", map[string]any{"DstT": tf.Float}, value)
}

// named adds an op of one output whose name is plain: it is what users of the
// graph look for.
func named(s *op.Scope, name, kind string, attributes map[string]any, inputs ...tf.Output) tf.Output {
	list := make([]tf.Input, len(inputs))
	for i, input := range inputs {
		list[i] = input
	}
	added := s.AddOperation(tf.OpSpec{Type: kind, Name: name, Attrs: attributes, Input: list})
	if s.Err() != nil {
		return tf.Output{}
	}
	return added.Output(0)
}

// Check returns an error if the layers don't have the model's shapes.
func (spec *ServeSpec) Check() error {
	if len(spec.Layers) != len(spec.Model.Layers) {
		return fmt.Errorf("the weights of %d layers: want those of %d", len(spec.Layers), len(spec.Model.Layers))
	}
	for k, layer := range spec.Layers {
		inputs, units := spec.Model.FanIn(k), spec.Model.Layers[k].Units
		if len(layer.Kernel) != inputs*units || len(layer.Bias) != units {
			return fmt.Errorf("%s: a kernel of %d numbers and a bias of %d: want %d x %d and %d",
				LayerName(k), len(layer.Kernel), len(layer.Bias), inputs, units, units)
		}
		want := 0
		if k < spec.Model.Normalized() {
			want = spec.Model.NormVariables()
		}
		if len(layer.Norm) != want {
			return fmt.Errorf("%s: its normalization is not the configuration's", LayerName(k))
		}
		for _, values := range layer.Norm {
			if len(values) != units {
				return fmt.Errorf("%s: a vector of %d numbers in its normalization: want %d", LayerName(k), len(values), units)
			}
		}
	}
	return spec.Schema.Scaling.Check(spec.Model.Inputs)
}
