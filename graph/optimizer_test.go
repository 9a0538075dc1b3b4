//go:build tensorflow

package graph

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	tf "github.com/galeone/tensorflow/tensorflow/go"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
)

// rule is Keras's update of one weight in float64: it returns the new weight
// and keeps what it needs in state.
type rule func(state []float64, step int, w, g float64) float64

// rules are Keras 3's optimizers, written down independently of TensorFlow.
func rules(rate, momentum float64) map[string]rule {
	return map[string]rule{
		"sgd": func(s []float64, _ int, w, g float64) float64 {
			s[0] = momentum*s[0] - rate*g
			return w + s[0]
		},
		"sgd nesterov": func(s []float64, _ int, w, g float64) float64 {
			s[0] = momentum*s[0] - rate*g
			return w + momentum*s[0] - rate*g
		},
		"adam": func(s []float64, step int, w, g float64) float64 {
			return w - adamStep(s, step, g, rate)
		},
		"adamw": func(s []float64, step int, w, g float64) float64 {
			return w - 0.004*rate*w - adamStep(s, step, g, rate)
		},
		"nadam": func(s []float64, step int, w, g float64) float64 {
			beta := func(t int) float64 { return 0.9 * (1 - 0.5*math.Pow(0.96, float64(t))) }
			product := 1.0
			for t := 1; t <= step; t++ {
				product *= beta(t)
			}
			s[0] += (g - s[0]) * (1 - 0.9)
			s[1] += (g*g - s[1]) * (1 - 0.999)
			mean := beta(step+1)*s[0]/(1-product*beta(step+1)) + (1-beta(step))*g/(1-product)
			return w - rate*mean/(math.Sqrt(s[1]/(1-math.Pow(0.999, float64(step))))+1e-7)
		},
		"adamax": func(s []float64, step int, w, g float64) float64 {
			s[0] += (g - s[0]) * (1 - 0.9)
			s[1] = max(0.999*s[1], math.Abs(g))
			return w - rate*s[0]/((1-math.Pow(0.9, float64(step)))*(s[1]+1e-7))
		},
		"adadelta": func(s []float64, _ int, w, g float64) float64 {
			s[0] = 0.95*s[0] + 0.05*g*g
			change := g * math.Sqrt(s[1]+1e-7) / math.Sqrt(s[0]+1e-7)
			s[1] = 0.95*s[1] + 0.05*change*change
			return w - rate*change
		},
		"ftrl": func(s []float64, step int, w, g float64) float64 {
			if step == 1 {
				s[0] = 0.1
			}
			before := s[0]
			s[0] += g * g
			s[1] += g - (math.Sqrt(s[0])-math.Sqrt(before))/rate*w
			return -s[1] / (math.Sqrt(s[0]) / rate)
		},
		"lion": func(s []float64, _ int, w, g float64) float64 {
			direction := 0.9*s[0] + 0.1*g
			s[0] = 0.99*s[0] + 0.01*g
			switch {
			case direction > 0:
				return w - rate
			case direction < 0:
				return w + rate
			}
			return w
		},
		"rmsprop": func(s []float64, _ int, w, g float64) float64 {
			s[0] = 0.9*s[0] + 0.1*g*g
			return w - rate*g/math.Sqrt(s[0]+1e-7)
		},
		"adagrad": func(s []float64, step int, w, g float64) float64 {
			if step == 1 {
				s[0] = 0.1
			}
			s[0] += g * g
			return w - rate*g/math.Sqrt(s[0]+1e-7)
		},
	}
}

// adamStep is Adam's step from state m, v.
func adamStep(s []float64, step int, g, rate float64) float64 {
	s[0] += (g - s[0]) * (1 - 0.9)
	s[1] += (g*g - s[1]) * (1 - 0.999)
	alpha := rate * math.Sqrt(1-math.Pow(0.999, float64(step))) / (1 - math.Pow(0.9, float64(step)))
	return alpha * s[0] / (math.Sqrt(s[1]) + 1e-7)
}

// TestOptimizers follows each rule for some steps on the whole data set, from
// the gradients that the graph itself reports.
func TestOptimizers(t *testing.T) {
	points := testPoints(16, 8)
	m := testModel("tanh", 2, 3)
	covered := make(map[string]bool)
	for name, update := range rules(0.05, 0.9) {
		t.Run(name, func(t *testing.T) {
			run := config.Run{Optimizer: strings.TrimSuffix(name, " nesterov"), Momentum: 0.9, Nesterov: strings.HasSuffix(name, " nesterov")}
			optimizer := NewOptimizer(&run)
			covered[optimizer.Name] = true
			r := newRunner(t, Spec{
				Model: m, Optimizer: optimizer, LearningRate: constant(0.05), Train: points, Test: points,
				GradientData: points, BatchSize: 16,
			})
			r.initialize(m, newNetwork(m, 1, 1), newNetwork(m, 1, 2))
			followRule(t, r, m, update, r.batch(16, points, points))
		})
	}
	for _, name := range config.OptimizerNames() {
		if !covered[name] {
			t.Errorf("optimizer %s: no reference rule", name)
		}
	}
}

