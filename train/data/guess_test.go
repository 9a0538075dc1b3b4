//go:build tensorflow

package data

import (
	"math"
	"testing"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
)

// TestGuess compares the loss of the best constant output with closed forms.
func TestGuess(t *testing.T) {
	classes := func(n int) *dataset.Target {
		return &dataset.Target{Task: dataset.Classification, Classes: []string{"a", "b", "c"}[:n]}
	}
	quarter := []float64{0, 1, 0, 0, 0, 0, 0, 1} // a share of 1/4 is of class 1
	thirds := []float64{0, 1, 2, 2}
	numbers := []float64{1, 2, 3, 10}
	number := &dataset.Target{Task: dataset.Regression}
	const p = 0.25
	for _, tc := range []struct {
		name             string
		target           *dataset.Target
		y                []float64
		loss, activation string
		units            int
		weights          []float64
		want, least      float64
		weighted         float64
	}{
		{"mse of classes", classes(2), quarter, "mse", "sigmoid", 0, nil, p * (1 - p), 0, p * (1 - p)},
		{"mae of classes", classes(2), quarter, "mae", "sigmoid", 0, nil, p, 0, p},
		{"hinge", classes(2), quarter, "hinge", "linear", 0, nil, 2 * p, 0, 2 * p},
		{"squared hinge", classes(2), quarter, "squared_hinge", "linear", 0, nil, 4 * p * (1 - p), 0, 4 * p * (1 - p)},
		{"poisson of classes", classes(2), quarter, "poisson", "exponential", 0, nil, p - p*math.Log(p), p, p - p*math.Log(p)},
		{"weighted", classes(2), quarter, "mae", "sigmoid", 0, []float64{1, 2}, p, 0, 2 * p},
		{"softmax on one unit", classes(2), quarter, "mse", "softmax", 1, nil, 1 - p, 0, 1 - p},
		{"clipped cross-entropy", classes(2), quarter, "binary_crossentropy", "linear", 0, nil, 0.5623351, 0, 0.5623351},
		{"mse of three", classes(3), thirds, "mse", "softmax", 0, nil, (2*3.0/16 + 0.25) / 3, 0, (2*3.0/16 + 0.25) / 3},
		{"cross-entropy of linear outputs", classes(3), thirds, "categorical_crossentropy", "linear", 0, nil, 1.0397208, 0, 1.0397208},
		{"mae of a number", number, numbers, "mae", "linear", 0, nil, (2+1+8)/4.0 - 0.25, 0, (2+1+8)/4.0 - 0.25},
		{"a number beyond a sigmoid", number, numbers, "mse", "sigmoid", 0, nil, (0 + 1 + 4 + 81) / 4.0, 0, (0 + 1 + 4 + 81) / 4.0},
		{"poisson of a number", number, []float64{1, 3}, "poisson", "exponential", 0, nil, 2 - 2*math.Ln2, (1 + 3 - 3*math.Log(3)) / 2, 2 - 2*math.Ln2},
	} {
		run := config.Default()
		run.Loss, run.OutputActivation, run.UnitsOutput = tc.loss, tc.activation, tc.units
		output := run.Output(tc.target)
		d := &Dataset{Train: &dataset.Examples{X: make([]float64, len(tc.y)), Y: tc.y, Columns: []string{"x"}}, ClassWeights: tc.weights}
		g := d.Guess(&output, nil)
		if g == nil {
			t.Errorf("%s: got none", tc.name)
			continue
		}
		for _, pair := range [][2]float64{{float64(g.Loss), tc.want}, {float64(g.Least), tc.least}, {float64(g.TrainLoss), tc.weighted}} {
			if math.Abs(pair[0]-pair[1]) > 1e-5 {
				t.Errorf("%s: got %+v, want loss %g, least %g, weighted %g", tc.name, *g, tc.want, tc.least, tc.weighted)
			}
		}
	}
	for _, tc := range []struct {
		name             string
		target           *dataset.Target
		y                []float64
		loss, activation string
		units            int
	}{
		{"the default", classes(2), quarter, "auto", "auto", 0},
		{"cross-entropy of a number", number, numbers, "binary_crossentropy", "sigmoid", 0},
		{"categorical loss of one output", classes(2), quarter, "categorical_crossentropy", "softmax", 1},
		{"hinge of a number", number, numbers, "hinge", "linear", 0},
		{"poisson of numbers below 0", number, []float64{-1, 0, 1}, "poisson", "exponential", 0},
		{"cross-entropy of the numbers of classes", classes(3), thirds, "binary_crossentropy", "sigmoid", 1},
	} {
		run := config.Default()
		run.Loss, run.OutputActivation, run.UnitsOutput = tc.loss, tc.activation, tc.units
		output := run.Output(tc.target)
		d := &Dataset{Train: &dataset.Examples{X: tc.y, Y: tc.y, Columns: []string{"x"}}, Schema: &dataset.Schema{Target: *tc.target}}
		if g := d.Guess(&output, d.Labels(&output)); g != nil {
			t.Errorf("%s: got %+v, want none", tc.name, *g)
		}
	}
}
