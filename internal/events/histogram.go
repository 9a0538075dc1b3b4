package events

import (
	"math"

	"gradwatch/internal/events/tbproto"
)

// Histogram counts float32 values in TensorFlow's default buckets. It gives
// what tensorflow::histogram::Histogram gives. The zero value is empty and ready.
type Histogram struct {
	counts       [counters]uint64
	min, max     float32 // undefined while num is 0
	num          uint64
	sum, squares float64 // of the values and of their squares
}

// Add counts the values, of which NaN and infinities are only counted apart. It
// sums in float64, one value after the other: the same sums, bit for bit, as
// TensorFlow's. Denormal numbers count as what they are; so they do in
// TensorFlow's op when it runs in the caller's thread, while its own threads
// take them for 0.
func (h *Histogram) Add(values []float32) {
	const exponent = 0xff << 23
	table, counts := counterTable(), &h.counts
	low, high := h.bounds()
	sum, squares := h.sum, h.squares
	before := counts[nonFinite]
	for _, value := range values {
		bits := math.Float32bits(value)
		counts[counterOf(table, bits)]++
		if bits&exponent == exponent {
			continue
		}
		if value < low {
			low = value
		}
		if value > high {
			high = value
		}
		v := float64(value)
		sum += v
		squares += v * v // the product is exact, so a fused operation rounds as two do
	}
	h.min, h.max, h.sum, h.squares = low, high, sum, squares
	h.num += uint64(len(values)) - (counts[nonFinite] - before)
}

// bounds returns the smallest and the largest value, infinities when there is
// none.
func (h *Histogram) bounds() (low, high float32) {
	if h.num == 0 {
		return float32(math.Inf(1)), float32(math.Inf(-1))
	}
	return h.min, h.max
}

// Merge adds what the other has counted. Sums are added as a whole, so they may
// differ from those of one histogram of all values by rounding.
func (h *Histogram) Merge(other *Histogram) {
	low, high := h.bounds()
	otherLow, otherHigh := other.bounds()
	if otherLow < low { // not min(): of two zeros the first one stays, as in Add
		low = otherLow
	}
	if otherHigh > high {
		high = otherHigh
	}
	h.min, h.max = low, high
	for first := 0; first < counters; first += 8 {
		if from := (*[8]uint64)(other.counts[first:]); !allZero(from) {
			to := (*[8]uint64)(h.counts[first:])
			for i, count := range from {
				to[i] += count
			}
		}
	}
	h.num += other.num
	h.sum += other.sum
	h.squares += other.squares
}

// Reset empties the histogram.
func (h *Histogram) Reset() {
	positives, negatives := h.reach()
	clear(h.counts[:positives])
	clear(h.counts[negative : negative+negatives])
	h.counts[nonFinite] = 0
	h.num, h.sum, h.squares = 0, 0, 0
}

// Num is the number of finite values.
func (h *Histogram) Num() int { return int(h.num) }

// NonFinite is the number of values that were NaN or infinite.
func (h *Histogram) NonFinite() int { return int(h.counts[nonFinite]) }

// fill sets a HistogramProto to the histogram.
// A row of empty buckets becomes one, as TensorFlow's EncodeToProto has it
// without preserve_zero_buckets. An empty histogram has one empty bucket, and
// smallest and largest value 0 (TensorFlow's are the largest double and its
// negative, whose bucket ends before it begins in TensorBoard's charts).
func (h *Histogram) fill(m *tbproto.HistogramProto) {
	m.Min, m.Max = 0, 0
	if h.num > 0 {
		m.Min, m.Max = float64(h.min), float64(h.max)
	}
	m.Num, m.Sum, m.SumSquares = float64(h.num), h.sum, h.squares
	m.BucketLimit, m.Bucket = m.BucketLimit[:0], m.Bucket[:0]
	limits := bucketLimits()
	var room [counters]uint16
	for _, i := range h.keptBuckets(room[:0], len(limits)) {
		m.BucketLimit = append(m.BucketLimit, limits[i])
		m.Bucket = append(m.Bucket, float64(h.bucketCount(int(i), len(limits))))
	}
}

// keptBuckets appends the numbers of the buckets that hold values, of n, and of
// the last one of each row of empty buckets.
func (h *Histogram) keptBuckets(kept []uint16, n int) []uint16 {
	var room [counters]uint16
	next := 0
	for _, bucket := range h.usedBuckets(room[:0], n) {
		if int(bucket) > next {
			kept = append(kept, bucket-1)
		}
		kept = append(kept, bucket)
		next = int(bucket) + 1
	}
	if next < n {
		kept = append(kept, uint16(n-1))
	}
	return kept
}
