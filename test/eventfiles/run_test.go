//go:build tensorflow

package eventfiles

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
	"gradwatch/internal/testenv/tensorboard"
	"gradwatch/train"
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
	// groups is the number of groups of replicas that train at the same time; 0
	// for the run's own plan.
	groups int
	// diverges says that some replicas do, or all.
	diverges bool
}

// cases cover each setting that decides what is in an event file. The test set
// has 500 rows where nothing else is said. Those of a list train side by side.
func cases() [][]testCase {
	var lists [][]testCase
	for _, c := range slices.Concat(singleCases(), replicaCases()) {
		lists = append(lists, []testCase{c})
	}
	return append(lists, sideBySide())
}

// singleCases are of one replica.
func singleCases() []testCase {
	return []testCase{
		{name: "tanh-5", base: "tanh-5", set: func(*config.Run) {}, slices: 16}, // 15 of 32 rows, one of 20
		{name: "relu-5", base: "relu-5", set: func(*config.Run) {}, slices: 16},
		{name: "every-fifth-epoch", base: "relu-5", set: func(r *config.Run) { r.HistogramFreq = 5 }, slices: 16},
		{name: "no-histograms", base: "relu-5", set: func(r *config.Run) { r.HistogramFreq = 0 }},
		{name: "no-checks", base: "relu-5", set: func(r *config.Run) { r.DiagnoseFreq = 0 }, slices: 16},
		{name: "every-seventh-check", base: "tanh-5", set: shallow(func(r *config.Run) { r.DiagnoseFreq = 7 }), slices: 16},
		{name: "whole-set", base: "tanh-5", set: func(r *config.Run) { r.GradientBatch = 0 }, slices: 1},
		{name: "even-slices", base: "tanh-5", set: func(r *config.Run) { r.GradientBatch = 100 }, slices: 5},
		{name: "every-fifth-row", base: "tanh-5", set: func(r *config.Run) { r.GradientRows = 100 }, slices: 4}, // 3 of 32, one of 4
		{name: "of-training-rows", base: "tanh-5", set: func(r *config.Run) {
			r.GradientData, r.TestFraction = "train", 0.3
		}, slices: 22},
		{name: "uneven-layers", base: "tanh-5", set: func(r *config.Run) {
			r.Layers, r.Dataset, r.Samples, r.BatchSize = []int{7, 3}, "moons", 150, 50
		}, slices: 2}, // 75 rows: 50 and 25
		{name: "diverges", base: "tanh-5", set: func(r *config.Run) {
			r.Activations, r.LearningRate = []string{"linear"}, 1.5
		}, slices: 16, diverges: true},
	}
}

// replicaCases are of several replicas.
func replicaCases() []testCase {
	return []testCase{
		{name: "repeats-3", base: "relu-5", set: func(r *config.Run) { r.Repeats = 3 }, slices: 16},
		{name: "repeats-2-whole-set", base: "tanh-5", set: func(r *config.Run) {
			r.Repeats, r.GradientBatch, r.HistogramFreq = 2, 0, 10
		}, slices: 1},
		{name: "one-of-3", base: "tanh-5", set: shallow(func(r *config.Run) {
			r.Repeats, r.HistogramReplica = 3, 1
		}), slices: 16},
		{name: "two-groups", base: "relu-5", set: shallow(func(r *config.Run) { r.Repeats = 17 }), slices: 16, groups: 2},
		// The group of the first two replicas shows nothing.
		{name: "one-of-two-groups", base: "tanh-5", set: shallow(func(r *config.Run) {
			r.Repeats, r.HistogramReplica = 5, 3
		}), slices: 16, groups: 2},
		{name: "log-replicas", base: "relu-5", set: shallow(func(r *config.Run) {
			r.Repeats, r.LogReplicas, r.Seed = 3, true, 7
		}), slices: 16},
		// Replicas of this width are evaluated in two parts of 167 rows.
		{name: "odd-test-rows", base: "tanh-5", set: shallow(func(r *config.Run) {
			r.Samples, r.Layers, r.Repeats = 666, []int{8, 8}, 3
		}), slices: 11},
		{name: "odd-test-rows-one-of-3", base: "tanh-5", set: shallow(func(r *config.Run) {
			r.Samples, r.Layers, r.Repeats, r.HistogramReplica = 666, []int{8, 8}, 3, 2
		}), slices: 11},
		// At this rate some seeds diverge, in epochs 1 to 8, and others never do.
		{name: "some-diverge", base: "tanh-5", set: func(r *config.Run) {
			r.Activations, r.KernelInitializer, r.LearningRate = []string{"linear"}, "glorot_uniform", 0.7
			r.Repeats, r.LogReplicas, r.HistogramFreq, r.DiagnoseFreq = 8, true, 4, 3
		}, slices: 16, groups: 2, diverges: true},
	}
}

