package config

import "testing"

// TestBaselineCosts leaves the linear model out of runs that are not much longer than its fit.
func TestBaselineCosts(t *testing.T) {
	for _, tc := range []struct {
		name                         string
		rows, inputs, outputs, epoch int
		want                         bool
	}{
		{"a small table", 150, 4, 3, 1, false},
		{"digits", 1400, 64, 10, 100, false},
		{"a large table, trained long", 100_000, 50, 1, 40, false},
		{"a large table, trained for an epoch", 100_000, 50, 1, 1, true},
		{"more inputs than the model has weights for", 1000, 100_000, 1, 1, true},
	} {
		run := Default()
		run.Dataset, run.Layers, run.Epochs = "own.csv", []int{64}, tc.epoch
		if got := run.BaselineCosts(tc.rows, tc.inputs, tc.outputs); got != tc.want {
			t.Errorf("%s: got %v, want %v", tc.name, got, tc.want)
		}
	}
}
