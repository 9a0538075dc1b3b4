//go:build tensorflow

package eventfiles

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/core/framework/summary_go_proto"
	core "github.com/galeone/tensorflow/tensorflow/go/core/protobuf/for_core_protos_go_proto"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// eventWriter writes one event file with TensorFlow's summary ops.
type eventWriter struct {
	t       *testing.T
	session *tf.Session

	step, tag, text, scalar, values tf.Output // what is fed
	raw, asScalar, asHistogram      *tf.Operation
	closing                         *tf.Operation
}

// newEventWriter opens an event file in the folder.
func newEventWriter(t *testing.T, folder string) *eventWriter {
	t.Helper()
	s := op.NewScope()
	resource := s.AddOperation(tf.OpSpec{
		Type: "SummaryWriter", Attrs: map[string]any{"shared_name": folder, "container": ""},
	}).Output(0)
	fed := func(name string, kind tf.DataType) tf.Output {
		return op.Placeholder(s.SubScope(name), kind)
	}
	w := &eventWriter{
		t: t, step: fed("step", tf.Int64), tag: fed("tag", tf.String), text: fed("text", tf.String),
		scalar: fed("scalar", tf.Float), values: fed("values", tf.Float),
	}
	open := s.AddOperation(tf.OpSpec{Type: "CreateSummaryFileWriter", Input: []tf.Input{
		resource, op.Const(s.SubScope("folder"), folder), op.Const(s.SubScope("queue"), int32(1000)),
		op.Const(s.SubScope("millis"), int32(1<<30)), op.Const(s.SubScope("suffix"), ""),
	}})
	w.raw = s.AddOperation(tf.OpSpec{Type: "WriteRawProtoSummary", Input: []tf.Input{resource, w.step, w.text}})
	w.asScalar = op.WriteScalarSummary(s, resource, w.step, w.tag, w.scalar)
	w.asHistogram = op.WriteHistogramSummary(s, resource, w.step, w.tag, w.values)
	w.closing = s.AddOperation(tf.OpSpec{Type: "CloseSummaryWriter", Input: []tf.Input{resource}})
	graph, err := s.Finalize()
	if err != nil {
		t.Fatal(err)
	}
	// The executor of training runs, in the caller's thread: TensorFlow's own threads
	// take denormal numbers for 0, so that histograms there have them as zeros.
	settings, err := proto.Marshal(&core.ConfigProto{
		Experimental: &core.ConfigProto_Experimental{ExecutorType: "SINGLE_THREADED_EXECUTOR"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if w.session, err = tf.NewSession(graph, &tf.SessionOptions{Config: settings}); err != nil {
		t.Fatal(err)
	}
	w.run(open, nil)
	return w
}

// run runs one op with what it is fed.
func (w *eventWriter) run(target *tf.Operation, values map[tf.Output]any) {
	w.t.Helper()
	feeds := make(map[tf.Output]*tf.Tensor)
	for output, value := range values {
		tensor, err := tf.NewTensor(value)
		if err != nil {
			w.t.Fatal(err)
		}
		feeds[output] = tensor
	}
	if _, err := w.session.Run(feeds, nil, []*tf.Operation{target}); err != nil {
		w.t.Fatal(err)
	}
}

// summary writes a serialized Summary as one event.
func (w *eventWriter) summary(step int64, summary []byte) {
	w.t.Helper()
	w.run(w.raw, map[tf.Output]any{w.step: step, w.text: string(summary)})
}

// scalarByOp and histogramByOp write with TensorFlow's own ops.
func (w *eventWriter) scalarByOp(step int64, tag string, value float32) {
	w.t.Helper()
	w.run(w.asScalar, map[tf.Output]any{w.step: step, w.tag: tag, w.scalar: value})
}

func (w *eventWriter) histogramByOp(step int64, tag string, values []float32) {
	w.t.Helper()
	w.run(w.asHistogram, map[tf.Output]any{w.step: step, w.tag: tag, w.values: values})
}

// close ends the event file.
func (w *eventWriter) close() {
	w.t.Helper()
	w.run(w.closing, nil)
	if err := w.session.Close(); err != nil {
		w.t.Fatal(err)
	}
}

// writtenValue is a value of an event file with its event's step.
type writtenValue struct {
	step int64
	*summary_go_proto.Summary_Value
}

// valuesIn returns the summary values of a folder's only event file, in order.
// A record is the event's length (8 bytes), a checksum (4), the event, and a
// checksum (4).
func valuesIn(t *testing.T, folder string) []writtenValue {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*tfevents*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("got event files %q and error %v, want one file", files, err)
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	var values []writtenValue
	for len(data) > 0 {
		length := binary.LittleEndian.Uint64(data)
		values = append(values, valuesOf(t, data[12:12+length])...)
		data = data[12+length+4:]
	}
	return values
}

// valuesOf returns the values of an Event: its step is field 2, its summary 5.
func valuesOf(t *testing.T, event []byte) []writtenValue {
	t.Helper()
	var step int64
	var summary summary_go_proto.Summary
	for len(event) > 0 {
		number, kind, tagLength := protowire.ConsumeTag(event)
		length := protowire.ConsumeFieldValue(number, kind, event[tagLength:])
		if tagLength < 0 || length < 0 {
			t.Fatal("got an event that can't be decoded")
		}
		field := event[tagLength : tagLength+length]
		event = event[tagLength+length:]
		switch number {
		case 2:
			n, _ := protowire.ConsumeVarint(field)
			step = int64(n)
		case 5:
			message, _ := protowire.ConsumeBytes(field)
			if err := proto.Unmarshal(message, &summary); err != nil {
				t.Fatal(err)
			}
		}
	}
	var values []writtenValue
	for _, value := range summary.Value {
		values = append(values, writtenValue{step, value})
	}
	return values
}
