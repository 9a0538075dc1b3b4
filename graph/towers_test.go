//go:build tensorflow

package graph

import (
	"fmt"
	"math"
	"reflect"
	"testing"

	tf "github.com/galeone/tensorflow/tensorflow/go"
	core "github.com/galeone/tensorflow/tensorflow/go/core/protobuf/for_core_protos_go_proto"
	"google.golang.org/protobuf/proto"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
)

// newTowers returns a runner of a program that is divided among devices of this
// process, one of them the chief.
func newTowers(t *testing.T, spec Spec, towers int) *runner {
	t.Helper()
	device := func(i int) string { return fmt.Sprintf("/job:localhost/replica:0/task:0/device:CPU:%d", i) }
	spec.Placement = &Placement{Chief: device(0)}
	for i := range towers {
		spec.Placement.Towers = append(spec.Placement.Towers, device(i+1))
	}
	program, err := Build(spec)
	if err != nil {
		t.Fatal(err)
	}
	settings, err := proto.Marshal(&core.ConfigProto{DeviceCount: map[string]int32{"CPU": int32(towers + 1)}})
	if err != nil {
		t.Fatal(err)
	}
	session, err := tf.NewSession(program.Graph, &tf.SessionOptions{Config: settings})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() })
	r := &runner{t, program, session}
	r.run(program.Load, program.LoadValues...)
	return r
}

// TestTowers checks that a step of any number of towers trains by the gradient of
// the mean over the whole batch, as an oracle in plain Go has it: the batch's last
// shards filled up, or fewer points in it than there are towers.
func TestTowers(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and compares graphs for many seconds")
	}
	points := testPoints(11, 3)
	for _, replicas := range []int{1, 2} {
		for _, towers := range []int{1, 2, 3, 5} {
			t.Run(fmt.Sprintf("%d replicas, %d towers", replicas, towers), func(t *testing.T) {
				m := testModel("tanh", replicas, 3)
				r := newTowers(t, Spec{
					Model: m, Optimizer: Optimizer{Name: "sgd"}, LearningRate: constant(1), Train: points, Test: points,
					GradientData: points, BatchSize: 4, RunningMetrics: true,
				}, towers)
				networks := []*network{newNetwork(m, 1, 1), newNetwork(m, 1, 2)}[:replicas]
				r.initialize(m, networks...)
				batches := [][]*dataset.Examples{
					{pick(points, 10, 9, 8, 7), pick(points, 0, 2, 4, 6)},
					{pick(points, 6, 5, 4, 3), pick(points, 8, 10, 1, 3)},
					{pick(points, 2, 1, 0), pick(points, 5, 7, 9)},
				}
				losses := make([]float64, replicas)
				for batch, parts := range batches {
					parts = parts[:replicas]
					before := r.run(r.program.Weights)
					r.run(r.program.Step, r.batch(4, parts...)...)
					r.run(r.program.Snapshot)
					after := r.run(r.program.Weights)
					for i, n := range networks {
						n.set(before, i)
						losses[i] += n.loss(parts[i]) * float64(parts[i].Len()) / float64(points.Len())
						for k, want := range n.gradient(parts[i]) {
							was, is := replicaUnits(m, k, i, before[k]), replicaUnits(m, k, i, after[k])
							for j := range want {
								compareGradient(t, fmt.Sprintf("batch %d, replica %d, %s, weight %d", batch, i, LayerName(k), j),
									[]float32{was[j] - is[j]}, []float64{want[j]})
							}
						}
					}
				}
				for i, got := range r.run(r.program.Measure)[0][:replicas] {
					if math.Abs(float64(got)-losses[i]) > 1e-5 {
						t.Errorf("replica %d: got a running loss of %v, want %v", i, got, losses[i])
					}
				}
			})
		}
	}
}

// TestTowersAreApart checks that each tower's ops, its gradients' among them, are on
// the tower's device and all else on the chief's.
func TestTowersAreApart(t *testing.T) {
	points := testPoints(8, 3)
	at := Placement{Chief: "/job:chief/replica:0/task:0", Towers: []string{"/job:worker/replica:0/task:0", "/job:worker/replica:0/task:1"}}
	program, err := Build(Spec{
		Model: testModel("relu", 1, 3), Optimizer: NewOptimizer(&config.Run{Optimizer: "adam"}), LearningRate: constant(1), Train: points, Test: points,
		GradientData: points, BatchSize: 4, Placement: &at,
	})
	if err != nil {
		t.Fatal(err)
	}
	products := make(map[string]int) // a device's matrix products
	for _, o := range program.Graph.Operations() {
		if o.Type() == "MatMul" {
			products[o.Device()]++
		}
		if o.Type() == "VarHandleOp" && o.Device() != at.Chief {
			t.Errorf("variable %s is on %q, want the chief", o.Name(), o.Device())
		}
	}
	const step = 2 * (3 - 1) // of two layers: forward, and back to the weights; and back to the inputs of the second
	for _, tower := range at.Towers {
		if got := products[tower]; got < step {
			t.Errorf("%s: got %d matrix products, want at least %d", tower, got, step)
		}
	}
}

