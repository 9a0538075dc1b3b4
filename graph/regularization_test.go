//go:build tensorflow

package graph

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	tf "github.com/galeone/tensorflow/tensorflow/go"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
)

// regularization are what a step's loss may have beside the data's errors, in plain Go.
type regularization struct {
	l1, l2  float64
	classes []float64
	masks   map[int][]float32 // a layer's, [unit, point]; without the bias row
}

// loss returns that of a network on a batch.
func (w *regularization) loss(n *network, batch *dataset.Examples) float64 {
	sum := 0.0
	for j := range batch.Len() {
		h := batch.Row(j)
		for k := range n.weights {
			z := n.products(k, h)
			next := make([]float64, len(z))
			for u := range z {
				next[u] = activations[n.model.Layers[k].Activation](z[u])
				if mask := w.masks[k]; mask != nil {
					next[u] *= float64(mask[u*(len(mask)/len(z))+j])
				}
				if n.model.Layers[k].Shortcut {
					next[u] += h[u]
				}
			}
			h = next
		}
		weight := 1.0
		if w.classes != nil {
			weight = w.classes[int(batch.Y[j])]
		}
		sum += weight * crossEntropy(h[0], batch.Y[j])
	}
	return sum/float64(batch.Len()) + w.penalty(n)
}

func (w *regularization) penalty(n *network) float64 {
	sum := 0.0
	for _, rows := range n.weights {
		for _, row := range rows {
			for _, value := range row[:len(row)-1] {
				sum += w.l1*math.Abs(value) + w.l2*value*value
			}
		}
	}
	return sum
}

// float32s returns values as a graph takes them.
func float32s(values []float64) []float32 {
	var all []float32
	for _, value := range values {
		all = append(all, float32(value))
	}
	return all
}

// randomMask returns a mask of a layer for some points, as the graph takes it.
func randomMask(m Model, k, points int, random *rand.Rand) []float32 {
	mask := make([]float32, m.Rows(k)*points)
	for i := range mask {
		mask[i] = 1
		if i < m.Layers[k].Units*points {
			mask[i] = 2.5 * float32(random.IntN(2))
		}
	}
	return mask
}

// TestRegularizedStep compares a step of plain gradient descent, whose loss has penalties,
// class weights and masks, with finite differences of the plain-Go loss, with each of
// them and with all: also what is measured afterwards. The bias rows
// stay.
func TestRegularizedStep(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and compares graphs for many seconds")
	}
	for name, w := range map[string]regularization{
		"l1":            {l1: 0.3},
		"l2":            {l2: 0.2},
		"class weights": {classes: []float64{0.5, 3}},
		"dropout":       {masks: map[int][]float32{0: nil, 2: nil}},
		"all":           {l1: 0.1, l2: 0.3, classes: []float64{2, 0.25}, masks: map[int][]float32{1: nil, 2: nil}},
	} {
		for _, replicas := range []int{1, 2} {
			for _, limit := range []int{maxValues, 100} {
				t.Run(fmt.Sprintf("%s/replicas=%d/limit=%d", name, replicas, limit), func(t *testing.T) { checkRegularization(t, w, replicas, limit) })
			}
		}
	}
}

func checkRegularization(t *testing.T, w regularization, replicas, limit int) {
	t.Helper()
	const size = 8
	points, test := testPoints(11, 3), testPoints(9, 4)
	m := testModel("softsign", replicas, 4, 3, 3)
	m.Layers[2].Shortcut = true
	for k := range w.masks {
		m.Layers[k].Dropout = true
	}
	r := newRunner(t, Spec{
		Model: m, Optimizer: Optimizer{Name: "sgd"}, LearningRate: constant(1), Train: points, Test: test, GradientData: points,
		BatchSize: size, L1: w.l1, L2: w.l2, ClassWeights: float32s(w.classes), maxValues: limit,
		Histograms: true, GradientBatch: points.Len(),
	})
	networks := []*network{newNetwork(m, 1, 1), newNetwork(m, 1, 2)}[:replicas]
	batches := []*dataset.Examples{pick(points, 10, 9, 8, 7, 2), pick(points, 0, 2, 4, 6, 1)}[:replicas]
	r.initialize(m, networks...)
	fed := r.batch(size, batches...)
	masks := make([]map[int][]float32, replicas)
	for i := range masks {
		masks[i] = make(map[int][]float32)
	}
	random := rand.New(rand.NewPCG(9, 9))
	for _, k := range m.Dropped() {
		var all []float32
		for i := range replicas {
			mask := randomMask(m, k, size, random)
			masks[i][k], all = mask[:m.Layers[k].Units*size], append(all, mask...)
		}
		fed = append(fed, mustTensor(t, all, m.MaskShape(k, size)))
	}
	before := r.run(r.program.Weights)
	r.sweep()
	compareMeasured(t, r, m, w, networks, points, test)
	r.run(r.program.Step, fed...)
	r.run(r.program.Snapshot)
	after := r.run(r.program.Weights)
	for i, n := range networks {
		step := w
		step.masks = masks[i]
		for k, rows := range n.weights {
			was, is := replicaUnits(m, k, i, before[k]), replicaUnits(m, k, i, after[k])
			at := 0
			for _, row := range rows {
				for _, want := range differences(func() float64 { return step.loss(n, batches[i]) }, row) {
					compareGradient(t, fmt.Sprintf("replica %d, %s, weight %d", i, LayerName(k), at), []float32{was[at] - is[at]}, []float64{want})
					at++
				}
			}
		}
	}
	for k := range m.Layers {
		for i, value := range after[k] {
			if inBiasRow(m, k, i) && value != before[k][i] {
				t.Errorf("%s, weight %d is of a bias row: got %v, want %v", LayerName(k), i, value, before[k][i])
			}
		}
	}
}

