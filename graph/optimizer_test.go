package graph

import (
	"fmt"
	"math"
	"testing"

	"gradwatch/train/config"
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
			s[0] += (g - s[0]) * (1 - 0.9)
			s[1] += (g*g - s[1]) * (1 - 0.999)
			alpha := rate * math.Sqrt(1-math.Pow(0.999, float64(step))) / (1 - math.Pow(0.9, float64(step)))
			return w - alpha*s[0]/(math.Sqrt(s[1])+1e-7)
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

// TestOptimizers follows each rule for some steps on the whole data set, from
// the gradients that the graph itself reports.
func TestOptimizers(t *testing.T) {
	points := testPoints(16, 8)
	m := testModel("tanh", 2, 3)
	covered := make(map[string]bool)
	for name, update := range rules(0.05, 0.9) {
		t.Run(name, func(t *testing.T) {
			optimizer := Optimizer{Name: name, LearningRate: 0.05, Momentum: 0.9}
			if name == "sgd nesterov" {
				optimizer.Name, optimizer.Nesterov = "sgd", true
			}
			covered[optimizer.Name] = true
			r := newRunner(t, Spec{
				Model: m, Optimizer: optimizer, Train: points, Test: points,
				GradientData: points, GradientSlice: 16, BatchSize: 16,
			})
			r.initialize(m, newNetwork(m, 1, 1), newNetwork(m, 1, 2))
			order := make([]int32, 2*16)
			for i := range order {
				order[i] = int32(i % 16)
			}
			r.run(r.program.Shuffle, mustTensor(t, order, []int64{1, 2, 16}))
			followRule(t, r, m, update)
		})
	}
	for _, name := range config.OptimizerNames() {
		if !covered[name] {
			t.Errorf("optimizer %s: no reference rule", name)
		}
	}
}

// carries reports whether element i of layer k's weights is of a row that carries
// the ones, which no rule may change.
func carries(m Model, k, i int) bool {
	return i/(m.FanIn(k)+1)%m.Rows(k) >= m.Layers[k].Units
}

func followRule(t *testing.T, r *runner, m Model, update rule) {
	t.Helper()
	state := make(map[[2]int][]float64)
	for step := 1; step <= 6; step++ {
		before, gradients := r.run(r.program.Weights), r.run(r.program.Gradients)
		r.run(r.program.Step, scalar(t, int32(0)))
		r.run(r.program.Snapshot)
		for k, layer := range r.run(r.program.Weights) {
			for i, got := range layer {
				key := [2]int{k, i}
				if state[key] == nil {
					state[key] = make([]float64, 2)
				}
				gradient := float64(gradients[k][i])
				if carries(m, k, i) {
					gradient = 0
				}
				want := update(state[key], step, float64(before[k][i]), gradient)
				if math.Abs(float64(got)-want) > 1e-6*(1+math.Abs(want)) {
					t.Errorf("step %d, %s, weight %d: got %v, want %v", step, LayerName(k), i, got, want)
				}
			}
		}
	}
}

// TestBatches checks that a step trains on its own batch, by the shuffled
// order, each replica by its own, with the mean over the rows that the batch
// really has.
func TestBatches(t *testing.T) {
	points := testPoints(11, 3)
	m := testModel("tanh", 2, 3)
	spec := Spec{
		Model: m, Optimizer: Optimizer{Name: "sgd", LearningRate: 1}, Train: points, Test: points,
		GradientData: points, GradientSlice: 11, BatchSize: 4,
	}
	r := newRunner(t, spec)
	networks := []*network{newNetwork(m, 1, 1), newNetwork(m, 1, 2)}
	r.initialize(m, networks...)
	// [batch, replica, size]; the zeros at the end fill the last batch up.
	order := []int32{
		10, 9, 8, 7, 0, 2, 4, 6,
		6, 5, 4, 3, 8, 10, 1, 3,
		2, 1, 0, 0, 5, 7, 9, 0,
	}
	r.run(r.program.Shuffle, mustTensor(t, order, []int64{3, 2, 4}))
	for batch := range 3 {
		before := r.run(r.program.Weights)
		r.run(r.program.Step, scalar(t, int32(batch)))
		r.run(r.program.Snapshot)
		after := r.run(r.program.Weights)
		for i, n := range networks {
			rows := order[(batch*2+i)*4 : (batch*2+i)*4+4]
			if batch == 2 {
				rows = rows[:3]
			}
			picked := testPoints(0, 0)
			for _, row := range rows {
				picked.X = append(picked.X, points.Row(int(row))...)
				picked.Y = append(picked.Y, points.Y[row])
			}
			n.set(before, i)
			for k, want := range n.gradient(picked) {
				was, is := replicaUnits(m, k, i, before[k]), replicaUnits(m, k, i, after[k])
				for j := range want {
					got := was[j] - is[j]
					compareGradient(t, fmt.Sprintf("batch %d, replica %d, %s, weight %d", batch, i, LayerName(k), j),
						[]float32{got}, want[j:j+1])
				}
			}
		}
	}
}
