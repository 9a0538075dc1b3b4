// Package numpyrand draws the same numbers as NumPy's legacy generator,
// numpy.random.RandomState, for the same seed. scikit-learn makes its data
// sets with that generator, so with it they can be made again in Go.
//
// The bits come from gonum's MT19937; this package adds what RandomState makes
// of them: doubles of 53 bits, uniform and normal deviates, bounded integers
// and shuffles. Newer generators (numpy.random.default_rng) are not covered.
// NumPy's own description of the stream, which it promises never to change, is
// in its NEP 19 and in numpy/random/src/legacy/legacy-distributions.c.
//
//	state := numpyrand.New(1)
//	order := state.Permutation(1000)    // RandomState(1).permutation(1000)
//	deviate := state.Normal(0, 0.1)     // then .normal(0, 0.1)
//
// A RandomState must not be used by two goroutines at a time.
package numpyrand
