//go:build tensorflow

package train

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"gonum.org/v1/gonum/stat"

	"gradwatch/graph"
	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/runfolder"
)

// task is a case of keras_tasks.json.
type task struct {
	trajectory
	Table       string
	ScaleTarget bool `json:"scale_target"`
	Rate        float64
}

// TestKerasTasks trains models of several classes and regressions from Keras's initial
// weights, without shuffling, and compares each epoch with what Keras computed.
func TestKerasTasks(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "keras_tasks.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases map[string]task
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) != 5 {
		t.Fatalf("got %d cases, want 5", len(cases))
	}
	for name, want := range cases {
		for _, replicas := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s/replicas=%d", name, replicas), func(t *testing.T) {
				want.compare(t, replicas)
			})
		}
	}
}

func (c task) compare(t *testing.T, replicas int) {
	t.Helper()
	run := c.configuration(t, replicas)
	run.Dataset, run.TestFraction, run.Scale = filepath.Join("testdata", "tables", c.Table), 0.3, "standard"
	run.LearningRate = c.Rate
	if !c.ScaleTarget {
		run.ScaleTarget = dataset.RawTarget
	}
	tr := openTrainer(t, run, nil)
	// A raw target makes losses and errors of thousands.
	size, unit := 1.0, 1.0
	if tr.model.Output.Regression() {
		unit = float64(tr.model.TargetUnit)
		if !c.ScaleTarget {
			size = tr.data.Schema.Target.Variance
		}
	}
	for epoch, w := range c.PerEpoch {
		trainEpoch(t, tr, epoch)
		rows := float64(tr.data.Train.Len())
		for r, got := range tr.rows {
			place := fmt.Sprintf("replica %d, epoch %d, ", r, epoch)
			near(t, place+"train loss", got.Loss/size, w.TrainLoss/size, lossTolerance)
			near(t, place+"test loss", got.ValLoss/size, w.TestLoss/size, lossTolerance)
			metric := 1/rows + 1e-6
			if tr.model.Output.Regression() {
				metric = 2e-4 * math.Sqrt(size)
			}
			near(t, place+"train metric", got.Accuracy/unit, w.TrainAccuracy, metric)
			near(t, place+"test metric", got.ValAccuracy/unit, w.TestAccuracy, 2*metric)
			compareNorms(t, place, got.GradientL2, w.TestGradientL2)
		}
	}
	compareFinal(t, tr, c.Final)
}

// perceptrons is tables/sklearn.json: what scikit-learn's perceptrons reach.
type perceptrons struct {
	TestFraction float64 `json:"test_fraction"`
	Epochs       int
	Hidden       []int
	BatchSize    int     `json:"batch_size"`
	LearningRate float64 `json:"learning_rate"`
	Results      map[string]struct {
		Train, Test []float64 // accuracy, or R², a seed each
		Stratified  map[string]int
	}
}

func readPerceptrons(t *testing.T) perceptrons {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "tables", "sklearn.json"))
	if err != nil {
		t.Fatal(err)
	}
	var p perceptrons
	if err := json.Unmarshal(data, &p); err != nil {
		t.Fatal(err)
	}
	if len(p.Results) != 5 {
		t.Fatalf("got results of %d data sets, want 5", len(p.Results))
	}
	return p
}

// tableRun returns the path of a data set's file.
func tableRun(t *testing.T, name string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "tables", name+".csv*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%s: got files %v, error %v, want one", name, files, err)
	}
	return files[0]
}

// TestTablesReachWhatScikitLearnsPerceptronsReach trains the same layers by the same rules
// on the same rows, with ten seeds: their mean test score is scikit-learn's, to what ten
// seeds tell.
func TestTablesReachWhatScikitLearnsPerceptronsReach(t *testing.T) {
	p := readPerceptrons(t)
	for name, want := range p.Results {
		t.Run(name, func(t *testing.T) {
			run := config.Default()
			run.Dataset, run.TestFraction, run.Scale = tableRun(t, name), p.TestFraction, "standard"
			run.Layers, run.KernelInitializer = p.Hidden, "glorot_uniform"
			run.Optimizer, run.LearningRate, run.BatchSize, run.Epochs = "adam", p.LearningRate, p.BatchSize, p.Epochs
			run.Repeats, run.HistogramFreq = len(want.Test), 0
			run.LogDir = t.TempDir()
			result, err := Run(t.Context(), run, Options{})
			if err != nil {
				t.Fatal(err)
			}
			e := result.Summary.Evaluation
			var got []float64
			for i, r := range result.Summary.Result {
				score := float64(r.ValAccuracy)
				if name == "diabetes" {
					score = float64(e.R2[i])
				}
				got = append(got, score)
			}
			mean, deviation := stat.MeanStdDev(got, nil)
			wantMean, wantDeviation := stat.MeanStdDev(want.Test, nil)
			spread := math.Sqrt((deviation*deviation + wantDeviation*wantDeviation) / float64(len(got)))
			t.Logf("test score %.4f ± %.4f, scikit-learn's %.4f ± %.4f", mean, deviation, wantMean, wantDeviation)
			if math.Abs(mean-wantMean) > 3*spread+0.01 {
				t.Errorf("mean test score of %d seeds: got %.4f, want scikit-learn's %.4f within %.4f", len(got), mean, wantMean, 3*spread+0.01)
			}
			checkEvaluation(t, result)
		})
	}
}

