package graph

import (
	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	tg "github.com/galeone/tfgo"
)

// An epoch whose record is not finite is gone through again, step by step, to
// find where that began. For this each Snapshot also keeps all that training
// changes, for two epochs: the last one trains already when the one before it
// is found to have diverged.

// keeping adds to Snapshot the copies of all variables, and the Rewind call. It
// returns the copies of the last Snapshot, in the order of variables.all.
func (b *builder) keeping(s *op.Scope) []variable {
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
	for k, w := range v.weights {
		list = append(append(list, w), v.slots[k]...)
	}
	return append(list, v.powers...)
}

// inspecting adds the Inspect call, from the outputs and gradients of the
// training pass.
func (b *builder) inspecting(s *op.Scope) {
	var outputs, counts []tf.Output
	for _, output := range b.stepOutputs {
		outputs = append(outputs, output.h)
	}
	for _, tensors := range [][]tf.Output{outputs, b.stepGradients, b.layerWeights} {
		for _, tensor := range tensors {
			counts = append(counts, countNonFinite(s.SubScope("count"), tensor))
		}
	}
	b.program.Inspect = Call{Feeds: b.program.Step.Feeds, Fetches: []tf.Output{op.Pack(s, counts)}}
}

// countNonFinite returns how many values of a tensor are NaN or infinite:
// [replica, ...] -> [replica].
func countNonFinite(s *op.Scope, values tf.Output) tf.Output {
	if s.Err() != nil {
		return values
	}
	odd := tg.Cast(s, op.LogicalNot(s, op.IsFinite(s, values)), tf.Float)
	return op.Sum(s, odd, tg.Const(s, []int32{-2, -1}))
}
