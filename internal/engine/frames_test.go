package engine

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFrames(t *testing.T) {
	var pipe bytes.Buffer
	w, r := NewFrameWriter(&pipe), NewFrameReader(&pipe)
	for _, rows := range [][]float32{{1, -2.5, 3e-30}, {math.MaxFloat32}, nil} {
		if err := w.Rows(rows); err != nil {
			t.Fatal(err)
		}
		got, err := r.Rows()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(rows, append([]float32(nil), got...)); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
	}
	for _, p := range []Predicted{
		{Rows: 2, Width: 3, Values: []float32{1, 2, 3, 4, 5, 6}, Classes: []int32{2, 0}},
		{Rows: 1, Width: 1, Values: []float32{0.25}, Classes: []int32{1}},
		{},
	} {
		if err := w.Predicted(p); err != nil {
			t.Fatal(err)
		}
		got, err := r.Predicted()
		if err != nil {
			t.Fatal(err)
		}
		if got.Rows != p.Rows || got.Width != p.Width || !slicesEqual(got, &p) {
			t.Errorf("got %v, want %v", got, p)
		}
	}
}

func slicesEqual(a, b *Predicted) bool {
	return cmp.Equal(append([]float32{}, a.Values...), append([]float32{}, b.Values...)) &&
		cmp.Equal(append([]int32{}, a.Classes...), append([]int32{}, b.Classes...))
}

// TestBrokenFrames reads what ends too early, which for the engine is the end of the
// rows and for the front the end of the engine, or says that it is too long.
func TestBrokenFrames(t *testing.T) {
	for _, bytes := range []string{"", "\x01\x00", "\x02\x00\x00\x00\x01\x00\x00\x00"} {
		if rows, err := NewFrameReader(strings.NewReader(bytes)).Rows(); rows != nil || err != nil {
			t.Errorf("%q: got %v and error %v, want the end of the rows", bytes, rows, err)
		}
		if _, err := NewFrameReader(strings.NewReader(bytes)).Predicted(); err == nil {
			t.Errorf("%q: got no error of predictions, want one", bytes)
		}
	}
	long := "\xff\xff\xff\x7f\x01\x00\x00\x00"
	if _, err := NewFrameReader(strings.NewReader(long)).Rows(); err == nil || !strings.Contains(err.Error(), "want at most") {
		t.Errorf("got error %v, want one of the length", err)
	}
}

// TestPredictEnds has the engine end, or refuse, while rows without an end wait for
// it.
func TestPredictEnds(t *testing.T) {
	for _, tc := range []struct{ part, want string }{
		{"exit", "the engine ended unexpectedly (exit status 7)"},
		{"failed", "want a GPU"},
	} {
		t.Run(tc.part, func(t *testing.T) {
			rows := make([]float32, 1<<16)
			next := func() ([]float32, error) { return rows, nil }
			each := func(*Predicted) error { return nil }
			err := fake(t, tc.part).Predict(t.Context(), Predict{}, next, each)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got error %v, want one with %q", err, tc.want)
			}
		})
	}
}
