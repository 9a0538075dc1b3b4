//go:build tensorflow

package graph

import (
	"fmt"
	"path"
	"slices"
	"strings"

	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	tg "github.com/galeone/tfgo"
)

// variable is a float32 resource variable of a known shape.
type variable struct {
	name   string
	handle tf.Output
	shape  []int64
}

// newVariable adds a variable of that name, the last part of which names its
// place in the scope.
func newVariable(s *op.Scope, name string, shape []int64) variable {
	handle := op.VarHandleOp(s.SubScope(path.Base(name)), tf.Float, tf.MakeShape(shape...), op.VarHandleOpSharedName(name))
	return variable{name, handle, shape}
}

// read returns the variable's value.
func (v variable) read(s *op.Scope) tf.Output {
	return op.ReadVariableOp(s, v.handle, tf.Float)
}

// fill returns the op that sets every element.
func (v variable) fill(s *op.Scope, value float32) *tf.Operation {
	return op.AssignVariableOp(s, v.handle, op.Fill(s, tg.Const(s, v.shape), tg.Const(s, value)))
}

// feed returns the op that sets the variable from a fed tensor, and where to
// feed it.
func (v variable) feed(s *op.Scope) (tf.Output, *tf.Operation) {
	value := op.Placeholder(s, tf.Float, op.PlaceholderShape(tf.MakeShape(v.shape...)))
	return value, op.AssignVariableOp(s, v.handle, value)
}

// variables are those that training changes.
type variables struct {
	weights []variable   // a layer's each, [replica, rows, inputs+1]
	norms   [][]variable // a hidden layer's each, with a normalization
	trained []trained    // the weights, then each norm's gamma and beta
	powers  []variable   // of the optimizer, scalars, see Optimizer.powers
	totals  []variable   // of a stream's running metrics, [replica]
}

// trained is a variable that the optimizer changes.
type trained struct {
	variable
	layer int
	slots []variable // the optimizer's, of the same shape
	model Model
	scope *op.Scope // of the optimizer
}

// newVariables adds the variables of a model, in its layers' scopes, and those
// of its optimizer, in the scope s.
func newVariables(s *op.Scope, layers []*op.Scope, m Model, o Optimizer) *variables {
	v := &variables{}
	train := func(k int, place string, w variable) {
		t := trained{variable: w, layer: k, scope: s.SubScope(place), model: m}
		for _, slot := range o.slots() {
			t.slots = append(t.slots, newVariable(t.scope, place+"/"+slot.name, w.shape))
		}
		v.trained = append(v.trained, t)
	}
	for k := range m.Layers {
		w := newVariable(layers[k], LayerName(k)+"/weights", m.WeightsShape(m.Replicas, k))
		v.weights = append(v.weights, w)
		train(k, LayerName(k), w)
	}
	for k := range m.Normalized() {
		norm := newNormVariables(layers[k], m, k)
		v.norms = append(v.norms, norm)
		train(k, norm[Gamma].name, norm[Gamma])
		train(k, norm[Beta].name, norm[Beta])
	}
	for _, power := range o.powers() {
		v.powers = append(v.powers, newVariable(s, power.name, nil))
	}
	return v
}

// withoutBiasRows returns a change of the variable with zeros in the bias rows, which
// training leaves as they are.
func (t *trained) withoutBiasRows(s *op.Scope, change tf.Output) tf.Output {
	if t.layer == len(t.model.Layers)-1 {
		return change // the output layer has no bias row
	}
	units, columns := t.model.Layers[t.layer].Units, int(last(t.shape))
	replica := append(slices.Repeat([]float32{1}, units*columns), make([]float32, columns)...)
	factors := slices.Repeat(replica, t.model.Replicas)
	return op.Mul(s, change, tg.Const(s, tensor(s, factors, t.shape)))
}

// readTrained returns the value of each trained variable, read in the layers'
// scopes.
func (v *variables) readTrained(layers []*op.Scope) []tf.Output {
	values := make([]tf.Output, len(v.trained))
	for i, t := range v.trained {
		s := layers[t.layer]
		if i >= len(v.weights) {
			s = s.SubScope("read") // beside that of the layer's weights
		}
		values[i] = t.read(s)
	}
	return values
}

// Call is what one Session.Run does: feed these, fetch those, run the targets.
type Call struct {
	Feeds   []tf.Output
	Fetches []tf.Output
	Targets []*tf.Operation
}

// Compose returns a graph of the ops that add adds to a scope. An error is that of the
// scope, as one line: its stack trace is cut off.
func Compose(add func(s *op.Scope)) (*tf.Graph, error) {
	return buildInto(tf.NewGraph(), add)
}

// buildInto does the same with a graph that add can look at.
func buildInto(into *tf.Graph, add func(s *op.Scope)) (g *tf.Graph, err error) {
	s := op.NewScopeWithGraph(into)
	defer func() {
		if s.Err() == nil || g != nil {
			return
		}
		// After an error of the scope its ops are nil, on which tfgo panics.
		_ = recover()
		line, _, _ := strings.Cut(s.Err().Error(), " (Stacktrace") //nolint:forbidigo // TensorFlow's bindings give no more than a text
		err = fmt.Errorf("build the graph: %s", strings.Join(strings.Fields(line), " "))
	}()
	add(s)
	return s.Finalize()
}
