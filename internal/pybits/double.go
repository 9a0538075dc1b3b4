package pybits

import "math"

// double is the unevaluated sum of two float64: twice the precision, with low
// at most half a unit in the last place of high. See Dekker, "A floating-point
// technique for extending the available precision" (1971).
type double struct{ high, low float64 }

// plus returns a + b.
func (a double) plus(b double) double {
	sum, lost := twoSum(a.high, b.high)
	return normal(sum, lost+(a.low+b.low))
}

// times returns a b.
func (a double) times(b double) double {
	// The conversion keeps compilers for arm64 from fusing this product into the
	// sum below.
	product := float64(a.high * b.high)
	lost := math.FMA(a.high, b.high, -product)
	return normal(product, lost+(a.high*b.low+a.low*b.high))
}

// over returns a / n for an n that is exact.
func (a double) over(n float64) double {
	quotient := a.high / n
	rest := math.FMA(-quotient, n, a.high)
	return normal(quotient, (rest+a.low)/n)
}

// normal returns high + low as a double, for a low that is small beside high.
func normal(high, low float64) double {
	sum := high + low
	return double{sum, low - (sum - high)}
}

// twoSum returns a + b rounded, and what the rounding took away (Knuth, The Art
// of Computer Programming, volume 2, section 4.2.2).
func twoSum(a, b float64) (sum, lost float64) {
	sum = a + b
	bPart := sum - a
	return sum, (a - (sum - bPart)) + (b - bPart)
}
