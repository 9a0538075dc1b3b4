//go:build tensorflow

package graph

import (
	"fmt"
	"math"
	"testing"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
)

// flowNames are what the statistics are called in messages.
var (
	layerStatisticNames = [LayerStatistics]string{
		UpdateRatio: "update ratio", GradientRMS: "gradient RMS", GradientMean: "gradient mean",
		GradientMax: "gradient max", GradientZeros: "share of zeros", NonFinite: "count of non-finite",
	}
	unitStatisticNames = [UnitStatistics]string{
		UnitActive: "active share", UnitSaturated: "saturated share", UnitExtreme: "extreme share", UnitOutput: "mean",
		UnitSquare: "mean square", UnitDelta: "delta", UnitOutputDelta: "output delta",
	}
)

// flowResult is what a program's Flow measured.
type flowResult struct {
	m      Model
	values [][]float32 // as Measure fetches them
}

// flow does what a check does after a Mark, steps and a Snapshot.
func (r *runner) flow(m Model) flowResult {
	r.t.Helper()
	f := r.program.Flow
	r.run(f.Begin)
	if f.EvalChunks != nil {
		for i := range f.EvalChunks.Count {
			r.run(f.EvalChunks.Call, scalar(r.t, int32(i)))
		}
	}
	return flowResult{m, r.run(f.Measure)}
}

// layer returns a statistic of a replica's layer.
func (f flowResult) layer(statistic, k, r int) float64 {
	return float64(f.values[0][(statistic*len(f.m.Layers)+k)*f.m.Replicas+r])
}

// unit returns a statistic of a replica's unit, counted over all layers.
func (f flowResult) unit(statistic, unit, r int) float64 {
	units := 0
	for _, layer := range f.m.Layers {
		units += layer.Units
	}
	return float64(f.values[1][(statistic*f.m.Replicas+r)*units+unit])
}

// TestFlow compares all that is measured of layers and units with the plain-Go
// model, for every activation, one replica and several, all points in one call
// and in chunks whose last is not full. The weights are so large that they drive
// units to the ends of their range, those of the second and third replica less so.
func TestFlow(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and compares graphs for many seconds")
	}
	points := testPoints(23, 5)
	for _, activation := range config.ActivationNames() {
		for _, replicas := range []int{1, 3} {
			for _, swept := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/replicas=%d/swept=%t", activation, replicas, swept), func(t *testing.T) {
					scale := 4.0
					if activation == "exponential" {
						scale = 1
					}
					checkFlow(t, testModel(activation, replicas, 4, 3), scale, points, swept)
				})
			}
		}
	}
}

// TestWideFlow does the same with layers so wide that their statistics are products.
func TestWideFlow(t *testing.T) {
	points := testPoints(60, 5)
	for _, activation := range []string{"relu", "tanh", "sigmoid"} {
		m := testModel(activation, 1, 24, 20)
		if got := m.largestLayer() * points.Len(); got < config.SmallProduct {
			t.Fatalf("got %d multiplications, want %d", got, config.SmallProduct)
		}
		t.Run(activation, func(t *testing.T) { checkFlow(t, m, 1, points, false) })
	}
}

// TestShortcutFlow does the same with layers of which some have shortcuts.
func TestShortcutFlow(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and compares graphs for many seconds")
	}
	points := testPoints(23, 5)
	for _, activation := range []string{"relu", "tanh", "sigmoid", "linear", "elu"} {
		for _, replicas := range []int{1, 3} {
			for _, swept := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/replicas=%d/swept=%t", activation, replicas, swept), func(t *testing.T) {
					m := testModel(activation, replicas, 3, 3, 2, 2, 2)
					for _, k := range []int{1, 3, 4} {
						m.Layers[k].Shortcut = true
					}
					checkFlow(t, m, 1, points, swept)
				})
			}
		}
	}
}

// flowSpec returns the spec of a program whose Flow is measured on points: in
// chunks of 8 where they are to be swept.
func flowSpec(m Model, points *dataset.Examples, swept bool) Spec {
	spec := Spec{Model: m, Train: points, Test: points, GradientData: points, FlowData: points, BatchSize: points.Len()}
	if swept {
		spec.maxValues = m.widest() * m.Replicas * UnitStatistics * 8
	}
	return spec
}

