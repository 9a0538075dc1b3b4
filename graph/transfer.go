//go:build tensorflow

package graph

import (
	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	tg "github.com/galeone/tfgo"
)

// A graph on another machine would save into files there. So its variables are
// fetched, and saved by a small graph that runs here.

// Transfer is how the variables of a program on another machine are saved here.
type Transfer struct {
	// Fetch fetches all that training changes, as the last Snapshot keeps it. Assign,
	// fed the same, sets the variables; a Snapshot has to follow.
	Fetch, Assign Call
	names         []string
	shapes        [][]int64
}

// addTransfer adds the calls of a Transfer. Kept are as checkpointing takes them.
func (b *builder) addTransfer(s *op.Scope, kept []variable) {
	t := &Transfer{}
	b.program.Transfer = t
	for i, v := range b.vars.all() {
		t.names, t.shapes = append(t.names, v.name), append(t.shapes, v.shape)
		t.Fetch.Fetches = append(t.Fetch.Fetches, kept[i].read(s.SubScope("fetch")))
		value, assign := v.feed(s.SubScope("assign"))
		t.Assign.Feeds, t.Assign.Targets = append(t.Assign.Feeds, value), append(t.Assign.Targets, assign)
	}
}

// Files is a small graph that saves fed values, and restores them, as the Save and
// Restore of a program would.
type Files struct {
	Graph *tf.Graph
	// Save feeds the prefix of the files' names, a string scalar, and then what
	// Transfer.Fetch fetches. Restore feeds the prefix and fetches the same.
	Save, Restore Call
}

// NewFiles builds the graph for a program's variables.
func NewFiles(t *Transfer) (*Files, error) {
	f := &Files{}
	whole, types := make([]string, len(t.names)), make([]tf.DataType, len(t.names))
	for i := range types {
		types[i] = tf.Float
	}
	var err error
	f.Graph, err = Compose(func(s *op.Scope) {
		prefix := op.Placeholder(s.SubScope("prefix"), tf.String, op.PlaceholderShape(tf.ScalarShape()))
		names, slices := tg.Const(s.SubScope("names"), t.names), tg.Const(s.SubScope("slices"), whole)
		f.Save.Feeds, f.Restore.Feeds = []tf.Output{prefix}, []tf.Output{prefix}
		for _, shape := range t.shapes {
			value := op.Placeholder(s.SubScope("value"), tf.Float, op.PlaceholderShape(tf.MakeShape(shape...)))
			f.Save.Feeds = append(f.Save.Feeds, value)
		}
		f.Save.Targets = []*tf.Operation{op.SaveV2(s, prefix, names, slices, f.Save.Feeds[1:])}
		f.Restore.Fetches = op.RestoreV2(s, prefix, names, slices, types)
	})
	return f, err
}
