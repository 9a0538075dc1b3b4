//go:build tensorflow

package train

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gradwatch/train/data"
	"gradwatch/train/serving"

	tf "github.com/galeone/tensorflow/tensorflow/go"
	tg "github.com/galeone/tfgo"

	"gradwatch/graph"
	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/invalid"
	"gradwatch/internal/record"
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
		"replicas":   func(r *config.Run) { r.Repeats = 3 },
		"layer norm": func(r *config.Run) { r.LayerNorm = true },
		"classes":    func(r *config.Run) { takeTable(r, "iris.csv"); r.BatchNorm = true },
		"regression": func(r *config.Run) { takeTable(r, "diabetes.csv") },
	} {
		run := small(t)
		run.Samples, run.HistogramFreq, run.Epochs = 200, 0, 20
		change(&run)
		runs[name] = run
	}
	return runs
}

// takeTable has a run take one of testdata's tables.
func takeTable(run *config.Run, name string) {
	run.Dataset, run.ShuffleRows, run.Optimizer = filepath.Join("testdata", "tables", name), true, "adam"
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
			d := mustLoad(t, &run)
			var mean []float32 // on the decision's grid
			for replica := range run.Repeats {
				out := filepath.Join(result.Folder, "saved_model")
				if err := serving.Export(result.Folder, replica, out, replica > 0); err != nil {
					t.Fatal(err)
				}
				model := tg.LoadModel(out, []string{serving.ServeTag}, nil)
				predicted := served(t, model, &d.Schema.Target, testRows(d))
				checkScore(t, d, predicted, &result.Summary.Result[replica])
				if result.Decision == nil || result.Decision.Probability == nil { // TestDecisionPlanes looks at others
					continue
				}
				onGrid := served(t, model, &d.Schema.Target, gridOf(result.Decision))
				mean = append(mean, make([]float32, len(onGrid.Values)-len(mean))...)
				for i, p := range onGrid.Values {
					mean[i] += p / float32(run.Repeats)
				}
			}
			for i, p := range mean {
				want := slices.Concat(result.Decision.Probability...)[i]
				near(t, "probability on the grid", float64(p), float64(want), 1e-6)
			}
			if twoInputs := d.Points.Features() == 2; twoInputs != (mean != nil) {
				t.Errorf("got a grid of %d points with %d inputs", len(mean), d.Points.Features())
			}
		})
	}
}

func mustLoad(t *testing.T, run *config.Run) *data.Dataset {
	t.Helper()
	d, err := data.Load(run, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// testRows returns the test rows, unscaled.
func testRows(d *data.Dataset) (rows [][]float32) {
	for i := d.Train.Len(); i < d.Points.Len(); i++ {
		var row []float32
		for _, x := range d.Points.Row(i) {
			row = append(row, float32(x))
		}
		rows = append(rows, row)
	}
	return rows
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
func served(t *testing.T, model *tg.Model, target *dataset.Target, rows [][]float32) *serving.Predictions {
	t.Helper()
	fed, err := tf.NewTensor(rows)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{graph.Probability, graph.Class}
	switch {
	case target.Task == dataset.Regression:
		names = []string{graph.Prediction}
	case len(target.Classes) > 2:
		names[0] = graph.Probabilities
	}
	var outputs []tf.Output
	for _, name := range names {
		outputs = append(outputs, model.Op(name, 0))
	}
	got := model.Exec(outputs, map[tf.Output]*tf.Tensor{model.Op(graph.ServingInputs, 0): fed})
	predicted := &serving.Predictions{}
	if len(got) > 1 {
		predicted.Classes = got[1].Value().([]int64)
	}
	switch values := got[0].Value().(type) {
	case []float32:
		predicted.Values = values
	case [][]float32:
		predicted.Values = slices.Concat(values...)
	}
	return predicted
}

// checkScore compares loss and accuracy, or mean absolute error, of predictions of the
// test rows with what the run recorded.
func checkScore(t *testing.T, d *data.Dataset, predicted *serving.Predictions, want *record.Result) {
	t.Helper()
	target, labels := &d.Schema.Target, d.Test.Y
	n := float64(len(labels))
	width := len(predicted.Values) / len(labels)
	loss, metric := 0.0, 0.0
	for i, y := range labels {
		value := float64(predicted.Values[i*width])
		switch {
		case target.Task == dataset.Regression:
			loss += (target.Scale(value) - y) * (target.Scale(value) - y) / n
			metric += math.Abs(value-target.Unscale(y)) / n
			continue
		case width > 1:
			loss -= math.Log(float64(predicted.Values[i*width+int(y)])) / n
		default:
			loss -= math.Log1p(-math.Abs(y-value)) / n
		}
		if float64(predicted.Classes[i]) == y {
			metric += 1 / n
		}
	}
	near(t, "test loss", loss, float64(want.ValLoss), 1e-6)
	near(t, "test metric", metric, float64(want.ValAccuracy), 1e-6*max(1, metric))
}

// predictAll predicts with a run's first replica.
func predictAll(t *testing.T, folder string, rows [][]float32) *serving.Predictions {
	t.Helper()
	p, err := serving.NewPredictor(folder, 0, config.Plan{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var values []float32
	for _, row := range rows {
		for i, x := range row {
			values = append(values, float32(float64(x)*p.Schema().Scaling.Factor[i]+p.Schema().Scaling.Offset[i]))
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
			d := mustLoad(t, &run)
			checkScore(t, d, predictAll(t, result.Folder, testRows(d)), &result.Summary.Result[0])
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
		"other layer normalization": {edit(func(s *record.Summary) { s.Configuration.LayerNorm = true }), 0, "its normalization is not the configuration's"},
		"other normalization":       {edit(func(s *record.Summary) { s.Configuration.BatchNorm = true }), 0, "its normalization is not the configuration's"},
		"no scaling":                {edit(func(s *record.Summary) { s.Schema.Scaling.Factor = nil }), 0, "scaler of 0 factors"},
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
			err := serving.Export(folder, tc.replica, out, false)
			if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got error %v, want one line with %q", err, tc.want)
			}
			if _, err := os.Stat(filepath.Dir(out)); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("got %v for the folder above, want it not to be made", err)
			}
			if name == "a replica that diverged" {
				if err := serving.Export(folder, 1, out, false); err != nil {
					t.Errorf("got error %v for the other replica, want none", err)
				}
			}
		})
	}
	out := filepath.Join(t.TempDir(), "model")
	if err := serving.Export(result.Folder, 0, out, false); err != nil {
		t.Fatal(err)
	}
	var taken *invalid.Error
	if err := serving.Export(result.Folder, 1, out, false); !errors.As(err, &taken) || taken.Field != "out" {
		t.Errorf("got error %v, want an *invalid.Error of the folder", err)
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
