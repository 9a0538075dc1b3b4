//go:build tensorflow

package graph

import (
	"slices"

	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	tg "github.com/galeone/tfgo"
)

// addCheckpoint adds the Save and Restore calls: all that training changes, in
// TensorFlow's checkpoint format, under the variables' names. Kept are the copies
// of the last Snapshot, in the order of variables.all.
func (b *builder) addCheckpoint(s *op.Scope, kept []variable) {
	variables := slices.Concat(b.vars.all(), b.bestWeights)
	kept = slices.Concat(kept, b.bestWeights)
	names, whole := make([]string, len(variables)), make([]string, len(variables))
	types := make([]tf.DataType, len(variables))
	for i, v := range variables {
		names[i], types[i] = v.name, tf.Float
	}
	list := func(s *op.Scope) (prefix, tensorNames, wholeSlices tf.Output) {
		prefix = op.Placeholder(s.SubScope("prefix"), tf.String, op.PlaceholderShape(tf.ScalarShape()))
		return prefix, tg.Const(s.SubScope("names"), names), tg.Const(s.SubScope("slices"), whole)
	}

	ss := s.SubScope("save")
	values := make([]tf.Output, len(kept))
	for i, v := range kept {
		values[i] = v.read(ss.SubScope("value"))
	}
	prefix, tensorNames, wholeSlices := list(ss)
	b.program.Save = Call{
		Feeds:   []tf.Output{prefix},
		Targets: []*tf.Operation{op.SaveV2(ss, prefix, tensorNames, wholeSlices, values)},
	}

	rs := s.SubScope("restore")
	prefix, tensorNames, wholeSlices = list(rs)
	b.program.Restore.Feeds = []tf.Output{prefix}
	for i, value := range op.RestoreV2(rs, prefix, tensorNames, wholeSlices, types) {
		assign := op.AssignVariableOp(rs.SubScope("value"), variables[i].handle, value)
		b.program.Restore.Targets = append(b.program.Restore.Targets, assign)
	}
}
