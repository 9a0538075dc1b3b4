//go:build tensorflow

package eventfiles

import (
	"context"
	"errors"
	"math"
	"path"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/testenv/tensorboard"
)

// checkReplicas checks that each replica's own event file holds the scalars of
// its rows in history.csv, to the bit, and nothing else.
func (r *trained) checkReplicas(t *testing.T) {
	if got, want := len(r.each), len(r.seedFolders()); got != want {
		t.Fatalf("got event files of %d replicas, want %d", got, want)
	}
	if r.diverges && r.run.Repeats > 1 {
		if last := int64(r.history.Epochs() - 1); r.shownFinite(last) == 0 || r.shownFinite(last) == r.run.Repeats {
			t.Errorf("%d of %d replicas diverged: want some, not all", r.run.Repeats-r.shownFinite(last), r.run.Repeats)
		}
	}
	for i, events := range r.each {
		rows := r.history.Replica(i)
		held := make(map[string]int)
		for _, e := range events {
			if e.Kind != "scalar" {
				held[e.Kind]++
				continue
			}
			held[e.Tag]++
			want := float64(float32(column(rows[e.Step], e.Tag)))
			if e.Value != want && !(math.IsNaN(e.Value) && math.IsNaN(want)) {
				t.Errorf("replica %d, %s at step %d: got %v, want %v as in history.csv", i, e.Tag, e.Step, e.Value, want)
			}
		}
		want := map[string]int{"version": 1, "session": 1}
		for _, tag := range scalarTags() {
			want[tag] = len(rows)
		}
		if diff := cmp.Diff(want, held); diff != "" {
			t.Errorf("replica %d: what its event file holds (-want +got):\n%s", i, diff)
		}
	}
}

// checkServedReplicas checks that TensorBoard shows the replicas' own event files
// as runs beside the run's.
func (r *trained) checkServedReplicas(ctx context.Context, t *testing.T, server *tensorboard.Server) {
	t.Helper()
	tags, err := server.Tags(ctx, tensorboard.ScalarPlugin)
	if err != nil {
		t.Fatal(err)
	}
	for i, seed := range r.seedFolders() {
		run := path.Join(r.name, seed)
		want := slices.Sorted(slices.Values(scalarTags()))
		if diff := cmp.Diff(want, tags[run]); diff != "" {
			t.Errorf("scalars of %s (-want +got):\n%s", run, diff)
		}
		for _, tag := range want {
			checkScalarSeries(ctx, t, server, run, tag, of(r.each[i], tag))
		}
	}
}

// customScalars is where TensorBoard answers for the Custom Scalars tab.
const customScalars = "/data/plugin/custom_scalars/"

// category, chart and band are a layout as TensorBoard gives it.
type category struct {
	Title string
	Chart []chart
}

type chart struct {
	Title  string
	Margin struct{ Series []band }
}

type band struct{ Value, Lower, Upper string }

// newChart returns a chart of the means and spreads of these scalars.
func newChart(title string, tags ...string) chart {
	c := chart{Title: title}
	for _, tag := range tags {
		c.Margin.Series = append(c.Margin.Series, band{"spread/" + tag + "_mean", "spread/" + tag + "_lower", "spread/" + tag + "_upper"})
	}
	return c
}

// readLayout returns what the Custom Scalars tab shows, as soon as there is
// something.
func readLayout(t *testing.T, server *tensorboard.Server) []category {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var layout struct{ Category []category }
	err := server.Wait(ctx, func(ctx context.Context) error {
		err := ask(ctx, server, customScalars+"layout", nil, &layout)
		if err == nil && len(layout.Category) == 0 {
			err = errors.New("got no layout, want one")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return layout.Category
}

// checkSpreadLayout checks that all runs' layouts are one.
func checkSpreadLayout(t *testing.T, server *tensorboard.Server) {
	t.Helper()
	want := []category{{"Mean over the replicas, and one standard deviation around it", []chart{
		newChart("Loss, training rows", "loss"), newChart("Accuracy, training rows", "accuracy"),
		newChart("Loss, test rows", "val_loss"), newChart("Accuracy, test rows", "val_accuracy"),
	}}}
	if diff := cmp.Diff(want, readLayout(t, server)); diff != "" {
		t.Errorf("layout (-want +got):\n%s", diff)
	}
}
