//go:build tensorflow

package eventfiles

import (
	"context"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/galeone/tensorflow/tensorflow/go/core/framework/summary_go_proto"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"gradwatch/internal/events"
	"gradwatch/internal/testenv/tensorboard"
)

// summaryCase is a histogram's values.
type summaryCase struct {
	name   string
	values []float32
}

// summaryCases are finite values that are hard to count right.
func summaryCases() []summaryCase {
	minusZero := float32(math.Copysign(0, -1))
	source := rand.New(rand.NewPCG(5, 6))
	normal := make([]float32, 100_000)
	for i := range normal {
		normal[i] = float32(source.NormFloat64())
	}
	var bits []float32
	for len(bits) < 20_000 {
		if v := math.Float32frombits(source.Uint32()); v-v == 0 {
			bits = append(bits, v)
		}
	}
	return []summaryCase{
		{"zero", []float32{0}},
		{"minus-zero", []float32{minusZero}},
		{"zero-then-minus-zero", []float32{0, minusZero}},
		{"minus-zero-then-zero", []float32{minusZero, 0}},
		{"denormals", []float32{1e-45, -1e-45, 1e-40, -1e-40, 1.17e-38, 0, minusZero}},
		{"smallest-limits", []float32{
			1e-12, math.Nextafter32(1e-12, 0), math.Nextafter32(1e-12, 1), 1.1e-12,
			-1e-12, -math.Nextafter32(1e-12, 0), -math.Nextafter32(1e-12, 1), -1.1e-12,
		}},
		{"largest", []float32{1e20, math.Nextafter32(1e20, 0), math.MaxFloat32, 9e19, 3e38}},
		{"most-negative", []float32{-1e20, math.Nextafter32(-1e20, 0), -math.MaxFloat32, -9e19, -3e38}},
		{"negative", []float32{-1, -0.5, -1e-3, -7}},
		{"constant", slices.Repeat([]float32{0.1}, 1000)},
		{"limits", limitsWithNeighbours()},
		{"normal", normal},
		{"any-bits", bits},
		{"gradients", []float32{1e-9, -3e-8, 2e-10, 0, 0, 5e-13, -5e-13, 0.125}},
	}
}

// limitsWithNeighbours returns TensorFlow's bucket limits as float32, with the
// numbers before and after.
func limitsWithNeighbours() []float32 {
	var values []float32
	for limit := 1e-12; limit < 2e20; limit *= 1.1 {
		v := float32(limit)
		for _, near := range []float32{math.Nextafter32(v, 0), v, math.Nextafter32(v, math.MaxFloat32)} {
			values = append(values, near, -near)
		}
	}
	return values
}

// TestSummaryValuesAreTensorFlows writes the same values with TensorFlow's ops
// and with ours, and compares what is in the event files.
func TestSummaryValuesAreTensorFlows(t *testing.T) {
	root := t.TempDir()
	wantFolder, gotFolder := filepath.Join(root, "want"), filepath.Join(root, "got")
	want, got := newEventWriter(t, wantFolder), newEventWriter(t, gotFolder)
	var summary events.Summary
	for step, c := range summaryCases() {
		want.histogramByOp(int64(step), c.name, c.values)
		var h events.Histogram
		h.Add(c.values)
		summary.Histogram(c.name, &h)
		want.scalarByOp(int64(step), c.name+" first", c.values[0])
		summary.Scalar(c.name+" first", c.values[0])
		got.summary(int64(step), summary.Bytes())
		summary.Reset()
	}
	for _, value := range []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 0} {
		want.scalarByOp(1000, "not finite", value)
		summary.Scalar("not finite", value)
		got.summary(1000, summary.Bytes())
		summary.Reset()
	}
	want.close()
	got.close()
	wantValues, gotValues := valuesIn(t, wantFolder), valuesIn(t, gotFolder)
	if len(wantValues) != 2*len(summaryCases())+4 || len(gotValues) != len(wantValues) {
		t.Fatalf("got %d values and TensorFlow's ops %d, want %d", len(gotValues), len(wantValues), 2*len(summaryCases())+4)
	}
	for i := range wantValues {
		checkValue(t, gotValues[i], wantValues[i])
	}
}

