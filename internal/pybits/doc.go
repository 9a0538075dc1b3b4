// Package pybits computes what NumPy and scikit-learn compute, to the last bit: the
// random numbers of NumPy's legacy generator, and the sine, cosine and logarithm of C's
// mathematical library. scikit-learn makes its data sets from these, so that they can be
// made again in Go.
//
//	state := pybits.NewRandomState(1)
//	order := state.Permutation(1000)    // RandomState(1).permutation(1000)
//	deviate := state.Normal(0, 0.1)     // then .normal(0, 0.1)
//
// The generator's bits come from gonum's MT19937; this package adds what
// numpy.random.RandomState makes of them: doubles of 53 bits, uniform and normal
// deviates, bounded integers and shuffles. Newer generators (numpy.random.default_rng)
// are not covered. NumPy describes the stream, which it promises never to change, in
// NEP 19 and in numpy/random/src/legacy/legacy-distributions.c. A RandomState must not
// be used by two goroutines at a time.
//
//	pybits.Sincos(math.Pi) // 1.2246467991473532e-16, -1, as in C and NumPy
//	math.Sincos(math.Pi)   // 1.2246467991473515e-16, -1
//
// The functions have an error of little more than half a unit in the last place, so the
// result is nearly always the double nearest to the true value, as in the libraries that
// NumPy calls. Package math has an error of one unit, and more where a sine or cosine is
// near 0. The method is the usual one: reduce the argument to one near 0, compute the
// large terms in two doubles each, and add the tail of a series in one. It needs only
// IEEE arithmetic and math.FMA, so it holds on every platform.
package pybits
