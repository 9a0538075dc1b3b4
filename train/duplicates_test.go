//go:build tensorflow

package train

import (
	"math"
	"slices"
	"testing"

	"gradwatch/internal/record"
)

// TestMarkDuplicates checks which units are said to have the weights of another, and
// that it is always the first of them that is named.
func TestMarkDuplicates(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for name, c := range map[string]struct {
		rows [][]float32
		want []int
	}{
		"none":             {[][]float32{{1, 2}, {2, 1}, {1, 3}}, []int{-1, -1, -1}},
		"one unit":         {[][]float32{{1, 2}}, []int{-1}},
		"all":              {[][]float32{{1, 2}, {1, 2}, {1, 2}}, []int{0, 0, 0}},
		"two pairs":        {[][]float32{{1, 2}, {3, 4}, {5, 6}, {3, 4}, {1, 2}}, []int{0, 1, -1, 1, 0}},
		"the last ones":    {[][]float32{{9, 9}, {5, 6}, {1, 2}, {1, 2}}, []int{-1, -1, 2, 2}},
		"to rounding":      {[][]float32{{0.3, 0.5000003}, {0.3, 0.5000002}, {0.3, 0.5000001}}, []int{0, 0, 0}},
		"beyond rounding":  {[][]float32{{0.3, 0.5}, {0.3, 0.50001}}, []int{-1, -1}},
		"another sign":     {[][]float32{{1, -2}, {-1, 2}, {1, 2}}, []int{-1, -1, -1}},
		"the bias differs": {[][]float32{{1, 2, 0}, {1, 2, 1e-3}}, []int{-1, -1}},
		"zeros":            {[][]float32{{0, 0}, {1, 0}, {0, float32(math.Copysign(0, -1))}}, []int{0, -1, 0}},
		"zero and tiny":    {[][]float32{{0, 0}, {0, 1e-30}}, []int{-1, -1}},
		"small whole numbers, of one sum": {
			[][]float32{{1, 0, 0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0, 0, 1}, {1, 0, 0, 0, 0, 0, 0, 0}}, []int{0, -1, 0},
		},
		"NaN":             {[][]float32{{nan, 1}, {1, 1}, {nan, 1}, {1, 1}, {nan, 2}}, []int{-1, 1, -1, 1, -1}},
		"infinite":        {[][]float32{{inf, 1}, {inf, 1}}, []int{-1, -1}},
		"NaN in a weight": {[][]float32{{1, nan}, {3, 3}, {2, 2}, {1, nan}, {3, 3}, {2, 2}}, []int{-1, 1, 2, -1, 1, 2}},
	} {
		units := make([]record.UnitFlow, len(c.rows))
		for u := range units {
			units[u].Duplicate = -1
		}
		markDuplicates(units, func(u int) []float32 { return c.rows[u] })
		got := make([]int, len(units))
		for u := range units {
			got[u] = units[u].Duplicate
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got twins %v, want %v", name, got, c.want)
		}
	}
}

func TestDeviation(t *testing.T) {
	for name, c := range map[string]struct{ mean, square, want float64 }{
		"around 0":                {0, 4, 2},
		"beside a mean":           {3, 25, 4},
		"negative mean":           {-3, 25, 4},
		"zeros":                   {0, 0, 0},
		"constant":                {0.7, 0.7 * 0.7, 0},
		"constant, in float32":    {float64(float32(0.1)), float64(float32(0.1) * float32(0.1)), 0},
		"below 0 by rounding":     {1, 1 - 1e-7, 0},
		"less than float32 tells": {1, 1 + 1e-7, 0},
		"what float32 tells":      {1, 1 + 1e-6, 1e-3},
		"tiny":                    {0, 1e-30, 1e-15},
	} {
		if got := deviation(c.mean, c.square); math.Abs(got-c.want) > 1e-7*c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
	for name, c := range map[string][2]float64{
		"NaN": {math.NaN(), math.NaN()}, "infinite": {math.Inf(1), math.Inf(1)}, "infinite square": {1e30, math.Inf(1)},
	} {
		if got := deviation(c[0], c[1]); !math.IsNaN(got) && !math.IsInf(got, 0) {
			t.Errorf("%s: got %v, want a number that is not finite", name, got)
		}
	}
}
