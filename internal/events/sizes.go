package events

import (
	"encoding/binary"
	"math"
	"sync"

	"gradwatch/internal/events/tbproto"
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

// sizeBin has the bin of each counter of values from the first limit on; that of the
// middle of the counter's bucket. A size beyond the axis is in the first or the last bin.
var sizeBin = sync.OnceValue(func() []int {
	limits := positiveLimits()
	bins := make([]int, len(limits))
	for i, limit := range limits {
		middle := math.Log10(limit) + math.Log10(limitGrowth)/2
		bin := math.Floor((middle - leastSize) / (mostSize - leastSize) * sizeBins)
		bins[i] = int(max(0, min(bin, sizeBins-1)))
	}
	return bins
})

// sizes counts the values by log10 of their size. Zeros, and what is below TensorFlow's
// first bucket limit, 1e-12, are left out.
func (h *Histogram) sizes() [sizeBins]uint64 {
	var sizes [sizeBins]uint64
	bins := sizeBin()
	add := func(counts []uint64) { // from the first limit on
		for i, count := range counts {
			if count > 0 {
				sizes[bins[i]] += count
			}
		}
	}
	positives, negatives := h.reach()
	add(h.counts[1:max(1, positives)])
	add(h.counts[negative+2 : negative+max(2, negatives)]) // -0 has a counter of its own, see fillCells
	return sizes
}

const histogramPlugin = "histograms" // tensorboard/plugins/histogram/metadata.py; its content is empty, version 0

// sizesNote stands behind the sign for information of a card.
const sizesNote = "log10 of the size of each element; zeros are left out. All have the same axis."

// sizesMetadata and sizesShape are the same in each event.
var (
	sizesMetadata = metadata(histogramPlugin, sizesNote, nil)
	sizesShape    = shape(sizeBins, 3)
)

// Sizes adds a histogram of log10 of the sizes of h's values, on an axis that is the
// same for all, in the form of tf.summary.histogram in TensorFlow 2: a tensor
// [bucket, (left, right, count)]. TensorBoard would drop empty buckets at the ends of
// the older form, and with them the axis.
func (s *Summary) Sizes(tag string, h *Histogram) {
	content := s.sizes.TensorContent[:0]
	const width = (mostSize - leastSize) / sizeBins
	for bin, count := range h.sizes() {
		left := leastSize + width*float64(bin)
		content = appendFloat(content, left)
		content = appendFloat(content, left+width)
		content = appendFloat(content, float64(count))
	}
	s.sizes.Dtype, s.sizes.TensorShape, s.sizes.TensorContent = tbproto.DataType_DT_FLOAT, sizesShape, content
	s.addTensor(tag, &s.sizes, sizesMetadata)
}

func appendFloat(b []byte, x float64) []byte {
	return binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(x)))
}
