package eventlog

import (
	"encoding/binary"
	"hash/fnv"
	"math"

	"gradwatch/internal/events/tbproto"
)

// Point is what is kept of a scalar or a histogram at a step.
type Point struct {
	Step int64
	// Value is the scalar, or the L2 norm of the histogram's values.
	Value float64
	// RMS is the root mean square of a histogram's values and Count their number; NaN and 0 of a scalar.
	RMS, Count float64
	// Zeros is the share of a histogram's values that are 0; NaN where its buckets don't tell.
	Zeros float64
	// Fingerprint is equal for histograms that are equal in all their numbers.
	Fingerprint uint64
}

// Finite reports whether the point holds neither NaN nor infinity.
func (p *Point) Finite() bool { return !math.IsNaN(p.Value) && !math.IsInf(p.Value, 0) }

// pointOf returns the numbers of a summary's value; ok is false for one that is neither a scalar nor a histogram,
// and for a histogram of nothing.
func pointOf(step int64, v *tbproto.Summary_Value) (point Point, histogram, ok bool) {
	switch value := v.GetValue().(type) {
	case *tbproto.Summary_Value_SimpleValue:
		return scalar(step, float64(value.SimpleValue)), false, true
	case *tbproto.Summary_Value_Histo:
		point, ok = ofProto(step, value.Histo)
		return point, true, ok
	case *tbproto.Summary_Value_Tensor:
		return ofTensor(step, value.Tensor)
	}
	return Point{}, false, false
}

func scalar(step int64, x float64) Point {
	return Point{Step: step, Value: x, RMS: math.NaN(), Zeros: math.NaN()}
}

// ofProto returns the numbers of a HistogramProto, which has sums.
func ofProto(step int64, h *tbproto.HistogramProto) (Point, bool) {
	n := h.GetNum()
	if n == 0 {
		return Point{}, false
	}
	p := Point{Step: step, Value: math.Sqrt(h.GetSumSquares()), RMS: math.Sqrt(h.GetSumSquares() / n), Count: n, Zeros: math.NaN()}
	if !finite(h.GetSum()) || !finite(h.GetMin()) || !finite(h.GetMax()) || !finite(n) || n < 0 {
		p.Value, p.RMS = math.NaN(), math.NaN()
	}
	numbers := []float64{h.GetMin(), h.GetMax(), n, h.GetSum(), h.GetSumSquares()}
	limits, counts := h.GetBucketLimit(), h.GetBucket()
	if len(limits) == len(counts) {
		p.Zeros = zerosOf(h, limits, counts) / n
	}
	p.Fingerprint = fingerprint(numbers, limits, counts)
	return p, true
}

// zeroWidth is the width up to which a bucket at 0 holds only zeros: TensorFlow's first limit is 1e-12.
const zeroWidth = 1e-11

// zerosOf returns how many values are 0; NaN where the bucket that 0 is in is too wide to tell.
func zerosOf(h *tbproto.HistogramProto, limits, counts []float64) float64 {
	if h.GetMin() > 0 || h.GetMax() < 0 {
		return 0
	}
	lower := math.Inf(-1)
	for i, upper := range limits {
		// A bucket holds what is at least its lower and below its upper limit; the last one that counts may hold its upper limit.
		if lower <= 0 && (upper > 0 || upper == 0 && h.GetMax() <= 0 && i == len(limits)-1) {
			if counts[i] == 0 {
				return 0
			}
			if max(lower, h.GetMin()) > -zeroWidth && min(upper, h.GetMax()) < zeroWidth {
				return counts[i]
			}
			return math.NaN()
		}
		lower = upper
	}
	return math.NaN()
}

// ofTensor returns the numbers of a tensor of rank 0, a scalar, or of shape [k, 3], the histogram of TensorFlow 2: the left and the
// right end of each bucket and its count. Its sums are estimated: the values of a bucket count as spread evenly.
func ofTensor(step int64, t *tbproto.TensorProto) (point Point, histogram, ok bool) {
	dims := t.GetTensorShape().GetDim()
	switch {
	case len(dims) == 0:
		values := floats(t)
		if len(values) != 1 {
			return Point{}, false, false
		}
		return scalar(step, values[0]), false, true
	case len(dims) == 2 && dims[1].GetSize() == 3:
		values := floats(t)
		if len(values) == 0 || int64(len(values)) != 3*dims[0].GetSize() {
			return Point{}, false, false
		}
		point, ok = ofBuckets(step, values)
		return point, true, ok
	}
	return Point{}, false, false
}

