//go:build tensorflow

package graph

import (
	"fmt"
	"math"
	"testing"
)

// TestHistogramValues compares what histograms are made of with the plain-Go
// model: of all replicas, of one, of two of three, and where the slices are too
// many for one call.
func TestHistogramValues(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and compares graphs for many seconds")
	}
	points := testPoints(19, 3)
	const slice = 8
	cases := map[string]struct {
		replicas, limit int
		shown           []int
		slices          int
		outputs         int // points
	}{
		"one replica":            {replicas: 1, limit: maxValues, shown: []int{0}, slices: 3, outputs: 19},
		"all replicas":           {replicas: 3, limit: maxValues, shown: []int{0, 1, 2}, slices: 3, outputs: 19},
		"one of three":           {replicas: 3, limit: maxValues, shown: []int{1}, slices: 3, outputs: 19},
		"two of three":           {replicas: 3, limit: maxValues, shown: []int{0, 2}, slices: 3, outputs: 19},
		"in two chunks":          {replicas: 3, limit: 120, shown: []int{1}, slices: 3, outputs: 19},
		"room for two slices":    {replicas: 1, limit: 2 * 5 * slice, shown: []int{0}, slices: 2, outputs: 19},
		"room for less than one": {replicas: 2, limit: 1, shown: []int{0, 1}, slices: 1, outputs: 1},
	}
	for name, c := range cases {
		for _, normalized := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/normalized=%t", name, normalized), func(t *testing.T) {
				m := testModel("tanh", c.replicas, 4, 3)
				m.BatchNorm = normalized
				r := newRunner(t, Spec{
					Model: m, Train: points, Test: points, GradientData: points, BatchSize: 8, maxValues: c.limit,
					Histograms: true, GradientBatch: slice, Shown: c.shown,
				})
				networks := make([]*network, c.replicas)
				for i := range networks {
					networks[i] = newNetwork(m, 1, uint64(i+1))
				}
				r.initialize(m, networks...)
				outputs := r.sweep()
				got := r.run(r.program.MeasureWithHistograms)[1:]
				if len(outputs) == 0 {
					outputs = [][][]float32{got[2*len(m.Layers):]}
				}
				if got := len(outputs); got != r.program.Outputs.Chunks {
					t.Fatalf("got outputs of %d chunks, want %d", got, r.program.Outputs.Chunks)
				}
				if got := r.program.Outputs.Points; got != c.outputs {
					t.Errorf("got outputs for %d points, want %d", got, c.outputs)
				}
				for i, shown := range c.shown {
					n := networks[shown]
					for s := range c.slices {
						rows := []int{}
						for row := s * slice; row < min(points.Len(), (s+1)*slice); row++ {
							rows = append(rows, row)
						}
						for k, want := range n.gradient(pick(points, rows...)) {
							place := fmt.Sprintf("replica %d, slice %d, %s", shown, s, LayerName(k))
							compareGradient(t, place, replicaUnits(m, k, i*c.slices+s, got[len(m.Layers)+k]), want)
						}
					}
					for k, want := range n.flat()[:len(m.Layers)] {
						each := len(got[k]) / len(c.shown)
						for j := range want {
							if g := got[k][i*each+j]; g != want[j] {
								t.Errorf("replica %d, %s, weight %d: got %v, want %v", shown, LayerName(k), j, g, want[j])
							}
						}
					}
					for j := range r.program.Outputs.Points {
						size := r.program.Outputs.Size
						probabilities := last(outputs[j/size])
						want := 1 / (1 + math.Exp(-n.logit(points.Row(j))))
						if g := float64(probabilities[i*size+j%size]); math.Abs(g-want) > 1e-6 {
							t.Errorf("replica %d, point %d: got probability %v, want %v", shown, j, g, want)
						}
					}
				}
				for k := range m.Layers {
					if got, want := len(got[len(m.Layers)+k]), len(c.shown)*c.slices*m.Rows(k)*(m.FanIn(k)+1); got != want {
						t.Errorf("%s: got %d gradients, want %d", LayerName(k), got, want)
					}
				}
			})
		}
	}
}
