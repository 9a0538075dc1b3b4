package config

import (
	"slices"
	"testing"
)

// TestChecked checks which epochs are: the first, each that is a multiple of the
// frequency, and the last, whatever it is.
func TestChecked(t *testing.T) {
	for _, c := range []struct {
		epochs, diagnose, freq int
		want                   []int // epochs; nil for as many as wanted
		count                  int
	}{
		{epochs: 5, diagnose: 1, freq: 1, want: []int{0, 1, 2, 3, 4}, count: 5},
		{epochs: 20, diagnose: 7, freq: 7, want: []int{0, 7, 14, 19}, count: 4},
		{epochs: 22, diagnose: 7, freq: 7, want: []int{0, 7, 14, 21}, count: 4},
		{epochs: 5, diagnose: 100, freq: 100, want: []int{0, 4}, count: 2},
		{epochs: 1, diagnose: 100, freq: 100, want: []int{0}, count: 1},
		{epochs: 5, diagnose: 0, freq: 0, want: []int{}, count: 0},
		{epochs: 1, diagnose: AutoDiagnose, freq: 1, want: []int{0}, count: 1},
		{epochs: 20, diagnose: AutoDiagnose, freq: 1, count: 20},
		{epochs: 21, diagnose: AutoDiagnose, freq: 2, count: 11},
		{epochs: 22, diagnose: AutoDiagnose, freq: 2, want: []int{0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 21}, count: 12},
		{epochs: 500, diagnose: AutoDiagnose, freq: 25, count: 21}, // 0, 25, ..., 475, 499
		{epochs: 100_000, diagnose: AutoDiagnose, freq: 5000, count: 21},
	} {
		run := Default()
		run.Epochs, run.DiagnoseFreq = c.epochs, c.diagnose
		if got := run.CheckFreq(); got != c.freq {
			t.Errorf("%d epochs, frequency %d: got a check every %d epochs, want %d", c.epochs, c.diagnose, got, c.freq)
		}
		got := []int{}
		for epoch := range run.Epochs {
			if run.Checked(epoch) {
				got = append(got, epoch)
			}
		}
		if len(got) != c.count || c.want != nil && !slices.Equal(got, c.want) {
			t.Errorf("%d epochs, frequency %d: got checks at %v, want %d of them, %v", c.epochs, c.diagnose, got, c.count, c.want)
		}
	}
}

// TestCheckRows checks that by itself a run of much data and few epochs is checked
// on so few rows that it costs little, and else on all.
func TestCheckRows(t *testing.T) {
	for _, c := range []struct{ epochs, diagnose, rows, want int }{
		{500, AutoDiagnose, 500, 500},
		{500, AutoDiagnose, 1_000_000, 1_000_000}, // 21 checks of 500 epochs are 4 %
		{21, AutoDiagnose, 1_000_000, 28_636},     // 11 checks: 0.015 * 21 / 11 of the rows each
		{22, AutoDiagnose, 1_000_000, 27_500},     // 12 checks, the last epoch's among them
		{20, AutoDiagnose, 1_000_000, 15_000},
		{1, AutoDiagnose, 1_000_000, 15_000},
		{1, AutoDiagnose, 1500, 1024},
		{1, AutoDiagnose, 1024, 1024},
		{1, AutoDiagnose, 10, 10},
		{20, 1, 1_000_000, 1_000_000}, // asked for
		{20, 0, 1_000_000, 1_000_000}, // there are none
	} {
		run := Default()
		run.Epochs, run.DiagnoseFreq = c.epochs, c.diagnose
		got := run.CheckRows(c.rows)
		if got != c.want {
			t.Errorf("%d epochs, frequency %d, %d rows: got %d rows, want %d", c.epochs, c.diagnose, c.rows, got, c.want)
		}
		checks := 0
		for epoch := range run.Epochs {
			if run.Checked(epoch) {
				checks++
			}
		}
		if got > leastCheckRows && c.diagnose == AutoDiagnose && float64(checks*got) > wholeShare*float64(run.Epochs*c.rows) {
			t.Errorf("%d epochs of %d rows: %d checks of %d rows are more than %v of it", c.epochs, c.rows, checks, got, wholeShare)
		}
	}
}
