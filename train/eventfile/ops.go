//go:build tensorflow

package eventfile

import (
	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	tg "github.com/galeone/tfgo"

	"gradwatch/graph"
)

// Settings of the summary writer. It is flushed after each event, so its queue must not flush before.
const (
	eventQueue       = 1 << 20 // events
	eventFlushMillis = 1 << 30
)

// fileCalls are the calls that write one event file, by TensorFlow's summary ops.
type fileCalls struct {
	open graph.Call
	// showGraph is fed the serialized GraphDef that TensorBoard draws, a string scalar.
	showGraph graph.Call
	// write is fed a step, an int64 scalar, and a serialized Summary, a string scalar. It
	// writes the event and flushes the file.
	write graph.Call
	// importEvent is fed a serialized Event, a string scalar. It writes the event as it is
	// and flushes the file.
	importEvent graph.Call
	close       graph.Call
}

// buildCalls builds the graph that writes an event file in each of the folders, and
// returns it with the calls of each file.
func buildCalls(folders []string) (*tf.Graph, []fileCalls, error) {
	files := make([]fileCalls, len(folders))
	g, err := graph.Compose(func(s *op.Scope) {
		for i, folder := range folders {
			addCalls(s.SubScope("file"), &files[i], folder)
		}
	})
	return g, files, err
}

// addCalls adds the ops that write an event file in the folder.
func addCalls(s *op.Scope, f *fileCalls, folder string) {
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
	f.open.Targets = []*tf.Operation{add(s, "CreateSummaryFileWriter",
		tg.Const(s, folder), tg.Const(s, int32(eventQueue)), tg.Const(s, int32(eventFlushMillis)), tg.Const(s, ""))}
	flush := func(written *tf.Operation) []*tf.Operation {
		return []*tf.Operation{add(s.SubScope("flush").WithControlDependencies(written), "FlushSummaryWriter")}
	}

	def := op.Placeholder(s.SubScope("graph_def"), tf.String, op.PlaceholderShape(tf.ScalarShape()))
	f.showGraph.Feeds = []tf.Output{def}
	f.showGraph.Targets = flush(op.WriteGraphSummary(s, writer, tg.Const(s, int64(0)), def))

	step := op.Placeholder(s.SubScope("step"), tf.Int64, op.PlaceholderShape(tf.ScalarShape()))
	summary := op.Placeholder(s.SubScope("summary"), tf.String, op.PlaceholderShape(tf.ScalarShape()))
	f.write.Feeds = []tf.Output{step, summary}
	f.write.Targets = flush(add(s, "WriteRawProtoSummary", step, summary))

	event := op.Placeholder(s.SubScope("event"), tf.String, op.PlaceholderShape(tf.ScalarShape()))
	f.importEvent.Feeds = []tf.Output{event}
	f.importEvent.Targets = flush(add(s, "ImportEvent", event))

	f.close.Targets = []*tf.Operation{add(s, "CloseSummaryWriter")}
}