// inBiasRow reports whether element i of layer k's weights is of a bias
// row, which no rule may change.
func inBiasRow(m Model, k, i int) bool {
	return i/(m.FanIn(k)+1)%m.Rows(k) >= m.Layers[k].Units
}

func followRule(t *testing.T, r *runner, m Model, update rule, batch []*tf.Tensor) {
	t.Helper()
	state := make(map[[2]int][]float64)
	for step := 1; step <= 6; step++ {
		before, gradients := r.run(r.program.Weights), r.run(r.program.Gradients)
		r.run(r.program.Step, batch...)
		r.run(r.program.Snapshot)
		for k, layer := range r.run(r.program.Weights) {
			for i, got := range layer {
				key := [2]int{k, i}
				if state[key] == nil {
					state[key] = make([]float64, 2)
				}
				want := float64(before[k][i])
				if !inBiasRow(m, k, i) {
					want = update(state[key], step, want, float64(gradients[k][i]))
				}
				if math.Abs(float64(got)-want) > 1e-6*(1+math.Abs(want)) {
					t.Errorf("step %d, %s, weight %d: got %v, want %v", step, LayerName(k), i, got, want)
				}
			}
		}
	}
}

// TestBatches checks that a step trains each replica on its own points, with the
// mean over those that the batch really has, and by its own learning rate.
func TestBatches(t *testing.T) {
	points := testPoints(11, 3)
	m := testModel("tanh", 2, 3)
	for name, rates := range map[string][]float32{"one rate": {1}, "a rate each": {1, 0.25}} {
		t.Run(name, func(t *testing.T) {
			spec := Spec{
				Model: m, Optimizer: Optimizer{Name: "sgd"}, Train: points, Test: points,
				GradientData: points, BatchSize: 4, LearningRate: constant(rates...),
			}
			r := newRunner(t, spec)
			networks := []*network{newNetwork(m, 1, 1), newNetwork(m, 1, 2)}
			r.initialize(m, networks...)
			batches := [][2]*dataset.Examples{
				{pick(points, 10, 9, 8, 7), pick(points, 0, 2, 4, 6)},
				{pick(points, 6, 5, 4, 3), pick(points, 8, 10, 1, 3)},
				{pick(points, 2, 1, 0), pick(points, 5, 7, 9)},
			}
			for batch, parts := range batches {
				before := r.run(r.program.Weights)
				r.run(r.program.Step, r.batch(4, parts[0], parts[1])...)
				r.run(r.program.Snapshot)
				after := r.run(r.program.Weights)
				for i, n := range networks {
					rate := float64(rates[i%len(rates)])
					n.set(before, i)
					for k, want := range n.gradient(parts[i]) {
						was, is := replicaUnits(m, k, i, before[k]), replicaUnits(m, k, i, after[k])
						for j := range want {
							compareGradient(t, fmt.Sprintf("batch %d, replica %d, %s, weight %d", batch, i, LayerName(k), j),
								[]float32{was[j] - is[j]}, []float64{rate * want[j]})
						}
					}
				}
			}
		})
	}
}

// pick returns some of the points.
func pick(p *dataset.Examples, rows ...int) *dataset.Examples {
	picked := &dataset.Examples{Columns: p.Columns}
	for _, row := range rows {
		picked.X = append(picked.X, p.Row(row)...)
		picked.Y = append(picked.Y, p.Y[row])
	}
	return picked
}

// batch returns what a step is fed: each replica's points, filled up to size with
// points of weight 0 that would show if they counted.
func (r *runner) batch(size int, replicas ...*dataset.Examples) []*tf.Tensor {
	r.t.Helper()
	var inputs, labels, weights []float32
	for _, p := range replicas {
		for f := range p.Features() {
			for j := range size {
				value := float32(100)
				if j < p.Len() {
					value = float32(p.Row(j)[f])
				}
				inputs = append(inputs, value)
			}
		}
		inputs = append(inputs, slices.Repeat([]float32{1}, size)...)
		for j := range size {
			label, weight := float32(0), float32(0)
			if j < p.Len() {
				label, weight = float32(p.Y[j]), 1/float32(p.Len())
			}
			labels, weights = append(labels, label), append(weights, weight)
		}
	}
	count := len(replicas)
	return []*tf.Tensor{
		mustTensor(r.t, inputs, grouped(count, replicas[0].Features()+1, size)),
		mustTensor(r.t, labels, grouped(count, 1, size)),
		mustTensor(r.t, weights, grouped(count, 1, size)),
	}
}