// compareMeasured compares what is measured of networks: no dropout, the training
// rows' loss with the classes' weights, both losses and the gradients with the
// penalty.
func compareMeasured(t *testing.T, r *runner, m Model, w regularization, networks []*network, train, test *dataset.Examples) {
	t.Helper()
	measured := r.run(r.program.MeasureWithHistograms)
	record, gradients := measured[0], r.run(r.program.Gradients)
	w.masks = nil
	unweighted := w
	unweighted.classes = nil
	for i, n := range networks {
		want := []float64{w.loss(n, train), n.accuracy(train), unweighted.loss(n, test), n.accuracy(test)}
		for j, value := range want {
			compareGradient(t, fmt.Sprintf("replica %d, value %d of the record", i, j), record[j*m.Replicas+i:][:1], []float64{value})
		}
		if w.l1+w.l2 > 0 {
			compareGradient(t, fmt.Sprintf("replica %d, penalty", i), record[m.RecordSize()*m.Replicas+i:][:1], []float64{w.penalty(n)})
		} else if got := len(record); got != m.RecordSize()*m.Replicas {
			t.Errorf("got a record of %d values, want %d", got, m.RecordSize()*m.Replicas)
		}
		for k, rows := range n.weights {
			var derivatives []float64
			for _, row := range rows {
				derivatives = append(derivatives, differences(func() float64 { return w.loss(n, train) }, row)...)
			}
			compareGradient(t, fmt.Sprintf("replica %d, gradient of %s", i, LayerName(k)), replicaUnits(m, k, i, gradients[k]), derivatives)
			slices := measured[1+len(m.Layers)+k]
			compareGradient(t, fmt.Sprintf("replica %d, slice's gradient of %s", i, LayerName(k)), replicaUnits(m, k, i, slices), derivatives)
		}
	}
}

// TestFedLearningRate follows each rule with a learning rate that is fed, one for all replicas
// and one for each.
func TestFedLearningRate(t *testing.T) {
	points := testPoints(16, 8)
	m := testModel("tanh", 2, 3)
	fed := [][]float32{{0.05, 0.2}, {0.01, 0.1}, {0.1, 0.001}}
	for _, count := range []int{1, 2} {
		for name := range rules(0, 0) {
			if name == "sgd nesterov" {
				continue
			}
			t.Run(fmt.Sprintf("%d/%s", count, name), func(t *testing.T) {
				r := newRunner(t, Spec{
					Model: m, Optimizer: NewOptimizer(&config.Run{Optimizer: name, Momentum: 0.9}), Train: points, Test: points,
					GradientData: points, BatchSize: 16, LearningRate: LearningRate{Values: make([]float32, count), Fed: true},
				})
				r.initialize(m, newNetwork(m, 1, 1), newNetwork(m, 1, 2))
				batch := r.batch(16, points, points)
				state := make(map[[2]int][]float64)
				for step, rates := range fed {
					value := scalar(t, rates[0])
					if count == 2 {
						value = mustTensor(t, rates, []int64{2, 1, 1})
					}
					followRates(t, r, m, name, step+1, state, append(batch[:3:3], value), func(replica int) float64 {
						return float64(rates[replica%count])
					})
				}
			})
		}
	}
}

// followRates does one step and compares it with the rule at each replica's rate.
func followRates(t *testing.T, r *runner, m Model, name string, step int, state map[[2]int][]float64, batch []*tf.Tensor, rate func(int) float64) {
	t.Helper()
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
				want = rules(rate(i/(len(layer)/m.Replicas)), 0.9)[name](state[key], step, want, float64(gradients[k][i]))
			}
			if math.Abs(float64(got)-want) > 2e-6*(1+math.Abs(want)) {
				t.Errorf("step %d, %s, weight %d: got %v, want %v", step, LayerName(k), i, got, want)
			}
		}
	}
}

// TestRetain keeps the weights of one replica while both go on.
func TestRetain(t *testing.T) {
	points := testPoints(16, 8)
	m := testModel("tanh", 2, 3)
	m.BatchNorm = true
	r := newRunner(t, Spec{Model: m, Train: points, Test: points, GradientData: points, BatchSize: 16, KeepsBestWeights: true})
	first := []*network{newNetwork(m, 1, 1), newNetwork(m, 1, 2)}
	r.initialize(m, first...)
	retain := func(which ...float32) {
		r.run(r.program.BestWeights, mustTensor(t, which, []int64{2, 1, 1}))
	}
	retain(1, 1)
	begun := r.run(r.program.Weights)
	r.run(r.program.Step, r.batch(16, points, points)...)
	r.run(r.program.Snapshot)
	if again := r.run(r.program.Weights); fmt.Sprint(again) != fmt.Sprint(begun) {
		t.Error("a step has changed the weights that were kept")
	}
	retain(0, 1)
	for i, values := range r.run(r.program.Weights) {
		half := len(values) / 2
		if fmt.Sprint(values[:half]) != fmt.Sprint(begun[i][:half]) {
			t.Errorf("tensor %d of replica 0: got %v, want %v", i, values[:half], begun[i][:half])
		}
		if fmt.Sprint(values[half:]) == fmt.Sprint(begun[i][half:]) {
			t.Errorf("tensor %d of replica 1 is what it was", i)
		}
	}
}
