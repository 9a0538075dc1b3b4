//go:build tensorflow

package train

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"gradwatch/train/data"

	"gradwatch/graph"
	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/record"
)

// trajectory is a case of keras_trajectories.json or keras_regularization.json.
type trajectory struct {
	Activation     string
	HiddenLayers   int `json:"hidden_layers"`
	Units          int
	Optimizer      string
	BatchNorm      bool `json:"batch_norm"`
	Residual       bool
	ClipNorm       float64
	GlobalClipNorm float64 `json:"global_clipnorm"`
	ClipValue      float64
	BatchSize      int `json:"batch_size"`
	Epochs         int
	Initial        json.RawMessage
	FirstBatch     struct {
		Loss      float64
		Gradients json.RawMessage
	} `json:"first_batch"`
	PerEpoch []struct {
		TrainLoss      float64   `json:"train_loss"`
		TrainAccuracy  float64   `json:"train_accuracy"`
		TestLoss       float64   `json:"test_loss"`
		TestAccuracy   float64   `json:"test_accuracy"`
		TestGradientL2 []float64 `json:"test_gradient_l2"`
	} `json:"per_epoch"`
	Final              json.RawMessage
	FinalTestGradients json.RawMessage `json:"final_test_gradients"`
}

// Tolerances of the README beside the data.
const (
	lossTolerance     = 1e-4
	absoluteTolerance = 2e-4
	relativeTolerance = 2e-3
	adamNoise         = 2e-3 // of biases beneath batch normalization, whose gradient is rounding alone
)

// TestKerasTrajectories trains each case from Keras's initial weights, without
// shuffling, and compares with what Keras computed.
func TestKerasTrajectories(t *testing.T) {
	for name, want := range readTrajectories(t) {
		for _, replicas := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s/replicas=%d", name, replicas), func(t *testing.T) {
				compareFirstBatch(t, want, replicas)
				compareTraining(t, want, replicas)
			})
		}
	}
}

func readTrajectories(t *testing.T) map[string]trajectory {
	t.Helper()
	cases := make(map[string]trajectory)
	for _, name := range []string{"keras_trajectories.json", "keras_regularization.json"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &cases); err != nil { // adds them
			t.Fatalf("%s: %v", name, err)
		}
	}
	if len(cases) != 16 {
		t.Fatalf("got %d cases, want the 16 of the reference data", len(cases))
	}
	return cases
}

// configuration returns the case's run in a new log folder.
func (c trajectory) configuration(t *testing.T, replicas int) config.Run {
	t.Helper()
	run := config.Default()
	run.Layers = config.Repeat(c.HiddenLayers, c.Units)
	run.Activations = []string{c.Activation}
	run.Optimizer = c.Optimizer
	run.BatchNorm, run.Residual = c.BatchNorm, c.Residual
	run.ClipNorm, run.GlobalClipNorm, run.ClipValue = c.ClipNorm, c.GlobalClipNorm, c.ClipValue
	run.BatchSize, run.Epochs = c.BatchSize, c.Epochs
	run.Shuffle = false
	run.Repeats = replicas
	run.LogDir = t.TempDir()
	run.InitialWeights = filepath.Join(t.TempDir(), "weights.json")
	if err := os.WriteFile(run.InitialWeights, c.Initial, 0o666); err != nil {
		t.Fatal(err)
	}
	return run
}

// compareFirstBatch measures the gradients on the first batch alone.
func compareFirstBatch(t *testing.T, want trajectory, replicas int) {
	t.Helper()
	run := want.configuration(t, replicas)
	run.DiagnoseFreq = 0 // there are no steps to trace
	tr := openTrainer(t, run, func(d *data.Dataset) {
		n := want.BatchSize
		d.Test = &dataset.Examples{Columns: d.Train.Columns, X: d.Train.X[:2*n], Y: d.Train.Y[:n]}
	})
	if err := tr.each(func(g *group) error { return g.measure(0, false) }); err != nil {
		t.Fatal(err)
	}
	for r, layers := range gradients(t, tr) {
		near(t, fmt.Sprintf("replica %d, loss of the first batch", r), tr.rows[r].ValLoss, want.FirstBatch.Loss, lossTolerance)
		nearLayers(t, fmt.Sprintf("replica %d, first batch, gradient", r), layers, parseLayers(t, want.FirstBatch.Gradients), 0)
	}
}

// trainEpoch trains and measures an epoch, the rows of which the trainer then has.
func trainEpoch(t *testing.T, tr *trainer, epoch int) {
	t.Helper()
	if err := tr.each(func(g *group) error { return g.steps(t.Context(), epoch) }); err != nil {
		t.Fatal(err)
	}
	if err := tr.startMeasuring(epoch); err != nil {
		t.Fatal(err)
	}
	if state, err := tr.awaitMeasurement(epoch + 1); state != record.Running || err != nil {
		t.Fatalf("got state %s, error %v", state, err)
	}
}

// compareNorms compares the norms of the gradients, a layer each.
func compareNorms(t *testing.T, place string, got, want []float64) {
	t.Helper()
	for k, l2 := range want {
		close32(t, fmt.Sprintf("%sgradient of %s", place, graph.LayerName(k)), got[k], l2)
	}
}

