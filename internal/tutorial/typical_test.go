package tutorial

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gradwatch/internal/record"
	"gradwatch/internal/runner/runnertest"
)

func TestTypical(t *testing.T) {
	never, nan := math.Inf(1), math.NaN()
	gone := seedMeasures{learned: never, accuracy: nan, diverged: true}
	for _, tc := range []struct {
		name  string
		seeds []seedMeasures
		want  int
	}{
		{"the middle in all", []seedMeasures{{fade: 1, learned: 10, accuracy: 0.9}, {fade: 3, learned: 30, accuracy: 0.7}, {fade: 2, learned: 20, accuracy: 0.8}}, 2},
		{"ranks, not distances: one far seed moves nothing", []seedMeasures{{fade: 1}, {fade: 2}, {fade: 1e9}}, 1},
		{"each measure counts alike", []seedMeasures{
			{fade: 1, learned: 1, accuracy: 3}, {fade: 2, learned: 2, accuracy: 1}, {fade: 3, learned: 3, accuracy: 2},
		}, 1},
		{"a tie: the first", []seedMeasures{{fade: 1}, {fade: 2}, {fade: 3}, {fade: 4}}, 1},
		{"all alike: the first", []seedMeasures{{fade: 1}, {fade: 1}, {fade: 1}}, 0},
		{"most never learn: so does the one", []seedMeasures{
			{fade: 2, learned: 5, accuracy: 0.8}, {fade: 3, learned: never, accuracy: 0.5}, {fade: 1, learned: never, accuracy: 0.51}, {fade: 2, learned: never, accuracy: 0.52},
		}, 3},
		{"diverged seeds are left out", []seedMeasures{gone, {fade: 1}, gone, {fade: 2}, {fade: 3}, gone}, 3},
		{"all but one diverged", []seedMeasures{gone, gone, {learned: never}}, 2},
		{"all diverged", []seedMeasures{gone, gone}, 0},
		{"no gradient at all", []seedMeasures{{fade: 0}, {fade: 0}, {fade: 1}}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := typical(tc.seeds); got != tc.want {
				t.Errorf("got seed %d, want %d", got, tc.want)
			}
		})
	}
}

// TestMeasureSeeds measures a replica that learns, one that never does and has no
// gradient, and one that diverged.
func TestMeasureSeeds(t *testing.T) {
	history := &record.History{Replicas: 3, Layers: 2}
	add := func(replica, epoch int, accuracy, first, output float64) {
		history.Rows = append(history.Rows, record.Row{Replica: replica, Epoch: epoch, ValAccuracy: accuracy, GradientL2: []float64{first, output}})
	}
	for epoch := range 12 {
		add(0, epoch, 0.7+0.01*float64(epoch), float64(epoch), 9)
	}
	for epoch := range 2 {
		add(1, epoch, 0.5, 1, 0)
	}
	add(2, 0, 0.5, math.NaN(), math.NaN())
	list := runnertest.Results(0.81, 0.5, math.NaN())
	want := []seedMeasures{
		{fade: 0.5, learned: 5, accuracy: 0.81}, // the median of 0 to 9 is 4.5
		{fade: 0, learned: math.Inf(1), accuracy: 0.5},
		{fade: 0, learned: math.Inf(1), accuracy: math.NaN(), diverged: true},
	}
	got := measureSeeds(history, list)
	opts := cmp.Options{cmp.AllowUnexported(seedMeasures{}), cmpopts.EquateNaNs(), cmpopts.EquateApprox(0, 1e-6)}
	if diff := cmp.Diff(want, got, opts); diff != "" {
		t.Errorf("measures (-want +got):\n%s", diff)
	}
}
