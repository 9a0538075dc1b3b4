package events

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

func normals(n int) []float32 {
	source := rand.New(rand.NewPCG(1, 2))
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(source.NormFloat64())
	}
	return values
}

func BenchmarkAdd(b *testing.B) {
	for _, n := range []int{30, 1000, 100_000} {
		values := normals(n)
		for _, c := range []struct {
			name   string
			values []float32
		}{{"normal", values}, {"constant", slices.Repeat([]float32{0.25}, n)}} {
			b.Run(fmt.Sprintf("%s/%d", c.name, n), func(b *testing.B) {
				var h Histogram
				b.ReportAllocs()
				for b.Loop() {
					h.Add(c.values)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/value")
			})
		}
	}
}

func BenchmarkSummaryHistogram(b *testing.B) {
	for _, n := range []int{30, 100_000} {
		b.Run(fmt.Sprintf("normal/%d", n), func(b *testing.B) {
			var h Histogram
			h.Add(normals(n))
			var s Summary
			b.ReportAllocs()
			for b.Loop() {
				s.Reset()
				s.Histogram("dense_1/kernel_0", &h)
			}
		})
	}
}

func BenchmarkMerge(b *testing.B) {
	var h, other Histogram
	other.Add(normals(1000))
	for b.Loop() {
		h.Merge(&other)
	}
}

func BenchmarkReset(b *testing.B) {
	var h Histogram
	for b.Loop() {
		h.Reset()
	}
}

func BenchmarkSizes(b *testing.B) {
	var h Histogram
	h.Add(normals(30))
	var s Summary
	b.ReportAllocs()
	for b.Loop() {
		s.Reset()
		s.Sizes("all_layers/gradient_log10_dense_1", &h)
	}
}
