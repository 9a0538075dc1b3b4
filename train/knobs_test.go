//go:build tensorflow

package train

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gradwatch/graph"
	"gradwatch/internal/config"
	"gradwatch/internal/record"
)

// masksOf returns a copy of each layer's mask that a step of an epoch is fed.
func masksOf(t *testing.T, d *dropout, epoch, step int) [][]float32 {
	t.Helper()
	var masks [][]float32
	for _, mask := range d.draw(nil, epoch, step) {
		values, err := graph.Floats(mask)
		if err != nil {
			t.Fatal(err)
		}
		masks = append(masks, slices.Clone(values))
	}
	return masks
}

func newMasks(t *testing.T, m graph.Model, rates []float64, size int, seeds ...uint32) *dropout {
	t.Helper()
	var replicas []replica
	for _, seed := range seeds {
		replicas = append(replicas, replica{seed: seed})
	}
	m.Replicas = len(seeds)
	d, err := newDropout(m, func(k int) float64 { return rates[k] }, replicas, size)
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
// in the row that carries the ones, and that units, points, steps, layers and seeds
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
				t.Errorf("got %v in the row that carries the ones", mask[units*size:])
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

// knobRuns are runs of every knob.
func knobRuns() map[string]func(*config.Run) {
	return map[string]func(*config.Run){
		"dropout":       func(r *config.Run) { r.Dropout = []float64{0.3} },
		"dropout each":  func(r *config.Run) { r.Dropout, r.Optimizer = []float64{0, 0.5, 0.1, 0, 0}, "adam" },
		"penalties":     func(r *config.Run) { r.L1, r.L2 = 0.001, 0.01 },
		"class weights": func(r *config.Run) { r.ClassWeight = "0=1,1=3" },
		"cosine":        func(r *config.Run) { r.LearningRateSchedule = "cosine:8,0.1" },
		"plateau":       func(r *config.Run) { r.LearningRateSchedule, r.LearningRate = "plateau:1,0.5", 0.5 },
		"plateau, adam": func(r *config.Run) {
			r.LearningRateSchedule, r.Optimizer, r.LearningRate = "plateau:1,0.5", "adam", 0.1
		},
		"early stopping": func(r *config.Run) { r.EarlyStopping, r.LearningRate = 3, 0.5 },
		"best weights":   func(r *config.Run) { r.RestoreBestWeights, r.LearningRate = true, 0.5 },
		"all": func(r *config.Run) {
			r.Dropout, r.L2, r.BatchNorm, r.Residual = []float64{0.2}, 0.01, true, true
			r.LearningRateSchedule, r.LearningRate, r.ClassWeight = "plateau:1,0.5", 0.02, "balanced" // normalization makes more unsteady
			r.EarlyStopping, r.EarlyStoppingMinDelta, r.RestoreBestWeights = 2, 0.05, true
			r.CheckpointFreq = 2
		},
	}
}

// TestKnobsOfReplicas trains each knob's run with three seeds at once and each by
// itself: the same histories, to rounding, which end where a replica stops.
func TestKnobsOfReplicas(t *testing.T) {
	for name, set := range knobRuns() {
		t.Run(name, func(t *testing.T) {
			run := small(t)
			run.Epochs, run.Repeats = 8, 3
			set(&run)
			for groups := 1; groups <= 2; groups++ {
				result, err := Run(t.Context(), run, Options{Plan: config.Plan{Threads: 1, Groups: groups, Overlap: true}})
				if err != nil {
					t.Fatal(err)
				}
				compareReplicas(t, run, result)
			}
		})
	}
}

func compareReplicas(t *testing.T, run config.Run, result *Result) {
	t.Helper()
	together := readHistory(t, result)
	for r, seed := range run.Seeds() {
		one := run
		one.Seed, one.Repeats = seed, 1
		alone := mustRun(t, one)
		want, got := readHistory(t, alone).Rows, together.Replica(r)
		if len(got) != len(want) {
			t.Errorf("seed %d: got %d epochs, want %d", seed, len(got), len(want))
			continue
		}
		for i := range want {
			near(t, fmt.Sprintf("seed %d, epoch %d, loss", seed, i), got[i].Loss, want[i].Loss, 2e-4)
			near(t, fmt.Sprintf("seed %d, epoch %d, test loss", seed, i), got[i].ValLoss, want[i].ValLoss, 2e-4)
			near(t, fmt.Sprintf("seed %d, epoch %d, learning rate", seed, i), got[i].LearningRate, want[i].LearningRate, 1e-9)
		}
		if stop, own := result.Summary.Result[r].Stop, alone.Summary.Result[0].Stop; (stop == nil) != (own == nil) || stop != nil && *stop != *own {
			t.Errorf("seed %d: stopped %+v, want %+v", seed, stop, own)
		}
		near(t, "L1 norm of the saved kernel", kernelL1(result.Weights[r][0]), kernelL1(alone.Weights[0][0]), 1e-3)
	}
}

// TestKeptWeights checks that a replica's weights and its result are those of the
// epoch that it ends with.
func TestKeptWeights(t *testing.T) {
	for _, restore := range []bool{false, true} {
		run := small(t)
		run.Epochs, run.Repeats, run.LearningRate, run.EarlyStopping, run.RestoreBestWeights = 20, 4, 0.5, 2, restore
		result := mustRun(t, run)
		history := readHistory(t, result)
		early, apart := 0, false
		for r, summary := range result.Summary.Result {
			rows := history.Replica(r)
			want := last(rows)
			if restore {
				want = rows[summary.Stop.Best]
			}
			near(t, fmt.Sprintf("replica %d, kernel of dense_1", r), kernelL1(result.Weights[r][0]), want.KernelL1[0], 1e-4)
			near(t, fmt.Sprintf("replica %d, result", r), float64(summary.ValLoss), want.ValLoss, 1e-8)
			if summary.Stop.Epochs != len(rows) || summary.Stop.Restored != restore {
				t.Errorf("replica %d: got %+v, want %d epochs", r, summary.Stop, len(rows))
			}
			if summary.Stop.Early {
				early++
			}
			apart = apart || len(rows) != len(history.Replica(0))
		}
		if early == 0 || !apart {
			t.Fatalf("got %d replicas that stopped, apart: %t; want some, in different epochs", early, apart)
		}
		if got := result.Summary.Epochs; got != history.Epochs() {
			t.Errorf("got %d epochs, want %d", got, history.Epochs())
		}
	}
}

// TestExactLossHasNoDropout checks that what is measured at an epoch's end knows no
// dropout: a second model, of the same weights and without it, measures the same.
func TestExactLossHasNoDropout(t *testing.T) {
	run := small(t)
	run.Epochs, run.Dropout = 2, []float64{0.5}
	first := mustRun(t, run)
	want := last(readHistory(t, first).Rows)
	run.Dropout, run.InitialWeights = nil, writeWeights(t, first.Weights)
	run.DiagnoseFreq = 0
	tr := openTrainer(t, run, nil)
	if err := tr.each(func(g *group) error { return g.measure(0, false) }); err != nil {
		t.Fatal(err)
	}
	near(t, "training loss", tr.rows[0].Loss, want.Loss, 1e-6)
	near(t, "test loss", tr.rows[0].ValLoss, want.ValLoss, 1e-6)
}

// TestWatch follows columns by Keras's rules.
func TestWatch(t *testing.T) {
	for name, tc := range map[string]struct {
		monitor string
		delta   float64
		values  []float64
		best    int
		wait    int
	}{
		"falls":             {"val_loss", 0, []float64{3, 2, 1}, 2, 0},
		"not by enough":     {"val_loss", 0.5, []float64{3, 2.5, 2.4, 2.3}, 2, 1},
		"the same is worse": {"loss", 0, []float64{3, 3}, 0, 1},
		"rises":             {"accuracy", 0.1, []float64{0.5, 0.55, 0.65, 0.7}, 2, 1},
		"begins with NaN":   {"loss", 0, []float64{math.NaN(), 1, 0.5}, 0, 2},
		"ends with NaN":     {"val_accuracy", 0, []float64{0.5, math.NaN()}, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWatch(tc.monitor, tc.delta)
			for epoch, x := range tc.values {
				w.see(&record.Row{Epoch: epoch, Loss: x, Accuracy: x, ValLoss: x, ValAccuracy: x})
			}
			if w.bestEpoch != tc.best || w.wait != tc.wait {
				t.Errorf("got best epoch %d, wait %d, want %d, %d", w.bestEpoch, w.wait, tc.best, tc.wait)
			}
		})
	}
}

