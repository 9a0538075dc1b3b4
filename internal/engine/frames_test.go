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

// TestBrokenFrames reads what ends too early, or says that it is too long.
func TestBrokenFrames(t *testing.T) {
	for name, tc := range map[string]struct{ bytes, want string }{
		"half a head":  {"\x01\x00", "unexpected EOF"},
		"half a frame": {"\x02\x00\x00\x00\x01\x00\x00\x00", "unexpected EOF"},
		"too long":     {"\xff\xff\xff\x7f", "want at most"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := NewFrameReader(strings.NewReader(tc.bytes)).Rows(); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got error %v, want one with %q", err, tc.want)
			}
		})
	}
	if rows, err := NewFrameReader(strings.NewReader("")).Rows(); rows != nil || err != nil {
		t.Errorf("got %v and %v at the end of the front, want the end of the rows", rows, err)
	}
	if _, err := NewFrameReader(strings.NewReader("")).Predicted(); err == nil {
		t.Error("got no error at the end of the engine, want one")
	}
}
