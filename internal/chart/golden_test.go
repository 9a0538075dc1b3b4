package chart

import (
	"bytes"
	"flag"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden images anew")

type goldenCase struct {
	name string
	fig  Figure
	size Size
}

func goldenCases() []goldenCase {
	nan, inf := math.NaN(), math.Inf(1)
	acc := func(title string, end float64) Lines {
		return Accuracy(title, learning(1, 0.5, end), learning(1, 0.5, end-0.02))
	}
	diverged := vanishing(6, 120, 1.6)
	for k := range diverged {
		for e := 80; e < 120; e++ {
			diverged[k][e] = nan
		}
	}
	diverged = with(with(diverged, 0, 3, 0), 5, 79, inf)
	for e := range 80 {
		diverged[2][e] = 0
	}
	long := strings.Repeat("relu-5x5-adam-glorot_uniform-", 6) + "end"
	return []goldenCase{
		{"scatter", Scatter{Title: "circles: 1,000 points, noise 0.1, seed 1", Points: circles(1000)}, Size{}},
		{"scatter_one_point", Scatter{Points: Points{X: []float64{3, -2}, Inputs: 2, Labels: []float64{1}}}, Size{Width: 300, Height: 300}},
		{"scatter_not_finite", Scatter{Title: "not finite", Points: Points{X: []float64{0, 1, nan, 1, 2e6, inf, 1, 0.5}, Inputs: 2, Labels: []float64{0, 0, 1, 1}}}, Size{Width: 420, Height: 400}},
		{"accuracy", acc("relu-5: accuracy", 0.85), Size{}},
		{"accuracy_replicas", Accuracy("relu-5: accuracy, 30 seeds", learning(30, 0.5, 0.85), learning(30, 0.5, 0.83)), Size{}},
		{"loss", Loss("relu-5: loss", nats, learning(1, 0.7, 0.4), learning(1, 0.7, 0.43)), Size{}},
		{"loss_one_epoch", Loss("one epoch", nats, [][]float64{{0.693}}, [][]float64{{0.7}}), Size{Width: 480, Height: 320}},
		{"loss_diverged", Loss("relu-5 with --learning-rate 10", nats, [][]float64{{0.7, 30, 2e5, 1e9, nan, nan}}, [][]float64{{0.71, 28, 3e5, 2e9, inf, nan}}), Size{}},
		{"lines_all_equal", Lines{Title: long, YLabel: "value", Series: []Series{{long, [][]float64{{5, 5, 5}}}, {"test", [][]float64{{5, 5, 5}}}}}, Size{Width: 480, Height: 320}},
		{"gradients", Gradients{Title: "tanh-5: gradient size by layer and epoch", Norms: vanishing(6, 500, 0.2)}, Size{}},
		{"gradients_one_cell", Gradients{Title: "one layer, one epoch", Norms: [][]float64{{0.01}}}, Size{}},
		{"gradients_deep_long", Gradients{Title: "50 layers, 100,000 epochs", Norms: vanishing(50, 100_000, 0.8)}, Size{}},
		{"gradients_diverged", Gradients{Title: "zeros, NaN and Inf", Norms: diverged}, Size{}},
		{"gradients_all_zero", Gradients{Title: "all zero", Norms: [][]float64{{0, 0}, {0, 0}}}, Size{Width: 480, Height: 320}},
		{"weights", Norms{Title: "relu-5: size of the weights", L1: growing(6)}, Size{}},
		{"weights_deep", Norms{Title: "50 layers", L1: growing(50)}, Size{}},
		{"decision", Decision{Title: "relu-5: what the model has learned", Probabilities: ring(100), X: Range{-1.1, 1.1}, Y: Range{-1.1, 1.1}, Points: circles(500)}, Size{}},
		{"decision_plane", Decision{Title: "wine: decision", Note: "other directions at their mean; test points as seen along them", Probabilities: ring(60), X: Range{-4, 4}, Y: Range{-3, 3}, Points: named(circles(200), "red", "white"), XLabel: "first principal component, 36 % of the variance", YLabel: "second principal component, 19 % of the variance"}, Size{}},
		{"decision_classes", Decision{Title: "digits: decision", Classes: wedges(60, 10), X: Range{-1.1, 1.1}, Y: Range{-1.1, 1.1}, Points: sectors(400, 10), XLabel: "petal length", YLabel: "petal width"}, Size{}},
		{"decision_classes_flat", Decision{Title: "three as likely, and NaN", Classes: [][][]float64{{{1. / 3, 1. / 3}, {1. / 3, 1. / 3}}, {{1. / 3, 1. / 3}, {1. / 3, 1. / 3}}, {{1. / 3, 1. / 3}, {1. / 3, nan}}}, X: Range{-1, 1}, Y: Range{-1, 1}, Points: Points{Classes: []string{"a", "b", "c"}}}, Size{Width: 420, Height: 360}},
		{"decision_flat", Decision{Title: "a model that says one half everywhere", Probabilities: [][]float64{{0.5, 0.5}, {0.5, nan}}, X: Range{-1, 1}, Y: Range{-1, 1}}, Size{Width: 420, Height: 360}},
		{"mae", Errors("diabetes: mean absolute error", "mean absolute error", learning(1, 80, 43), learning(1, 82, 47)), Size{}},
		{"roc", ROC{Title: "spam: area under the ROC curve 0.913", Class: "spam", Curves: steps(1)}, Size{}},
		{"roc_replicas", ROC{Title: "spam: area under the ROC curve 0.913 ± 0.020", Class: "spam", Curves: steps(30)}, Size{}},
		{"predicted", regressed(120), Size{}},
		{"predicted_many", regressed(5000), Size{}},
		{"predicted_not_finite", Predicted{Title: "not finite", Values: []float64{1, 2, 3}, Predicted: []float64{1, nan, inf}}, Size{Width: 420, Height: 400}},
		{"profile", Profile{Title: "Gradient by layer, mean over all epochs", Models: []ModelProfile{
			{"tanh-1", []float64{0.04, 0.3}},
			{"tanh-5", []float64{3e-6, 2e-5, 1.5e-4, 1e-3, 9e-3, 0.1}},
			{"relu-5", []float64{0.08, 0.07, 0.06, 0.08, 0.09, 0.12}},
		}}, Size{}},
		{"profile_special", Profile{Title: "zeros and NaN", Models: []ModelProfile{
			{"dead", []float64{0, 0, 1e-3, 0.1}},
			{"diverged", []float64{nan, inf, 1, 0.5}},
		}}, Size{Width: 480, Height: 320}},
		{"profile_deep", Profile{Title: "20 layers", Models: []ModelProfile{{"relu-20", column(vanishing(21, 1, 0.5))}}}, Size{}},
		{"panels_accuracy", Panels{Title: "Accuracy by epoch", Share: true, Figures: []Figure{acc("tanh-1", 0.82), acc("tanh-5", 0.55), acc("relu-5", 0.85)}}, Size{}},
		{"panels_gradients", Panels{Title: "Gradient size by layer and epoch", Share: true, Figures: []Figure{
			Gradients{Title: "tanh-5", Norms: vanishing(6, 500, 0.2)}, Gradients{Title: "relu-5", Norms: vanishing(6, 500, 0.9)},
		}}, Size{}},
		{"panels_norms", Panels{Title: "Size of the weights", Share: true, Figures: []Figure{
			Norms{Title: "tanh-5", L1: growing(6)}, Norms{Title: "relu-5", L1: growing(6)},
		}}, Size{Scale: 2}},
		{"panels_grid", Panels{Title: long, Columns: 2, Figures: []Figure{
			acc("accuracy", 0.8), Gradients{Title: "gradients", Norms: vanishing(6, 120, 0.6)}, Scatter{Title: "data", Points: circles(200)},
		}}, Size{}},
	}
}

// studyCases are the pictures of many replicas.
func studyCases() []goldenCase {
	nan := math.NaN()
	accuracy := Range{0.4, 1}
	depth := Setting{Name: "hidden-layers", Numbers: upTo(10)}
	diverged := byDepth(70, 10, 30, 0.1)
	diverged[3][4], diverged[3][5], diverged[9] = nan, math.Inf(1), nil
	diverged[8] = []float64{nan, nan}
	names := []string{"uniform:0,1", "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_normal", "variance_scaling:2,fan_avg,truncated_normal", "zeros"}
	byName := func(seed uint64) [][]float64 { return byDepth(seed, len(names), 30, 0.15) }
	eight := make([]StudySeries, 8)
	for i := range eight {
		eight[i] = StudySeries{"activation=a" + string(rune('1'+i)), byDepth(uint64(200*i), 10, 10, 0.03*float64(i))}
	}
	one := func(rows [][]float64) [][]float64 {
		for i := range rows {
			rows[i] = rows[i][:1]
		}
		return rows
	}
	byRate := make([][]float64, len(rates))
	for i, r := range rates {
		byRate[i] = outcomes(uint64(i), 30, 1, 0.5+0.33*math.Exp(-math.Pow(math.Log10(r)+1.7, 2)))
	}
	byRate[8] = []float64{nan, nan, nan, 0.51}
	return []goldenCase{
		{"study", Study{Title: "Depth of a tanh net, 30 seeds", YLabel: "test accuracy", X: depth, Series: []StudySeries{{"", byDepth(5, 10, 30, 0.2)}}, Include: accuracy, Chance: 0.5}, Size{}},
		{"study_three", Study{Title: "Depth, 30 seeds", YLabel: "test accuracy", X: depth, Series: []StudySeries{
			{"activation=tanh", byDepth(30, 10, 30, 0.35)}, {"activation=relu", byDepth(50, 10, 30, 0.05)}, {"activation=elu", diverged},
		}, Include: accuracy, Chance: 0.5}, Size{}},
		{"study_eight", Study{Title: "Eight activations", YLabel: "test accuracy", X: depth, Series: eight, Include: accuracy, Chance: 0.5}, Size{}},
		{"study_names", Study{Title: "Initializers, 30 seeds", YLabel: "test accuracy", X: Setting{Name: "kernel-initializer", Names: names}, Series: []StudySeries{{"", byName(3)}}, Include: accuracy, Chance: 0.5}, Size{}},
		{"study_names_three", Study{Title: "Initializers, 30 seeds", YLabel: "test accuracy", X: Setting{Name: "kernel-initializer", Names: names}, Series: []StudySeries{
			{"hidden-layers=1", byName(20)}, {"hidden-layers=5", append(byName(40)[:7], []float64{nan})}, {"hidden-layers=10", byName(60)},
		}, Include: accuracy, Chance: 0.5}, Size{}},
		{"study_one_replica", Study{Title: "Depth 1 to 25, one seed", YLabel: "test accuracy", X: Setting{Name: "hidden-layers", Numbers: upTo(25)}, Series: []StudySeries{
			{"relu", one(byDepth(8, 25, 1, 0.02))}, {"tanh", one(byDepth(40, 25, 1, 0.2))},
		}, Include: accuracy, Chance: 0.5}, Size{}},
		{"study_log", Study{Title: "Learning rate, 30 seeds", YLabel: "test accuracy", X: Setting{Name: "learning-rate", Numbers: rates}, Series: []StudySeries{{"", byRate}}, Include: accuracy, Chance: 0.5}, Size{}},
		{"study_one_value", Study{Title: "one value", YLabel: "test loss", X: Setting{Name: "units", Numbers: []float64{5}}, Series: []StudySeries{{"", [][]float64{{0.4, 0.5, 30}}}}}, Size{Width: 480, Height: 320}},
		{"study_all_failed", Study{Title: "nothing to see", YLabel: "test loss", X: Setting{Name: "units", Numbers: []float64{5, 7}}, Series: []StudySeries{{"a", [][]float64{nil, {nan}}}}}, Size{Width: 480, Height: 320}},
		{"grid", Grid{Title: "Test accuracy, mean of 30 seeds", Metric: "test accuracy", X: depth, Y: Setting{Name: "units", Numbers: []float64{5, 10, 25, 50, 100}}, Cells: gridOf(5, 10, 30)}, Size{}},
		{"grid_small", Grid{Title: "small", Metric: "test accuracy", X: Setting{Name: "learning-rate", Numbers: rates}, Y: Setting{Name: "seed", Numbers: upTo(12)}, Cells: gridOf(12, 9, 1)}, Size{Width: 360, Height: 300}},
		{"spreads", Spreads{Title: "Test accuracy of 30 seeds", Models: threeModels(), Include: accuracy, Chance: 0.5}, Size{}},
		{"spreads_six", Spreads{Title: "Test accuracy of 200 seeds", Include: accuracy, Chance: 0.5, Models: append(threeModels(),
			ModelSpread{"relu-15", outcomes(9, 200, 0.4, 0.8), nan, 0.512},
			ModelSpread{"relu-20", outcomes(10, 200, 0.1, 0.8), 0.5, nan},
			ModelSpread{"relu-50", []float64{nan, nan}, nan, nan},
		)}, Size{}},
		{"accuracy_stuck", Accuracy("relu-15: accuracy, 30 seeds", someStuck(30, 0.83), someStuck(30, 0.81)), Size{}},
		{"panels_study", Panels{Title: "Two studies", Figures: []Figure{
			Study{Title: "depth", YLabel: "test accuracy", X: depth, Series: []StudySeries{{"tanh", byDepth(30, 10, 30, 0.35)}, {"relu", byDepth(50, 10, 30, 0.05)}}, Include: accuracy, Chance: 0.5},
			Grid{Title: "depth and units", Metric: "test accuracy", X: depth, Y: Setting{Name: "units", Numbers: []float64{5, 10, 25}}, Cells: gridOf(3, 10, 5)},
		}}, Size{}},
	}
}

// column returns the first value of each row.
func column(rows [][]float64) []float64 {
	c := make([]float64, len(rows))
	for i, r := range rows {
		c[i] = r[0]
	}
	return c
}

// TestGolden compares each picture with the one in testdata; run with -update to
// write these anew, and look at them before committing.
func TestGolden(t *testing.T) {
	for _, tc := range slices.Concat(goldenCases(), studyCases(), flowCases()) {
		t.Run(tc.name, func(t *testing.T) {
			if testing.Short() && tc.size == (Size{}) {
				t.Skip("a large picture takes long; the small ones are drawn by the same code")
			}
			var buf bytes.Buffer
			if err := WritePNG(&buf, tc.fig, tc.size); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", tc.name+".png")
			if *update {
				if err := os.WriteFile(path, buf.Bytes(), 0o666); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if share := differing(t, buf.Bytes(), want); share > maxDiffering {
				t.Errorf("%s: got %.3g %% of pixels that differ, want at most %.3g %%", path, 100*share, 100*maxDiffering)
			}
		})
	}
}

// maxDiffering is the share of pixels that may differ from the golden image:
// another processor may round an edge's opacity otherwise.
const maxDiffering = 1e-4

// differing returns the share of pixels whose colours are more than a hair apart.
func differing(t *testing.T, got, want []byte) float64 {
	t.Helper()
	a, b := decode(t, got), decode(t, want)
	if a.Bounds() != b.Bounds() {
		t.Fatalf("got bounds %v, want %v", a.Bounds(), b.Bounds())
	}
	n := 0
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			if far(a, b, x, y) {
				n++
			}
		}
	}
	return float64(n) / float64(a.Bounds().Dx()*a.Bounds().Dy())
}

func far(a, b image.Image, x, y int) bool {
	const hair = 8 << 8 // of 65535
	r0, g0, b0, _ := a.At(x, y).RGBA()
	r1, g1, b1, _ := b.At(x, y).RGBA()
	apart := func(p, q uint32) bool { return max(p, q)-min(p, q) > hair }
	return apart(r0, r1) || apart(g0, g1) || apart(b0, b1)
}

func decode(t *testing.T, data []byte) image.Image {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// nats labels the axis of the loss of two classes.
const nats = "binary cross-entropy (nats)"