// sideBySide are runs of one shape, as a study trains them. The second one's
// replicas are in both groups.
func sideBySide() []testCase {
	return []testCase{
		{name: "beside-one-of-3", base: "tanh-5", set: shallow(func(r *config.Run) {
			r.Repeats, r.HistogramReplica, r.LearningRate = 3, 2, 0.02
		}), slices: 16, groups: 2},
		{name: "beside-4", base: "tanh-5", set: shallow(func(r *config.Run) { r.Repeats, r.LogReplicas = 4, true }), slices: 16},
		{name: "beside-alone", base: "tanh-5", set: shallow(func(r *config.Run) { r.Seed = 9 }), slices: 16},
	}
}

// shallow sets a smaller model and fewer histograms first, to save time.
func shallow(set func(*config.Run)) func(*config.Run) {
	return func(r *config.Run) {
		r.Layers, r.HistogramFreq = []int{6, 4}, 10
		set(r)
	}
}

// trained is a finished run with what is needed to check its event files.
type trained struct {
	testCase
	run     config.Run
	folder  string
	weights [][]record.Layer // of weights.json, a replica each
	history *record.History
	flow    *flowFiles // nil without checks
	events  []tensorboard.Event
	each    [][]tensorboard.Event // of the replicas' own event files
	// test and gradient are the rows of the test set and those that gradients
	// are measured on.
	test, gradient []labelled
}

// trainCases trains cases side by side in the log folder.
func trainCases(t *testing.T, cases []testCase, logDir string) []*trained {
	t.Helper()
	var runs []config.Run
	for _, c := range cases {
		preset, found := config.LookupPreset(c.base)
		if !found {
			t.Fatalf("no preset %q", c.base)
		}
		run := preset.Apply(config.Default())
		run.Name, run.LogDir, run.Epochs = c.name, logDir, epochs
		c.set(&run)
		runs = append(runs, run)
	}
	var options train.Options
	if groups := cases[0].groups; groups > 0 {
		options.Plan = config.Plan{Threads: 1, Groups: groups}
	}
	results, err := train.RunAll(t.Context(), runs, options)
	if err != nil {
		t.Fatalf("train %s: %v", cases[0].name, err)
	}
	var all []*trained
	for i, result := range results {
		want := record.Done
		if cases[i].diverges {
			want = record.Diverged
		}
		if result.Summary.State != want {
			t.Fatalf("%s: got a run that is %s, want %s", cases[i].name, result.Summary.State, want)
		}
		r := &trained{testCase: cases[i], run: runs[i], folder: result.Folder}
		r.readFiles(t, result.Weights)
		r.makeRows(t)
		all = append(all, r)
	}
	return all
}

// readFiles reads the run's history and weights. Those of a run that diverged are
// taken as training gave them: weights.json has null for NaN.
func (r *trained) readFiles(t *testing.T, weights [][]record.Layer) {
	t.Helper()
	var err error
	if r.history, err = record.ReadHistory(filepath.Join(r.folder, runfolder.HistoryFile)); err != nil {
		t.Fatal(err)
	}
	if r.run.CheckFreq() > 0 {
		r.flow = readFlowFiles(t, r.folder, r.run.Repeats)
	}
	if r.weights = weights; r.diverges {
		return
	}
	if r.weights, err = record.ReadWeights(filepath.Join(r.folder, runfolder.WeightsFile)); err != nil {
		t.Fatal(err)
	}
}

// makeRows makes the rows that the run was trained and measured on.
func (r *trained) makeRows(t *testing.T) {
	t.Helper()
	points, err := dataset.Generate(r.run.Dataset, r.run.Samples, r.run.Noise, r.run.DataSeed)
	if err != nil {
		t.Fatal(err)
	}
	scaler, err := dataset.FitScaler(r.run.Scale, points, points.Len())
	if err != nil {
		t.Fatal(err)
	}
	trainPoints, testPoints, err := scaler.Apply(points).Split(r.run.TestFraction)
	if err != nil {
		t.Fatal(err)
	}
	r.test = rowsOf(testPoints)
	r.gradient = r.test
	if r.run.GradientData == "train" {
		r.gradient = rowsOf(trainPoints)
	}
	if every := r.run.GradientRows; every > 0 {
		some := r.gradient[:0:0]
		for i := 0; i < len(r.gradient); i += len(r.gradient) / every {
			some = append(some, r.gradient[i])
		}
		r.gradient = some
	}
}

// folders returns where the run's event files are: the run's own first, then
// those of its replicas, where there are any.
func (r *trained) folders() []string {
	folders := []string{r.folder}
	for _, name := range r.seedFolders() {
		folders = append(folders, filepath.Join(r.folder, name))
	}
	return folders
}

// seedFolders returns the names of the replicas' own folders.
func (r *trained) seedFolders() []string {
	var names []string
	for i := range r.run.Repeats {
		if r.run.LogReplicas {
			names = append(names, fmt.Sprintf("seed-%d", int(r.run.Seed)+i))
		}
	}
	return names
}

// layers is the number of dense layers, the output layer counted.
func (r *trained) layers() int { return len(r.run.Layers) + 1 }

// replica returns a replica's model as training left it.
func (r *trained) replica(i int) *mlp { return &mlp{r.weights[i], r.run.Activations[0]} }

// shown is how many replicas histograms show.
func (r *trained) shown() int {
	if r.run.HistogramReplica == config.AllReplicas {
		return r.run.Repeats
	}
	return 1
}

