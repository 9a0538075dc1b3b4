//go:build tensorflow

package graph

import (
	"fmt"
	"math"
	"testing"
)

// variableNorms returns the L2 norms of the kernel and of the bias of each layer
// of a gradient in a network's layout, and that of all together.
func variableNorms(m Model, gradient [][]float64) (kernel, bias []float64, all float64) {
	for k, layer := range gradient {
		sums := [2]float64{}
		width := m.FanIn(k) + 1
		for i, g := range layer {
			part := 0
			if i%width == width-1 {
				part = 1
			}
			sums[part] += g * g
		}
		kernel, bias = append(kernel, math.Sqrt(sums[0])), append(bias, math.Sqrt(sums[1]))
		all += sums[0] + sums[1]
	}
	return kernel, bias, math.Sqrt(all)
}

// TestClipping compares a step of plain gradient descent with Keras's rules in
// plain Go, for bounds within which some variables and replicas are and others
// aren't.
func TestClipping(t *testing.T) {
	points := testPoints(16, 8)
	m := testModel("tanh", 2, 3, 3)
	networks := []*network{newNetwork(m, 0.5, 1), newNetwork(m, 2, 2)}
	bounds := map[string]struct {
		optimizer Optimizer
		bound     func(g, variable, all float64) float64
	}{
		"norm": {Optimizer{ClipNorm: 0.1}, func(g, variable, _ float64) float64 { return g * min(1, 0.1/variable) }},
		"global norm": {
			Optimizer{GlobalClipNorm: 0.8},
			func(g, _, all float64) float64 { return g * min(1, 0.8/all) },
		},
		"value": {Optimizer{ClipValue: 0.02}, func(g, _, _ float64) float64 { return min(max(g, -0.02), 0.02) }},
	}
	for name, c := range bounds {
		for _, rates := range [][]float32{{1}, {1, 0.25}} {
			t.Run(fmt.Sprintf("%s/rates=%v", name, rates), func(t *testing.T) {
				spec := Spec{Model: m, Optimizer: c.optimizer, Train: points, Test: points, GradientData: points, BatchSize: 16, LearningRate: constant(rates...)}
				spec.Optimizer.Name = "sgd"
				r := newRunner(t, spec)
				r.initialize(m, networks...)
				before := r.run(r.program.Weights)
				r.run(r.program.Step, r.batch(16, points, points)...)
				r.run(r.program.Snapshot)
				after := r.run(r.program.Weights)
				var clipped [2]int
				for i, n := range networks {
					gradient := n.gradient(points)
					kernel, bias, all := variableNorms(m, gradient)
					for k, layer := range gradient {
						was, is := replicaUnits(m, k, i, before[k]), replicaUnits(m, k, i, after[k])
						for j, g := range layer {
							variable := kernel[k]
							if width := m.FanIn(k) + 1; j%width == width-1 {
								variable = bias[k]
							}
							want := c.bound(g, variable, all)
							if want == g {
								clipped[0]++
							} else {
								clipped[1]++
							}
							want *= float64(rates[i%len(rates)])
							compareGradient(t, fmt.Sprintf("replica %d, %s, weight %d", i, LayerName(k), j),
								[]float32{was[j] - is[j]}, []float64{want})
						}
					}
				}
				if clipped[0] == 0 || clipped[1] == 0 {
					t.Errorf("%d elements within the bound, %d beyond: want some of each", clipped[0], clipped[1])
				}
			})
		}
	}
}
