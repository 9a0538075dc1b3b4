//go:build tensorflow

package graph

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"testing"

	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
)

// runner runs a program's calls in a session.
type runner struct {
	t       *testing.T
	program *Program
	session *tf.Session
}

// constant returns a learning rate that is a part of the graph, for all replicas or for each.
func constant(rates ...float32) LearningRate { return LearningRate{Values: rates} }

// newRunner builds the program of a spec, whose missing fields it fills, and
// loads its data.
func newRunner(t *testing.T, spec Spec) *runner {
	t.Helper()
	if spec.Optimizer.Name == "" {
		spec.Optimizer = Optimizer{Name: "sgd", Momentum: 0.9}
	}
	if spec.LearningRate.Values == nil {
		spec.LearningRate = constant(0.1)
	}
	program, err := Build(spec)
	if err != nil {
		t.Fatal(err)
	}
	session, err := tf.NewSession(program.Graph, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() })
	r := &runner{t, program, session}
	r.run(program.Load, program.LoadValues...)
	return r
}

// run does a call and returns what it fetches, in row-major order.
func (r *runner) run(c Call, values ...*tf.Tensor) [][]float32 {
	r.t.Helper()
	feeds := make(map[tf.Output]*tf.Tensor)
	for i, value := range values {
		feeds[c.Feeds[i]] = value
	}
	fetched, err := r.session.Run(feeds, c.Fetches, c.Targets)
	if err != nil {
		r.t.Fatal(err)
	}
	return elements(r.t, fetched)
}

// elements returns those of float32 tensors, in row-major order.
func elements(t *testing.T, fetched []*tf.Tensor) [][]float32 {
	t.Helper()
	results := make([][]float32, len(fetched))
	for i, tensor := range fetched {
		var raw bytes.Buffer
		if _, err := tensor.WriteContentsTo(&raw); err != nil {
			t.Fatal(err)
		}
		results[i] = make([]float32, raw.Len()/4)
		if _, err := binary.Decode(raw.Bytes(), binary.NativeEndian, results[i]); err != nil {
			t.Fatal(err)
		}
	}
	return results
}

// sweep runs the program's sweeps and returns the outputs that these fetch for
// histograms, [chunk][layer].
func (r *runner) sweep() [][][]float32 {
	r.t.Helper()
	var outputs [][][]float32
	for _, sweep := range r.program.EvalChunks {
		for i := range sweep.Count {
			call := sweep.Call
			if sweep.Outputs != nil && i < r.program.Outputs.Chunks {
				call.Fetches = sweep.Outputs
				outputs = append(outputs, r.run(call, scalar(r.t, int32(i))))
				continue
			}
			r.run(call, scalar(r.t, int32(i)))
		}
	}
	return outputs
}

// initialize sets the weights: networks are one for each replica.
func (r *runner) initialize(m Model, networks ...*network) {
	r.t.Helper()
	tensors := make([]*tf.Tensor, len(networks[0].flat()))
	for i := range tensors {
		var values []float32
		for _, n := range networks {
			values = append(values, n.flat()[i]...)
		}
		var shape []int64
		if layers := len(m.Layers); i < layers {
			shape = m.WeightsShape(m.Replicas, i)
		} else {
			shape = m.NormShape(m.Replicas, (i-layers)/m.NormVariables())
		}
		tensors[i] = mustTensor(r.t, values, shape)
	}
	r.run(r.program.Initialize, tensors...)
	r.run(r.program.Snapshot)
}

