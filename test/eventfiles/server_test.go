//go:build tensorflow

package eventfiles

import (
	"context"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gradwatch/internal/testenv/tensorboard"
)

// checkServer checks that TensorBoard shows of the run what its Python readers
// found in the event file.
func (r *trained) checkServer(ctx context.Context, t *testing.T, server *tensorboard.Server) {
	t.Helper()
	if err := server.Wait(ctx, func(ctx context.Context) error { return r.loaded(ctx, server) }); err != nil {
		t.Fatal(err)
	}
	histograms, scalars := r.wantSteps()
	shown := sizeSteps(histograms)
	maps.Copy(shown, histograms)
	for plugin, want := range map[tensorboard.Plugin]map[string][]int64{
		tensorboard.HistogramPlugin:    shown,
		tensorboard.DistributionPlugin: shown,
		tensorboard.ScalarPlugin:       scalars,
	} {
		got, err := server.Tags(ctx, plugin)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), got[r.name]); diff != "" {
			t.Errorf("tags of %s (-want +got):\n%s", plugin, diff)
		}
		if plugin == tensorboard.HistogramPlugin {
			r.checkFilter(t, got[r.name])
		}
	}
	for tag := range scalars {
		checkScalarSeries(ctx, t, server, r.name, tag, of(r.events, tag))
	}
	for tag := range histograms {
		r.checkHistogramSeries(ctx, t, server, tag)
	}
	for tag, steps := range sizeSteps(histograms) {
		r.checkSizes(ctx, t, server, tag, steps)
	}
	r.checkServedReplicas(ctx, t, server)
	r.checkServedGraph(ctx, t, server)
}

// loaded returns an error until TensorBoard has the last thing of the event
// file: its loader reads a file from its beginning.
func (r *trained) loaded(ctx context.Context, server *tensorboard.Server) error {
	last := r.events[len(r.events)-1]
	var steps []int64
	kind := last.Kind
	if strings.HasPrefix(last.Tag, sizesPrefix) {
		kind = "histogram" // a tensor, too
	}
	switch kind {
	case "tensor":
		series, err := server.Texts(ctx, r.name, last.Tag)
		if err != nil {
			return err
		}
		for _, text := range series {
			steps = append(steps, text.Step)
		}
	case "histogram":
		series, err := server.Histograms(ctx, r.name, last.Tag)
		if err != nil {
			return err
		}
		for _, h := range series {
			steps = append(steps, h.Step)
		}
	default:
		series, err := server.Scalars(ctx, r.name, last.Tag)
		if err != nil {
			return err
		}
		for _, s := range series {
			steps = append(steps, s.Step)
		}
	}
	if !slices.Contains(steps, last.Step) {
		return fmt.Errorf("%s %s: got steps %v, want up to %d", r.name, last.Tag, steps, last.Step)
	}
	return nil
}

// checkFilter checks what the tutorial's reader sees who types kernel_0_grad
// into the tag filter: one histogram a layer.
func (r *trained) checkFilter(t *testing.T, tags []string) {
	t.Helper()
	var want []string
	for k := 1; k <= r.layers() && r.run.HistogramFreq > 0; k++ {
		want = append(want, fmt.Sprintf("dense_%d/kernel_0_grad", k))
	}
	filter := regexp.MustCompile("kernel_0_grad")
	got := slices.DeleteFunc(slices.Clone(tags), func(tag string) bool { return !filter.MatchString(tag) })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tags that the filter %s leaves (-want +got):\n%s", filter, diff)
	}
}

// of returns the events of a tag, by step.
func of(events []tensorboard.Event, tag string) map[int64]tensorboard.Event {
	found := make(map[int64]tensorboard.Event)
	for _, e := range events {
		if e.Tag == tag {
			found[e.Step] = e
		}
	}
	return found
}

