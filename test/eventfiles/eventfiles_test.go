//go:build tensorflow

package eventfiles

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/testenv/tensorboard"
)

// TestEventFiles trains each case, reads all event files with one Python and
// shows all runs in one TensorBoard, because starting these takes longest.
func TestEventFiles(t *testing.T) {
	logDir := t.TempDir()
	var runs []*trained
	var folders []string
	for _, c := range cases() {
		runs = append(runs, trainCases(t, c, logDir)...)
	}
	for _, run := range runs {
		folders = append(folders, run.folders()...)
	}
	events, err := tensorboard.ReadEvents(t.Context(), folders...)
	if err != nil {
		t.Fatal(err)
	}
	server, err := tensorboard.Start(t.Context(), logDir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	if !server.FastLoading() {
		t.Error("TensorBoard doesn't use its Rust loader: want it installed by scripts/setup")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // for all runs together
	t.Cleanup(cancel)
	for _, run := range runs {
		run.events, run.each = events[0], events[1:len(run.folders())]
		events = events[len(run.folders()):]
		t.Run(run.name, func(t *testing.T) {
			t.Parallel()
			t.Run("tags and steps", run.checkSteps)
			t.Run("graph", run.checkGraph)
			t.Run("scalars", run.checkScalars)
			t.Run("number of values", run.checkValues)
			t.Run("last epoch", run.checkLastEpoch)
			t.Run("verdict", run.checkVerdict)
			t.Run("replicas", run.checkReplicas)
			t.Run("in TensorBoard", func(t *testing.T) { run.checkServer(ctx, t, server) })
		})
	}
	err = server.Wait(ctx, func(ctx context.Context) error { return showsRuns(ctx, server, runs) })
	if err != nil {
		t.Error(err)
	}
	t.Run("layout", func(t *testing.T) { checkSpreadLayout(t, server) })
}

// showsRuns returns an error unless TensorBoard's runs are these, and those of
// their replicas that are logged apart.
func showsRuns(ctx context.Context, server *tensorboard.Server, runs []*trained) error {
	got, err := server.Runs(ctx)
	if err != nil {
		return err
	}
	var want []string
	for _, r := range runs {
		want = append(want, r.name)
		for _, seed := range r.seedFolders() {
			want = append(want, r.name+"/"+seed)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		return fmt.Errorf("got runs %q, want %q", got, want)
	}
	return nil
}

// steps returns the steps of each tag of a kind, in the file's order.
func (r *trained) steps(kind string) map[string][]int64 {
	steps := make(map[string][]int64)
	for _, e := range r.events {
		if e.Kind == kind {
			steps[e.Tag] = append(steps[e.Tag], e.Step)
		}
	}
	return steps
}

// checkSteps checks that the event file holds the right tags, once at each of
// the right steps, and nothing else.
func (r *trained) checkSteps(t *testing.T) {
	histograms, scalars := r.wantSteps()
	if diff := cmp.Diff(histograms, r.steps("histogram")); diff != "" {
		t.Errorf("histograms' steps (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(scalars, r.steps("scalar")); diff != "" {
		t.Errorf("scalars' steps (-want +got):\n%s", diff)
	}
	others := make(map[string]int)
	files := make(map[string]bool)
	for _, e := range r.events {
		files[e.File] = true
		if e.Kind != "histogram" && e.Kind != "scalar" {
			others[strings.TrimSpace(e.Kind+" "+e.Tag)]++
		}
	}
	want := map[string]int{"version": 1, "session": 1, "graph": 1}
	if r.run.Repeats > 1 {
		want["tensor custom_scalars__config__"] = 1
	}
	if r.flow != nil {
		want["tensor verdict"] = 1
	}
	for tag, steps := range sizeSteps(histograms) {
		want["tensor "+tag] = len(steps)
		if got := r.steps("tensor")[tag]; !slices.Equal(got, steps) {
			t.Errorf("%s: got steps %v, want %v", tag, got, steps)
		}
	}
	if diff := cmp.Diff(want, others); diff != "" {
		t.Errorf("other events (-want +got):\n%s", diff)
	}
	if len(files) != 1 {
		t.Errorf("got event files %v, want one", slices.Sorted(maps.Keys(files)))
	}
}

// sizeSteps returns the tags of the histograms of all layers' gradients on one scale, with
// their steps: those of kernel_0_grad.
func sizeSteps(histograms map[string][]int64) map[string][]int64 {
	sizes := make(map[string][]int64)
	for tag, steps := range histograms {
		if layer, found := strings.CutSuffix(tag, "/kernel_0_grad"); found {
			sizes[sizesPrefix+layer] = steps
		}
	}
	return sizes
}

const sizesPrefix = "all_layers/gradient_log10_"

// checkGraph checks that each dense layer of the model, and no other, has a
// scope with its weights and its product in it.
func (r *trained) checkGraph(t *testing.T) {
	var nodes []string
	for _, e := range r.events {
		nodes = append(nodes, e.Nodes...)
	}
	for k := 1; k <= r.layers(); k++ {
		for _, part := range []string{"weights/", "(Batch)?MatMul$"} {
			inLayer := regexp.MustCompile(fmt.Sprintf("^dense_%d/%s", k, part))
			if !slices.ContainsFunc(nodes, inLayer.MatchString) {
				t.Errorf("got no node %s, want one", inLayer)
			}
		}
	}
	if scope := fmt.Sprintf("dense_%d/", r.layers()+1); slices.ContainsFunc(nodes, func(n string) bool { return strings.HasPrefix(n, scope) }) {
		t.Errorf("got nodes in %s, want none", scope)
	}
}

// checkScalars compares the scalars with history.csv, which holds a float32
// exactly, and with the files of checks, and the last val_loss with the reference
// model's.
func (r *trained) checkScalars(t *testing.T) {
	for _, e := range r.events {
		if e.Kind != "scalar" {
			continue
		}
		want := r.wantScalar(e.Tag, e.Step)
		tolerance := 0.0
		switch {
		case strings.HasPrefix(e.Tag, "flow/"):
			tolerance = 1e-6 * math.Abs(want) // of numbers in float32
		case r.run.Repeats > 1:
			tolerance = 1e-6 * max(1, math.Abs(want)) // a mean in float32
		default:
			want = float64(float32(want))
		}
		if !near(e.Value, want, tolerance) && !(math.IsNaN(want) && math.IsNaN(e.Value)) {
			t.Errorf("%s at step %d: got %v, want %v as in the run's files", e.Tag, e.Step, e.Value, want)
		}
		if r.run.Repeats > 1 && !finite(e.Value) {
			t.Errorf("%s at step %d: got %v, want a finite number, of the replicas that go on", e.Tag, e.Step, e.Value)
		}
	}
	for i := range r.weights {
		row := r.history.Replica(i)[r.history.Epochs()-1]
		if !row.Finite() {
			continue
		}
		if want := r.replica(i).loss(r.test); !near(row.ValLoss, want, 1e-5*max(1, want)) {
			t.Errorf("replica %d's last val_loss: got %v, want %v as the reference model has it", i, row.ValLoss, want)
		}
	}
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// checkValues checks how many values each histogram of each epoch pools: all of
// the replicas that go on, and of those that have diverged what is finite.
func (r *trained) checkValues(t *testing.T) {
	each := r.wantValues()
	for _, e := range r.events {
		if e.Kind != "histogram" {
			continue
		}
		h := e.Histogram
		least, most := each[e.Tag]*float64(r.shownFinite(e.Step)), each[e.Tag]*float64(r.shown())
		if h.Num < least || h.Num > most {
			t.Errorf("%s at step %d: got %v values, want %v to %v", e.Tag, e.Step, h.Num, least, most)
		}
		sum := 0.0
		for _, count := range h.Counts {
			sum += count
		}
		if sum != h.Num {
			t.Errorf("%s at step %d: got %v values in its buckets, want %v", e.Tag, e.Step, sum, h.Num)
		}
	}
}

// checkLastEpoch compares the last epoch's histograms with what the reference
// model computes from weights.json. Where the last epoch has no histograms,
// weights.json can't tell what the last ones held.
func (r *trained) checkLastEpoch(t *testing.T) {
	last := r.history.Epochs() - 1
	if freq := r.run.HistogramFreq; freq == 0 || last%freq != 0 {
		return
	}
	want := r.wantPool()
	compared := 0
	for _, e := range r.events {
		if e.Kind != "histogram" || e.Step != int64(last) {
			continue
		}
		if len(want[e.Tag]) == 0 {
			continue // of a model that diverged
		}
		compared++
		if err := compare(e.Histogram, want[e.Tag]); err != nil {
			t.Errorf("%s: %v", e.Tag, err)
		}
	}
	if compared != len(want) {
		t.Errorf("got %d histograms in the last epoch, want %d", compared, len(want))
	}
	for _, e := range r.events {
		if h := e.Histogram; e.Tag == fmt.Sprintf("dense_%d_out", r.layers()) && (h.Min < 0 || h.Max > 1) {
			t.Errorf("%s at step %d: got values from %v to %v, want probabilities", e.Tag, e.Step, h.Min, h.Max)
		}
	}
}

// compare returns an error unless the histogram is that of the values, computed
// in float32. A value near a bucket's limit may fall on either side of it.
func compare(h *tensorboard.HistogramProto, values []float64) error {
	if len(values) == 0 {
		return errors.New("the reference model has no such values")
	}
	largest, sum, squares := 0.0, 0.0, 0.0
	for _, v := range values {
		largest = max(largest, math.Abs(v))
		sum += v
		squares += v * v
	}
	count := float64(len(values))
	for _, c := range []struct {
		what                 string
		got, want, tolerance float64
	}{
		{"values", h.Num, count, 0},
		{"minimum", h.Min, slices.Min(values), tolerance * largest},
		{"maximum", h.Max, slices.Max(values), tolerance * largest},
		{"sum", h.Sum, sum, tolerance * largest * count},
		{"sum of squares", h.SumSquares, squares, 2 * tolerance * largest * largest * count},
	} {
		if !near(c.got, c.want, c.tolerance) {
			return fmt.Errorf("%s: got %v, want %v", c.what, c.got, c.want)
		}
	}
	sorted := slices.Sorted(slices.Values(values))
	below := 0.0
	for i, limit := range h.Limits {
		below += h.Counts[i]
		least, _ := slices.BinarySearch(sorted, limit-tolerance*largest)
		most, _ := slices.BinarySearch(sorted, limit+tolerance*largest)
		if below < float64(least) || below > float64(most) {
			return fmt.Errorf("values below %v: got %v, want %d to %d", limit, below, least, most)
		}
	}
	return nil
}

// tolerance is how far a value in float32 may be from the reference's, as a
// share of the largest of its histogram: a few roundings (6e-8 each) in each of
// the layers.
const tolerance = 5e-6

func near(got, want, tolerance float64) bool { return math.Abs(got-want) <= tolerance }