// checkValue compares two values byte for byte, but for a histogram's sums.
func checkValue(t *testing.T, got, want writtenValue) {
	t.Helper()
	if got.step != want.step {
		t.Errorf("%s: got step %d, want %d", want.Tag, got.step, want.step)
	}
	if g, w := got.GetHisto(), want.GetHisto(); g != nil && w != nil {
		for what, sums := range map[string][2]*float64{"sum": {&g.Sum, &w.Sum}, "sum of squares": {&g.SumSquares, &w.SumSquares}} {
			if math.Abs(*sums[0]-*sums[1]) > 1e-12*math.Abs(*sums[1]) {
				t.Errorf("%s: got %s %v, want %v", want.Tag, what, *sums[0], *sums[1])
			}
			*sums[0] = *sums[1]
		}
	}
	g, gotErr := proto.Marshal(got.Summary_Value)
	w, wantErr := proto.Marshal(want.Summary_Value)
	if gotErr != nil || wantErr != nil {
		t.Fatal(gotErr, wantErr)
	}
	if string(g) != string(w) {
		t.Errorf("%s: got %v, want %v", want.Tag, cut(got.Summary_Value), cut(want.Summary_Value))
	}
}

// cut shows the beginning of a value.
func cut(value *summary_go_proto.Summary_Value) string {
	text := value.String()
	return text[:min(len(text), 1000)]
}

// TestSummaryValuesAreRead reads what our encoder made with TensorBoard's Python
// readers and through a running TensorBoard.
func TestSummaryValuesAreRead(t *testing.T) {
	logDir := t.TempDir()
	folder := filepath.Join(logDir, "run")
	w := newEventWriter(t, folder)
	cases := summaryCases()
	var summary events.Summary
	var h events.Histogram
	for step, c := range cases {
		summary.Reset()
		h.Reset()
		h.Add(c.values)
		summary.Histogram("values", &h)
		summary.Scalar("first", c.values[0])
		w.summary(int64(step), summary.Bytes())
	}
	h.Reset()
	h.Add([]float32{float32(math.NaN()), float32(math.Inf(1))})
	summary.Reset()
	summary.Histogram("empty", &h)
	w.summary(0, summary.Bytes())
	w.close()

	all, err := tensorboard.ReadEvents(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	read := make(map[string][]tensorboard.Event)
	for _, e := range all[0] {
		read[e.Tag] = append(read[e.Tag], e)
	}
	for i, c := range cases {
		if got := read["first"][i].Value; got != float64(c.values[0]) {
			t.Errorf("%s: got scalar %v, want %v", c.name, got, c.values[0])
		}
		if got := read["values"][i].Histogram.Num; got != float64(len(c.values)) {
			t.Errorf("%s: got %v values, want %d", c.name, got, len(c.values))
		}
	}
	if empty := read["empty"]; len(empty) != 1 || empty[0].Histogram.Num != 0 || len(empty[0].Shown) != 0 {
		t.Errorf("got empty histogram %+v, want one without values or buckets", empty)
	}
	checkSummariesShown(t, logDir, read)
}

// checkSummariesShown compares what TensorBoard shows with what its Python
// readers have read.
func checkSummariesShown(t *testing.T, logDir string, read map[string][]tensorboard.Event) {
	t.Helper()
	server, err := tensorboard.Start(t.Context(), logDir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var empty []tensorboard.Histogram
	err = server.Wait(ctx, func(ctx context.Context) (err error) {
		empty, err = server.Histograms(ctx, "run", "empty") // the file's last
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(empty) != 1 {
		t.Fatalf("got %d steps of the empty histogram, want 1", len(empty))
	}
	if diff := cmp.Diff([][3]float64{{0, 0, 0}}, empty[0].Buckets); diff != "" {
		t.Errorf("buckets of the empty histogram (-want +got):\n%s", diff)
	}
	distributions, err := server.Distributions(ctx, "run", "empty")
	if err != nil || len(distributions) != 1 {
		t.Errorf("got distributions %v and error %v of the empty histogram, want one", distributions, err)
	}
	scalars, err := server.Scalars(ctx, "run", "first")
	if err != nil {
		t.Fatal(err)
	}
	histograms, err := server.Histograms(ctx, "run", "values")
	if err != nil {
		t.Fatal(err)
	}
	if len(scalars) != len(read["first"]) || len(histograms) != len(read["values"]) {
		t.Fatalf("got %d scalars and %d histograms, want %d", len(scalars), len(histograms), len(read["first"]))
	}
	for i, e := range read["values"] {
		if got, want := scalars[i].Value, read["first"][i].Value; got != want {
			t.Errorf("step %d: got scalar %v, want %v", e.Step, got, want)
		}
		if diff := cmp.Diff(e.Shown, trim(histograms[i].Buckets, e.Histogram.Min, e.Histogram.Max)); diff != "" {
			t.Errorf("histogram at step %d (-Python +TensorBoard):\n%s", e.Step, diff)
		}
	}
}
