//go:build tensorflow

package graph

import (
	"testing"
)

// TestSampledGradients compares what is measured on some of the points, evenly
// spaced, with what is measured where these are all the points: losses stay those of
// all, gradients are the sample's; as the mean of its slices where these are large and
// few, and in a pass of their own else, which may be swept.
func TestSampledGradients(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and compares graphs for many seconds")
	}
	train, test := testPoints(97, 6), testPoints(83, 7)
	for name, c := range map[string]struct {
		replicas, rows, slice int
		ofTrain, histograms   bool
		limit                 int
		shares                bool
	}{
		"large slices":                 {replicas: 1, rows: 70, slice: 32, histograms: true, shares: true},
		"large slices, no histograms":  {replicas: 1, rows: 70, slice: 32, shares: true},
		"large slices of the training": {replicas: 1, rows: 70, slice: 32, ofTrain: true, histograms: true, shares: true},
		"one slice":                    {replicas: 1, rows: 64, slice: 64, histograms: true, shares: true},
		"small slices":                 {replicas: 1, rows: 70, slice: 8, histograms: true},
		"small slices of the training": {replicas: 1, rows: 70, slice: 8, ofTrain: true, histograms: true},
		"too large for one call":       {replicas: 1, rows: 70, slice: 32, histograms: true, limit: 30 * 33},
		"two replicas":                 {replicas: 2, rows: 70, slice: 32, histograms: true},
	} {
		t.Run(name, func(t *testing.T) {
			m := testModel("tanh", c.replicas, 24, 20)
			networks := make([]*network, c.replicas)
			for i := range networks {
				networks[i] = newNetwork(m, 1, uint64(i+1))
			}
			spec := Spec{
				Model: m, Train: train, Test: test, GradientData: test, GradientRows: c.rows, GradientBatch: c.slice, BatchSize: 8,
				Histograms: c.histograms, L1: 0.01, L2: 0.02, ClassWeights: []float32{0.5, 2}, maxValues: c.limit,
			}
			if c.ofTrain {
				spec.GradientData = train
			}
			sample := spec.GradientData.Spaced(c.rows)
			alone := spec
			alone.GradientRows = 0
			if c.ofTrain {
				alone.Train, alone.GradientData = sample, sample
			} else {
				alone.Test, alone.GradientData = sample, sample
			}
			b := builder{Spec: spec, measured: sample}
			if got := b.sharesGradientBatches(); got != c.shares {
				t.Errorf("gradients are the mean of slices: got %t, want %t", got, c.shares)
			}
			got, want := measureSpec(t, spec, networks), measureSpec(t, alone, networks)
			replace := 2 // of the record's values, those that the other data have
			if c.ofTrain {
				replace = 0
			}
			all := spec
			all.GradientRows = 0
			copy(want.record[replace*c.replicas:(replace+2)*c.replicas], measureSpec(t, all, networks).record[replace*c.replicas:])
			same(t, "record", got.record, want.record)
			for k := range m.Layers {
				same(t, LayerName(k)+"'s gradient", got.gradients[k], want.gradients[k])
				if c.histograms {
					same(t, LayerName(k)+"'s slices", got.slices[k], want.slices[k])
				}
			}
			if c.histograms && len(got.slices[0]) == 0 {
				t.Error("got no slices")
			}
		})
	}
}

// measured is what a program fetches of a snapshot.
type measured struct {
	record            []float32
	gradients, slices [][]float32
}

// measureSpec measures the networks by a spec's program.
func measureSpec(t *testing.T, spec Spec, networks []*network) measured {
	t.Helper()
	r := newRunner(t, spec)
	r.initialize(spec.Model, networks...)
	r.sweep()
	got := measured{gradients: r.run(r.program.Gradients)}
	call := r.program.Measure
	if spec.Histograms {
		call = r.program.MeasureWithHistograms
	}
	fetched := r.run(call)
	got.record = fetched[0]
	if layers := len(spec.Model.Layers); spec.Histograms {
		got.slices = fetched[1+layers : 1+2*layers]
	}
	return got
}

// same compares float32 arithmetic in another order.
func same(t *testing.T, what string, got, want []float32) {
	t.Helper()
	exact := make([]float64, len(want))
	for i, x := range want {
		exact[i] = float64(x)
	}
	if len(got) != len(want) {
		t.Fatalf("%s: got %d values, want %d", what, len(got), len(want))
	}
	compareGradient(t, what, got, exact)
}
