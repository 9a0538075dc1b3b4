package format

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"gradwatch/internal/record"
	"gradwatch/internal/study"
	"gradwatch/internal/terminal"
)

// Spread writes an R² or an area under a curve, or mean and deviation of several.
func Spread(numbers []record.Number) string {
	values := make([]float64, len(numbers))
	for i, n := range numbers {
		values[i] = float64(n)
	}
	return Center(record.R2, study.NewSpread(values))
}

// Metric writes a value of the metric: with three decimals; an error, which has a
// unit, with at least four digits.
func Metric(m record.Metric, x float64) string {
	switch size := math.Abs(x); {
	case m == record.MAE && size >= 1 && size < 999.95:
		return fmt.Sprintf("%#.4g", x)
	case m == record.MAE && size >= 1 && size < 1e8:
		return fmt.Sprintf("%.0f", x)
	case m != record.MAE && size < 0.0005:
		return "0.000" // of a share, and of R², what is nearer to 0 is 0
	default:
		return Loss(x)
	}
}

// Loss writes a loss with three decimals; one that is small, large or not finite with four
// digits, so that it is neither 0.000 nor as long as it is large.
func Loss(x float64) string {
	switch size := math.Abs(x); {
	case math.IsNaN(x) || math.IsInf(x, 0):
		return strings.ToLower(fmt.Sprint(x))
	case size != 0 && size < 0.0005, size >= 1e5:
		return fmt.Sprintf("%.3e", x)
	default:
		return fmt.Sprintf("%.3f", x)
	}
}

// Center writes the mean of values of the metric and, of several, their standard
// deviation.
func Center(m record.Metric, s study.Spread) string {
	if math.IsNaN(s.Std) {
		return Metric(m, s.Mean)
	}
	return Metric(m, s.Mean) + " ± " + Metric(m, s.Std)
}

// AnySize writes a size in at most 7 columns, NaN and infinities too.
func AnySize(x float64) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return strings.ToLower(fmt.Sprint(x))
	}
	if x == 0 {
		return "0"
	}
	return Size(x)
}

// Layers writes the widths of hidden layers: "5 x 8" where they are equal, else all of them.
func Layers(layers []int) string {
	if len(layers) == 0 {
		return "0"
	}
	if slices.Max(layers) == slices.Min(layers) {
		return fmt.Sprintf("%d x %d", len(layers), layers[0])
	}
	texts := make([]string, len(layers))
	for i, n := range layers {
		texts[i] = strconv.Itoa(n)
	}
	return strings.Join(texts, ", ")
}

// Seeds names the seeds, which follow one another.
func Seeds(seeds []uint32) string {
	if len(seeds) == 1 {
		return fmt.Sprintf("seed %d", seeds[0])
	}
	return fmt.Sprintf("%d seeds, %d to %d", len(seeds), seeds[0], seeds[len(seeds)-1])
}

// Size writes a size in at most 7 columns: 0.1234, 3.4e-05.
func Size(x float64) string {
	if x == 0 || x >= 0.001 && x < 10 {
		return fmt.Sprintf("%.4f", x)
	}
	return fmt.Sprintf("%.1e", x)
}

// Plain writes a number of about a half or more, without an exponent.
func Plain(x float64) string {
	if x < 10 {
		return strings.TrimSuffix(strconv.FormatFloat(x, 'f', 1, 64), ".0")
	}
	return strconv.FormatFloat(math.Round(x), 'f', 0, 64)
}

// Duration writes 12.3 s, or 2:05 from a minute on.
func Duration(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return terminal.Clock(d)
}

// Mean writes a mean and its deviation, which says nothing of a mean out of all bounds.
func Mean(s study.Spread) string {
	if math.IsNaN(s.Std) || math.IsNaN(s.Mean) || s.Mean < study.LeastR2 {
		return Accuracy(s.Mean)
	}
	return fmt.Sprintf("%.3f ± %.3f", s.Mean, s.Std)
}

// Accuracy writes an accuracy or an R² with three decimals: of an R² below -1, only that.
func Accuracy(x float64) string {
	switch {
	case math.IsNaN(x):
		return "-"
	case x < study.LeastR2:
		return "below -1"
	}
	return strconv.FormatFloat(x, 'f', 3, 64)
}

// Range writes the worst and the best; a minus needs a word between the two.
func Range(worst, best float64) string {
	switch {
	case math.IsNaN(worst):
		return "-"
	case worst < 0:
		return Accuracy(worst) + " to " + Accuracy(best)
	}
	return Accuracy(worst) + "–" + Accuracy(best)
}
