package pybits

import "math"

// Half of pi in three parts, each the rounding error of those before it.
const (
	halfPi     = math.Pi / 2
	halfPiMid  = 0x1.1a62633145c07p-54
	halfPiTiny = -0x1.f1976b7ed8fbcp-110
)

// MaxAngle bounds the arguments of Sincos.
const MaxAngle = 16

// Sincos returns the sine and cosine of x, for |x| <= MaxAngle. It does not
// reduce larger angles as precisely.
func Sincos(x float64) (sin, cos float64) {
	// x = quarter (pi/2) + r with |r| <= pi/4. The first rest is exact: it is a
	// multiple of 2^-53 and below 1.
	quarter := math.Round(x / halfPi)
	rest := math.FMA(-quarter, halfPi, x)
	mid := double{halfPiMid, halfPiTiny}.times(double{-quarter, 0})
	r := double{rest, 0}.plus(mid)

	z := r.times(r)
	sin = r.times(series(z, 2)).high
	cos = series(z, 1).high
	switch int(quarter) & 3 {
	case 1:
		return cos, -sin
	case 2:
		return -sin, -cos
	case 3:
		return -cos, sin
	}
	return sin, cos
}

// series returns 1 - z/(n(n+1)) (1 - z/((n+2)(n+3)) (1 - ...)): Taylor's series
// of cos r for n = 1 and of (sin r)/r for n = 2, with z = r^2 <= (pi/4)^2. Only
// the first terms are large enough to need twice the precision. The first
// term left out, of r^20, is below 2^-67.
func series(z double, n int) double {
	const terms, precise = 9, 3
	tail := 1.0
	for i := terms - 1; i >= precise; i-- {
		k := float64(n + 2*i)
		tail = 1 - tail*z.high/(k*(k+1))
	}
	one, sum := double{1, 0}, double{tail, 0}
	for i := precise - 1; i >= 0; i-- {
		k := float64(n + 2*i)
		sum = one.plus(sum.times(z).over(-k * (k + 1)))
	}
	return sum
}
