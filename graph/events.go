//go:build tensorflow

package graph

import (
	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	tg "github.com/galeone/tfgo"
)

// Event file settings. The queue is flushed at each epoch's end, so its size
// and age only have to be out of the way.
const (
	eventQueue       = 1 << 20 // events
	eventFlushMillis = 1 << 30
)

// Events is a small graph that writes event files, by TensorFlow's summary ops.
type Events struct {
	Graph *tf.Graph
	Files []EventFile // one for each folder
}

// EventFile is what can be done to one file.
type EventFile struct {
	Open Call
	// ShowGraph feeds the serialized GraphDef that TensorBoard draws, a string
	// scalar.
	ShowGraph Call
	// Write feeds a step, an int64 scalar, and a serialized Summary, a string
	// scalar; writes the event and flushes the file.
	Write Call
	// Import feeds a serialized Event, a string scalar; writes it as it is and
	// flushes the file.
	Import Call
	Close  Call
}

// NewEvents builds the graph for an event file in each of these folders.
func NewEvents(folders []string) (*Events, error) {
	e := &Events{Files: make([]EventFile, len(folders))}
	var err error
	e.Graph, err = build(func(s *op.Scope) {
		for i, folder := range folders {
			addEventFile(s.SubScope("file"), &e.Files[i], folder)
		}
	})
	return e, err
}

func addEventFile(s *op.Scope, f *EventFile, folder string) {
	summaryWriter := s.AddOperation(tf.OpSpec{
		Type:  "SummaryWriter",
		Attrs: map[string]any{"shared_name": folder, "container": ""},
	})
	if s.Err() != nil {
		return
	}
	writer := summaryWriter.Output(0)
	add := func(s *op.Scope, kind string, inputs ...tf.Output) *tf.Operation {
		list := []tf.Input{writer}
		for _, input := range inputs {
			list = append(list, input)
		}
		return s.AddOperation(tf.OpSpec{Type: kind, Input: list})
	}
	f.Open.Targets = []*tf.Operation{add(s, "CreateSummaryFileWriter",
		tg.Const(s, folder), tg.Const(s, int32(eventQueue)), tg.Const(s, int32(eventFlushMillis)), tg.Const(s, ""))}
	flush := func(written *tf.Operation) []*tf.Operation {
		return []*tf.Operation{add(s.SubScope("flush").WithControlDependencies(written), "FlushSummaryWriter")}
	}

	def := op.Placeholder(s.SubScope("graph_def"), tf.String, op.PlaceholderShape(tf.ScalarShape()))
	f.ShowGraph.Feeds = []tf.Output{def}
	f.ShowGraph.Targets = flush(op.WriteGraphSummary(s, writer, tg.Const(s, int64(0)), def))

	step := op.Placeholder(s.SubScope("step"), tf.Int64, op.PlaceholderShape(tf.ScalarShape()))
	summary := op.Placeholder(s.SubScope("summary"), tf.String, op.PlaceholderShape(tf.ScalarShape()))
	f.Write.Feeds = []tf.Output{step, summary}
	f.Write.Targets = flush(add(s, "WriteRawProtoSummary", step, summary))

	event := op.Placeholder(s.SubScope("event"), tf.String, op.PlaceholderShape(tf.ScalarShape()))
	f.Import.Feeds = []tf.Output{event}
	f.Import.Targets = flush(add(s, "ImportEvent", event))

	f.Close.Targets = []*tf.Operation{add(s, "CloseSummaryWriter")}
}
