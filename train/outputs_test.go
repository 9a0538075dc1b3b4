//go:build tensorflow

package train

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/diagnose"
	"gradwatch/internal/record"
	"gradwatch/internal/savedmodel"
	"gradwatch/train/serving"
)

// outputRun returns a run of a few epochs on a table, with the flags of an output layer.
func outputRun(t *testing.T, table, loss, activation string, units int) config.Run {
	t.Helper()
	run := config.Default()
	run.Dataset, run.TestFraction, run.Scale = tableRun(t, table), 0.3, "standard"
	run.Layers, run.Epochs, run.Repeats, run.LogDir = []int{4}, 6, 2, t.TempDir()
	run.Loss, run.OutputActivation, run.UnitsOutput = loss, activation, units
	return run
}

// TestOutputLayers trains output layers and losses to the end, stops and resumes them to the same bits, and
// compares the exported model's answers with the recorded accuracy or error, and the verdict.
func TestOutputLayers(t *testing.T) {
	for name, tc := range map[string]struct {
		table, loss, activation string
		units                   int
		layers                  []int
		outputs                 []string
		learns                  bool
	}{
		"one softmax unit":    {"breast_cancer", "binary_crossentropy", "softmax", 1, []int{4}, []string{"probability", "class"}, false},
		"hinge":               {"breast_cancer", "hinge", "tanh", 0, []int{4}, []string{"output", "class"}, true},
		"two outputs":         {"breast_cancer", "categorical_crossentropy", "auto", 0, []int{4}, []string{"probabilities", "class"}, true},
		"more than classes":   {"iris", "auto", "auto", 10, []int{4}, []string{"probabilities", "class"}, false},
		"linear of three":     {"iris", "mse", "linear", 0, []int{4}, []string{"outputs", "class"}, false},
		"mae":                 {"diabetes", "mae", "auto", 0, []int{4}, []string{"prediction"}, false},
		"logistic regression": {"breast_cancer", "auto", "auto", 0, []int{}, []string{"probability", "class"}, true},
		"softmax regression":  {"iris", "auto", "auto", 0, []int{}, []string{"probabilities", "class"}, false},
		"linear regression":   {"diabetes", "auto", "auto", 0, []int{}, []string{"prediction"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			run := outputRun(t, tc.table, tc.loss, tc.activation, tc.units)
			run.Layers = tc.layers
			whole, err := Run(t.Context(), run, Options{})
			if err != nil {
				t.Fatal(err)
			}
			s := &whole.Summary
			if s.Verdict == nil {
				t.Fatal("got no verdict")
			}
			if got := s.Verdict.Learned > 0; tc.learns && !got || name == "one softmax unit" && got {
				t.Errorf("got %d replicas that have learned: %+v", s.Verdict.Learned, s.Verdict.Findings)
			}
			again := run
			again.LogDir, again.CheckpointFreq = t.TempDir(), 3
			compareRuns(t, whole, resumeUntil(t, stopAfter(t, again, config.Plan{}, 3), config.Plan{}, run.Epochs))

			p, err := serving.NewPredictor(whole.Folder, 1, config.Plan{Threads: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			d := mustLoad(t, &run)
			var rows [][]float64
			for i := d.Train.Len(); i < d.Points.Len(); i++ {
				rows = append(rows, d.Points.Row(i))
			}
			predicted, err := p.PredictInputs(rows)
			if err != nil {
				t.Fatal(err)
			}
			score := 0.0
			for i, y := range d.Test.Y {
				switch {
				case predicted.Classes == nil:
					score += math.Abs(float64(predicted.Values[i])-d.Schema.Target.Unscale(y)) / float64(d.Test.Len())
				case predicted.Classes[i] == int64(y):
					score += 1 / float64(d.Test.Len())
				}
			}
			near(t, "accuracy or error of the exported model", score, float64(s.Result[1].ValAccuracy), 1e-4*max(1, score))
			out := filepath.Join(t.TempDir(), "model")
			if err := Export(whole.Folder, 1, out, false); err != nil {
				t.Fatal(err)
			}
			var about struct{ Outputs []string }
			text, err := os.ReadFile(filepath.Join(out, savedmodel.ExtraFolder, savedmodel.RunFile))
			if err == nil {
				err = json.Unmarshal(text, &about)
			}
			if err != nil || !slices.Equal(about.Outputs, tc.outputs) {
				t.Errorf("got outputs %v and error %v, want %v", about.Outputs, err, tc.outputs)
			}
			if tc.units == 10 && len(s.Evaluation.Confusion[0]) != 4 {
				t.Errorf("got %d columns in the confusion matrix, want those of 3 classes and of none", len(s.Evaluation.Confusion[0]))
			}
		})
	}
}

// TestMistakes trains with mistakes of the output layer and the loss: each is said before the first epoch and is the first
// finding, with every seed; what is meant that way is neither.
func TestMistakes(t *testing.T) {
	for _, tc := range []struct {
		table, loss, activation string
		units                   int
		change                  func(run *config.Run)
		kind                    diagnose.Kind // "" for none
		flag                    string        // that mends it
	}{
		{"breast_cancer", "auto", "softmax", 1, nil, diagnose.ConstantOutput, "--output-activation sigmoid"},
		{"breast_cancer", "mse", "softmax", 1, nil, diagnose.ConstantOutput, "--output-activation sigmoid"},
		{"breast_cancer", "categorical_crossentropy", "softmax", 1, nil, diagnose.ConstantOutput, "--output-activation sigmoid"},
		{"diabetes", "auto", "softmax", 0, nil, diagnose.ConstantOutput, "--output-activation linear"},
		{"diabetes", "auto", "relu", 0, nil, diagnose.OutputRange, "--output-activation linear"},
		{"diabetes", "auto", "sigmoid", 0, nil, diagnose.OutputRange, "--output-activation linear"},
		{"diabetes", "auto", "sigmoid", 0, rawTarget, diagnose.OutputRange, "--output-activation linear --scale-target standard"},
		{"diabetes", "binary_crossentropy", "sigmoid", 0, nil, diagnose.LossMismatch, "--loss mse --output-activation linear"},
		{"diabetes", "poisson", "auto", 0, nil, diagnose.LossMismatch, "--scale-target none"},
		{"diabetes", "hinge", "auto", 0, nil, diagnose.LossMismatch, "--loss mse"},
		{"iris", "binary_crossentropy", "auto", 1, nil, diagnose.LossMismatch, "--units-output 3"},
		{"iris", "mse", "linear", 1, nil, diagnose.LossMismatch, "--units-output 3"},
		{"iris", "auto", "tanh", 0, nil, diagnose.LossMismatch, "--output-activation softmax"},
		{"breast_cancer", "auto", "linear", 0, nil, diagnose.LossMismatch, "--output-activation sigmoid"},
		{"breast_cancer", "hinge", "sigmoid", 0, nil, diagnose.LossMismatch, "--output-activation linear"},
		{"breast_cancer", "binary_crossentropy", "sigmoid", 1, nil, "", ""},
		{"breast_cancer", "hinge", "tanh", 0, nil, "", ""},
		{"iris", "categorical_crossentropy", "softmax", 0, nil, "", ""},
		{"diabetes", "mae", "auto", 0, nil, "", ""},
	} {
		t.Run(fmt.Sprintf("%s/%s/%s/%d", tc.table, tc.loss, tc.activation, tc.units), func(t *testing.T) {
			run := outputRun(t, tc.table, tc.loss, tc.activation, tc.units)
			run.Epochs, run.Repeats, run.Optimizer, run.LearningRate, run.ShuffleRows = 30, 3, "adam", 0.01, true
			if tc.change != nil {
				tc.change(&run)
			}
			var said []string
			epochs := 0
			result, err := Run(t.Context(), run, Options{
				Mistakes: func(lines []string) {
					if epochs > 0 {
						t.Errorf("said after %d epochs, want it before the first", epochs)
					}
					said = append(said, lines...)
				},
				Epoch: func(int, []record.Row) { epochs++ },
			})
			if err != nil {
				t.Fatal(err)
			}
			verdict := result.Summary.Verdict
			if verdict == nil {
				t.Fatal("got no verdict")
			}
			if tc.kind == "" {
				for _, f := range verdict.Findings {
					if f.Kind == diagnose.ConstantOutput || f.Kind == diagnose.LossMismatch || f.Kind == diagnose.OutputRange {
						t.Errorf("got %s: %s, want none", f.Kind, f.Message)
					}
				}
				if len(said) > 0 {
					t.Errorf("got %q, want nothing", said)
				}
				return
			}
			if len(said) != 1 || !strings.HasPrefix(said[0], string(tc.kind)+": ") || !strings.Contains(said[0], tc.flag) {
				t.Errorf("got %q before training, want a line of %s that names %s", said, tc.kind, tc.flag)
			}
			if first := verdict.Findings[0]; first.Kind != tc.kind || !strings.Contains(first.Message, tc.flag) {
				t.Errorf("got first %s: %s, want %s that names %s", first.Kind, first.Message, tc.kind, tc.flag)
			}
			seeds := make(map[uint32]bool)
			for _, f := range verdict.Findings {
				if f.Kind == tc.kind && f.Cause == nil {
					for _, seed := range f.InSeeds {
						seeds[seed] = true
					}
				}
			}
			if len(seeds) != run.Repeats {
				t.Errorf("got %s with %d of %d seeds", tc.kind, len(seeds), run.Repeats)
			}
		})
	}
}

func rawTarget(run *config.Run) { run.ScaleTarget = dataset.RawTarget }
