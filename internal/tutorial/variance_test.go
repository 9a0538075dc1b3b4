package tutorial

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/runner/runnertest"
)

// resultOf is the result of a model whose single run reached shown, and whose seeds reached the
// others.
func resultOf(m Model, shown float64, seeds ...float64) result {
	return result{m, runnertest.Ended(m.Preset, runnertest.Results(shown)), runnertest.Ended(m.Preset+"-30-seeds", runnertest.Results(seeds...))}
}

// TestVariance checks that the sentences follow the numbers.
func TestVariance(t *testing.T) {
	l := Models()
	nan := math.NaN()
	const reference = "Mean ± std of 200 seeds in another framework, by the same rules: 0.822 ± 0.026, 0.571 ± 0.087 and 0.818 ± 0.059."
	for _, tc := range []struct {
		name        string
		runs        []result
		asReference bool
		want        []string
	}{
		{
			"as told",
			[]result{
				resultOf(l[0], 0.81, 0.80, 0.81, 0.82), resultOf(l[1], 0.55, 0.55, 0.49, 0.80), resultOf(l[2], 0.9, 0.9, 0.84, 0.5),
			},
			true,
			[]string{
				"Seeds differ: relu-5 ends between 0.500 and 0.900.",
				"relu-5 beats tanh-5 in 7 of the 9 pairs of a seed of each, and loses in 2.",
				reference,
			},
		},
		{
			"other epochs, never beaten",
			[]result{
				resultOf(l[0], 0.81, 0.81, 0.81), resultOf(l[1], 0.4, 0.4, 0.7), resultOf(l[2], 0.9, 0.9, 0.8),
			},
			false,
			[]string{
				"Seeds differ: tanh-5 ends between 0.400 and 0.700.",
				"relu-5 beats tanh-5 in all 4 pairs of a seed of each.",
			},
		},
		{
			"tanh ahead, and even",
			[]result{
				resultOf(l[0], 0.8, 0.8, 0.8), resultOf(l[1], 0.7, 0.7, 0.6), resultOf(l[2], 0.6, 0.6, 0.6),
			},
			false,
			[]string{
				"Seeds differ: tanh-5 ends between 0.600 and 0.700.",
				"tanh-5 beats relu-5 in 2 of the 4 pairs of a seed of each, and is even with it in the others.",
			},
		},
		{
			"some diverged",
			[]result{
				resultOf(l[0], 0.8, 0.8, nan, nan), resultOf(l[1], nan, nan, nan), resultOf(l[2], 0.6, 0.6, 0.6),
			},
			false,
			[]string{
				"2 of the 3 seeds of tanh-1 diverged: left out.",
				"2 of the 2 seeds of tanh-5 diverged: left out.",
			},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var all []seedResults
			for _, run := range tc.runs {
				all = append(all, newSeedResults(run))
			}
			if diff := cmp.Diff(tc.want, variance(all, tc.asReference)); diff != "" {
				t.Errorf("sentences (-want +got):\n%s", diff)
			}
		})
	}
}

// TestDrawsCells checks the table's cells, where there is little to say too.
func TestDrawsCells(t *testing.T) {
	nan := math.NaN()
	for _, tc := range []struct {
		name             string
		values           []float64
		center, extremes string
	}{
		{"several", []float64{0.5, 0.6, 0.7}, "0.600 ± 0.100", "0.500–0.700"},
		{"one", []float64{nan, 0.6}, "0.600", "0.600–0.600"},
		{"none", []float64{nan, nan}, "all diverged", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := newSeedResults(resultOf(Models()[0], 0.5, tc.values...))
			if d.center() != tc.center || d.extremes() != tc.extremes {
				t.Errorf("got %q and %q, want %q and %q", d.center(), d.extremes(), tc.center, tc.extremes)
			}
		})
	}
}
