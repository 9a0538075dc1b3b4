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

// scalarTags are the tags of the record's first values, as Keras names them.
var scalarTags = [...]string{"loss", "accuracy", "val_loss", "val_accuracy"}

// summaries adds the writer and what it writes each epoch: the record's first
// values as scalars (their mean over the replicas), and Keras 2.3's histograms
// of each layer's kernel, bias, their gradients, and outputs. All replicas' and
// all slices' values go into one histogram a tag and epoch.
func (b *builder) summaries(s *op.Scope, record tf.Output, outputs, slices []tf.Output) {
	writer := s.AddOperation(tf.OpSpec{
		Type:  "SummaryWriter",
		Attrs: map[string]any{"shared_name": "events", "container": ""},
	})
	if s.Err() != nil {
		return
	}
	w := &summaryWriter{
		resource: writer.Output(0),
		step:     op.Placeholder(s.SubScope("epoch"), tf.Int64, op.PlaceholderShape(tf.ScalarShape())),
	}
	b.eventFile(s, w)

	means := record
	if b.Model.Replicas > 1 {
		means = op.Mean(s, record, tg.Const(s, int32(1)))
	}
	for i, value := range op.Unpack(s, means, int64(b.Model.RecordSize()))[:len(scalarTags)] {
		w.scalar(s, scalarTags[i], value)
	}
	b.program.Measure = w.call(s, record)
	b.histograms(s, w, outputs, slices)
	b.program.MeasureWithHistograms = w.call(s, record)
}

// histograms adds the histograms of each layer. The output layer's output is
// the probability, as in Keras, where the sigmoid belongs to it.
func (b *builder) histograms(s *op.Scope, w *summaryWriter, outputs, slices []tf.Output) {
	for k, weights := range b.weights {
		name := LayerName(k)
		ls := s.SubScope(name)
		output := b.unitsPart(ls.SubScope("units"), k, outputs[k])
		if k == len(b.weights)-1 {
			output = op.Sigmoid(ls, output)
		}
		w.histogram(ls, name+"/kernel_0", b.kernelPart(ls.SubScope("kernel_0"), k, weights))
		w.histogram(ls, name+"/kernel_0_grad", b.kernelPart(ls.SubScope("kernel_0_grad"), k, slices[k]))
		w.histogram(ls, name+"/bias_0", b.biasPart(ls.SubScope("bias_0"), k, weights))
		w.histogram(ls, name+"/bias_0_grad", b.biasPart(ls.SubScope("bias_0_grad"), k, slices[k]))
		w.histogram(ls, name+"_out", output)
	}
}

// eventFile adds the calls that open and close the event file.
func (b *builder) eventFile(s *op.Scope, w *summaryWriter) {
	open := s.AddOperation(tf.OpSpec{Type: "CreateSummaryFileWriter", Input: []tf.Input{
		w.resource, tg.Const(s, b.EventDir), tg.Const(s, int32(eventQueue)), tg.Const(s, int32(eventFlushMillis)), tg.Const(s, ""),
	}})
	after := s.WithControlDependencies(open)
	def := op.Placeholder(s.SubScope("graph_def"), tf.String, op.PlaceholderShape(tf.ScalarShape()))
	first := tg.Const(s, int64(0))
	b.program.OpenEvents = Call{
		Feeds:   []tf.Output{def},
		Targets: []*tf.Operation{op.WriteGraphSummary(after, w.resource, first, def)},
	}
	closing := s.AddOperation(tf.OpSpec{Type: "CloseSummaryWriter", Input: []tf.Input{w.resource}})
	b.program.CloseEvents = Call{Targets: []*tf.Operation{closing}}
}

// summaryWriter collects the ops that write into the event file.
type summaryWriter struct {
	resource tf.Output
	step     tf.Output
	writes   []*tf.Operation
}

func (w *summaryWriter) scalar(s *op.Scope, tag string, value tf.Output) {
	s = s.SubScope("scalar")
	w.writes = append(w.writes, op.WriteScalarSummary(s, w.resource, w.step, tg.Const(s, tag), value))
}

func (w *summaryWriter) histogram(s *op.Scope, tag string, values tf.Output) {
	s = s.SubScope("histogram")
	w.writes = append(w.writes, op.WriteHistogramSummary(s, w.resource, w.step, tg.Const(s, tag), values))
}

// call returns the call that writes all that was collected so far, flushes the
// file, and fetches the record.
func (w *summaryWriter) call(s *op.Scope, record tf.Output) Call {
	flush := s.SubScope("flush").WithControlDependencies(w.writes...).AddOperation(tf.OpSpec{
		Type: "FlushSummaryWriter", Input: []tf.Input{w.resource},
	})
	return Call{Feeds: []tf.Output{w.step}, Fetches: []tf.Output{record}, Targets: []*tf.Operation{flush}}
}
