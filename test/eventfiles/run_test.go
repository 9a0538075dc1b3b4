package eventfiles

import (
	"fmt"
	"math"
	"path/filepath"
	"testing"

	"gradwatch/internal/dataset"
	"gradwatch/internal/runfolder"
	"gradwatch/internal/tensorboard"
	"gradwatch/train"
	"gradwatch/train/config"
	"gradwatch/train/record"
)

// epochs is the number that each run trains. The last one is 20, which gets
// histograms from every setting of histogram-freq here.
const epochs = 21

// testCase is a small run whose event file is read back.
type testCase struct {
	name string
	base string // a preset
	set  func(run *config.Run)
	// slices is the number of slices whose gradients make up a histogram.
	slices int
}

// cases cover each setting that decides what is in an event file. The test set
// has 500 rows where nothing else is said.
func cases() []testCase {
	return []testCase{
		{"tanh-5", "tanh-5", func(*config.Run) {}, 16}, // 15 of 32 rows, one of 20
		{"relu-5", "relu-5", func(*config.Run) {}, 16},
		{"repeats-3", "relu-5", func(r *config.Run) { r.Repeats = 3 }, 16},
		{"every-fifth-epoch", "relu-5", func(r *config.Run) { r.HistogramFreq = 5 }, 16},
		{"no-histograms", "relu-5", func(r *config.Run) { r.HistogramFreq = 0 }, 0},
		{"whole-set", "tanh-5", func(r *config.Run) { r.GradientBatch = 0 }, 1},
		{"even-slices", "tanh-5", func(r *config.Run) { r.GradientBatch = 100 }, 5},
		{"of-training-rows", "tanh-5", func(r *config.Run) { r.GradientData = "train"; r.TestFraction = 0.3 }, 22},
		{"uneven-layers", "tanh-5", func(r *config.Run) {
			r.Layers, r.Dataset, r.Samples, r.BatchSize = []int{7, 3}, "moons", 150, 50
		}, 2}, // 75 rows: 50 and 25
		{"repeats-2-whole-set", "tanh-5", func(r *config.Run) { r.Repeats = 2; r.GradientBatch = 0 }, 1},
	}
}

// trained is a finished run with what is needed to check its event file.
type trained struct {
	testCase
	run     config.Run
	folder  string
	weights [][]record.Layer // of weights.json, a replica each
	history *record.History
	events  []tensorboard.Event
	// test and gradient are the rows of the test set and those that gradients
	// are measured on.
	test, gradient []labelled
}

// trainCase trains a case in the log folder.
func trainCase(t *testing.T, c testCase, logDir string) *trained {
	t.Helper()
	preset, found := config.LookupPreset(c.base)
	if !found {
		t.Fatalf("no preset %q", c.base)
	}
	run := preset.Apply(config.Default())
	run.Name, run.LogDir, run.Epochs = c.name, logDir, epochs
	c.set(&run)
	result, err := train.Run(t.Context(), run, train.Options{})
	if err != nil {
		t.Fatalf("train %s: %v", c.name, err)
	}
	r := &trained{testCase: c, run: run, folder: result.Folder}
	if r.weights, err = record.ReadWeights(filepath.Join(r.folder, runfolder.WeightsFile)); err != nil {
		t.Fatal(err)
	}
	if r.history, err = record.ReadHistory(filepath.Join(r.folder, runfolder.HistoryFile)); err != nil {
		t.Fatal(err)
	}
	points, err := dataset.Generate(run.Dataset, run.Samples, run.Noise, run.DataSeed)
	if err != nil {
		t.Fatal(err)
	}
	scaler, err := dataset.FitScaler(run.Scale, points, points.Len())
	if err != nil {
		t.Fatal(err)
	}
	trainPoints, testPoints, err := scaler.Apply(points).Split(run.TestFraction)
	if err != nil {
		t.Fatal(err)
	}
	r.test = rowsOf(testPoints)
	r.gradient = r.test
	if run.GradientData == "train" {
		r.gradient = rowsOf(trainPoints)
	}
	return r
}

// layers is the number of dense layers, the output layer counted.
func (r *trained) layers() int { return len(r.run.Layers) + 1 }

// replica returns a replica's model as training left it.
func (r *trained) replica(i int) *mlp { return &mlp{r.weights[i], r.run.Activations[0]} }

// wantSteps returns the steps of each histogram and scalar tag.
func (r *trained) wantSteps() (histograms, scalars map[string][]int64) {
	histograms, scalars = make(map[string][]int64), make(map[string][]int64)
	for step := range int64(epochs) {
		for _, tag := range []string{"loss", "accuracy", "val_loss", "val_accuracy"} {
			scalars[tag] = append(scalars[tag], step)
		}
		if r.run.HistogramFreq == 0 || step%int64(r.run.HistogramFreq) != 0 {
			continue
		}
		for k := range r.layers() {
			for _, ending := range []string{"/kernel_0", "/kernel_0_grad", "/bias_0", "/bias_0_grad", "_out"} {
				tag := fmt.Sprintf("dense_%d%s", k+1, ending)
				histograms[tag] = append(histograms[tag], step)
			}
		}
	}
	return histograms, scalars
}

// wantScalar returns a row's value of a scalar tag, the mean over the replicas.
func (r *trained) wantScalar(tag string, step int64) float64 {
	sum := 0.0
	for i := range r.history.Replicas {
		row := r.history.Replica(i)[step]
		switch tag {
		case "loss":
			sum += row.Loss
		case "accuracy":
			sum += row.Accuracy
		case "val_loss":
			sum += row.ValLoss
		case "val_accuracy":
			sum += row.ValAccuracy
		}
	}
	return sum / float64(r.history.Replicas)
}

// wantValues returns how many values a histogram of each tag pools, worked out
// from the layers' widths alone.
func (r *trained) wantValues() map[string]float64 {
	values := make(map[string]float64)
	inputs := 2
	for k, units := range append(append([]int{}, r.run.Layers...), 1) {
		name := fmt.Sprintf("dense_%d", k+1)
		values[name+"/kernel_0"] = float64(inputs * units * r.run.Repeats)
		values[name+"/kernel_0_grad"] = float64(inputs * units * r.slices * r.run.Repeats)
		values[name+"/bias_0"] = float64(units * r.run.Repeats)
		values[name+"/bias_0_grad"] = float64(units * r.slices * r.run.Repeats)
		values[name+"_out"] = float64(len(r.test) * units * r.run.Repeats)
		inputs = units
	}
	return values
}

// wantPool returns the values of each histogram of the last epoch, by the
// reference model.
func (r *trained) wantPool() pool {
	p := make(pool)
	size := int(math.Ceil(float64(len(r.gradient)) / float64(r.slices)))
	switch {
	case r.run.GradientBatch > 0:
		size = r.run.GradientBatch
	case r.run.GradientBatch == config.FollowBatchSize:
		size = r.run.BatchSize
	}
	for i := range r.weights {
		p.add(r.replica(i), r.test, r.gradient, size)
	}
	return p
}