// TestNothingAdded checks that a run without any of these is fed and fetches what it
// always was.
func TestNothingAdded(t *testing.T) {
	tr := openTrainer(t, small(t), nil)
	g := tr.groups[0]
	if got := g.feed(0, 0); len(got) != 3 || len(g.program.Step.Feeds) != 3 || g.masks != nil || g.rate != nil {
		t.Errorf("a step is fed %d tensors, want 3", len(got))
	}
	if len(g.program.Retain.Targets) > 0 {
		t.Error("weights are kept")
	}
	measured, err := g.session.run(g.program.Measure)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := measured[0].Shape()[0], int64(g.model.RecordSize()); got != want {
		t.Errorf("got a record of %d values, want %d", got, want)
	}
}

// TestWatchOfAnError has a monitor of a regression's error improve as it falls.
func TestWatchOfAnError(t *testing.T) {
	for _, monitor := range []string{"mae", "val_mae"} {
		w := newWatch(monitor, 0.1)
		for i, c := range []struct {
			value  float64
			better bool
		}{{3, true}, {3.5, false}, {2.95, false}, {2.8, true}} {
			row := record.Row{Epoch: i, Accuracy: -1, ValAccuracy: -1}
			if monitor == "mae" {
				row.Accuracy = c.value
			} else {
				row.ValAccuracy = c.value
			}
			if got := w.see(&row); got != c.better {
				t.Errorf("%s %v: got better %t, want %t", monitor, c.value, got, c.better)
			}
		}
	}
}