// checkEvaluation checks that the confusion matrix is that of the accuracies.
func checkEvaluation(t *testing.T, result *Result) {
	t.Helper()
	s := &result.Summary
	if s.Schema.Target.Task == dataset.Regression {
		return
	}
	right, all := 0, 0
	for k, row := range s.Evaluation.Confusion {
		for j, n := range row {
			all += n
			if j == k {
				right += n
			}
		}
	}
	sum := 0.0
	for _, r := range s.Result {
		sum += float64(r.ValAccuracy)
	}
	if got, want := float64(right)/float64(all), sum/float64(len(s.Result)); math.Abs(got-want) > 1e-6 {
		t.Errorf("part of the rows on the matrix's diagonal: got %v, want the accuracy, %v", got, want)
	}
	if all != s.TestRows*len(s.Seeds) {
		t.Errorf("rows in the matrix: got %d, want %d of each of %d seeds", all, s.TestRows, len(s.Seeds))
	}
	if _, err := os.Stat(filepath.Join(result.Folder, runfolder.ConfusionFile)); err != nil {
		t.Error(err)
	}
}

// TestStratifiedSharesAreScikitLearns compares how many test rows each class has.
func TestStratifiedSharesAreScikitLearns(t *testing.T) {
	p := readPerceptrons(t)
	for name, want := range p.Results {
		if want.Stratified == nil {
			continue
		}
		s := dataset.DefaultSource()
		s.Dataset, s.TestFraction, s.Stratify = tableRun(t, name), p.TestFraction, true
		set, err := dataset.Open(&s)
		if err != nil {
			t.Fatal(err)
		}
		got := make(map[string]int)
		for _, y := range set.Examples.Y[set.Train:] {
			got[set.Schema.Target.Classes[int(y)]]++
		}
		for class, n := range want.Stratified {
			// Among equal fractions scikit-learn draws which are rounded up.
			if d := got[class] - n; d < -1 || d > 1 {
				t.Errorf("%s: test rows of class %s: got %d, want %d, or one more or less", name, class, got[class], n)
			}
		}
	}
}

// TestResumedTasks checks that a regression and a softmax that were stopped go on to the
// same bits.
func TestResumedTasks(t *testing.T) {
	for _, name := range []string{"iris", "diabetes"} {
		t.Run(name, func(t *testing.T) {
			run := config.Default()
			run.Dataset, run.TestFraction, run.Scale = tableRun(t, name), 0.3, "standard"
			run.Layers, run.Epochs, run.Optimizer = []int{6, 4}, 6, "adam"
			run.LogDir, run.CheckpointFreq = t.TempDir(), 3
			whole, err := Run(t.Context(), run, Options{})
			if err != nil {
				t.Fatal(err)
			}
			part := stopAfter(t, run, config.Plan{}, 3)
			compareRuns(t, whole, resumeUntil(t, part, config.Plan{}, run.Epochs))
		})
	}
}

// TestSoftmaxMeasures checks what is measured of several outputs against the plain
// definitions: slices' gradients pooled are the whole gradient, and the output layer's
// error signal is the mean of |p - y|.
func TestSoftmaxMeasures(t *testing.T) {
	run := config.Default()
	run.Dataset, run.TestFraction, run.Scale, run.Stratify = tableRun(t, "iris"), 0.3, "standard", true
	run.Layers, run.Activations, run.Repeats, run.GradientData = []int{4, 3}, []string{"tanh"}, 3, "train"
	run.LogDir, run.Epochs = t.TempDir(), 2
	tr := openTrainer(t, run, nil)
	if err := tr.each(func(g *group) error { return g.steps(t.Context(), 0) }); err != nil {
		t.Fatal(err)
	}
	for _, g := range tr.groups {
		if err := g.snapshot(0); err != nil {
			t.Fatal(err)
		}
		if err := g.measure(0, true); err != nil {
			t.Fatal(err)
		}
	}
	whole := gradients(t, tr)
	rows, size := tr.data.Train.Len(), run.BatchSize
	e := &evaluation{target: &tr.data.Schema.Target, output: &tr.model.Output, test: tr.data.Train, replicas: []int{0, 1, 2}}
	if err := tr.predictRows(tr.runs[0], e); err != nil {
		t.Fatal(err)
	}
	for _, g := range tr.groups {
		for k := range g.model.Layers {
			values, err := graph.Floats(g.gradients[k]) // [replica * batch, rows, inputs+1]
			if err != nil {
				t.Fatal(err)
			}
			width, units := g.model.FanIn(k)+1, g.model.Layers[k].Units
			each := g.model.Rows(k) * width
			slices := len(values) / each / g.model.Replicas
			for r := range g.model.Replicas {
				for u := range units {
					sum := 0.0
					for s := range slices {
						n := min(size, rows-s*size)
						sum += float64(values[(r*slices+s)*each+u*width]) * float64(n) / float64(rows)
					}
					near(t, fmt.Sprintf("replica %d, %s, unit %d: slices' gradients together", g.first+r, graph.LayerName(k), u),
						sum, float64(whole[g.first+r][k].Kernel[0][u]), 1e-6)
				}
			}
		}
		for r := range g.model.Replicas {
			last := g.checks[r].Layers[len(g.model.Layers)-1]
			for u := range last.Units {
				sum := 0.0
				for i, y := range tr.data.Train.Y {
					p := float64(e.outputs[g.first+r][u*rows+i])
					if int(y) == u {
						p--
					}
					sum += math.Abs(p) / float64(rows)
				}
				near(t, fmt.Sprintf("replica %d, output %d: error signal", g.first+r, u), last.Units[u].Delta, sum, 1e-6)
			}
		}
	}
}
