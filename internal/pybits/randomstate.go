package pybits

import (
	"math"
	"math/bits"

	"gonum.org/v1/gonum/mathext/prng"
)

// RandomState is numpy.random.RandomState: a Mersenne Twister and the second
// normal deviate of the last pair. Make one with New.
type RandomState struct {
	source prng.MT19937

	// Normal deviates come in pairs. The one that was not asked for yet waits
	// here, across draws of other kinds, as it does in NumPy.
	spare    float64
	hasSpare bool
}

// NewRandomState returns the state of numpy.random.RandomState(seed).
func NewRandomState(seed uint32) *RandomState {
	r := new(RandomState)
	r.source.Seed(uint64(seed))
	return r
}

// Double returns a number of [0, 1) with 53 random bits, as random_sample does.
func (r *RandomState) Double() float64 {
	high := r.source.Uint32() >> 5 // 27 bits
	low := r.source.Uint32() >> 6  // 26 bits
	return (float64(high)*(1<<26) + float64(low)) / (1 << 53)
}

// Uniform returns a number of [low, high), as uniform(low, high) does.
func (r *RandomState) Uniform(low, high float64) float64 {
	// The conversions here and below keep compilers for arm64 from fusing the
	// product and the sum, which would round once where NumPy rounds twice.
	return low + float64((high-low)*r.Double())
}

// Gauss returns a standard normal deviate, as standard_normal does: by
// Marsaglia's polar method (Marsaglia and Bray, 1964), which makes two at a
// time; the second is kept for the next call.
func (r *RandomState) Gauss() float64 {
	if r.hasSpare {
		r.hasSpare = false
		return r.spare
	}
	var x1, x2, square float64
	for square >= 1 || square == 0 {
		x1 = 2*r.Double() - 1
		x2 = 2*r.Double() - 1
		square = float64(x1*x1) + float64(x2*x2)
	}
	f := math.Sqrt(-2 * Log(square) / square)
	r.spare, r.hasSpare = f*x1, true
	return f * x2
}

// Normal returns a normal deviate with the given mean and standard deviation,
// as normal(mean, deviation) does.
func (r *RandomState) Normal(mean, deviation float64) float64 {
	return mean + float64(deviation*r.Gauss())
}

// Interval returns an integer of [0, last], each equally likely: random bits
// under the smallest mask that covers last, drawn again while they exceed it.
// low + Interval(high-1-low) is NumPy's randint(low, high).
func (r *RandomState) Interval(last uint64) uint64 {
	if last == 0 {
		return 0 // NumPy draws no bits here
	}
	mask := uint64(1)<<bits.Len64(last) - 1 // all 64 bits when the shift overflows
	for {
		value := r.bits(last) & mask
		if value <= last {
			return value
		}
	}
}

// bits returns 32 random bits, or 64 where last needs more than 32.
func (r *RandomState) bits(last uint64) uint64 {
	if last <= math.MaxUint32 {
		return uint64(r.source.Uint32())
	}
	return r.source.Uint64()
}

// Shuffle permutes n elements in place, as shuffle does with a vector; swap
// exchanges elements i and j.
func (r *RandomState) Shuffle(n int, swap func(i, j int)) {
	for i := n - 1; i > 0; i-- {
		swap(i, int(r.Interval(uint64(i))))
	}
}

// Permutation returns the numbers 0 to n-1 in random order, as permutation(n)
// does.
func (r *RandomState) Permutation(n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	r.Shuffle(n, func(i, j int) { order[i], order[j] = order[j], order[i] })
	return order
}
