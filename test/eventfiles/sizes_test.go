//go:build tensorflow

package eventfiles

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gradwatch/internal/testenv/tensorboard"
)

// checkSizes checks the histograms of all layers' gradients on one scale, as TensorBoard
// shows them: at each step the same axis and as many values as kernel_0_grad has
// that are not zero, and in the last epoch the sizes that the reference model has.
func (r *trained) checkSizes(ctx context.Context, t *testing.T, server *tensorboard.Server, tag string, steps []int64) {
	t.Helper()
	gradientTag := strings.TrimPrefix(tag, sizesPrefix) + "/kernel_0_grad"
	gradients := of(r.events, gradientTag)
	for step, e := range of(r.events, tag) {
		if e.Plugin != "histograms" {
			t.Errorf("%s at step %d: got a tensor of plugin %q, want histograms", tag, step, e.Plugin)
		}
	}
	series, err := server.Histograms(ctx, r.name, tag)
	if err != nil {
		t.Fatal(err)
	}
	var got []int64
	for _, h := range series {
		got = append(got, h.Step)
	}
	if !slices.Equal(got, steps) {
		t.Errorf("%s: got steps %v in TensorBoard, want %v", tag, got, steps)
		return
	}
	reference := r.wantPool()[gradientTag]
	for _, h := range series {
		err := checkAxis(h.Buckets)
		if err == nil {
			err = checkCount(h.Buckets, gradients[h.Step].Histogram)
		}
		if last := int64(r.history.Epochs() - 1); err == nil && h.Step == last && len(reference) > 0 {
			err = compareSizes(h.Buckets, reference)
		}
		if err != nil {
			t.Errorf("%s at step %d: %v", tag, h.Step, err)
		}
	}
}

// checkAxis returns an error unless the buckets are 30 of width 1/4 from -7 on.
func checkAxis(buckets [][3]float64) error {
	if len(buckets) != 30 {
		return fmt.Errorf("got %d buckets, want 30", len(buckets))
	}
	for i, b := range buckets {
		if left := -7 + float64(i)/4; b[0] != left || b[1] != left+0.25 {
			return fmt.Errorf("got bucket %d from %v to %v, want %v to %v", i, b[0], b[1], left, left+0.25)
		}
	}
	return nil
}

// checkCount returns an error unless the buckets have all values of the histogram
// but those in its two buckets at zero.
func checkCount(buckets [][3]float64, h *tensorboard.HistogramProto) error {
	got, want := 0.0, h.Num
	for _, b := range buckets {
		got += b[2]
	}
	for i, limit := range h.Limits {
		if limit == 0 || limit == 1e-12 {
			want -= h.Counts[i]
		}
	}
	if got != want {
		return fmt.Errorf("got %v values, want the %v that are not zero", got, want)
	}
	return nil
}

// compareSizes returns an error unless the buckets hold log10 of the values' sizes. A
// value may be in the bucket beside its own if it is near the edge between them: its
// size is known as well as that of a value in a TensorFlow bucket, which ends
// at 1.1 times its beginning and counts as its middle.
func compareSizes(buckets [][3]float64, values []float64) error {
	var sizes []float64
	for _, v := range values {
		sizes = append(sizes, math.Abs(v))
	}
	slices.Sort(sizes)
	rounding := tolerance * sizes[len(sizes)-1]
	half := math.Sqrt(1.1) * (1 + 1e-6)
	atLeast := func(size float64) float64 {
		below, _ := slices.BinarySearch(sizes, size)
		return float64(len(sizes) - below)
	}
	got := 0.0
	for _, b := range slices.Backward(buckets[1:]) { // the first has all that is smaller, too
		got += b[2]
		edge := math.Pow(10, b[0])
		least, most := atLeast(edge*half+rounding), atLeast(edge/half-rounding)
		if got < least || got > most {
			return fmt.Errorf("values of size 10^%v and more: got %v, want %v to %v", b[0], got, least, most)
		}
	}
	return nil
}
