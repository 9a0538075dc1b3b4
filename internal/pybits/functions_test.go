package pybits_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"gradwatch/internal/pybits"
)

// precision is what the reference computes with, in bits; angles up to 16 lose
// about 24 of them to cancellation.
const precision = 300

// oftenEnough is the share of results that may miss the nearest double, by one
// unit. The C library's own share is around 1 in 1000.
const oftenEnough = 2e-4

func TestLog(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	arguments := []float64{1, 2, 0.5, math.Sqrt2, math.Sqrt2 / 2, math.Nextafter(1, 0), math.Nextafter(1, 2), 1e-300, 1e300, 5e-324, math.MaxFloat64}
	for range 3000 {
		arguments = append(arguments, random.Float64(), 100*random.Float64())
	}
	checkNearest(t, "Log", arguments, pybits.Log, referenceLog)
}

func TestSincos(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	arguments := []float64{0, 5e-324, 1e-9, -1e-9, pybits.MaxAngle, -pybits.MaxAngle}
	for k := 1.0; k <= 10; k++ { // where one of the two is nearly 0, or the quarter changes
		axis := k * math.Pi / 2
		arguments = append(arguments, axis, -axis, axis/2, math.Nextafter(axis, 0), math.Nextafter(axis, 20))
	}
	for range 2000 {
		arguments = append(arguments, 2*math.Pi*random.Float64(), pybits.MaxAngle*(2*random.Float64()-1))
	}
	sin := func(x float64) float64 { s, _ := pybits.Sincos(x); return s }
	cos := func(x float64) float64 { _, c := pybits.Sincos(x); return c }
	checkNearest(t, "sin", arguments, sin, func(x float64) *big.Float { return taylor(x, 1) })
	checkNearest(t, "cos", arguments, cos, func(x float64) *big.Float { return taylor(x, 0) })
}

// checkNearest fails when f is ever more than one unit in the last place from
// the reference, or is not the nearest double oftener than it may.
func checkNearest(t *testing.T, name string, arguments []float64, f func(float64) float64, reference func(float64) *big.Float) {
	t.Helper()
	misses := 0
	for _, x := range arguments {
		got := f(x)
		want, _ := reference(x).Float64()
		if got == want {
			continue
		}
		misses++
		if got != math.Nextafter(want, got) {
			t.Errorf("%s(%v): got %v, want %v or a neighbour", name, x, got, want)
		}
	}
	if share := float64(misses) / float64(len(arguments)); share > oftenEnough {
		t.Errorf("%s: got %d of %d results off the nearest double, want a share of at most %g", name, misses, len(arguments), oftenEnough)
	}
}

func exact(x float64) *big.Float { return new(big.Float).SetPrec(precision).SetFloat64(x) }

// taylor returns the series of sine (first = 1) or cosine (first = 0) at x,
// without bringing x near 0 first.
func taylor(x float64, first int) *big.Float {
	const terms = 60 // 16^120 / 120! is below 2^-180
	z := exact(x)
	z.Mul(z, z)
	term := exact(1)
	if first == 1 {
		term = exact(x)
	}
	sum := exact(0)
	for i := range terms {
		sum.Add(sum, term)
		k := first + 2*i
		term.Mul(term, z)
		term.Quo(term, exact(-float64((k+1)*(k+2))))
	}
	return sum
}

// referenceLog takes square roots until x is near 1, then the series of 2 atanh
// in (x-1)/(x+1).
func referenceLog(x float64) *big.Float {
	const roots, terms = 24, 20
	y := exact(x)
	for range roots {
		y.Sqrt(y)
	}
	s := new(big.Float).Quo(new(big.Float).Sub(y, exact(1)), new(big.Float).Add(y, exact(1)))
	z := new(big.Float).Mul(s, s)
	sum := exact(0)
	for i := range terms {
		sum.Add(sum, new(big.Float).Quo(s, exact(float64(2*i+1))))
		s = new(big.Float).Mul(s, z)
	}
	return sum.Mul(sum, exact(1<<(roots+1)))
}

func BenchmarkLog(b *testing.B) {
	for b.Loop() {
		pybits.Log(0.3)
	}
}

func BenchmarkSincos(b *testing.B) {
	for b.Loop() {
		pybits.Sincos(2.3)
	}
}

func ExampleSincos() {
	sin, cos := pybits.Sincos(math.Pi)
	fmt.Println(sin, cos)
	// Output: 1.2246467991473532e-16 -1
}
