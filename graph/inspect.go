//go:build tensorflow

package graph

import (
	"slices"

	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	tg "github.com/galeone/tfgo"
)

// An epoch whose record is not finite is gone through again, step by step, to
// find where that began. For this each Snapshot also keeps all that training
// changes, for two epochs: the last one trains already when the one before it
// is found to have diverged.

// addKeptCopies adds to Snapshot the copies of all variables, and the Rewind call. It
// returns the copies of the last Snapshot, in the order of variables.all.
func (b *builder) addKeptCopies(s *op.Scope) []variable {
	var kept []variable
	for _, v := range b.vars.all() {
		vs := s.SubScope("kept")
		before := newVariable(vs, v.name+"/before_last", v.shape)
		last := newVariable(vs, v.name+"/last", v.shape)
		kept = append(kept, last)
		older := op.AssignVariableOp(vs.SubScope("age"), before.handle, last.read(vs))
		newer := op.AssignVariableOp(vs.WithControlDependencies(older), last.handle, v.read(vs.SubScope("now")))
		b.program.Snapshot.Targets = append(b.program.Snapshot.Targets, newer)

		rs := vs.SubScope("rewind")
		b.program.Rewind.Targets = append(b.program.Rewind.Targets, op.AssignVariableOp(rs, v.handle, before.read(rs)))
		is := vs.SubScope("begin")
		b.program.Initialize.Targets = append(b.program.Initialize.Targets, last.fill(is, 0))
	}
	return kept
}

// all returns every variable that training changes.
func (v *variables) all() []variable {
	var list []variable
	for _, t := range v.trained {
		list = append(append(list, t.variable), t.slots...)
	}
	for _, norm := range v.norms {
		list = append(list, norm[layerNormVariables:]...) // the moving statistics
	}
	return append(append(list, v.powers...), v.totals...)
}

// addInspect adds the Inspect call, from the outputs and gradients of the
// training pass. The variables of a layer's normalization count as its weights.
func (b *builder) addInspect(s *op.Scope) {
	layers := len(b.layers)
	outputs, gradients, weights := make([][]tf.Output, layers), make([][]tf.Output, layers), make([][]tf.Output, layers)
	for k, output := range b.stepOutputs {
		outputs[k], weights[k] = []tf.Output{output.h}, []tf.Output{b.layerWeights[k]}
	}
	for i, t := range b.vars.trained {
		gradients[t.layer] = append(gradients[t.layer], b.stepGradients[i])
	}
	for k, norm := range b.vars.norms {
		for _, v := range norm {
			weights[k] = append(weights[k], v.read(s.SubScope("norm")))
		}
	}
	var counts []tf.Output
	for _, tensors := range slices.Concat(outputs, gradients, weights) {
		counts = append(counts, countNonFinite(s.SubScope("count"), tensors...))
	}
	b.program.Inspect = Call{Feeds: b.fed, Fetches: []tf.Output{op.Pack(s, counts)}}
}

// countNonFinite returns how many values of tensors are NaN or infinite:
// [replica, rows, columns] each -> [replica].
func countNonFinite(s *op.Scope, tensors ...tf.Output) tf.Output {
	if s.Err() != nil {
		return tensors[0]
	}
	counts := make([]tf.Output, len(tensors))
	for i, values := range tensors {
		ts := s.SubScope("tensor")
		odd := tg.Cast(ts, op.LogicalNot(ts, op.IsFinite(ts, values)), tf.Float)
		counts[i] = op.Sum(ts, odd, tg.Const(ts, []int32{-2, -1}))
	}
	return op.AddN(s, counts)
}
