package numeric

import (
	"math"
	"testing"
)

// TestRanges: NaN is no number that a model can be given, as a float64 or a float32.
func TestRanges(t *testing.T) {
	for _, c := range []struct {
		x                   float64
		finite, fitsFloat32 bool
	}{
		{0, true, true},
		{-math.MaxFloat32, true, true},
		{2 * math.MaxFloat32, true, false},
		{-math.MaxFloat64, true, false},
		{math.Inf(1), false, false},
		{math.Inf(-1), false, false},
		{math.NaN(), false, false},
	} {
		if got := Finite(c.x); got != c.finite {
			t.Errorf("Finite(%g): got %v, want %v", c.x, got, c.finite)
		}
		if got := FitsFloat32(c.x); got != c.fitsFloat32 {
			t.Errorf("FitsFloat32(%g): got %v, want %v", c.x, got, c.fitsFloat32)
		}
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]float64{"1": 1, " -2.5e1\t": -25, "+.5": 0.5, "1e-400": 0} {
		if got, err := Parse(text, 64); err != nil || got != want {
			t.Errorf("%q: got %g, %v, want %g", text, got, err, want)
		}
	}
	for _, text := range []string{"", " ", "NaN", "inf", "0x10", "1_000", "1,5", "e", "--1"} {
		if got, err := Parse(text, 64); err == nil {
			t.Errorf("%q: got %g, want an error", text, got)
		}
	}
	if got, err := Parse("-1e39", 32); err == nil || !math.IsInf(got, -1) {
		t.Errorf("-1e39 in 32 bits: got %g, %v, want -Inf and an error", got, err)
	}
}
