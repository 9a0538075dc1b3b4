//go:build tensorflow

package feed

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gradwatch/graph"
)

// masksOf returns a copy of each layer's mask that a step of an epoch is fed.
func masksOf(t *testing.T, d *Dropout, epoch, step int) [][]float32 {
	t.Helper()
	var masks [][]float32
	for _, mask := range d.Draw(nil, epoch, step) {
		values, err := graph.Floats(mask)
		if err != nil {
			t.Fatal(err)
		}
		masks = append(masks, slices.Clone(values))
	}
	return masks
}

func newMasks(t *testing.T, m graph.Model, rates []float64, size int, seeds ...uint32) *Dropout {
	t.Helper()
	var replicas []Replica
	for _, seed := range seeds {
		replicas = append(replicas, Replica{Seed: seed})
	}
	m.Replicas = len(seeds)
	d, err := NewDropout(m, func(k int) float64 { return rates[k] }, replicas, size)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// droppedModel returns a model of hidden layers of these dropout rates.
func droppedModel(units int, rates []float64) graph.Model {
	m := graph.Model{Inputs: 2, Replicas: 1}
	for _, rate := range rates {
		m.Layers = append(m.Layers, graph.Layer{Units: units, Activation: "tanh", Dropout: rate > 0})
	}
	m.Layers = append(m.Layers, graph.Layer{Units: 1, Activation: "linear"})
	return m
}

// TestMasks checks the masks' values, their means over many draws, that they are 1
// in the bias row, and that units, points, steps, layers and seeds
// have masks that tell nothing of each other.
func TestMasks(t *testing.T) {
	const units, size, steps = 5, 32, 400
	rates := []float64{0.2, 0, 0.5}
	d := newMasks(t, droppedModel(units, rates), rates, size, 7)
	count := float64(steps * units * size)
	sums, before := make([]float64, 2), masksOf(t, d, 3, steps)
	var along, across, next, layers, epochs float64 // products of what is left out, less the rates
	left := func(value float32) float64 {
		if value == 0 {
			return 1
		}
		return 0
	}
	for step := range steps {
		masks, other := masksOf(t, d, 3, step), masksOf(t, d, 4, step)
		for i, rate := range []float64{0.2, 0.5} {
			mask := masks[i]
			if len(mask) != (units+1)*size {
				t.Fatalf("got a mask of %d values, want %d", len(mask), (units+1)*size)
			}
			for at, value := range mask[:units*size] {
				if value != 0 && value != float32(1/(1-rate)) {
					t.Fatalf("got %v in a mask of rate %v", value, rate)
				}
				sums[i] += float64(value)
				if i == 0 {
					x := left(value) - rate
					along += x * (left(mask[(at+1)%(units*size)]) - rate)
					across += x * (left(mask[(at+size)%(units*size)]) - rate)
					next += x * (left(before[0][at]) - rate)
					layers += x * (left(masks[1][at]) - 0.5)
					epochs += x * (left(other[0][at]) - rate)
				}
			}
			if slices.ContainsFunc(mask[units*size:], func(value float32) bool { return value != 1 }) {
				t.Errorf("got %v in the bias row", mask[units*size:])
			}
		}
		before = masks
	}
	for i, rate := range []float64{0.2, 0.5} {
		// The mean is 1, its deviation sqrt(rate / (1 - rate) / count).
		near(t, fmt.Sprintf("mean of the masks of rate %v", rate), sums[i]/count, 1, 5*math.Sqrt(rate/(1-rate)/count))
	}
	for name, sum := range map[string]float64{
		"points": along, "units": across, "steps": next, "layers": layers, "epochs": epochs,
	} {
		deviation := 0.2 * 0.8
		if name == "layers" {
			deviation = math.Sqrt(0.2*0.8) * 0.5
		}
		near(t, "correlation of "+name, sum/count, 0, 5*deviation/math.Sqrt(count))
	}
}

// TestMasksOfReplicas checks that a replica's masks are those of a run of its own,
// wherever it stands, that they are the same again, and another seed's are not.
func TestMasksOfReplicas(t *testing.T) {
	rates := []float64{0.3, 0.3}
	m := droppedModel(4, rates)
	together := newMasks(t, m, rates, 16, 5, 6, 9)
	for place, seed := range []uint32{5, 6, 9} {
		alone := newMasks(t, m, rates, 16, seed)
		for _, at := range [][2]int{{0, 0}, {2, 7}, {0, 0}} {
			all, own := masksOf(t, together, at[0], at[1]), masksOf(t, alone, at[0], at[1])
			for i := range own {
				part := all[i][place*len(own[i]) : (place+1)*len(own[i])]
				if !slices.Equal(part, own[i]) {
					t.Errorf("seed %d, epoch %d, step %d: another mask than alone", seed, at[0], at[1])
				}
				if other := all[i][(place+1)%3*len(own[i]):][:len(own[i])]; slices.Equal(other, own[i]) {
					t.Errorf("seed %d, epoch %d, step %d: the same mask as another seed's", seed, at[0], at[1])
				}
			}
		}
	}
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: got %v, want %v within %v", what, got, want, tolerance)
	}
}