// isShown reports whether histograms show a replica.
func (r *trained) isShown(replica int) bool {
	return r.run.HistogramReplica == config.AllReplicas || r.run.HistogramReplica == replica
}

// shownFinite is how many of the replicas that histograms show have not diverged.
func (r *trained) shownFinite(step int64) int {
	count := 0
	for i := range r.run.Repeats {
		if r.isShown(i) && r.history.Replica(i)[step].Finite() {
			count++
		}
	}
	return count
}

// scalarTags are those of a run of one replica.
func scalarTags() []string { return []string{"loss", "accuracy", "val_loss", "val_accuracy"} }

// wantSteps returns the steps of each histogram and scalar tag.
func (r *trained) wantSteps() (histograms, scalars map[string][]int64) {
	histograms, scalars = make(map[string][]int64), make(map[string][]int64)
	for step := range int64(r.history.Epochs()) {
		for _, tag := range scalarTags() {
			scalars[tag] = append(scalars[tag], step)
			if r.run.Repeats > 1 {
				for _, of := range []string{"spread/" + tag + "_mean", "spread/" + tag + "_lower", "spread/" + tag + "_upper"} {
					scalars[of] = append(scalars[of], step)
				}
			}
		}
		if r.run.Checked(int(step)) {
			for _, tag := range r.flowTags() {
				scalars[tag] = append(scalars[tag], step)
			}
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
	for _, e := range r.events {
		if e.Kind == "histogram" && r.lacks(&e) > 0 {
			scalars[nonFinite+e.Tag] = append(scalars[nonFinite+e.Tag], e.Step)
		}
	}
	return histograms, scalars
}

// nonFinite is before a histogram's tag in that of how many values it lacks.
const nonFinite = "non_finite/"

// lacks is how many values a histogram has not of those that were there.
func (r *trained) lacks(e *tensorboard.Event) float64 {
	return r.wantValues()[e.Tag]*float64(r.shown()) - e.Histogram.Num
}

// wantLacking returns how many values the histogram of that tag and step lacks.
func (r *trained) wantLacking(tag string, step int64) float64 {
	for _, e := range r.events {
		if e.Kind == "histogram" && e.Tag == tag && e.Step == step {
			return r.lacks(&e)
		}
	}
	return math.NaN()
}

// column returns a row's value of a scalar tag.
func column(row record.Row, tag string) float64 {
	switch tag {
	case "loss":
		return row.Loss
	case "accuracy":
		return row.Accuracy
	case "val_loss":
		return row.ValLoss
	default:
		return row.ValAccuracy
	}
}

// wantScalar returns what history.csv gives for a scalar tag: of one replica its
// value, of several the mean of those that have not diverged, or one standard
// deviation below or above it.
func (r *trained) wantScalar(tag string, step int64) float64 {
	if strings.HasPrefix(tag, "flow/") {
		return r.wantFlow(tag, step)
	}
	if of, counts := strings.CutPrefix(tag, nonFinite); counts {
		return r.wantLacking(of, step)
	}
	if r.run.Repeats == 1 {
		return column(r.history.Replica(0)[step], tag)
	}
	of, lower := strings.CutSuffix(strings.TrimPrefix(tag, "spread/"), "_lower")
	of, upper := strings.CutSuffix(of, "_upper")
	of = strings.TrimSuffix(of, "_mean")
	mean, squares, count := 0.0, 0.0, 0.0
	for i := range r.run.Repeats {
		if row := r.history.Replica(i)[step]; row.Finite() {
			count++
			step := column(row, of) - mean
			mean += step / count
			squares += step * (column(row, of) - mean)
		}
	}
	deviation := math.Sqrt(squares / max(count-1, 1)) // of a sample
	switch {
	case count == 0:
		return math.NaN()
	case lower:
		return mean - deviation
	case upper:
		return mean + deviation
	default:
		return mean
	}
}

// wantValues returns how many values a replica has in a histogram of each tag,
// worked out from the layers' widths alone.
func (r *trained) wantValues() map[string]float64 {
	values := make(map[string]float64)
	inputs := 2
	for k, units := range append(append([]int{}, r.run.Layers...), 1) {
		name := fmt.Sprintf("dense_%d", k+1)
		values[name+"/kernel_0"] = float64(inputs * units)
		values[name+"/kernel_0_grad"] = float64(inputs * units * r.slices)
		values[name+"/bias_0"] = float64(units)
		values[name+"/bias_0_grad"] = float64(units * r.slices)
		values[name+"_out"] = float64(len(r.test) * units)
		inputs = units
	}
	return values
}

// wantPool returns the values of each histogram of the last epoch, by the
// reference model.
func (r *trained) wantPool() pool {
	p := make(pool)
	size := r.run.GradientBatch
	switch size {
	case 0:
		size = len(r.gradient)
	case config.FollowBatchSize:
		size = r.run.BatchSize
	}
	for i := range r.weights {
		if r.isShown(i) {
			p.add(r.replica(i), r.test, r.gradient, size)
		}
	}
	return p
}