func mustTensor[T float32 | int32](t *testing.T, values []T, shape []int64) *tf.Tensor {
	t.Helper()
	made, err := NewTensor(values, shape)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func scalar(t *testing.T, value any) *tf.Tensor {
	t.Helper()
	made, err := tf.NewTensor(value)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// TestGradients compares the graph's gradient of a whole model, for every
// activation, with finite differences of a plain-Go float64 model: all layers,
// kernels and biases, one replica and several, in one call and in several whose
// last is not full.
func TestGradients(t *testing.T) {
	if got, want := len(activations), len(config.Activations()); got != want {
		t.Fatalf("got %d reference formulas, want %d, one for each activation", got, want)
	}
	points := testPoints(23, 5)
	for _, activation := range config.ActivationNames() {
		for _, replicas := range []int{1, 3} {
			for _, limit := range []int{maxValues, 100} {
				t.Run(fmt.Sprintf("%s/replicas=%d/limit=%d", activation, replicas, limit), func(t *testing.T) {
					checkGradients(t, testModel(activation, replicas, 4, 3), 1, points, limit)
				})
			}
		}
	}
}

// normalizations are those that a model's hidden layers can have.
var normalizations = map[string]func(m *Model){
	"batch": func(m *Model) { m.BatchNorm = true },
	"layer": func(m *Model) { m.LayerNorm = true },
}

// TestNormalizedGradients does the same with layer normalization and with batch
// normalization, which here uses its moving statistics.
func TestNormalizedGradients(t *testing.T) {
	points := testPoints(23, 5)
	for _, replicas := range []int{1, 3} {
		for _, limit := range []int{maxValues, 100} {
			for name, normalized := range normalizations {
				t.Run(fmt.Sprintf("%s/replicas=%d/limit=%d", name, replicas, limit), func(t *testing.T) {
					m := testModel("softplus", replicas, 4, 3, 3)
					normalized(&m)
					m.Layers[2].Shortcut = true
					checkGradients(t, m, 1, points, limit)
				})
			}
		}
	}
}

// TestShortcutGradients does the same with layers of which some have shortcuts.
func TestShortcutGradients(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and compares graphs for many seconds")
	}
	points := testPoints(23, 5)
	for _, activation := range config.ActivationNames() {
		for _, replicas := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s/replicas=%d", activation, replicas), func(t *testing.T) {
				m := testModel(activation, replicas, 3, 3, 2, 2, 2)
				for _, k := range []int{1, 3, 4} {
					m.Layers[k].Shortcut = true
				}
				checkGradients(t, m, 0.5, points, maxValues) // small weights: exponentials add up
			})
		}
	}
}

// checkGradients compares the gradient of all the points with that of plain-Go
// models, whose weights lie within scale of 0.
func checkGradients(t *testing.T, m Model, scale float64, points *dataset.Examples, limit int) {
	t.Helper()
	r := newRunner(t, Spec{
		Model: m, Train: points, Test: points, GradientData: points, BatchSize: 8, maxValues: limit,
	})
	networks := make([]*network, m.Replicas)
	for i := range networks {
		networks[i] = newNetwork(m, scale, uint64(i+1))
	}
	r.initialize(m, networks...)
	r.sweep()
	got := r.run(r.program.Gradients)
	for i, n := range networks {
		for k, want := range n.gradient(points) {
			compareGradient(t, fmt.Sprintf("replica %d, %s", i, LayerName(k)),
				replicaUnits(m, k, i, got[k]), want)
		}
	}
}

func compareGradient(t *testing.T, what string, got []float32, want []float64) {
	t.Helper()
	for i := range want {
		// float32 arithmetic against float64 differences with a step of 1e-5.
		if tolerance := 2e-6 + 1e-4*math.Abs(want[i]); math.Abs(float64(got[i])-want[i]) > tolerance {
			t.Errorf("%s, weight %d: got %g, want %g within %g", what, i, got[i], want[i], tolerance)
		}
	}
}

// TestMeasure compares the record with the plain-Go model, also where the data
// is swept in several calls.
func TestMeasure(t *testing.T) {
	train, test := testPoints(29, 6), testPoints(13, 7)
	for i, replicas := range []int{1, 1, 2, 2} {
		gradientData := []*dataset.Examples{test, train}[i%2]
		for _, limit := range []int{maxValues, 40} {
			t.Run(fmt.Sprintf("replicas=%d/gradients=%d/limit=%d", replicas, gradientData.Len(), limit), func(t *testing.T) {
				m := testModel("tanh", replicas, 4, 3)
				r := newRunner(t, Spec{
					Model: m, Train: train, Test: test, GradientData: gradientData, BatchSize: 8, maxValues: limit,
				})
				if swept := len(r.program.EvalChunks) > 0; swept != (limit == 40) {
					t.Fatalf("got %d sweeps with a limit of %d values", len(r.program.EvalChunks), limit)
				}
				networks := make([]*network, replicas)
				for i := range networks {
					networks[i] = newNetwork(m, 1, uint64(i+1))
				}
				r.initialize(m, networks...)
				r.sweep()
				got := r.run(r.program.Measure)[0]
				for i, n := range networks {
					want := []float64{n.loss(train), n.accuracy(train), n.loss(test), n.accuracy(test)}
					want = append(want, n.gradientL2(gradientData)...)
					want = append(want, n.kernelL1()...)
					if len(want) != m.RecordSize() {
						t.Fatalf("got %d reference values, want %d", len(want), m.RecordSize())
					}
					for j := range want {
						compareGradient(t, fmt.Sprintf("replica %d, value %d of the record", i, j),
							got[j*replicas+i:j*replicas+i+1], want[j:j+1])
					}
				}
			})
		}
	}
}