// checkFlow compares what is measured on points with plain-Go models, whose weights
// lie within scale of 0, those of the second within half of it, and so on.
func checkFlow(t *testing.T, m Model, scale float64, points *dataset.Examples, swept bool) {
	t.Helper()
	r := newRunner(t, flowSpec(m, points, swept))
	if sweep := r.program.Flow.EvalChunks; swept != (sweep != nil) || swept && sweep.Count != 3 {
		t.Fatalf("got sweep %+v, want one of 3 calls: %t", sweep, swept)
	}
	networks := make([]*network, m.Replicas)
	for i := range networks {
		networks[i] = newNetwork(m, scale/float64(i+1), uint64(i+1))
	}
	r.initialize(m, networks...)
	r.run(r.program.Flow.Mark)
	got := r.flow(m)
	for i, n := range networks {
		compareFlow(t, got, i, n, points)
		for k, want := range n.flat() {
			each := len(want)
			for j, value := range got.values[2+k][i*each : (i+1)*each] {
				if value != want[j] {
					t.Errorf("replica %d, %s, weight %d: got %v, want %v", i, LayerName(k), j, value, want[j])
				}
			}
		}
	}
	// A second measurement starts its sums anew.
	again := r.flow(m)
	for i := range got.values[1] {
		if got.values[1][i] != again.values[1][i] {
			t.Fatalf("value %d of the units: got %v, then %v of the same weights", i, got.values[1][i], again.values[1][i])
		}
	}
}

// compareFlow compares what was measured of replica i with a plain-Go model.
func compareFlow(t *testing.T, got flowResult, i int, n *network, points *dataset.Examples) {
	t.Helper()
	layers, units, gradient := flowOf(n, points)
	for k, want := range n.gradient(points) {
		for j := range want {
			if math.Abs(gradient[k][j]-want[j]) > 1e-7*(1+math.Abs(want[j])) {
				t.Fatalf("reference of %s, weight %d: got gradient %v, want %v by finite differences", LayerName(k), j, gradient[k][j], want[j])
			}
		}
	}
	for k, want := range layers {
		for s := GradientRMS; s < LayerStatistics; s++ {
			compareStatistic(t, fmt.Sprintf("replica %d, %s, %s", i, LayerName(k), layerStatisticNames[s]),
				got.layer(s, k, i), want[s], 0)
		}
		if ratio := got.layer(UpdateRatio, k, i); ratio != 0 {
			t.Errorf("replica %d, %s: got update ratio %v before any step, want 0", i, LayerName(k), ratio)
		}
	}
	unit := 0
	for k, layer := range n.model.Layers {
		for u := range layer.Units {
			for s, want := range units[unit] {
				largest := 0.0
				for _, other := range units[unit-u : unit-u+layer.Units] {
					largest = max(largest, math.Abs(other[s]))
				}
				what := fmt.Sprintf("replica %d, %s, unit %d, %s", i, LayerName(k), u, unitStatisticNames[s])
				if number := got.unit(s, unit, i); s < UnitOutput && number != math.Trunc(number) {
					t.Errorf("%s: got %v points, want a whole number", what, number)
				}
				compareStatistic(t, what, got.unit(s, unit, i), want, largest)
			}
			unit++
		}
	}
}

// compareStatistic compares float32 arithmetic with float64: a few roundings of the
// value, and of the largest of its kind in the layer, from which it may have come
// by subtraction.
func compareStatistic(t *testing.T, what string, got, want, largest float64) {
	t.Helper()
	if tolerance := 1e-4*math.Abs(want) + 2e-6*largest; !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: got %g, want %g within %g", what, got, want, tolerance)
	}
}

// TestFlowOfTinyGradients measures gradients whose squares are 0 in float32.
func TestFlowOfTinyGradients(t *testing.T) {
	points := testPoints(23, 5) // not as many of either class, whose gradients would cancel out
	m := testModel("sigmoid", 2, 3, 3, 3, 3, 3, 3)
	r := newRunner(t, flowSpec(m, points, false))
	networks := []*network{newNetwork(m, 1e-4, 1), newNetwork(m, 1, 2)}
	r.initialize(m, networks...)
	r.run(r.program.Flow.Mark)
	got := r.flow(m)
	for i, n := range networks {
		layers, _, _ := flowOf(n, points)
		for k, want := range layers {
			for s := GradientRMS; s <= GradientMax; s++ {
				compareStatistic(t, fmt.Sprintf("replica %d, %s, %s", i, LayerName(k), layerStatisticNames[s]), got.layer(s, k, i), want[s], 0)
			}
		}
	}
	if rms := got.layer(GradientRMS, 0, 0); !(rms > 0 && rms < 1e-23) {
		t.Errorf("got a gradient RMS of %g in the first layer, want one whose square float32 can't hold", rms)
	}
}

