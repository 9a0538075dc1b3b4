package report

import (
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestBars(t *testing.T) {
	for _, tc := range []struct {
		name   string
		values []float64
		factor float64
		want   []int // blocks
	}{
		{"equal", []float64{2, 2}, 1.5, []int{1, 1}},
		{"doubling", []float64{1, 2.25, 1.5}, 1.5, []int{1, 3, 2}},
		{"decades", []float64{1e-12, 1, 1e-6}, 10, []int{1, 13, 7}},
		{"beyond", []float64{1e-300, 1}, 1e6, []int{1, 15}},
		{"none", []float64{0, 1, 0}, 1.5, []int{0, 1, 0}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := NewScale(tc.values, 15)
			if s.Factor != tc.factor {
				t.Errorf("got factor %g, want %g", s.Factor, tc.factor)
			}
			var got []int
			for _, v := range tc.values {
				got = append(got, utf8.RuneCountInString(s.Bar(v)))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("blocks (-want +got):\n%s", diff)
			}
		})
	}
}
