package pybits

import "math"

// ln 2 in two parts. The first ends in enough zero bits for its product with
// any exponent to be exact. Go's constants are exact: only the rest is rounded.
const (
	ln2High = 0x1.62e42feep-1
	ln2Low  = math.Ln2 - ln2High
)

// Log returns the natural logarithm of x, for finite x above 0.
//
// With x = 2^k m and m between sqrt(1/2) and sqrt(2), and s = (m-1)/(m+1),
//
//	log x = k log 2 + 2 atanh s,  atanh s = s + s^3/3 + s^5/5 + ...
func Log(x float64) float64 {
	m, exponent := math.Frexp(x) // m in [1/2, 1)
	if m < math.Sqrt2/2 {
		m *= 2
		exponent--
	}
	k := float64(exponent)
	twoAtanh := atanhRatio(m-1, m)
	twoAtanh.high *= 2
	twoAtanh.low *= 2
	return double{k * ln2High, 0}.plus(twoAtanh).plus(double{k * ln2Low, 0}).high
}

// atanhRatio returns atanh(f / (m+1)) for f = m-1, which is exact, and
// |f / (m+1)| <= 3 - 2 sqrt 2.
func atanhRatio(f, m float64) double {
	d, dLow := twoSum(m, 1)
	quotient := f / d
	s := normal(quotient, (math.FMA(-quotient, d, f)-quotient*dLow)/d)

	// 1/5 + z/7 + z^2/9 + ... up to z^9/23, with z = s^2 <= 0.0295: the first
	// term left out is below 2^-64 of the whole.
	z := s.times(s)
	tail := 0.0
	for n := 23; n >= 5; n -= 2 {
		tail = tail*z.high + 1/float64(n)
	}
	one := double{1, 0}
	sum := one.over(3).plus(z.times(double{tail, 0}))
	return s.times(one.plus(z.times(sum)))
}