// TestFlowOfOverflow measures replicas of which one overflows: its values that are
// not finite are counted, and the others' are what they are without it.
func TestFlowOfOverflow(t *testing.T) {
	points := testPoints(23, 5)
	for _, swept := range []bool{false, true} {
		m := testModel("relu", 3, 4, 3)
		r := newRunner(t, flowSpec(m, points, swept))
		networks := []*network{newNetwork(m, 1, 1), newNetwork(m, 1e30, 2), newNetwork(m, 1, 3)}
		r.initialize(m, networks...)
		r.run(r.program.Flow.Mark)
		got := r.flow(m)
		compareFlow(t, got, 0, networks[0], points)
		compareFlow(t, got, 2, networks[2], points)
		counted := 0.0
		for k := range m.Layers {
			counted += got.layer(NonFinite, k, 1)
			if rms := got.layer(GradientRMS, k, 1); got.layer(NonFinite, k, 1) > 0 && !math.IsNaN(rms) && !math.IsInf(rms, 0) {
				t.Errorf("%s: got gradient RMS %v of values that are not finite", LayerName(k), rms)
			}
		}
		if counted == 0 {
			t.Error("got no values that are not finite, want those of the replica that overflows")
		}
	}
}

// TestUpdateRatios traces steps and compares their ratios with those of the weights
// before and after them: of traced steps alone, and while the next epoch is traced.
func TestUpdateRatios(t *testing.T) {
	points := testPoints(16, 8)
	for _, replicas := range []int{1, 3} {
		for _, c := range []struct {
			Optimizer
			rate float32
		}{{Optimizer{Name: "sgd", Momentum: 0.9}, 0.5}, {NewOptimizer(&config.Run{Optimizer: "adam"}), 0.01}, {Optimizer{Name: "sgd"}, 0}} {
			t.Run(fmt.Sprintf("replicas=%d/%s/%v", replicas, c.Name, c.rate), func(t *testing.T) {
				m := testModel("tanh", replicas, 4, 3)
				spec := flowSpec(m, points, false)
				spec.Optimizer, spec.LearningRate = c.Optimizer, constant(c.rate)
				r := newRunner(t, spec)
				var networks []*network
				var data []*dataset.Examples
				for i := range replicas {
					networks, data = append(networks, newNetwork(m, 1, uint64(i+1))), append(data, points)
				}
				r.initialize(m, networks...)
				checkUpdateRatios(t, r, m, func() { r.run(r.program.Step, r.batch(16, data...)...) })
			})
		}
	}
}

func checkUpdateRatios(t *testing.T, r *runner, m Model, step func()) {
	t.Helper()
	f := r.program.Flow
	weights := func() [][]float32 {
		r.run(r.program.Snapshot)
		return r.run(r.program.Weights)
	}
	// epoch trains a step that is not traced, then some that are, and returns what
	// their ratios add up to, [layer][replica].
	epoch := func(traced int) [][]float64 {
		step()
		r.run(f.Mark)
		sums := make([][]float64, len(m.Layers))
		before := weights()
		for range traced {
			step()
			r.run(f.Trace)
			after := weights()
			for k := range sums {
				sums[k] = append(sums[k], make([]float64, m.Replicas-len(sums[k]))...)
				for i := range m.Replicas {
					sums[k][i] += updateRatio(m, k, replicaUnits(m, k, i, before[k]), replicaUnits(m, k, i, after[k]))
				}
			}
			before = after
		}
		return sums
	}
	compare := func(what string, got flowResult, want [][]float64) {
		t.Helper()
		for k := range want {
			for i := range want[k] {
				compareStatistic(t, fmt.Sprintf("%s: replica %d, %s", what, i, LayerName(k)), got.layer(UpdateRatio, k, i), want[k][i], 1e-1)
			}
		}
	}
	first := epoch(3)
	r.run(f.Begin)
	second := epoch(2) // trains while the first is measured
	compare("first epoch", flowResult{m, r.run(f.Measure)}, first)
	compare("second epoch", r.flow(m), second)
}

// updateRatio returns the norm of a kernel's change over the norm it had.
func updateRatio(m Model, k int, before, after []float32) float64 {
	change, norm := 0.0, 0.0
	for j := range before {
		if j%(m.FanIn(k)+1) == m.FanIn(k) {
			continue // a bias
		}
		d := float64(after[j]) - float64(before[j])
		change += d * d
		norm += float64(before[j]) * float64(before[j])
	}
	return math.Sqrt(change / norm)
}

// TestUpdateRatioOfZeros checks that a kernel of zeros, of which no change is a
// share, has a ratio of 0.
func TestUpdateRatioOfZeros(t *testing.T) {
	points := testPoints(16, 8)
	m := testModel("tanh", 1, 4)
	r := newRunner(t, flowSpec(m, points, false))
	n := newNetwork(m, 1, 1)
	for _, row := range n.weights[1] {
		clear(row)
	}
	r.initialize(m, n)
	r.run(r.program.Flow.Mark)
	r.run(r.program.Step, r.batch(16, points)...)
	r.run(r.program.Flow.Trace)
	r.run(r.program.Snapshot)
	if got := r.flow(m).layer(UpdateRatio, 1, 0); got != 0 {
		t.Errorf("got %v, want 0", got)
	}
}
