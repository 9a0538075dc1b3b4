//go:build tensorflow

package train

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gradwatch/train/serving"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/config"
	"gradwatch/internal/invalid"
	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
)

// small returns a run of few epochs in a new log folder.
func small(t *testing.T) config.Run {
	t.Helper()
	run := config.Default()
	run.Epochs, run.LogDir = 4, t.TempDir()
	return run
}

func mustRun(t *testing.T, run config.Run) *Result {
	t.Helper()
	result, err := Run(t.Context(), run, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func readHistory(t *testing.T, result *Result) *record.History {
	t.Helper()
	history, err := record.ReadHistory(filepath.Join(result.Folder, runfolder.HistoryFile))
	if err != nil {
		t.Fatal(err)
	}
	return history
}

// TestSameSeedSameBits trains twice and compares weights and history exactly.
func TestSameSeedSameBits(t *testing.T) {
	run := small(t)
	first, second := mustRun(t, run), mustRun(t, run)
	if diff := cmp.Diff(first.Weights, second.Weights); diff != "" {
		t.Errorf("weights differ: %s", diff)
	}
	if diff := cmp.Diff(readHistory(t, first), readHistory(t, second)); diff != "" {
		t.Errorf("histories differ: %s", diff)
	}
	run.Seed = 2
	if other := mustRun(t, run); cmp.Equal(first.Weights, other.Weights) {
		t.Error("another seed gives the same weights")
	}
}

// TestReplicasTrainAsRunsOfTheirOwn compares each replica's history with that
// of a run of its seed over 50 epochs.
func TestReplicasTrainAsRunsOfTheirOwn(t *testing.T) {
	run := small(t)
	run.Epochs, run.Seed, run.Repeats, run.HistogramFreq = 50, 21, 3, 0
	together := readHistory(t, mustRun(t, run))
	for r := range run.Repeats {
		alone := run
		alone.Seed, alone.Repeats = run.Seed+uint32(r), 1
		rows := readHistory(t, mustRun(t, alone)).Rows
		for epoch, got := range together.Replica(r) {
			want := rows[epoch]
			near(t, "loss", got.Loss, want.Loss, 1e-4)
			near(t, "test loss", got.ValLoss, want.ValLoss, 1e-4)
			for k := range want.GradientL2 {
				near(t, "gradient", got.GradientL2[k], want.GradientL2[k], 1e-4)
				near(t, "L1 norm", got.KernelL1[k], want.KernelL1[k], 1e-4*want.KernelL1[k])
			}
		}
	}
}

// TestHistory checks the file's form: its header, a row an epoch from 0, a
// block of rows a replica, 9 significant digits.
func TestHistory(t *testing.T) {
	run := small(t)
	run.Layers, run.Repeats = []int{3}, 2
	result := mustRun(t, run)
	content, err := os.ReadFile(filepath.Join(result.Folder, runfolder.HistoryFile))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	want := "replica,epoch,loss,accuracy,val_loss,val_accuracy," +
		"dense_1/gradient_l2,dense_2/gradient_l2,dense_1/kernel_l1,dense_2/kernel_l1"
	if lines[0] != want {
		t.Errorf("header: got %s, want %s", lines[0], want)
	}
	for i, start := range []string{"0,0,", "0,1,", "0,2,", "0,3,", "1,0,", "1,1,", "1,2,", "1,3,"} {
		if len(lines) != 9 || !strings.HasPrefix(lines[i+1], start) {
			t.Fatalf("line %d of %d: got %q, want it to start with %q", i+2, len(lines), lines[i+1], start)
		}
	}
	last := readHistory(t, result).Replica(1)[3]
	if got := float64(result.Summary.Result[1].ValLoss); math.Abs(got-last.ValLoss) > 1e-8 {
		t.Errorf("summary's last test loss: got %v, want the history's %v", got, last.ValLoss)
	}
	if summary, err := record.ReadSummary(filepath.Join(result.Folder, runfolder.SummaryFile)); err != nil {
		t.Error(err)
	} else if diff := cmp.Diff(encode(t, result.Summary), encode(t, *summary)); diff != "" {
		t.Errorf("summary.json differs from the result: %s", diff)
	} else if e := summary.Effective; e == nil || e.LearningRate != 0.01 || e.Threads != summary.Plan.Threads || e.GradientRows != summary.GradientRows {
		t.Errorf("in force: got %+v, want the learning rate, threads and rows of the run", e)
	}
}

func encode(t *testing.T, value any) string {
	t.Helper()
	text, err := json.MarshalIndent(value, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestWeightsFile reads weights.json back as initial weights.
func TestWeightsFile(t *testing.T) {
	for _, normalized := range []bool{false, true} {
		run := small(t)
		run.Repeats, run.BatchNorm = 2, normalized
		first := mustRun(t, run)
		run.InitialWeights = filepath.Join(first.Folder, runfolder.WeightsFile)
		tr := openTrainer(t, run, nil)
		got, err := tr.weights()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first.Weights, got); diff != "" {
			t.Errorf("weights.json does not give the weights back: %s", diff)
		}
		for _, layer := range got[1][:5] {
			if (layer.Norm != nil) != normalized || normalized && layer.Norm.MovingVariance[0] == 1 {
				t.Errorf("got normalization %v, want one that has moved: %t", layer.Norm, normalized)
			}
		}
	}
}

// TestInitialBias checks the biases that training begins with: the hidden layers'
// alone are asked for.
func TestInitialBias(t *testing.T) {
	run := small(t)
	run.Layers, run.BiasInitializer, run.BatchNorm = []int{2, 3}, "constant:-5", true
	layers, err := openTrainer(t, run, nil).weights()
	if err != nil {
		t.Fatal(err)
	}
	ones := func(n int) []float32 { return slices.Repeat([]float32{1}, n) }
	for k, want := range [][]float32{{-5, -5}, {-5, -5, -5}, {0}} {
		got := layers[0][k]
		if diff := cmp.Diff(want, got.Bias); diff != "" {
			t.Errorf("bias of dense_%d: %s", k+1, diff)
		}
		var norm *record.Norm // of the output layer
		if n := len(want); n > 1 {
			norm = &record.Norm{Gamma: ones(n), Beta: make([]float32, n), MovingMean: make([]float32, n), MovingVariance: ones(n)}
		}
		if diff := cmp.Diff(norm, got.Norm); diff != "" {
			t.Errorf("normalization of dense_%d: %s", k+1, diff)
		}
	}
}

// TestParameters checks the numbers that Keras's count_params gives.
func TestParameters(t *testing.T) {
	run := small(t)
	for want, normalized := range map[int]bool{2*5 + 5 + 4*(5*5+5) + 6: false, 2*5 + 5 + 4*(5*5+5) + 6 + 5*4*5: true} {
		run.BatchNorm = normalized
		if got := mustRun(t, run).Summary.Parameters; got != want {
			t.Errorf("batch normalization %t: got %d parameters, want %d", normalized, got, want)
		}
	}
}

// TestBatchLargerThanData trains on all rows in one batch.
func TestBatchLargerThanData(t *testing.T) {
	run := small(t)
	run.BatchSize, run.Samples = math.MaxInt32, 30
	result := mustRun(t, run)
	if result.Summary.State != record.Done || result.Summary.TrainRows != 15 {
		t.Errorf("got state %s with %d rows, want done with 15", result.Summary.State, result.Summary.TrainRows)
	}
}

// TestRunningMetrics checks that the running loss is the mean over the epoch's
// batches: with a rate that hardly moves the weights it equals the exact one.
func TestRunningMetrics(t *testing.T) {
	run := small(t)
	run.LearningRate, run.Repeats, run.Activations = 1e-9, 2, []string{"tanh"}
	exact := readHistory(t, mustRun(t, run))
	run.TrainMetrics = config.RunningMetrics
	running := readHistory(t, mustRun(t, run))
	for i := range exact.Rows {
		near(t, "loss", running.Rows[i].Loss, exact.Rows[i].Loss, 1e-5)
		near(t, "accuracy", running.Rows[i].Accuracy, exact.Rows[i].Accuracy, 1e-5)
	}
}

// TestStop cancels a run; it ends within the epoch and saves.
func TestStop(t *testing.T) {
	run := small(t)
	run.Epochs = 1_000_000
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	result, err := Run(ctx, run, Options{Epoch: func(epoch int, _ []record.Row) {
		if epoch == 5 {
			stop()
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	// The next epoch trains while one is recorded, so one more may be recorded.
	got := result.Summary
	if got.State != record.Stopped || got.Epochs < 6 || got.Epochs > 7 {
		t.Errorf("got state %s after %d epochs, want stopped after 6 or 7", got.State, got.Epochs)
	}
	history := readHistory(t, result)
	if history.Epochs() != got.Epochs {
		t.Errorf("got %d epochs in the history, want %d", history.Epochs(), got.Epochs)
	}
	near(t, "L1 norm of the saved kernel", kernelL1(result.Weights[0][0]), last(history.Rows).KernelL1[0], 1e-5)
}

func kernelL1(layer record.Layer) float64 {
	sum := 0.0
	for _, row := range layer.Kernel {
		for _, w := range row {
			sum += math.Abs(float64(w))
		}
	}
	return sum
}

// TestDivergence trains with rates that overflow at once, later, or in one
// replica's data, and checks what is said to have overflowed first.
func TestDivergence(t *testing.T) {
	cases := map[string]struct {
		change func(*config.Run)
		want   record.Divergence
	}{
		"absurd rate": {
			func(r *config.Run) { r.LearningRate = 1e30 },
			record.Divergence{Step: 1, Tensor: "dense_2 output"},
		},
		"exponential layers": {
			func(r *config.Run) { r.Activations, r.KernelInitializer = []string{"exponential"}, "uniform:0,1" },
			record.Divergence{Step: 0, Tensor: "dense_3 output"},
		},
		"two replicas, no histograms": {
			func(r *config.Run) { r.LearningRate, r.Repeats, r.HistogramFreq = 1e30, 2, 0 },
			record.Divergence{Step: 1, Tensor: "dense_2 output"},
		},
		"absurd rate, normalized": {
			func(r *config.Run) { r.LearningRate, r.BatchNorm = 1e30, true },
			record.Divergence{Step: 1, Tensor: "dense_2 output"},
		},
		"huge weights": {
			func(r *config.Run) { r.Activations, r.KernelInitializer = []string{"linear"}, "constant:1e15" },
			record.Divergence{Step: 0, Tensor: "dense_3 output"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			run := small(t)
			c.change(&run)
			result := mustRun(t, run)
			if result.Summary.State != record.Diverged || result.Summary.Divergence == nil {
				t.Fatalf("got state %s, divergence %v, want diverged", result.Summary.State, result.Summary.Divergence)
			}
			if diff := cmp.Diff(c.want, *result.Summary.Divergence); diff != "" {
				t.Error(diff)
			}
			if got := readHistory(t, result).Epochs(); got != result.Summary.Epochs || got < 1 {
				t.Errorf("got %d epochs in the history, %d in the summary", got, result.Summary.Epochs)
			}
		})
	}
}

// TestDivergenceLater finds the step in a later epoch: with a rate that is too
// large by little the weights grow for some epochs.
func TestDivergenceLater(t *testing.T) {
	run := small(t)
	run.Activations, run.LearningRate, run.Epochs, run.Layers = []string{"linear"}, 3, 200, []int{5}
	result := mustRun(t, run)
	d := result.Summary.Divergence
	if d == nil || d.Epoch != result.Summary.Epochs-1 || d.Epoch == 0 {
		t.Fatalf("got state %s, divergence %v after %d epochs, want one in the last epoch, not the first",
			result.Summary.State, d, result.Summary.Epochs)
	}
}

// TestDecision checks the grid's place and values.
func TestDecision(t *testing.T) {
	run := small(t)
	result, err := Run(t.Context(), run, Options{DecisionGrid: 50})
	if err != nil {
		t.Fatal(err)
	}
	d := result.Decision
	if len(d.Probability) != 50 || len(d.Probability[0]) != 50 || !(d.XMin < -1 && d.XMax > 1 && d.YMin < -1 && d.YMax > 1) {
		t.Fatalf("got a grid of %d by %d over %v..%v, %v..%v",
			len(d.Probability), len(d.Probability[0]), d.XMin, d.XMax, d.YMin, d.YMax)
	}
	for _, row := range d.Probability {
		for _, p := range row {
			if !(p >= 0 && p <= 1) {
				t.Fatalf("got probability %v", p)
			}
		}
	}
}

// TestDecisionPlanes evaluates models of more inputs on a plane, and compares a point of
// it with a Predictor.
func TestDecisionPlanes(t *testing.T) {
	for name, columns := range map[string][]string{"principal": nil, "columns": {"petal width", "sepal length"}} {
		t.Run(name, func(t *testing.T) {
			run := small(t)
			takeTable(&run, "iris.csv")
			run.DecisionColumns = columns
			result, err := Run(t.Context(), run, Options{DecisionGrid: 20})
			if err != nil {
				t.Fatal(err)
			}
			d := result.Decision
			if d == nil || len(d.Classes) != 3 || d.Probability != nil || (len(d.Plane.Columns) == 2) != (columns != nil) {
				t.Fatalf("got decision %+v, want one of three classes", d)
			}
			const i, j = 13, 4
			row := make([]float32, 4)
			d.Plane.At(d.XMin+(d.XMax-d.XMin)*i/19, d.YMin+(d.YMax-d.YMin)*j/19, row)
			p, err := serving.NewPredictor(result.Folder, 0, config.Plan{Threads: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			want, err := p.Predict(row)
			if err != nil {
				t.Fatal(err)
			}
			for k := range d.Classes {
				near(t, "probability", float64(d.Classes[k][j][i]), float64(want.Values[k]), 1e-6)
			}
		})
	}
}

// TestWrongRuns checks that what is wrong is said before anything is written.
func TestWrongRuns(t *testing.T) {
	file := filepath.Join(t.TempDir(), "weights.json")
	if err := os.WriteFile(file, []byte(`[[[1,2]],[3,4]]`), 0o666); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		change func(*config.Run)
		want   string
	}{
		"weights of another model": {
			func(r *config.Run) { r.InitialWeights = file },
			`want the weights of 6 layers, the file has 1`,
		},
		"weights of another shape": {
			func(r *config.Run) {
				r.InitialWeights, r.Layers = writeFile(t, `[[[1,2]],[3,4],[[1],[2]],[5]]`), []int{2}
			},
			`want a kernel of 2 rows of 2 numbers and a bias of 2 for dense_1`,
		},
		"weights without normalization": {
			func(r *config.Run) {
				r.InitialWeights, r.Layers, r.BatchNorm = writeFile(t, `[[[1,2],[1,2]],[3,4],[[1],[2]],[5]]`), []int{2}, true
			},
			`want gamma, beta, moving mean and moving variance of 2 numbers each for dense_1`,
		},
		"weights with a short normalization": {
			func(r *config.Run) {
				r.InitialWeights, r.Layers, r.BatchNorm = writeFile(t, `[[[1,2],[1,2]],[3,4],[1,1],[0,0],[0],[1,1],[[1],[2]],[5]]`), []int{2}, true
			},
			`want gamma, beta, moving mean and moving variance of 2 numbers each for dense_1`,
		},
		"weights of batch normalization for layer normalization": {
			func(r *config.Run) {
				r.InitialWeights, r.Layers, r.LayerNorm = writeFile(t, `[[[1,2],[1,2]],[3,4],[1,1],[0,0],[0,0],[1,1],[[1],[2]],[5]]`), []int{2}, true
			},
			`want gamma and beta of 2 numbers each for dense_1`,
		},
		"weights with normalization": {
			func(r *config.Run) {
				r.InitialWeights, r.Layers = writeFile(t, `[[[1,2],[1,2]],[3,4],[1,1],[0,0],[0,0],[1,1],[[1],[2]],[5]]`), []int{2}
			},
			`want no normalization in dense_1`,
		},
		"weights that are no list": {
			func(r *config.Run) { r.InitialWeights = writeFile(t, `{}`) },
			`want a weights.json: `,
		},
		"no such data": {
			func(r *config.Run) { r.Dataset = filepath.Join(t.TempDir(), "none.csv") },
			`no such file`,
		},
		"wrong data": {
			func(r *config.Run) { r.Dataset = writeFile(t, "a,b,label\n1,2,0\n1,x,1\n") },
			`:3: `,
		},
		"no GPU": {
			func(r *config.Run) { r.Device = "gpu" },
			`device "gpu": want cpu or auto: TensorFlow sees no GPU here`,
		},
		"too few rows": {
			func(r *config.Run) { r.Samples, r.TestFraction = 2, 0.9 },
			`test-fraction "0.9": want`,
		},
		"beyond float32": {
			func(r *config.Run) { r.Dataset, r.Scale = writeFile(t, "1e39,2,0\n1,3,1\n1,2,0\n1,3,1\n"), "none" },
			`scale "none": want one that brings row 1 of column "x1" (1e+39) within a float32`,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			run := small(t)
			run.LogDir = filepath.Join(run.LogDir, "logs")
			c.change(&run)
			_, err := Run(t.Context(), run, Options{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want %s", err, c.want)
			}
			if _, err := os.Stat(run.LogDir); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the log folder was made: %v", err)
			}
			var wrong *invalid.Error
			if name == "wrong data" && (!errors.As(err, &wrong) || wrong.File == "") {
				t.Errorf("got %#v, want an *invalid.Error of a file", err)
			}
		})
	}
}

func writeFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestPrecision trains a wide model in bfloat16: near float32's, and not the same.
func TestPrecision(t *testing.T) {
	run := small(t)
	run.Layers, run.Epochs, run.HistogramFreq = []int{128, 128}, 5, 1
	exact := readHistory(t, mustRun(t, run))
	run.Precision = config.Bfloat16
	rounded := readHistory(t, mustRun(t, run))
	same := true
	for epoch, got := range rounded.Rows {
		want := exact.Rows[epoch]
		near(t, "loss", got.Loss, want.Loss, 0.01)
		near(t, "test loss", got.ValLoss, want.ValLoss, 0.01)
		same = same && got.Loss == want.Loss
	}
	if same {
		t.Error("bfloat16 trains to the same bits as float32")
	}
}
