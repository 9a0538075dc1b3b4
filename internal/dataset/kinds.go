package dataset

import (
	"math"

	"gradwatch/internal/pybits"
)

// innerRadius is the inner circle's radius, scikit-learn's default factor.
const innerRadius = 0.8

// Circles makes class 0 on the unit circle and class 1 on a circle of radius
// 0.8 within it, half of the samples each (class 1 gets the odd one):
// scikit-learn's make_circles(samples, noise=noise, random_state=seed).
func Circles(samples int, noise float64, seed uint32) (*Examples, error) {
	if err := checkRange(samples, noise); err != nil {
		return nil, err
	}
	outer := samples / 2
	inner := samples - outer
	outerStep := 2 * math.Pi / float64(outer)
	innerStep := 2 * math.Pi / float64(inner)
	return shuffled(pybits.NewRandomState(seed), samples, noise, func(i int) (x1, x2, class float64) {
		if i < outer {
			sin, cos := pybits.Sincos(float64(i) * outerStep)
			return cos, sin, 0
		}
		sin, cos := pybits.Sincos(float64(i-outer) * innerStep)
		return innerRadius * cos, innerRadius * sin, 1
	}), nil
}

// Moons makes class 0 on the upper half of the unit circle and class 1 on the
// lower half of a unit circle around (1, 0.5), half of the samples each (class
// 1 gets the odd one): scikit-learn's make_moons(samples, noise=noise,
// random_state=seed).
func Moons(samples int, noise float64, seed uint32) (*Examples, error) {
	if err := checkRange(samples, noise); err != nil {
		return nil, err
	}
	upper := samples / 2
	lower := samples - upper
	return shuffled(pybits.NewRandomState(seed), samples, noise, func(i int) (x1, x2, class float64) {
		if i < upper {
			sin, cos := pybits.Sincos(spaced(math.Pi, upper, i))
			return cos, sin, 0
		}
		sin, cos := pybits.Sincos(spaced(math.Pi, lower, i-upper))
		return 1 - cos, 1 - sin - 0.5, 1
	}), nil
}

// spaced returns number i of n evenly spaced numbers from 0 to stop, both
// included, rounded as NumPy's linspace(0, stop, n)[i] is.
func spaced(stop float64, n, i int) float64 {
	switch i {
	case 0:
		return 0
	case n - 1:
		return stop
	}
	return float64(float64(i) * (stop / float64(n-1))) // rounded, not fused into a sum
}

// XOR makes points spread evenly over the four quadrants of [-1, 1] x [-1, 1].
// The class is 1 where the coordinates' signs differ. The quadrants take turns,
// so their sizes differ by at most one; noise comes on top and can carry a
// point over an axis, with its class.
func XOR(samples int, noise float64, seed uint32) (*Examples, error) {
	if err := checkRange(samples, noise); err != nil {
		return nil, err
	}
	// Point i is (u, v), (u, -v), (-u, -v) or (-u, v), in turn.
	state := pybits.NewRandomState(seed)
	return shuffled(state, samples, noise, func(i int) (x1, x2, class float64) {
		x1, x2 = state.Uniform(0, 1), state.Uniform(0, 1)
		if i%4 >= 2 {
			x1 = -x1
		}
		if i%4 == 1 || i%4 == 2 {
			x2 = -x2
		}
		return x1, x2, float64(i % 2)
	}), nil
}

const (
	// A spiral begins a quarter turn out and makes 1.75 turns, as many as in
	// TensorFlow Playground's spiral.
	spiralStart = math.Pi / 2
	spiralSweep = 3.5 * math.Pi
)

// Spirals makes two interleaved Archimedean spirals, one a class, half of the
// samples each (class 1 gets the odd one). Point i of n on the arm of class c
// is r (cos(a + c pi), sin(a + c pi)) with a = pi/2 + 3.5 pi i/(n-1) and r = a/pi.
// So r runs from 0.5 to 4, and neighbouring arms are 1 apart: noise reads as a
// part of that distance.
func Spirals(samples int, noise float64, seed uint32) (*Examples, error) {
	if err := checkRange(samples, noise); err != nil {
		return nil, err
	}
	first := samples / 2
	second := samples - first
	arm := func(n, i int) (x1, x2 float64) {
		angle := spiralStart + spaced(spiralSweep, n, i)
		sin, cos := pybits.Sincos(angle)
		radius := angle / math.Pi
		return radius * cos, radius * sin
	}
	return shuffled(pybits.NewRandomState(seed), samples, noise, func(i int) (x1, x2, class float64) {
		if i < first {
			x1, x2 = arm(first, i)
			return x1, x2, 0
		}
		x1, x2 = arm(second, i-first)
		return -x1, -x2, 1
	}), nil
}

// Blobs makes two round Gaussian clouds with standard deviation noise around
// two centers drawn from [-1, 1) x [-1, 1), half of the samples each (class 0
// gets the odd one): scikit-learn's make_blobs(samples, centers=2,
// cluster_std=noise, center_box=(-1, 1), random_state=seed).
func Blobs(samples int, noise float64, seed uint32) (*Examples, error) {
	if err := checkRange(samples, noise); err != nil {
		return nil, err
	}
	state := pybits.NewRandomState(seed)
	var centers [4]float64 // [class, input]
	for i := range centers {
		centers[i] = state.Uniform(-1, 1)
	}
	second := samples - samples/2 // where class 1 begins
	drawn := make([]float64, 2*samples)
	for i := range drawn {
		center := centers[i%2]
		if i >= 2*second {
			center = centers[2+i%2]
		}
		drawn[i] = state.Normal(center, noise)
	}

	p := newPlane(samples)
	for row, i := range state.Permutation(samples) {
		copy(p.Row(row), drawn[2*i:2*i+2])
		if i >= second {
			p.Y[row] = 1
		}
	}
	return p, nil
}