// compareFinal compares the weights at the end with those of a golden file.
func compareFinal(t *testing.T, tr *trainer, want json.RawMessage) {
	t.Helper()
	weights, err := tr.weights()
	if err != nil {
		t.Fatal(err)
	}
	for r, layers := range weights {
		nearLayers(t, fmt.Sprintf("replica %d, final weights", r), layers, parseLayers(t, want), 0)
	}
}

// compareTraining trains and compares each epoch and the end.
func compareTraining(t *testing.T, want trajectory, replicas int) {
	t.Helper()
	tr := openTrainer(t, want.configuration(t, replicas), nil)
	for epoch, w := range want.PerEpoch {
		trainEpoch(t, tr, epoch)
		for r, got := range tr.rows {
			place := fmt.Sprintf("replica %d, epoch %d, ", r, epoch)
			near(t, place+"train loss", got.Loss, w.TrainLoss, lossTolerance)
			near(t, place+"test loss", got.ValLoss, w.TestLoss, lossTolerance)
			// A point whose logit is within rounding of 0 may change sides.
			near(t, place+"train accuracy", got.Accuracy, w.TrainAccuracy, 1.0/500+1e-6)
			near(t, place+"test accuracy", got.ValAccuracy, w.TestAccuracy, 1.0/500+1e-6)
			compareNorms(t, place, got.GradientL2, w.TestGradientL2)
		}
	}
	weights, err := tr.weights()
	if err != nil {
		t.Fatal(err)
	}
	tests := gradients(t, tr)
	noise := 0.0
	if want.Optimizer == "adam" {
		noise = adamNoise
	}
	for r := range replicas {
		nearLayers(t, fmt.Sprintf("replica %d, final weights", r), weights[r], parseLayers(t, want.Final), noise)
		nearLayers(t, fmt.Sprintf("replica %d, final test gradient", r), tests[r], parseLayers(t, want.FinalTestGradients), 0)
	}
}

// openTrainer returns a trainer of the run that is ready to train; change, if
// not nil, edits its data first.
func openTrainer(t *testing.T, run config.Run, change func(*data.Dataset)) *trainer {
	t.Helper()
	tr, err := newTrainer([]config.Run{run}, Options{Plan: config.Plan{Threads: 1, Groups: 2, Overlap: true}})
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(tr.data)
	}
	if err := tr.open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.close)
	return tr
}

// gradients fetches the gradient over all the gradient data, a replica each.
func gradients(t *testing.T, tr *trainer) [][]record.Layer {
	t.Helper()
	replicas, err := tr.fetchLayers(func(p *graph.Program) graph.Call { return p.Gradients })
	if err != nil {
		t.Fatal(err)
	}
	return replicas
}

func parseLayers(t *testing.T, data []byte) []record.Layer {
	t.Helper()
	replicas, err := record.ParseWeights(bytes.TrimSpace(data))
	if err != nil {
		t.Fatal(err)
	}
	return replicas[0]
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: got %v, want %v within %v", what, got, want, tolerance)
	}
}

func close32(t *testing.T, what string, got, want float64) {
	t.Helper()
	near(t, what, got, want, max(absoluteTolerance, relativeTolerance*math.Abs(want)))
}

// nearVectors compares a layer's named vectors.
func nearVectors(t *testing.T, what string, got, want []float32, tolerance float64) {
	t.Helper()
	for j, value := range want {
		near(t, fmt.Sprintf("%s[%d]", what, j), float64(got[j]), float64(value),
			max(tolerance, absoluteTolerance, relativeTolerance*math.Abs(float64(value))))
	}
}

// nearLayers compares layers, where a bias beneath batch normalization and its
// moving mean may be apart by noise.
func nearLayers(t *testing.T, what string, got, want []record.Layer, noise float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: got %d layers, want %d", what, len(got), len(want))
	}
	for k := range want {
		name := fmt.Sprintf("%s of %s, ", what, graph.LayerName(k))
		for i, row := range want[k].Kernel {
			nearVectors(t, fmt.Sprintf("%skernel[%d]", name, i), got[k].Kernel[i], row, 0)
		}
		if (got[k].Norm == nil) != (want[k].Norm == nil) {
			t.Fatalf("%sgot normalization %v, want %v", name, got[k].Norm, want[k].Norm)
		}
		if want[k].Norm == nil {
			nearVectors(t, name+"bias", got[k].Bias, want[k].Bias, 0)
			continue
		}
		nearVectors(t, name+"bias", got[k].Bias, want[k].Bias, noise)
		nearVectors(t, name+"gamma", got[k].Norm.Gamma, want[k].Norm.Gamma, 0)
		nearVectors(t, name+"beta", got[k].Norm.Beta, want[k].Norm.Beta, 0)
		if (got[k].Norm.MovingMean == nil) != (want[k].Norm.MovingMean == nil) {
			t.Fatalf("%sgot normalization %v, want %v", name, got[k].Norm, want[k].Norm)
		}
		nearVectors(t, name+"moving mean", got[k].Norm.MovingMean, want[k].Norm.MovingMean, noise)
		nearVectors(t, name+"moving variance", got[k].Norm.MovingVariance, want[k].Norm.MovingVariance, 0)
	}
}
