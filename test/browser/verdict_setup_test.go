//go:build browser

package browser

import (
	"bytes"
	"image/png"
	"math"
	"strconv"
	"testing"

	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"

	charts "gradwatch/internal/chart"
	"gradwatch/internal/events"
)

const verdict = `# Verdict: the gradient vanishes

| layer | gradient |
|---|---|
| dense_1 | **3e-7** |
| dense_2 | 2e-6 |

## What to do

` + "```sh\ngradwatch train --activation relu\n```\n"

// writeVerdict writes a verdict that nobody has come to, and a picture of it, into
// a run's folder.
func writeVerdict(t *testing.T, folder string) {
	t.Helper()
	maps := charts.Flow{Title: verdictRun + ": what flows through the layers", IdleName: "saturated units"}
	for k := range layers {
		maps.Layers = append(maps.Layers, "dense_"+strconv.Itoa(k+1))
		g := math.Pow(10, float64(k-layers))
		maps.Gradient = append(maps.Gradient, []float64{g, 2 * g, 3 * g})
		maps.Update = append(maps.Update, []float64{g / 10, g / 5, g / 4})
		maps.Idle = append(maps.Idle, []float64{0, 0.4, 0.8})
	}
	maps.Epochs = []int{0, 20, 40}
	var picture bytes.Buffer
	if err := charts.WritePNG(&picture, maps, charts.Size{}); err != nil {
		t.Fatal(err)
	}
	size, err := png.DecodeConfig(bytes.NewReader(picture.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	var s events.Summary
	s.Text(verdictTag, verdict)
	s.Image(flowTag, "Layer by epoch: **dark** is small.", size.Width, size.Height, picture.Bytes())
	writeSummary(t, folder, verdictEpochs-1, s.Bytes())
}

// writeSummary writes an event file of one summary with TensorFlow's writer.
func writeSummary(t *testing.T, folder string, step int64, summary []byte) {
	t.Helper()
	s := op.NewScope()
	writer := s.AddOperation(tf.OpSpec{
		Type: "SummaryWriter", Attrs: map[string]any{"shared_name": folder, "container": ""},
	}).Output(0)
	add := func(kind string, inputs ...tf.Input) *tf.Operation {
		return s.AddOperation(tf.OpSpec{Type: kind, Input: append([]tf.Input{writer}, inputs...)})
	}
	constant := func(name string, value any) tf.Output { return op.Const(s.SubScope(name), value) }
	ops := []*tf.Operation{
		add("CreateSummaryFileWriter", constant("folder", folder), constant("queue", int32(10)), constant("millis", int32(1000)), constant("suffix", "")),
		add("WriteRawProtoSummary", constant("step", step), constant("summary", string(summary))),
		add("CloseSummaryWriter"),
	}
	graph, err := s.Finalize()
	if err != nil {
		t.Fatal(err)
	}
	session, err := tf.NewSession(graph, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range ops {
		if _, err := session.Run(nil, nil, []*tf.Operation{o}); err != nil {
			t.Fatal(err)
		}
	}
	if err := session.Close(); err != nil {
		t.Fatal(err)
	}
}
