package events

import (
	"math"
	"slices"
	"sync"
)

// TensorFlow's default bucket limits (xla/tsl/lib/histogram/histogram.cc): from
// 1e-12 each 1.1 times the one before, as long as it is below 1e20; then the
// largest double; their negatives; and 0. Bucket b holds the values that are at
// least limit b-1 and below limit b.
const (
	firstLimit  = 1e-12
	limitGrowth = 1.1
	limitsEnd   = 1e20
)

// positiveLimits are the limits above 0 without the largest double.
func positiveLimits() []float64 {
	var limits []float64
	for limit := firstLimit; limit < limitsEnd; limit *= limitGrowth {
		limits = append(limits, limit)
	}
	return limits
}

// bucketLimits are all limits, rising. It must not be changed.
var bucketLimits = sync.OnceValue(func() []float64 {
	limits := []float64{0, math.MaxFloat64, -math.MaxFloat64}
	for _, limit := range positiveLimits() {
		limits = append(limits, limit, -limit)
	}
	slices.Sort(limits)
	return limits
})

// A float32's sign, exponent and first four bits of the mantissa number its cell.
// Numbers in a cell differ by less than 1/16, and limits by 1/10, so that no
// cell has more than one limit within it.
const (
	cellShift = 19 // bits of the mantissa that a cell leaves out
	cells     = 1 << (32 - cellShift)
	cellMask  = 1<<cellShift - 1
)

// Numbers of a histogram's counters. From counter 0, for 0 and all that is below
// the first limit, positive values go upwards with their size. So do negative
// ones from counter negative on, which is for -0. See bucketCount.
const (
	counters  = 1 << 11
	negative  = counters / 2
	nonFinite = counters - 1
)

// cellTable has for each cell a number of 11 and of 19 bits: the counter of the
// cell's first value, and a number that, added to the 19 bits of a value which
// are not in the cell's number, carries into the counter if the value lies
// beyond the limit within the cell. So the counter of a value's bits v is
// (table[v>>19] + v&(1<<19-1)) >> 19: no comparison, no branch.
type cellTable [cells]uint32

// counterTable is made once. It must not be changed.
var counterTable = sync.OnceValue(newCounterTable)

func newCounterTable() *cellTable {
	// The first numbers beyond each limit, upwards and downwards alike: no limit is
	// a float32, so it doesn't matter on which side the limit itself is.
	var steps []uint32
	for _, limit := range positiveLimits() {
		nearest := float32(limit)
		bits := math.Float32bits(nearest)
		if float64(nearest) < limit {
			bits++ // the next larger number
		}
		steps = append(steps, bits)
	}
	table := new(cellTable)
	fillCells(table[:cells/2], 0, steps)
	fillCells(table[cells/2:], negative, slices.Insert(steps, 0, 1)) // below -0 begins another bucket
	return table
}

// fillCells makes the cells of one sign. Steps are the bits, without sign, of
// the numbers at which the counter goes up by one.
func fillCells(table []uint32, counter uint32, steps []uint32) {
	const infinity = 0xff << 23
	for cell := range table {
		first := uint32(cell) << cellShift
		for len(steps) > 0 && steps[0] <= first {
			counter++
			steps = steps[1:]
		}
		table[cell] = counter << cellShift
		if len(steps) > 0 && steps[0]-first <= cellMask {
			table[cell] += 1<<cellShift - (steps[0] - first)
		}
		if first >= infinity {
			table[cell] = nonFinite << cellShift
		}
	}
}

// zeroBucket is the number of the bucket that begins with 0, of n: negative
// limits and 0 are before it.
func zeroBucket(n int) int { return n/2 + 1 }

// bucketCount returns the number of values in bucket b of n. Both zeros are in
// the bucket that begins with 0.
func (h *Histogram) bucketCount(b, n int) uint64 {
	switch zero := zeroBucket(n); {
	case b < zero:
		return h.counts[negative+zero-b]
	case b == zero:
		return h.counts[0] + h.counts[negative]
	default:
		return h.counts[b-zero]
	}
}

// counterOf returns the counter of a value's bits.
func counterOf(table *cellTable, bits uint32) uint32 {
	return (table[bits>>cellShift] + bits&cellMask) >> cellShift % counters
}

// reach returns how many counters of each sign, from 0 on, may hold values: up to the
// largest one's. They are less than half, so that it pays to look at no others.
func (h *Histogram) reach() (positives, negatives int) {
	if h.num == 0 {
		return 0, 0
	}
	table := counterTable()
	if h.max >= 0 { // of two zeros, which are equal, either may be the one that is kept
		positives = int(counterOf(table, math.Float32bits(h.max)&^signBit)) + 1
	}
	if h.min <= 0 {
		negatives = int(counterOf(table, math.Float32bits(h.min)|signBit)) - negative + 1
	}
	return positives, negatives
}

const signBit = 1 << 31

// usedBuckets appends the numbers of the buckets of n that hold values, rising.
// Most counters are 0, so it looks at eight at once.
func (h *Histogram) usedBuckets(used []uint16, n int) []uint16 {
	zero := zeroBucket(n)
	positives, negatives := h.reach()
	for first := (negative + negatives - 1) &^ 7; first >= negative; first -= 8 {
		if allZero((*[8]uint64)(h.counts[first:])) {
			continue
		}
		for i := first + 7; i >= first; i-- {
			if h.counts[i] > 0 && i > negative {
				used = append(used, uint16(zero-(i-negative)))
			}
		}
	}
	if h.bucketCount(zero, n) > 0 {
		used = append(used, uint16(zero))
	}
	for first := 0; first < positives; first += 8 {
		if allZero((*[8]uint64)(h.counts[first:])) {
			continue
		}
		for i := first; i < first+8; i++ {
			if h.counts[i] > 0 && i > 0 {
				used = append(used, uint16(zero+i))
			}
		}
	}
	return used
}

func allZero(c *[8]uint64) bool { return c[0]|c[1]|c[2]|c[3]|c[4]|c[5]|c[6]|c[7] == 0 }
