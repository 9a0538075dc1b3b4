package train

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	tf "github.com/galeone/tensorflow/tensorflow/go"
	tg "github.com/galeone/tfgo"

	"gradwatch/graph"
	"gradwatch/internal/savedmodel"
	"gradwatch/internal/tensorboard"
	"gradwatch/train/config"
	"gradwatch/train/record"
)

// exportedRuns are runs whose models differ in what an export has to take along.
func exportedRuns(t *testing.T) map[string]config.Run {
	t.Helper()
	runs := make(map[string]config.Run)
	for name, change := range map[string]func(*config.Run){
		"plain": func(*config.Run) {},
		"standard": func(r *config.Run) {
			r.Scale, r.Layers, r.Activations = "standard", []int{7, 3}, []string{"gelu", "selu"}
		},
		"norm and shortcuts": func(r *config.Run) {
			r.BatchNorm, r.Residual, r.Activations, r.Epochs = true, true, []string{"tanh"}, 30
		},
		"replicas": func(r *config.Run) { r.Repeats = 3 },
	} {
		run := small(t)
		run.Samples, run.HistogramFreq, run.Epochs = 200, 0, 20
		change(&run)
		runs[name] = run
	}
	return runs
}

// TestExport loads exported models with tfgo, and compares what they predict with
// the run: its loss and accuracy on the test rows, and the probabilities that the
// training program itself gives.
func TestExport(t *testing.T) {
	for name, run := range exportedRuns(t) {
		t.Run(name, func(t *testing.T) {
			result, err := Run(t.Context(), run, Options{DecisionGrid: 20})
			if err != nil {
				t.Fatal(err)
			}
			rows, labels := testRows(t, &run)
			mean := make([]float32, 20*20)
			for replica := range run.Repeats {
				out := filepath.Join(result.Folder, "saved_model")
				if err := Export(result.Folder, replica, out, replica > 0); err != nil {
					t.Fatal(err)
				}
				model := tg.LoadModel(out, []string{ServeTag}, nil)
				probabilities, classes := served(t, model, rows)
				loss, accuracy := score(probabilities, classes, labels)
				near(t, "test loss", loss, float64(result.Summary.Result[replica].ValLoss), 1e-6)
				near(t, "test accuracy", accuracy, float64(result.Summary.Result[replica].ValAccuracy), 1e-6)
				onGrid, _ := served(t, model, gridOf(result.Decision))
				for i, p := range onGrid {
					mean[i] += p / float32(run.Repeats)
				}
			}
			for i, p := range slices.Concat(result.Decision.Probability...) {
				near(t, "probability on the grid", float64(mean[i]), float64(p), 1e-6)
			}
		})
	}
}

// testRows returns a run's test rows, unscaled, and their labels.
func testRows(t *testing.T, run *config.Run) (rows [][]float32, labels []float64) {
	t.Helper()
	d, err := loadData(run)
	if err != nil {
		t.Fatal(err)
	}
	for i := d.train.Len(); i < d.points.Len(); i++ {
		var row []float32
		for _, x := range d.points.Row(i) {
			row = append(row, float32(x))
		}
		rows = append(rows, row)
	}
	return rows, d.test.Y
}

// gridOf returns the points on which a decision was evaluated.
func gridOf(d *Decision) [][]float32 {
	var rows [][]float32
	side := len(d.Probability)
	for j := range side {
		for i := range side {
			at := func(low, high float64, n int) float32 { return float32(low + (high-low)*float64(n)/float64(side-1)) }
			rows = append(rows, []float32{at(d.XMin, d.XMax, i), at(d.YMin, d.YMax, j)})
		}
	}
	return rows
}

// served asks a loaded model.
func served(t *testing.T, model *tg.Model, rows [][]float32) ([]float32, []int64) {
	t.Helper()
	fed, err := tf.NewTensor(rows)
	if err != nil {
		t.Fatal(err)
	}
	outputs := []tf.Output{model.Op(graph.Probability, 0), model.Op(graph.Class, 0)}
	got := model.Exec(outputs, map[tf.Output]*tf.Tensor{model.Op(graph.ServingInputs, 0): fed})
	return got[0].Value().([]float32), got[1].Value().([]int64)
}

// score returns the mean binary cross-entropy and the share of right classes.
func score(probabilities []float32, classes []int64, labels []float64) (loss, accuracy float64) {
	for i, p := range probabilities {
		wrong := math.Abs(labels[i] - float64(p))
		loss -= math.Log1p(-wrong) / float64(len(labels))
		if float64(classes[i]) == labels[i] {
			accuracy += 1 / float64(len(labels))
		}
	}
	return loss, accuracy
}

const loadSavedModel = `
import json, sys
import tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
f = model.signatures["serving_default"]
x = tf.constant(json.loads(sys.argv[2]), tf.float32)
y = f(inputs=x)
print(json.dumps({
    "probability": y["probability"].numpy().tolist(), "class": y["class"].numpy().tolist(),
    "input": str(f.structured_input_signature[1]["inputs"].shape),
    "outputs": {k: [str(v.dtype), str(v.shape)] for k, v in f.structured_outputs.items()},
}))
`

