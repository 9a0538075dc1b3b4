//go:build tensorflow

package train

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gradwatch/train/data"

	"gradwatch/graph"
	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/record"
)

// fit is a case of keras_training.json: what Keras's fit reports.
type fit struct {
	Flags        map[string]any
	Activation   string
	HiddenLayers int `json:"hidden_layers"`
	Units        int
	Optimizer    string
	LearningRate float64 `json:"learning_rate"`
	BatchNorm    bool    `json:"batch_norm"`
	ClipNorm     float64
	BatchSize    int `json:"batch_size"`
	Epochs       int
	TrainRows    []int `json:"train_rows"` // all for nil
	Stop         *struct {
		Patience int
		Monitor  string
		MinDelta float64 `json:"min_delta"`
		Restore  bool
	}
	Initial  json.RawMessage
	PerEpoch []struct {
		Loss           float64
		Accuracy       float64
		ValLoss        float64 `json:"val_loss"`
		ValAccuracy    float64 `json:"val_accuracy"`
		Penalty        float64
		LearningRate   float64   `json:"learning_rate"`
		TestGradientL2 []float64 `json:"test_gradient_l2"`
	} `json:"per_epoch"`
	Final              json.RawMessage
	FinalTestGradients json.RawMessage `json:"final_test_gradients"`
}

func readFits(t *testing.T) map[string]fit {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "keras_training.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases map[string]fit
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

// configuration returns the case's run, which reports losses as fit does.
func (c *fit) configuration(t *testing.T, replicas int) config.Run {
	t.Helper()
	run := config.Default()
	flags, err := json.Marshal(c.Flags)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(flags, &run); err != nil { // flags are the fields' names
		t.Fatal(err)
	}
	run.Layers, run.Activations = config.Repeat(c.HiddenLayers, c.Units), []string{c.Activation}
	run.Optimizer, run.LearningRate, run.BatchNorm, run.ClipNorm = c.Optimizer, c.LearningRate, c.BatchNorm, c.ClipNorm
	run.BatchSize, run.Epochs, run.Shuffle, run.Repeats = c.BatchSize, c.Epochs, false, replicas
	run.TrainMetrics, run.HistogramFreq = config.RunningMetrics, 0
	if s := c.Stop; s != nil {
		run.EarlyStopping, run.EarlyStoppingMonitor = s.Patience, s.Monitor
		run.EarlyStoppingMinDelta, run.RestoreBestWeights = s.MinDelta, s.Restore
	}
	run.LogDir = t.TempDir()
	run.InitialWeights = filepath.Join(t.TempDir(), "weights.json")
	if err := os.WriteFile(run.InitialWeights, c.Initial, 0o666); err != nil {
		t.Fatal(err)
	}
	return run
}

// keepRows leaves those of the training rows.
func keepRows(d *data.Dataset, run *config.Run, rows []int) error {
	all := d.Train
	d.Train = &dataset.Examples{Columns: all.Columns}
	for _, i := range rows {
		d.Train.X = append(d.Train.X, all.Row(i)...)
		d.Train.Y = append(d.Train.Y, all.Y[i])
	}
	return d.WeighClasses(run)
}

// TestKerasFit trains each case from Keras's initial weights, without shuffling, and
// compares each epoch's report, the number of epochs, and the end.
func TestKerasFit(t *testing.T) {
	cases := readFits(t)
	for name, want := range cases {
		for _, replicas := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s/replicas=%d", name, replicas), func(t *testing.T) { want.compare(t, replicas) })
		}
	}
	for _, row := range config.Schedules() {
		covered := !row.Changes()
		for _, c := range cases {
			schedule, _ := c.Flags["learning-rate-schedule"].(string)
			parsed, err := config.ParseSchedule(schedule)
			covered = covered || err == nil && parsed.Name == row.Name
		}
		if !covered {
			t.Errorf("schedule %s: no case of Keras's", row.Name)
		}
	}
	for _, name := range config.OptimizerNames() {
		if !slices.ContainsFunc(mapValues(cases), func(c fit) bool { return c.Optimizer == name }) {
			t.Errorf("optimizer %s: no case of Keras's", name)
		}
	}
	for _, name := range config.ConstantNames() {
		if !slices.ContainsFunc(mapValues(cases), func(c fit) bool { return c.Flags[name] != nil }) {
			t.Errorf("--%s: no case of Keras's", name)
		}
	}
	for _, monitor := range config.MonitorNames() {
		if strings.HasSuffix(monitor, "mae") {
			continue // these are classes; TestWatchOfAnError has those
		}
		if !slices.ContainsFunc(mapValues(cases), func(c fit) bool { return c.Stop != nil && c.Stop.Monitor == monitor }) {
			t.Errorf("monitor %s: no case of Keras's", monitor)
		}
	}
}

func mapValues(cases map[string]fit) []fit {
	var all []fit
	for _, c := range cases {
		all = append(all, c)
	}
	return all
}

func (c *fit) compare(t *testing.T, replicas int) {
	t.Helper()
	run := c.configuration(t, replicas)
	tr := openTrainer(t, run, func(d *data.Dataset) {
		if c.TrainRows == nil {
			return
		}
		if err := keepRows(d, &run, c.TrainRows); err != nil {
			t.Fatal(err)
		}
	})
	state, err := tr.train(t.Context())
	if err != nil || state != record.Done {
		t.Fatalf("got state %s, error %v, want done", state, err)
	}
	history := tr.runs[0].orderedHistory()
	if err := tr.keepLastWeights(); err != nil {
		t.Fatal(err)
	}
	weights, err := tr.weights()
	if err != nil {
		t.Fatal(err)
	}
	for r := range replicas {
		rows := history.Replica(r)
		if len(rows) != len(c.PerEpoch) {
			t.Fatalf("replica %d: got %d epochs, want %d", r, len(rows), len(c.PerEpoch))
		}
		for epoch := range rows {
			c.compareEpoch(t, fmt.Sprintf("replica %d, epoch %d, ", r, epoch), &rows[epoch])
		}
		nearLayers(t, fmt.Sprintf("replica %d, final weights", r), weights[r], parseLayers(t, c.Final), 0)
	}
	if c.Stop != nil {
		return // the measured gradients are of another epoch's weights
	}
	for r, layers := range gradients(t, tr) {
		nearLayers(t, fmt.Sprintf("replica %d, final test gradient", r), layers, parseLayers(t, c.FinalTestGradients), 0)
	}
}

func (c *fit) compareEpoch(t *testing.T, place string, got *record.Row) {
	t.Helper()
	want := c.PerEpoch[got.Epoch]
	near(t, place+"loss", got.Loss, want.Loss, lossTolerance)
	near(t, place+"test loss", got.ValLoss, want.ValLoss, lossTolerance)
	near(t, place+"accuracy", got.Accuracy, want.Accuracy, 1.0/400+1e-6) // a point within rounding of 0 may change sides
	near(t, place+"test accuracy", got.ValAccuracy, want.ValAccuracy, 1.0/500+1e-6)
	near(t, place+"penalty", got.Penalty, want.Penalty, lossTolerance/10)
	if c.Flags["learning-rate-schedule"] != nil || c.Flags["decay"] != nil {
		near(t, place+"learning rate", got.LearningRate, want.LearningRate, 1e-6*c.LearningRate)
	}
	for k, l2 := range want.TestGradientL2 {
		close32(t, place+"gradient of "+graph.LayerName(k), got.GradientL2[k], l2)
	}
}