func checkScalarSeries(
	ctx context.Context, t *testing.T, server *tensorboard.Server, run, tag string, events map[int64]tensorboard.Event,
) {
	t.Helper()
	series, err := server.Scalars(ctx, run, tag)
	if err != nil {
		t.Fatal(err)
	}
	got, want := make(map[int64]float64), make(map[int64]float64)
	for _, s := range series {
		got[s.Step] = s.Value
	}
	for step, e := range events {
		want[step] = e.Value
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateNaNs()); diff != "" || len(series) != len(want) {
		t.Errorf("%s of %s: %d steps (-Python +TensorBoard):\n%s", tag, run, len(series), diff)
	}
}

func (r *trained) checkHistogramSeries(ctx context.Context, t *testing.T, server *tensorboard.Server, tag string) {
	t.Helper()
	series, err := server.Histograms(ctx, r.name, tag)
	if err != nil {
		t.Fatal(err)
	}
	events := of(r.events, tag)
	got, want := make(map[int64][][3]float64), make(map[int64][][3]float64)
	for step, e := range events {
		want[step] = e.Shown
	}
	for _, h := range series {
		got[h.Step] = h.Buckets
		if e, found := events[h.Step]; found {
			got[h.Step] = trim(h.Buckets, e.Histogram.Min, e.Histogram.Max)
		}
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || len(series) != len(want) {
		t.Errorf("%s: %d steps of histograms (-Python +TensorBoard):\n%s", tag, len(series), diff)
	}
	distributions, err := server.Distributions(ctx, r.name, tag)
	if err != nil {
		t.Fatal(err)
	}
	if len(distributions) != len(events) {
		t.Errorf("%s: got %d steps of distributions, want %d", tag, len(distributions), len(events))
	}
	for _, d := range distributions {
		h := events[d.Step].Histogram
		if h == nil {
			t.Errorf("%s: got a distribution at step %d, want none", tag, d.Step)
		} else if err := spans(d, h.Min, h.Max); err != nil {
			t.Errorf("%s at step %d: %v", tag, d.Step, err)
		}
	}
}

// trim makes of the Rust loader's buckets what the Python loader makes of the
// same histogram: that one keeps edges in float32, drops empty buckets at both
// ends, and lets the others begin at the smallest value and end at the largest.
func trim(buckets [][3]float64, smallest, largest float64) [][3]float64 {
	filled := func(b [3]float64) bool { return b[2] > 0 }
	first := slices.IndexFunc(buckets, filled)
	if first < 0 {
		return nil
	}
	var trimmed [][3]float64
	for _, b := range buckets[first:] {
		trimmed = append(trimmed, [3]float64{float64(float32(b[0])), float64(float32(b[1])), b[2]})
	}
	for !filled(trimmed[len(trimmed)-1]) {
		trimmed = trimmed[:len(trimmed)-1]
	}
	trimmed[0][0] = float64(float32(smallest))
	trimmed[len(trimmed)-1][1] = float64(float32(largest))
	return trimmed
}

// spans returns an error unless a distribution rises from low to high, which
// TensorBoard has in float32.
func spans(d tensorboard.Distribution, low, high float64) error {
	if len(d.Points) < 2 {
		return fmt.Errorf("got %d points of a distribution, want some", len(d.Points))
	}
	first, last := d.Points[0], d.Points[len(d.Points)-1]
	rounding := 1e-6 * max(math.Abs(low), math.Abs(high))
	if first[0] != 0 || last[0] != 10000 || !near(first[1], low, rounding) || !near(last[1], high, rounding) {
		return fmt.Errorf("got a distribution from %v to %v, want one from %v to %v", first, last, low, high)
	}
	for i := 1; i < len(d.Points); i++ {
		if d.Points[i][1] < d.Points[i-1][1] {
			return fmt.Errorf("got a distribution that falls: %v", d.Points)
		}
	}
	return nil
}

// checkServedGraph checks that the Graphs tab gets all nodes.
func (r *trained) checkServedGraph(ctx context.Context, t *testing.T, server *tensorboard.Server) {
	t.Helper()
	text, err := server.Graph(ctx, r.name)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range r.events {
		for _, node := range e.Nodes {
			if !strings.Contains(text, fmt.Sprintf("name: %q\n", node)) {
				t.Errorf("got no node %q in TensorBoard's graph, want it", node)
			}
		}
	}
}