func ofBuckets(step int64, buckets []float64) (Point, bool) {
	p := Point{Step: step}
	squares, unknown := 0.0, false
	for i := 0; i+2 < len(buckets); i += 3 {
		left, right, count := buckets[i], buckets[i+1], buckets[i+2]
		if count == 0 {
			continue
		}
		p.Count += count
		squares += count * (left*left + left*right + right*right) / 3
		switch {
		case left > -zeroWidth && right < zeroWidth:
			p.Zeros += count
		case left <= 0 && right >= 0:
			unknown = true
		}
	}
	if p.Count == 0 {
		return p, false
	}
	p.Value, p.RMS, p.Zeros = math.Sqrt(squares), math.Sqrt(squares/p.Count), p.Zeros/p.Count
	if unknown {
		p.Zeros = math.NaN()
	}
	p.Fingerprint = fingerprint(buckets)
	return p, true
}

// floats returns the numbers of a tensor of a numeric type; nil of another one.
func floats(t *tbproto.TensorProto) []float64 {
	content := t.GetTensorContent()
	switch t.GetDtype() {
	case tbproto.DataType_DT_FLOAT:
		return numbers(content, 4, func(b []byte) float64 {
			return float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
		}, t.GetFloatVal())
	case tbproto.DataType_DT_DOUBLE:
		return numbers(content, 8, func(b []byte) float64 {
			return math.Float64frombits(binary.LittleEndian.Uint64(b))
		}, t.GetDoubleVal())
	case tbproto.DataType_DT_BFLOAT16:
		return numbers(content, 2, func(b []byte) float64 {
			return bfloat16(int32(binary.LittleEndian.Uint16(b)))
		}, converted(t.GetHalfVal(), bfloat16))
	case tbproto.DataType_DT_HALF:
		return numbers(content, 2, func(b []byte) float64 {
			return half(int32(binary.LittleEndian.Uint16(b)))
		}, converted(t.GetHalfVal(), half))
	case tbproto.DataType_DT_INT32:
		return numbers(content, 4, func(b []byte) float64 { return float64(int32(binary.LittleEndian.Uint32(b))) }, t.GetIntVal())
	case tbproto.DataType_DT_INT64:
		return numbers(content, 8, func(b []byte) float64 { return float64(int64(binary.LittleEndian.Uint64(b))) }, t.GetInt64Val())
	}
	return nil
}

// numbers reads a tensor's content or, where it has none, its list of values.
func numbers[T float32 | float64 | int32 | int64](content []byte, size int, read func([]byte) float64, list []T) []float64 {
	var values []float64
	for ; len(content) >= size; content = content[size:] {
		values = append(values, read(content))
	}
	if values == nil {
		for _, v := range list {
			values = append(values, float64(v))
		}
	}
	return values
}

func converted(bits []int32, read func(int32) float64) []float64 {
	var values []float64
	for _, b := range bits {
		values = append(values, read(b))
	}
	return values
}

func bfloat16(bits int32) float64 { return float64(math.Float32frombits(uint32(bits) << 16)) }

// half returns the number of a float16.
func half(bits int32) float64 {
	const bias, mantissaBits, largest = 15, 10, 0x1f
	sign := 1.0
	if bits&0x8000 != 0 {
		sign = -1
	}
	exponent, mantissa := int(bits>>mantissaBits&largest), float64(bits&(1<<mantissaBits-1))
	switch {
	case exponent == largest && mantissa != 0:
		return math.NaN()
	case exponent == largest:
		return math.Inf(int(sign))
	case exponent == 0:
		return sign * math.Ldexp(mantissa, 1-bias-mantissaBits)
	default:
		return sign * math.Ldexp(mantissa+1<<mantissaBits, exponent-bias-mantissaBits)
	}
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// fingerprint returns a hash of lists of numbers.
func fingerprint(lists ...[]float64) uint64 {
	hash := fnv.New64a()
	var b [8]byte
	for _, list := range lists {
		for _, x := range list {
			binary.LittleEndian.PutUint64(b[:], math.Float64bits(x))
			hash.Write(b[:])
		}
	}
	return hash.Sum64()
}