// TestPythonLoadsExport loads one with TensorFlow for Python, which only
// scripts/bench installs, and compares its predictions with the Predictor's.
func TestPythonLoadsExport(t *testing.T) {
	root, err := tensorboard.Repository()
	if err != nil {
		t.Fatal(err)
	}
	python := filepath.Join(root, ".runtime", "keras", "bin", "python")
	if _, err := os.Stat(python); errors.Is(err, os.ErrNotExist) {
		t.Skip("no TensorFlow for Python in .runtime/keras: scripts/bench installs it")
	}
	run := exportedRuns(t)["norm and shortcuts"]
	result := mustRun(t, run)
	out := filepath.Join(t.TempDir(), "model")
	if err := Export(result.Folder, 0, out, false); err != nil {
		t.Fatal(err)
	}
	rows, _ := testRows(t, &run)
	command := exec.CommandContext(t.Context(), python, "-c", loadSavedModel, out, asJSON(t, rows))
	command.Env = append(os.Environ(), "TF_CPP_MIN_LOG_LEVEL=3", "CUDA_VISIBLE_DEVICES=")
	text, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Probability []float32
		Class       []int64
		Input       string
		Outputs     map[string][2]string
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	want := predictAll(t, result.Folder, rows)
	if !slices.Equal(got.Class, want.Classes) {
		t.Errorf("got classes %v, want %v", got.Class, want.Classes)
	}
	for i, p := range want.Probabilities {
		near(t, "probability", float64(got.Probability[i]), float64(p), 1e-6)
	}
	if got.Input != "(None, 2)" {
		t.Errorf("got inputs of shape %s, want (None, 2)", got.Input)
	}
	for name, form := range map[string][2]string{
		"probability": {"<dtype: 'float32'>", "(None,)"}, "class": {"<dtype: 'int64'>", "(None,)"},
	} {
		if got.Outputs[name] != form {
			t.Errorf("got output %s of %v, want %v", name, got.Outputs[name], form)
		}
	}
}

// predictAll predicts with a run's first replica.
func predictAll(t *testing.T, folder string, rows [][]float32) *Predictions {
	t.Helper()
	p, err := NewPredictor(folder, 0, config.Plan{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var values []float32
	for _, row := range rows {
		for i, x := range row {
			values = append(values, float32(float64(x)*p.Scaler().Factor[i]+p.Scaler().Offset[i]))
		}
	}
	predicted, err := p.Predict(values)
	if err != nil {
		t.Fatal(err)
	}
	return predicted
}

// TestPredictor compares it with what the run recorded.
func TestPredictor(t *testing.T) {
	for name, run := range exportedRuns(t) {
		t.Run(name, func(t *testing.T) {
			result := mustRun(t, run)
			rows, labels := testRows(t, &run)
			predicted := predictAll(t, result.Folder, rows)
			loss, accuracy := score(predicted.Probabilities, predicted.Classes, labels)
			near(t, "test loss", loss, float64(result.Summary.Result[0].ValLoss), 1e-6)
			near(t, "test accuracy", accuracy, float64(result.Summary.Result[0].ValAccuracy), 1e-6)
		})
	}
}

// TestExportRefuses asks for what can't be exported: nothing is written.
func TestExportRefuses(t *testing.T) {
	run := small(t)
	run.Repeats, run.LearningRate = 2, 0.1
	result := mustRun(t, run)
	edit := func(change func(*record.Summary)) func(t *testing.T, folder string) {
		return func(t *testing.T, folder string) {
			t.Helper()
			summary, err := record.ReadSummary(filepath.Join(folder, "summary.json"))
			if err != nil {
				t.Fatal(err)
			}
			change(summary)
			writeText(t, filepath.Join(folder, "summary.json"), asJSON(t, summary))
		}
	}
	remove := func(name string) func(t *testing.T, folder string) {
		return func(t *testing.T, folder string) {
			t.Helper()
			if err := os.Remove(filepath.Join(folder, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, tc := range map[string]struct {
		spoil   func(t *testing.T, folder string)
		replica int
		want    string // in the error
	}{
		"a replica beyond the last": {nil, 2, `replica "2": want 0 to 1`},
		"a negative replica":        {nil, -1, `replica "-1": want 0 to 1`},
		"no weights":                {remove("weights.json"), 0, "has no weights.json"},
		"no summary":                {remove("summary.json"), 0, "summary.json"},
		"a run under way":           {edit(func(s *record.Summary) { s.State = record.Running }), 0, "is under way or was killed"},
		"other weights":             {edit(func(s *record.Summary) { s.Configuration.Layers[0] = 4 }), 0, "dense_1: a kernel of 10 numbers"},
		"other normalization":       {edit(func(s *record.Summary) { s.Configuration.BatchNorm = true }), 0, "batch normalization"},
		"no scaling":                {edit(func(s *record.Summary) { s.Scaling.Factor = nil }), 0, "scaler of 0 factors"},
		"a replica that diverged": {func(t *testing.T, folder string) {
			t.Helper()
			path := filepath.Join(folder, "weights.json")
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			first, rest, _ := strings.Cut(string(text), ",")
			writeText(t, path, first[:strings.LastIndex(first, "[")+1]+"null,"+rest)
		}, 0, "number 0 is null"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "run")
			if err := os.CopyFS(folder, os.DirFS(result.Folder)); err != nil {
				t.Fatal(err)
			}
			if tc.spoil != nil {
				tc.spoil(t, folder)
			}
			out := filepath.Join(folder, "deep", "model")
			err := Export(folder, tc.replica, out, false)
			if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got error %v, want one line with %q", err, tc.want)
			}
			if _, err := os.Stat(filepath.Dir(out)); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("got %v for the folder above, want it not to be made", err)
			}
			if name == "a replica that diverged" {
				if err := Export(folder, 1, out, false); err != nil {
					t.Errorf("got error %v for the other replica, want none", err)
				}
			}
		})
	}
	out := filepath.Join(t.TempDir(), "model")
	if err := Export(result.Folder, 0, out, false); err != nil {
		t.Fatal(err)
	}
	var taken *savedmodel.TakenError
	if err := Export(result.Folder, 1, out, false); !errors.As(err, &taken) {
		t.Errorf("got error %v, want a TakenError", err)
	}
}

func asJSON(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func writeText(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
