package events

import (
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// reference is TensorFlow's histogram as its source describes it: each value's
// bucket is found by a search over limits in float64.
type reference struct {
	limits, counts                 []float64
	min, max, num, sum, sumSquares float64
}

func newReference() *reference {
	positive := []float64{1e-12}
	for growth := 1.1; positive[len(positive)-1]*growth < 1e20; {
		positive = append(positive, positive[len(positive)-1]*growth)
	}
	positive = append(positive, math.MaxFloat64)
	r := &reference{limits: []float64{0}, min: math.MaxFloat64, max: -math.MaxFloat64}
	for _, limit := range positive {
		r.limits = append(append([]float64{-limit}, r.limits...), limit)
	}
	r.counts = make([]float64, len(r.limits))
	return r
}

func (r *reference) add(values ...float32) {
	for _, value := range values {
		v := float64(value)
		r.counts[sort.Search(len(r.limits), func(i int) bool { return r.limits[i] > v })]++
		if r.min > v {
			r.min = v
		}
		if r.max < v {
			r.max = v
		}
		r.num++
		r.sum += v
		r.sumSquares += v * v
	}
}

// collapsed returns the buckets with each row of empty ones made one.
func (r *reference) collapsed() (limits, counts []float64) {
	for i, count := range r.counts {
		if count == 0 && len(counts) > 0 && counts[len(counts)-1] == 0 {
			limits[len(limits)-1] = r.limits[i]
			continue
		}
		limits, counts = append(limits, r.limits[i]), append(counts, count)
	}
	return limits, counts
}

// check compares a histogram, bit for bit, with the reference.
func (r *reference) check(t *testing.T, h *Histogram) {
	t.Helper()
	message := decode(t, "tensorboard.HistogramProto", serialized(h))
	for name, want := range map[protoreflect.Name]float64{
		"min": r.min, "max": r.max, "num": r.num, "sum": r.sum, "sum_squares": r.sumSquares,
	} {
		if got := field(message, name).Float(); math.Float64bits(got) != math.Float64bits(want) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
	limits, counts := r.collapsed()
	for name, want := range map[protoreflect.Name][]float64{"bucket_limit": limits, "bucket": counts} {
		var got []float64
		for i := range field(message, name).List().Len() {
			got = append(got, field(message, name).List().Get(i).Float())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

var (
	negativeZero = float32(math.Copysign(0, -1))
	infinity     = float32(math.Inf(1))
	nan          = float32(math.NaN())
)

// aroundLimits are the limits as float32, with their neighbours.
func aroundLimits() []float32 {
	var values []float32
	for _, limit := range newReference().limits {
		value := float32(limit)
		if math.IsInf(float64(value), 0) {
			value = math.MaxFloat32
			if limit < 0 {
				value = -value
			}
			values = append(values, value, math.Nextafter32(value, 0))
			continue
		}
		values = append(values, math.Nextafter32(value, -infinity), value, math.Nextafter32(value, infinity))
	}
	return values
}

func histogramCases() map[string][]float32 {
	source := rand.New(rand.NewPCG(3, 4))
	bits := make([]float32, 0, 200_000) // every finite number as likely as another
	for len(bits) < cap(bits) {
		if v := math.Float32frombits(source.Uint32()); v-v == 0 {
			bits = append(bits, v)
		}
	}
	return map[string][]float32{
		"one value":            {0.25},
		"zero":                 {0},
		"minus zero":           {negativeZero},
		"minus zero first":     {negativeZero, 0},
		"minus zero last":      {0, negativeZero},
		"denormal":             {math.SmallestNonzeroFloat32, -math.SmallestNonzeroFloat32, 1e-40, -1e-40},
		"smallest limit":       {1e-12, math.Nextafter32(1e-12, 0), math.Nextafter32(1e-12, 1), -1e-12, -math.Nextafter32(1e-12, 0), -math.Nextafter32(1e-12, 1)},
		"largest":              {math.MaxFloat32, -math.MaxFloat32, 1e20, -1e20, 9.9e19, -9.9e19, 3e38},
		"below largest limit":  {9.5e19, -9.5e19},
		"constant":             slices.Repeat([]float32{0.1}, 1000),
		"negative":             {-1, -2, -3, -1e-3},
		"around limits":        aroundLimits(),
		"normal":               normals(100_000),
		"all bits":             bits,
		"cancelling":           {1e20, 1, -1e20, 1e-12},
		"around powers of two": {1, math.Nextafter32(1, 0), 2, math.Nextafter32(2, 0), -1, -2, 0.5, -0.5, 1 << 20, -(1 << 20)},
	}
}

func TestHistogram(t *testing.T) {
	for name, values := range histogramCases() {
		t.Run(name, func(t *testing.T) {
			want := newReference()
			want.add(values...)
			var whole, parts Histogram
			whole.Add(values)
			want.check(t, &whole)
			for _, value := range values {
				parts.Add([]float32{value})
			}
			want.check(t, &parts)
			if whole.Num() != len(values) || whole.NonFinite() != 0 {
				t.Errorf("got %d values and %d not finite, want %d and 0", whole.Num(), whole.NonFinite(), len(values))
			}
			whole.Add([]float32{nan, infinity})
			whole.Reset()
			if whole.counts != (Histogram{}).counts || whole.Num() != 0 || whole.NonFinite() != 0 {
				t.Error("got something after Reset, want nothing")
			}
			whole.Add(values)
			want.check(t, &whole)
		})
	}
}

func TestHistogramCountsNonFiniteApart(t *testing.T) {
	otherNaN := math.Float32frombits(0xffc00001)
	var got, want Histogram
	got.Add([]float32{nan, 1, infinity, -2, -infinity, otherNaN, 3})
	want.Add([]float32{1, -2, 3})
	if got.NonFinite() != 4 || got.Num() != 3 {
		t.Errorf("got %d not finite and %d others, want 4 and 3", got.NonFinite(), got.Num())
	}
	if !slices.Equal(serialized(&got), serialized(&want)) {
		t.Errorf("got % x, want as without them % x", serialized(&got), serialized(&want))
	}
}

func TestEmptyHistogram(t *testing.T) {
	want := "bucket_limit: 1.7976931348623157e308 bucket: 0"
	for name, values := range map[string][]float32{"no values": nil, "none finite": {nan, infinity, -infinity}} {
		t.Run(name, func(t *testing.T) {
			var h Histogram
			h.Add(values)
			checkText(t, "tensorboard.HistogramProto", serialized(&h), want)
			h.Add([]float32{-3})
			r := newReference()
			r.add(-3)
			r.check(t, &h)
		})
	}
}

func TestMerge(t *testing.T) {
	all := []float32{0.5, negativeZero, 7, -0.25, 0, 1e-13, -1e19, 0.5, 2} // sums are exact but for the large one
	for name, cut := range map[string]int{"with empty": 0, "one and the rest": 1, "halves": 4, "into empty": len(all)} {
		t.Run(name, func(t *testing.T) {
			var h, other Histogram
			h.Add(all[:cut])
			h.Add([]float32{nan})
			other.Add(all[cut:])
			other.Add([]float32{nan, infinity})
			before := other
			h.Merge(&other)
			if other != before {
				t.Error("the other histogram has changed, want it as it was")
			}
			var want Histogram
			want.Add(append([]float32{nan, nan, infinity}, all...))
			if h.counts != want.counts || h.num != want.num {
				t.Errorf("got other counts than of all values at once (%d values, want %d)", h.num, want.num)
			}
			if math.Float32bits(h.min) != math.Float32bits(want.min) || math.Float32bits(h.max) != math.Float32bits(want.max) {
				t.Errorf("got %v to %v, want %v to %v", h.min, h.max, want.min, want.max)
			}
			for what, c := range map[string][2]float64{"sum": {h.sum, want.sum}, "squares": {h.squares, want.squares}} {
				if math.Abs(c[0]-c[1]) > 1e-12*math.Abs(c[1]) {
					t.Errorf("%s: got %v, want %v", what, c[0], c[1])
				}
			}
		})
	}
}

func TestMergeKeepsTheFirstZero(t *testing.T) {
	var h, other Histogram
	h.Add([]float32{0})
	other.Add([]float32{negativeZero})
	h.Merge(&other)
	r := newReference()
	r.add(0, negativeZero)
	r.check(t, &h)
}

func TestAddAllocatesNothing(t *testing.T) {
	values := normals(100)
	var h, other Histogram
	var s Summary
	allocations := testing.AllocsPerRun(10, func() { // calls it once before, which makes room
		h.Add(values)
		other.Merge(&h)
		s.Reset()
		s.Scalar("loss", 1)
		s.Histogram("histogram", &other)
		s.Sizes("sizes", &h)
	})
	if allocations != 0 {
		t.Errorf("got %v allocations, want 0", allocations)
	}
}

// TestCounters checks that no counter has two meanings, and what the table of
// cells relies on.
func TestCounters(t *testing.T) {
	if n := len(positiveLimits()); n >= negative || negative+n+1 >= nonFinite {
		t.Errorf("got %d limits, want room for them twice in %d counters", n, counters)
	}
	if got, want := len(bucketLimits()), len(newReference().limits); got != want {
		t.Errorf("got %d limits, want %d", got, want)
	}
	for i, limit := range positiveLimits() {
		if limit == float64(float32(limit)) {
			t.Errorf("limit %v is a float32: want none", limit)
		}
		if i > 0 && limit < positiveLimits()[i-1]*(1+1.0/16) {
			t.Errorf("limit %v is less than a cell above the one before", limit)
		}
	}
}

// FuzzAdd compares any bits with the reference.
func FuzzAdd(f *testing.F) {
	f.Add(uint32(0), uint32(0x80000000))
	f.Add(math.Float32bits(1e-12), math.Float32bits(-1e20))
	f.Fuzz(func(t *testing.T, a, b uint32) {
		var h Histogram
		r := newReference()
		for _, bits := range []uint32{a, b} {
			value := math.Float32frombits(bits)
			h.Add([]float32{value})
			if value-value == 0 {
				r.add(value)
			}
		}
		if r.num > 0 {
			r.check(t, &h)
		}
	})
}

// TestSizes counts values into the bins of log10 of their sizes, of both signs.
func TestSizes(t *testing.T) {
	for _, tc := range []struct {
		name   string
		values []float32
		want   map[int]uint64 // bin, a quarter of a decade each from 1e-7 on
	}{
		{"none", nil, map[int]uint64{}},
		{"zeros and what isn't a number", []float32{0, float32(math.Copysign(0, -1)), float32(math.NaN()), float32(math.Inf(-1)), 1e-13, -1e-13}, map[int]uint64{}},
		{"both signs alike", []float32{0.02, -0.02, 2e-4, -2e-4, -2e-4}, map[int]uint64{21: 2, 13: 3}},
		{"beyond the ends", []float32{1e-9, -1e-9, 1e-11, 1e4, -1e4, -3e38}, map[int]uint64{0: 3, 29: 3}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var h Histogram
			h.Add(tc.values)
			for bin, got := range h.sizes() {
				if got != tc.want[bin] {
					t.Errorf("bin %d: got %d, want %d", bin, got, tc.want[bin])
				}
			}
		})
	}
	// Of many values of all sizes none is lost.
	random := rand.New(rand.NewPCG(1, 2))
	var h Histogram
	for range 10000 {
		h.Add([]float32{float32(math.Copysign(math.Pow(10, -11+15*random.Float64()), random.Float64()-0.5))})
	}
	sum := uint64(0)
	for _, n := range h.sizes() {
		sum += n
	}
	if sum != 10000 {
		t.Errorf("got %d values, want all 10000", sum)
	}
}
