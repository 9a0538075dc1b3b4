package report

import (
	"math"
	"strings"
)

// Scale draws sizes as bars on a logarithmic scale.
type Scale struct {
	least  float64 // has a bar of one block
	Factor float64 // of each further block
	most   int     // blocks
}

// NewScale returns the scale that shows all values in bars of at most so many
// blocks, by the least factor that is a round number.
func NewScale(values []float64, blocks int) Scale {
	least, most := math.Inf(1), 0.0
	for _, v := range values {
		if v > 0 && !math.IsInf(v, 0) {
			least, most = min(least, v), max(most, v)
		}
	}
	for _, factor := range []float64{1.5, 2, 3, 5, 10, 100, 1000} {
		if least*math.Pow(factor, float64(blocks-1)) >= most {
			return Scale{least, factor, blocks}
		}
	}
	return Scale{least, 1e6, blocks}
}

// Bar returns the bar of a size.
func (s Scale) Bar(value float64) string {
	if !(value >= s.least) {
		return "" // 0 or NaN
	}
	blocks := 1 + math.Round(math.Log(value/s.least)/math.Log(s.Factor))
	return strings.Repeat("█", int(min(blocks, float64(s.most))))
}
