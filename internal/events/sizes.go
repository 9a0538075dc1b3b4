package events

import (
	"math"
	"sync"

	"google.golang.org/protobuf/encoding/protowire"
)

// The axis of a histogram of sizes: log10 of the size of a value, from the least to the
// most, in bins of equal width. TensorBoard draws a histogram in 30 bins between the
// ends of its first and its last bucket, so it draws these as they are, and all on the
// same axis.
const (
	leastSize = -7.0
	mostSize  = 0.5
	sizeBins  = 30
)

// sizeBin has the bin of each counter of values above 0, from 1 on; that of the middle
// of the counter's bucket. A size beyond the axis is in the first or the last bin.
var sizeBin = sync.OnceValue(func() []int {
	limits := positiveLimits()
	bins := make([]int, len(limits)+1)
	for i, limit := range limits {
		middle := math.Log10(limit) + math.Log10(limitGrowth)/2
		bin := math.Floor((middle - leastSize) / (mostSize - leastSize) * sizeBins)
		bins[i+1] = int(max(0, min(bin, sizeBins-1)))
	}
	return bins
})

// sizes counts the values by log10 of their size. Zeros, and what is below TensorFlow's
// first bucket limit, 1e-12, are left out.
func (h *Histogram) sizes() [sizeBins]uint64 {
	var counts [sizeBins]uint64
	for counter, bin := range sizeBin() {
		if counter > 0 { // of negative values the same size has the counter after, see fillCells
			counts[bin] += h.counts[counter] + h.counts[negative+counter+1]
		}
	}
	return counts
}

const histogramPlugin = "histograms" // tensorboard/plugins/histogram/metadata.py; its content is empty, version 0

// sizesNote stands behind the sign for information of a card.
const sizesNote = "log10 of the size of each element; zeros are left out. All have the same axis."

// Sizes adds a histogram of log10 of the sizes of h's values, on an axis that is the
// same for all, in the form of tf.summary.histogram in TensorFlow 2: a tensor
// [bucket, (left, right, count)]. TensorBoard would drop empty buckets at the ends of
// the older form, and with them the axis.
func (s *Summary) Sizes(tag string, h *Histogram) {
	tensor := appendNumber(nil, tensorType, typeFloat)
	shape := appendMessage(nil, shapeDim, appendNumber(nil, dimSize, sizeBins))
	tensor = appendMessage(tensor, tensorShape, appendMessage(shape, shapeDim, appendNumber(nil, dimSize, 3)))
	values := make([]byte, 0, sizeBins*3*4)
	const width = (mostSize - leastSize) / sizeBins
	for bin, count := range h.sizes() {
		left := leastSize + width*float64(bin)
		for _, x := range []float64{left, left + width, float64(count)} {
			values = protowire.AppendFixed32(values, math.Float32bits(float32(x)))
		}
	}
	s.plugin(tag, histogramPlugin, sizesNote, nil, appendMessage(tensor, tensorContent, values))
}