// TestBiasRows checks that what a hidden layer hands on as ones is 1 in float32,
// for every activation: by itself, and added to the ones of a shortcut.
func TestBiasRows(t *testing.T) {
	for _, activation := range config.ActivationNames() {
		t.Run(activation, func(t *testing.T) {
			var outputs tf.Output
			g, err := Compose(func(s *op.Scope) {
				z := op.Identity(s.SubScope("carriers"), op.Const(s, []float32{biasRowInput(activation), shortcutBiasRowInput(activation)}))
				outputs = Activate(s.SubScope("of"), activation, z)
			})
			if err != nil {
				t.Fatal(err)
			}
			session, err := tf.NewSession(g, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer session.Close()
			fetched, err := session.Run(nil, []tf.Output{outputs}, nil)
			if err != nil {
				t.Fatal(err)
			}
			got := fetched[0].Value().([]float32)
			if math.Abs(float64(got[0])-1) > 1.2e-7 {
				t.Errorf("got %v, want 1", got[0])
			}
			if sum := 1 + got[1]; sum != 1 {
				t.Errorf("with a shortcut: got %v, want 1", sum)
			}
		})
	}
}

// TestLargePoints checks that loss and gradient stay finite for logits that
// overflow exp.
func TestLargePoints(t *testing.T) {
	points := testPoints(8, 9)
	m := testModel("linear", 1, 2)
	r := newRunner(t, Spec{Model: m, Train: points, Test: points, GradientData: points, BatchSize: 8})
	n := newNetwork(m, 400, 3)
	r.initialize(m, n)
	record := r.run(r.program.Measure)[0]
	if got, want := float64(record[0]), n.loss(points); math.Abs(got-want) > 1e-5*want || want < 100 {
		t.Errorf("loss: got %v, want %v", got, want)
	}
	for k, layer := range r.run(r.program.Gradients) {
		for i, g := range layer {
			if math.IsNaN(float64(g)) || math.IsInf(float64(g), 0) {
				t.Errorf("%s, weight %d: got gradient %v, want a finite one", LayerName(k), i, g)
			}
		}
	}
}

// TestPredict compares probabilities with the plain-Go model.
func TestPredict(t *testing.T) {
	for name, normalized := range normalizations {
		t.Run(name, func(t *testing.T) {
			m := testModel("softsign", 2, 3)
			normalized(&m)
			checkPredictions(t, m)
		})
	}
}

func checkPredictions(t *testing.T, m Model) {
	t.Helper()
	points := testPoints(PredictPoints, 4)
	r := newRunner(t, Spec{Model: m, Train: points, Test: points, GradientData: points, BatchSize: 32})
	networks := []*network{newNetwork(m, 1, 1), newNetwork(m, 1, 2)}
	r.initialize(m, networks...)
	columns := make([]float32, 3*PredictPoints)
	for i := range PredictPoints {
		columns[i], columns[PredictPoints+i] = float32(points.Row(i)[0]), float32(points.Row(i)[1])
		columns[2*PredictPoints+i] = 1
	}
	got := r.run(r.program.Predict, mustTensor(t, columns, []int64{3, PredictPoints}))[0]
	for i, n := range networks {
		for j := range PredictPoints {
			want := 1 / (1 + math.Exp(-n.logit(points.Row(j))))
			if g := float64(got[i*PredictPoints+j]); math.Abs(g-want) > 1e-6 {
				t.Fatalf("replica %d, point %d: got %v, want %v", i, j, g, want)
			}
		}
	}
}

// TestErrorsAreOneLine checks that a graph that can't be built says so in one
// line, without a panic.
func TestErrorsAreOneLine(t *testing.T) {
	points := testPoints(8, 9)
	m := testModel("no such activation", 2, 2)
	_, err := Build(Spec{
		Model: m, Optimizer: Optimizer{Name: "no such rule"}, Train: points, Test: points,
		GradientData: points, BatchSize: 4,
	})
	want := `build the graph: failed to add operation "Activate": activation "no such activation" is not known`
	if err == nil || cmp.Diff(want, err.Error()) != "" {
		t.Errorf("got %v, want %s", err, want)
	}
}
