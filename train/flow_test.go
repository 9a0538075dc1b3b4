//go:build tensorflow

package train

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gradwatch/train/data"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
)

func readChecks(t *testing.T, result *Result) []record.Check {
	t.Helper()
	checks, err := record.ReadChecks(filepath.Join(result.Folder, runfolder.FlowFile), filepath.Join(result.Folder, runfolder.UnitsFile))
	if err != nil {
		t.Fatal(err)
	}
	return checks
}

// ofReplica returns a replica's checks.
func ofReplica(checks []record.Check, replica int) []record.Check {
	return slices.DeleteFunc(slices.Clone(checks), func(c record.Check) bool { return c.Replica != replica })
}

// TestCheckedEpochs trains with each form of --diagnose-freq and looks at the rows
// of both files, and at the verdict.
func TestCheckedEpochs(t *testing.T) {
	for _, c := range []struct {
		freq, epochs, repeats int
		want                  []int
	}{
		{config.AutoDiagnose, 50, 1, []int{0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36, 39, 42, 45, 48, 49}},
		{config.AutoDiagnose, 1, 1, []int{0}},
		{1, 3, 3, []int{0, 1, 2}},
		{7, 10, 1, []int{0, 7, 9}},
		{7, 8, 2, []int{0, 7}},
		{100, 3, 1, []int{0, 2}},
		{0, 3, 2, nil},
	} {
		t.Run(fmt.Sprintf("freq=%d/epochs=%d/repeats=%d", c.freq, c.epochs, c.repeats), func(t *testing.T) {
			run := small(t)
			run.DiagnoseFreq, run.Epochs, run.Repeats, run.Layers, run.HistogramFreq = c.freq, c.epochs, c.repeats, []int{4, 3}, 0
			result := mustRun(t, run)
			if c.want == nil {
				checkNoChecks(t, result)
				return
			}
			layers := readRows(t, result, runfolder.FlowFile)
			units := readRows(t, result, runfolder.UnitsFile)
			var wantLayers, wantUnits []string
			for _, epoch := range c.want {
				for r := range c.repeats {
					row := strconv.Itoa(epoch)
					if c.repeats > 1 {
						row = fmt.Sprintf("%d,%d", r, epoch)
					}
					for k, width := range []int{4, 3, 1} {
						wantLayers = append(wantLayers, fmt.Sprintf("%s,dense_%d", row, k+1))
						for u := range width {
							wantUnits = append(wantUnits, fmt.Sprintf("%s,dense_%d,%d", row, k+1, u))
						}
					}
				}
			}
			columns := 2
			if c.repeats > 1 {
				columns = 3
			}
			if diff := cmp.Diff(wantLayers, firstFields(layers, columns)); diff != "" {
				t.Errorf("rows of flow.csv (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(wantUnits, firstFields(units, columns+1)); diff != "" {
				t.Errorf("rows of units.csv (-want +got):\n%s", diff)
			}
			if got, want := len(readChecks(t, result)), len(c.want)*c.repeats; got != want {
				t.Errorf("got %d whole checks, want %d", got, want)
			}
			v := result.Summary.Verdict
			if v == nil || v.Replicas != c.repeats || len(v.Layers) != 3 || !slices.Contains(c.want, v.Epoch) {
				t.Errorf("got verdict %+v, want one on %d replicas of 3 layers", v, c.repeats)
			}
			if saved := readSummary(t, result).Verdict; saved == nil || cmp.Diff(encode(t, v), encode(t, saved)) != "" {
				t.Errorf("summary.json: got verdict %+v, want %+v", saved, v)
			}
		})
	}
}

// checkNoChecks checks that a run without checks has neither files nor verdict.
func checkNoChecks(t *testing.T, result *Result) {
	t.Helper()
	for _, name := range []string{runfolder.FlowFile, runfolder.UnitsFile} {
		if _, err := os.Stat(filepath.Join(result.Folder, name)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: got %v, want no such file", name, err)
		}
	}
	content, err := os.ReadFile(filepath.Join(result.Folder, runfolder.SummaryFile))
	if err != nil {
		t.Fatal(err)
	}
	if result.Summary.Verdict != nil || strings.Contains(string(content), `"verdict"`) {
		t.Errorf("got verdict %+v in the result, or one in summary.json, want none", result.Summary.Verdict)
	}
}

// readRows returns the rows of a file, without the header.
func readRows(t *testing.T, result *Result, name string) [][]string {
	t.Helper()
	file, err := os.Open(filepath.Join(result.Folder, name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

func firstFields(rows [][]string, columns int) []string {
	var first []string
	for _, row := range rows {
		first = append(first, strings.Join(row[:columns], ","))
	}
	return first
}

func readSummary(t *testing.T, result *Result) *record.Summary {
	t.Helper()
	summary, err := record.ReadSummary(filepath.Join(result.Folder, runfolder.SummaryFile))
	if err != nil {
		t.Fatal(err)
	}
	return summary
}

// TestDataFacts checks what summary.json says of the training rows.
func TestDataFacts(t *testing.T) {
	run := small(t)
	run.Dataset = writeFile(t, "a,b,label\n3,-4,1\n0,1,1\n-2,0,1\n1,1,0\n100,100,0\n")
	run.Scale, run.TestFraction, run.Epochs = "none", 0.2, 1
	want := record.Data{Class1: 0.75, InputRMS: 2, InputMax: 4} // 9+16+0+1+4+0+1+1 over 8
	got := readSummary(t, mustRun(t, run)).Data
	if got.Class1 != want.Class1 || got.InputMax != want.InputMax || math.Abs(float64(got.InputRMS-want.InputRMS)) > 1e-8 {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestChecksLeaveTrainingAlone trains with a check after each epoch and without:
// the same weights and the same history, to the bit.
func TestChecksLeaveTrainingAlone(t *testing.T) {
	for name, change := range map[string]func(*config.Run){
		"sgd":             func(*config.Run) {},
		"adam, replicas":  func(r *config.Run) { r.Optimizer, r.Repeats = "adam", 3 },
		"running metrics": func(r *config.Run) { r.TrainMetrics = config.RunningMetrics },
		"residual, clipped": func(r *config.Run) {
			r.Residual, r.ClipNorm, r.Activations = true, 0.1, []string{"tanh"}
		},
	} {
		for _, overlap := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/overlap=%t", name, overlap), func(t *testing.T) {
				run := small(t)
				change(&run)
				var histories []string
				var results []*Result
				for _, freq := range []int{0, 1} {
					run.DiagnoseFreq = freq
					result, err := Run(t.Context(), run, Options{Plan: config.Plan{Threads: 1, Groups: 1, Overlap: overlap}})
					if err != nil {
						t.Fatal(err)
					}
					content, err := os.ReadFile(filepath.Join(result.Folder, runfolder.HistoryFile))
					if err != nil {
						t.Fatal(err)
					}
					histories, results = append(histories, string(content)), append(results, result)
				}
				if diff := cmp.Diff(results[0].Weights, results[1].Weights); diff != "" {
					t.Errorf("weights (-unchecked +checked):\n%s", diff)
				}
				if diff := cmp.Diff(histories[0], histories[1]); diff != "" {
					t.Errorf("history.csv (-unchecked +checked):\n%s", diff)
				}
			})
		}
	}
}

// TestChecksAreOfTheWeights compares what was measured at the last epoch with what
// plain Go makes of the weights that the run ends with, and the gradient's root mean
// square at each with the norm in history.csv.
func TestChecksAreOfTheWeights(t *testing.T) {
	for name, change := range map[string]func(*config.Run){
		"tanh":         func(r *config.Run) { r.Activations, r.LearningRate = []string{"tanh"}, 1 },
		"relu, groups": func(r *config.Run) { r.Repeats = 4 },
		"few batches":  func(r *config.Run) { r.BatchSize = 300 },
	} {
		t.Run(name, func(t *testing.T) {
			run := small(t)
			run.Layers, run.GradientData, run.DiagnoseFreq, run.HistogramFreq = []int{5, 3}, "train", 2, 0
			change(&run)
			result, err := Run(t.Context(), run, Options{Plan: config.Plan{Threads: 1, Groups: 2, Overlap: true}})
			if err != nil {
				t.Fatal(err)
			}
			checks, history := readChecks(t, result), readHistory(t, result)
			for r := range run.Repeats {
				own := ofReplica(checks, r)
				rows := history.Replica(r)
				for _, c := range own {
					for k, l := range c.Layers {
						kernel := result.Weights[r][k].Kernel
						rms := rows[c.Epoch].GradientL2[k] / math.Sqrt(float64(len(kernel)*len(kernel[0])))
						near(t, fmt.Sprintf("epoch %d, gradient RMS of layer %d", c.Epoch, k), l.GradientRMS, rms, 1e-4*rms)
					}
				}
				compareUnits(t, last(own), result.Weights[r], run.LayerActivation(0), trainRows(t, &run))
			}
		})
	}
}

func trainRows(t *testing.T, run *config.Run) *dataset.Examples {
	t.Helper()
	d, err := data.Load(run, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return d.Train
}

// compareUnits compares a check's units with what they do in plain Go on the points.
func compareUnits(t *testing.T, c record.Check, layers []record.Layer, activation string, points *dataset.Examples) {
	t.Helper()
	want := make([][]record.UnitFlow, len(layers))
	for k := range layers {
		want[k] = make([]record.UnitFlow, len(layers[k].Bias))
	}
	add := func(sum *float64, value float64) { *sum += value / float64(points.Len()) }
	for i := range points.Len() {
		z, a := forward(layers, activation, points.Row(i))
		delta := []float64{1/(1+math.Exp(-a[len(a)-1][0])) - points.Y[i]} // by the outputs of the layer above
		for k := len(layers) - 1; k >= 0; k-- {
			below := make([]float64, len(layers[k].Kernel))
			for u := range want[k] {
				w := &want[k][u]
				add(&w.OutputDelta, math.Abs(delta[u]))
				if k < len(layers)-1 {
					delta[u] *= slope(activation, z[k][u])
				}
				add(&w.Delta, math.Abs(delta[u]))
				add(&w.Active, indicator(z[k][u] > 0))
				add(&w.Extreme, indicator(math.Abs(z[k][u]) > 5))
				add(&w.Saturated, indicator(activation == "tanh" && k < len(layers)-1 && math.Abs(a[k][u]) > 0.97))
				add(&w.Mean, a[k][u])
				add(&w.Std, a[k][u]*a[k][u]) // the mean square, so far
				for j := range below {
					below[j] += delta[u] * float64(layers[k].Kernel[j][u])
				}
			}
			delta = below
		}
	}
	for k := range want {
		for u, got := range c.Layers[k].Units {
			w := want[k][u]
			w.Std = math.Sqrt(max(0, w.Std-w.Mean*w.Mean))
			for what, pair := range map[string][2]float64{
				"active share": {got.Active, w.Active}, "extreme share": {got.Extreme, w.Extreme},
				"saturated share": {got.Saturated, w.Saturated}, "mean": {got.Mean, w.Mean},
				"delta": {got.Delta, w.Delta}, "output delta": {got.OutputDelta, w.OutputDelta},
			} {
				near(t, fmt.Sprintf("%s of unit %d of dense_%d", what, u, k+1), pair[0], pair[1], 1e-5+1e-4*math.Abs(pair[1]))
			}
			near(t, fmt.Sprintf("std of unit %d of dense_%d", u, k+1), got.Std, w.Std, 1e-5+1e-3*math.Abs(w.Mean))
		}
	}
}

// forward returns each layer's pre-activations and outputs for a point.
func forward(layers []record.Layer, activation string, x []float64) (z, a [][]float64) {
	for k, layer := range layers {
		sums := make([]float64, len(layer.Bias))
		outputs := make([]float64, len(sums))
		for u := range sums {
			sums[u] = float64(layer.Bias[u])
			for i, value := range x {
				sums[u] += value * float64(layer.Kernel[i][u])
			}
			switch {
			case k == len(layers)-1:
				outputs[u] = sums[u]
			case activation == "tanh":
				outputs[u] = math.Tanh(sums[u])
			default:
				outputs[u] = max(sums[u], 0)
			}
		}
		z, a, x = append(z, sums), append(a, outputs), outputs
	}
	return z, a
}

// slope returns the activation's derivative.
func slope(activation string, z float64) float64 {
	if activation == "tanh" {
		return 1 - math.Tanh(z)*math.Tanh(z)
	}
	return indicator(z > 0)
}

func indicator(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// TestUpdateRatioOfEpoch compares the update ratio with the change of the weights of
// a run whose epoch is one step.
func TestUpdateRatioOfEpoch(t *testing.T) {
	run := small(t)
	run.BatchSize, run.DiagnoseFreq, run.Momentum, run.LearningRate, run.Layers = 1000, 1, 0, 0.5, []int{4, 3}
	var weights [][]record.Layer // after each epoch
	for epochs := 1; epochs <= run.Epochs; epochs++ {
		shorter := run
		shorter.Epochs = epochs
		weights = append(weights, mustRun(t, shorter).Weights[0])
	}
	checks := readChecks(t, mustRun(t, run))
	for epoch := 1; epoch < run.Epochs; epoch++ {
		for k, l := range checks[epoch].Layers {
			change, norm := 0.0, 0.0
			for i, row := range weights[epoch-1][k].Kernel {
				for j, before := range row {
					d := float64(weights[epoch][k].Kernel[i][j]) - float64(before)
					change, norm = change+d*d, norm+float64(before)*float64(before)
				}
			}
			want := math.Sqrt(change / norm)
			near(t, fmt.Sprintf("epoch %d, dense_%d", epoch, k+1), l.UpdateRatio, want, 1e-3*want+1e-7)
		}
	}
}

// TestUpdateRatioIsAMean trains on rows that are all the same, with so small a rate
// that all steps change the weights alike: the mean over the steps traced is that of
// one, however many steps an epoch has.
func TestUpdateRatioIsAMean(t *testing.T) {
	run := small(t)
	run.Epochs, run.DiagnoseFreq, run.Momentum, run.LearningRate, run.Activations = 1, 1, 0, 2e-5, []string{"tanh"}
	run.Dataset, run.Scale = writeFile(t, strings.Repeat("0.5,-0.25,1\n", 80)), "none"
	run.Task, run.ScaleTarget = "regression", "none"
	want := 0.0
	for _, size := range []int{40, 20, 10, 5, 3} {
		run.BatchSize = size
		got := last(readChecks(t, mustRun(t, run))[0].Layers).UpdateRatio
		if want == 0 {
			want = got
		}
		near(t, fmt.Sprintf("update ratio with batches of %d rows", size), got, want, 0.02*want)
	}
}

// TestChecksOfManyRows checks rows in several calls: a run of one epoch on more data
// than its checks by themselves look at, and one that asks for all.
func TestChecksOfManyRows(t *testing.T) {
	run := small(t)
	run.Samples, run.Epochs, run.Layers, run.HistogramFreq = 60_000, 1, []int{24}, 0
	run.Activations, run.BatchSize = []string{"tanh"}, 10_000
	for _, freq := range []int{config.AutoDiagnose, 1} {
		run.DiagnoseFreq = freq
		result := mustRun(t, run)
		points := trainRows(t, &run)
		rows := points.Len()
		if freq == config.AutoDiagnose {
			rows = 1024 // 1.5 % of 30,000 would be less
		}
		checks := readChecks(t, result)
		compareUnits(t, checks[0], result.Weights[0], "tanh", points.Spaced(rows))
	}
}

// TestStoppedRunHasAVerdict stops a run: its checks are those up to there, and its
// verdict is on them.
func TestStoppedRunHasAVerdict(t *testing.T) {
	run := small(t)
	run.Epochs, run.DiagnoseFreq, run.HistogramFreq = 1_000_000, 2, 0
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
	var got []int
	for _, c := range readChecks(t, result) {
		got = append(got, c.Epoch)
	}
	want := []int{0, 2, 4, 6}[:(result.Summary.Epochs+1)/2]
	if !slices.Equal(got, want) {
		t.Errorf("got checks of epochs %v after %d epochs, want %v", got, result.Summary.Epochs, want)
	}
	if result.Summary.Verdict == nil {
		t.Error("got no verdict")
	}
}

// TestNoFlowWithoutChecks builds no more of the graph than the run needs.
func TestNoFlowWithoutChecks(t *testing.T) {
	run := small(t)
	for _, freq := range []int{config.AutoDiagnose, 0} {
		run.DiagnoseFreq = freq
		if got := openTrainer(t, run, nil).groups[0].program.Flow != nil; got != (freq != 0) {
			t.Errorf("frequency %d: got a graph that measures checks: %t", freq, got)
		}
	}
}
