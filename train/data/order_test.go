//go:build tensorflow

package data

import (
	"math"
	"testing"

	"gradwatch/internal/dataset"
)

// TestOrderOf knows rows in a random order, sorted ones, and a target that has only one value.
func TestOrderOf(t *testing.T) {
	for _, tc := range []struct {
		name string
		task dataset.Task
		y    func(i int) float64
		want float64
	}{
		{"two classes, sorted", dataset.Classification, func(i int) float64 { return math.Floor(float64(i) / 500) }, 1},
		{"three classes, sorted", dataset.Classification, func(i int) float64 { return math.Floor(float64(i) / 334) }, 1},
		{"two classes, mixed", dataset.Classification, func(i int) float64 { return float64(i * i / 7 % 2) }, 0},
		{"a number, sorted", dataset.Regression, func(i int) float64 { return float64(i) }, 1},
		{"a number, mixed", dataset.Regression, func(i int) float64 { return math.Mod(float64(i)*float64(i)*math.Sqrt2, 1) }, 0},
		{"one class", dataset.Classification, func(int) float64 { return 1 }, 0},
	} {
		y := make([]float64, 1000)
		for i := range y {
			y[i] = tc.y(i)
		}
		if got := orderOf(&dataset.Examples{Y: y}, tc.task); math.Abs(got-tc.want) > 0.15 {
			t.Errorf("%s: %g, want about %g", tc.name, got, tc.want)
		}
	}
}
