package baseline

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gradwatch/internal/dataset"
	"gradwatch/internal/metrics"
)

// table opens one of scikit-learn's tables, whose last 30 % of the rows test.
func table(t *testing.T, file, scale string) *dataset.Dataset {
	t.Helper()
	source := dataset.DefaultSource()
	source.Dataset = filepath.Join("..", "..", "train", "testdata", "tables", file)
	source.TestFraction, source.Scale = 0.3, scale
	if file == "diabetes.csv" {
		source.Task = dataset.Regression
	}
	d, err := dataset.Open(&source)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// balanced returns class weights as scikit-learn's "balanced".
func balanced(train *dataset.Examples, classes int) []float64 {
	weights := make([]float64, classes)
	for _, y := range train.Y {
		weights[int(y)]++
	}
	for c, n := range weights {
		weights[c] = float64(train.Len()) / (float64(classes) * n)
	}
	return weights
}

// TestEqualsScikitLearns compares predictions and scores with those of LogisticRegression and Ridge, on inputs
// that are standardized already and on those of the file.
func TestEqualsScikitLearns(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "linear.json"))
	if err != nil {
		t.Fatal(err)
	}
	var golden map[string]struct {
		Score     float64
		Predicted [][]float64
	}
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	if len(golden) != 6 {
		t.Fatalf("got %d cases, want 6", len(golden))
	}
	for name, want := range golden {
		for _, scale := range []string{"standard", "none", "minmax"} {
			t.Run(name+" "+scale, func(t *testing.T) {
				file, weighted, _ := strings.Cut(name, ":")
				d := table(t, file, scale)
				train, _, test := d.Split()
				classes := len(d.Schema.Target.Classes)
				var weights []float64
				if weighted != "" {
					weights = balanced(train, classes)
				}
				m, err := Fit(t.Context(), train, classes, weights)
				if err != nil {
					t.Fatal(err)
				}
				const near = 0.02 // both stop before the minimum
				out := make([]float64, m.Outputs())
				for i, row := range want.Predicted {
					for k, got := range m.Predict(test.Row(i), out) {
						if classes == 0 {
							got = d.Schema.Target.Unscale(got)
						}
						if math.Abs(got-row[k]) > near*(1+math.Abs(row[k])) {
							t.Errorf("row %d, output %d: got %g, want %g", i, k, got, row[k])
						}
					}
				}
				if got := score(m, test, classes); math.Abs(got-want.Score) > 1e-3 {
					t.Errorf("score: got %g, want %g", got, want.Score)
				}
			})
		}
	}
}

// score returns the share of rows that are right, or R².
func score(m *Model, rows *dataset.Examples, classes int) float64 {
	out, right, predicted := make([]float64, m.Outputs()), 0, make([]float64, rows.Len())
	for i, y := range rows.Y {
		m.Predict(rows.Row(i), out)
		predicted[i] = out[0]
		if classes > 0 && Class(out) == int(y) {
			right++
		}
	}
	if classes > 0 {
		return float64(right) / float64(rows.Len())
	}
	return metrics.Determination(rows.Y, predicted)
}

// TestDegenerate fits rows that have nothing to fit: constant inputs and targets, more inputs than rows, classes that
// a plane separates.
func TestDegenerate(t *testing.T) {
	for name, tc := range map[string]struct {
		x, y    []float64
		inputs  int
		classes int
	}{
		"constant inputs":       {[]float64{5, 5, 5, 5}, []float64{0, 1, 1, 1}, 1, 2},
		"constant target":       {[]float64{1, 2, 3, 4}, []float64{7, 7, 7, 7}, 1, 0},
		"more inputs than rows": {[]float64{1, 2, 3, 4, 5, 7, 9, 8}, []float64{0, 1}, 4, 0},
		"separable":             {[]float64{-1e6, -2e6, 1e6, 2e6}, []float64{0, 0, 1, 1}, 1, 2},
		"one row":               {[]float64{3, 4}, []float64{2}, 2, 0},
		"three classes":         {[]float64{1, 2, 3, 4, 5, 6}, []float64{0, 0, 1, 1, 2, 2}, 1, 3},
	} {
		t.Run(name, func(t *testing.T) {
			rows := &dataset.Examples{Columns: make([]string, tc.inputs), X: tc.x, Y: tc.y}
			m, err := Fit(t.Context(), rows, tc.classes, nil)
			if err != nil {
				t.Fatal(err)
			}
			out := make([]float64, m.Outputs())
			for i := range rows.Y {
				for _, z := range m.Predict(rows.Row(i), out) {
					if math.IsNaN(z) || math.IsInf(z, 0) {
						t.Errorf("row %d: got %g", i, z)
					}
				}
			}
		})
	}
}

// TestNotFinite refuses inputs without a minimum.
func TestNotFinite(t *testing.T) {
	rows := &dataset.Examples{Columns: make([]string, 1), X: []float64{1, math.NaN(), 3}, Y: []float64{0, 1, 0}}
	if m, err := Fit(t.Context(), rows, 2, nil); err == nil {
		t.Errorf("got %+v, want an error", m)
	}
}

// TestStops ends with the context.
func TestStops(t *testing.T) {
	d := table(t, "wine.csv", "standard")
	train, _, _ := d.Split()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Fit(ctx, train, 3, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want %v", err, context.Canceled)
	}
}

// TestRepeats gives the same bits.
func TestRepeats(t *testing.T) {
	d := table(t, "wine.csv", "standard")
	train, _, _ := d.Split()
	var models [2]*Model
	for i := range models {
		var err error
		if models[i], err = Fit(t.Context(), train, 3, nil); err != nil {
			t.Fatal(err)
		}
	}
	for i, w := range models[0].weights {
		if models[1].weights[i] != w {
			t.Fatalf("weight %d: got %g, then %g", i, w, models[1].weights[i])
		}
	}
}

func BenchmarkFit(b *testing.B) {
	for _, file := range []string{"iris.csv", "breast_cancer.csv.gz", "diabetes.csv", "digits.csv.gz"} {
		b.Run(file, func(b *testing.B) {
			source := dataset.DefaultSource()
			source.Dataset = filepath.Join("..", "..", "train", "testdata", "tables", file)
			source.TestFraction = 0.3
			d, err := dataset.Open(&source)
			if err != nil {
				b.Fatal(err)
			}
			train, _, _ := d.Split()
			for b.Loop() {
				if _, err := Fit(b.Context(), train, len(d.Schema.Target.Classes), nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