// TestPlacedCalls checks that all that a placed program feeds, fetches and runs is of its placed
// graph, by the device that each op has there only.
func TestPlacedCalls(t *testing.T) {
	points := testPoints(8, 3)
	at := Placement{Chief: "/job:chief/replica:0/task:0"}
	for _, transfer := range []bool{false, true} {
		program, err := Build(Spec{
			Model: testModel("relu", 2, 3), Optimizer: NewOptimizer(&config.Run{Optimizer: "adam"}), LearningRate: constant(1), Train: points, Test: points,
			GradientData: points, BatchSize: 4, RunningMetrics: true, Histograms: true, GradientBatch: 4, FlowData: points,
			KeepsBestWeights: true, Transfer: transfer, Placement: &at, maxValues: 8,
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(program.EvalChunks) == 0 || program.Flow.EvalChunks == nil || (program.Transfer != nil) != transfer {
			t.Fatal("the program lacks a part that the test is about")
		}
		checkPlaced(t, "Program", reflect.ValueOf(program).Elem(), at.Chief)
	}
}

// checkPlaced reports the ops in v's exported fields, at any depth, that are not on a device.
func checkPlaced(t *testing.T, path string, v reflect.Value, device string) {
	t.Helper()
	if op, ok := v.Interface().(*tf.Operation); ok && op != nil && op.Device() != device {
		t.Errorf("%s: op %s is on %q, want %q", path, op.Name(), op.Device(), device)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			checkPlaced(t, path, v.Elem(), device)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() {
				checkPlaced(t, path+"."+field.Name, v.Field(i), device)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			checkPlaced(t, path, v.Index(i), device)
		}
	}
}

// TestTransfer moves a model's variables through files from one session to another.
func TestTransfer(t *testing.T) {
	points := testPoints(8, 3)
	m := testModel("tanh", 2, 3)
	spec := Spec{
		Model: m, Optimizer: NewOptimizer(&config.Run{Optimizer: "adam"}), LearningRate: constant(0.1), Train: points, Test: points,
		GradientData: points, BatchSize: 4, Transfer: true,
	}
	from, to := newRunner(t, spec), newRunner(t, spec)
	from.initialize(m, newNetwork(m, 1, 1), newNetwork(m, 1, 2))
	to.initialize(m, newNetwork(m, 1, 3), newNetwork(m, 1, 4))
	batch := from.batch(4, pick(points, 1, 2, 3, 4), pick(points, 5, 6, 7))
	from.run(from.program.Step, batch...)
	from.run(from.program.Snapshot)

	files, err := NewFiles(from.program.Transfer)
	if err != nil {
		t.Fatal(err)
	}
	session, err := tf.NewSession(files.Graph, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	prefix := scalar(t, t.TempDir()+"/variables")
	fetch := func(s *tf.Session, c Call, values ...*tf.Tensor) []*tf.Tensor {
		feeds := make(map[tf.Output]*tf.Tensor)
		for i, value := range values {
			feeds[c.Feeds[i]] = value
		}
		fetched, err := s.Run(feeds, c.Fetches, c.Targets)
		if err != nil {
			t.Fatal(err)
		}
		return fetched
	}
	fetch(session, files.Save, append([]*tf.Tensor{prefix}, fetch(from.session, from.program.Transfer.Fetch)...)...)
	fetch(to.session, to.program.Transfer.Assign, fetch(session, files.Restore, prefix)...)
	for range 2 { // now, and after a step more
		to.run(to.program.Snapshot)
		from.run(from.program.Snapshot)
		want := from.run(from.program.Weights)
		for k, got := range to.run(to.program.Weights) {
			for i := range got {
				if got[i] != want[k][i] {
					t.Fatalf("%s, weight %d: got %v, want %v", LayerName(k), i, got[i], want[k][i])
				}
			}
		}
		from.run(from.program.Step, batch...)
		to.run(to.program.Step, batch...)
	}
}
