package chart

import (
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"

	"gradwatch/internal/printable"
)

// Range is a closed interval of an axis or a colour scale. The zero Range
// stands for one that follows the data.
type Range struct{ Min, Max float64 }

// emptyRange is the range of no values.
func emptyRange() Range { return Range{math.Inf(1), math.Inf(-1)} }

func (r Range) empty() bool { return r.Min > r.Max }

// add widens r to hold v, unless v can't be drawn.
func (r Range) add(v float64) Range {
	if !finite(v) {
		return r
	}
	return Range{min(r.Min, v), max(r.Max, v)}
}

func (r Range) union(o Range) Range {
	return Range{min(r.Min, o.Min), max(r.Max, o.Max)}
}

// pad widens r by a share of its width on both sides.
func (r Range) pad(share float64) Range {
	d := (r.Max - r.Min) * share
	return Range{r.Min - d, r.Max + d}
}

// atLeast widens r around its middle to a width.
func (r Range) atLeast(width float64) Range {
	if d := width - (r.Max - r.Min); d > 0 {
		return Range{r.Min - d/2, r.Max + d/2}
	}
	return r
}

// frac returns where v lies in r: 0 at Min, 1 at Max.
func (r Range) frac(v float64) float64 { return (v - r.Min) / (r.Max - r.Min) }

// holds tells whether v lies in r; NaN doesn't.
func (r Range) holds(v float64) bool { return v >= r.Min && v <= r.Max }

// axis is one axis of a plot.
type axis struct {
	label string
	rng   Range
	// ticks returns at most about n labelled ticks inside r.
	ticks func(r Range, n int) []plot.Tick
}

// linearTicks puts ticks at multiples of 1, 2 or 5 times a power of ten.
func linearTicks(r Range, n int) []plot.Tick { return stepTicks(r, niceStep(r, n)) }

// wholeTicks are linearTicks at whole numbers only.
func wholeTicks(r Range, n int) []plot.Tick { return stepTicks(r, max(1, niceStep(r, n))) }

// niceStep returns the smallest of 1, 2, 5 times a power of ten that divides r
// into at most n parts.
func niceStep(r Range, n int) float64 {
	raw := (r.Max - r.Min) / float64(max(n, 1))
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= raw*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// stepTicks puts ticks at the multiples of step in r.
func stepTicks(r Range, step float64) []plot.Tick {
	var ticks []plot.Tick
	slack := 1e-9 * (r.Max - r.Min)
	first := math.Ceil((r.Min - slack) / step)
	// The count is bounded: far from 0, first+k may be first again.
	for k := range 100 {
		v := (first + float64(k)) * step
		if !(v <= r.Max+slack) || k > 0 && v == ticks[k-1].Value {
			break
		}
		ticks = append(ticks, plot.Tick{Value: v, Label: number(v, step)})
	}
	return ticks
}

// number writes a tick's value with the decimals that its step needs.
func number(v, step float64) string {
	if v == 0 {
		return "0"
	}
	a := math.Abs(v)
	if a >= 1e7 || step < 1e-4 {
		digits := int(math.Floor(math.Log10(a)) - math.Floor(math.Log10(step)+1e-9))
		s := strconv.FormatFloat(v, 'e', min(6, max(0, digits)), 64)
		return minus(exponent(s))
	}
	decimals := max(0, int(-math.Floor(math.Log10(step)+1e-9)))
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if a >= 10_000 {
		whole := len(strconv.FormatFloat(math.Trunc(v), 'f', 0, 64))
		for i := whole - 3; i > 0 && s[i-1] != '-'; i -= 3 {
			s = s[:i] + "," + s[i:]
		}
	}
	return minus(s)
}

// logTicks are the ticks of an axis that holds log10 of its values: whole
// decades where the range spans two or more, 1, 2 and 5 within them otherwise.
func logTicks(r Range, n int) []plot.Tick {
	var ticks []plot.Tick
	if r.Max-r.Min >= 2 {
		for _, t := range wholeTicks(r, n) {
			ticks = append(ticks, plot.Tick{Value: t.Value, Label: power(t.Value, 1)})
		}
		return ticks
	}
	for e := math.Floor(r.Min); e <= r.Max; e++ {
		for _, m := range []float64{1, 2, 5} {
			if v := e + math.Log10(m); v >= r.Min && v <= r.Max {
				ticks = append(ticks, plot.Tick{Value: v, Label: power(e, m)})
			}
		}
	}
	return ticks
}

// power writes m times ten to the e, m a digit: as a plain number from 0.001 to
// 10,000, in scientific notation elsewhere.
func power(e, m float64) string {
	if e >= -3 && e <= 3 {
		return strconv.FormatFloat(m*math.Pow(10, e), 'f', max(0, int(-e)), 64)
	}
	return strconv.FormatFloat(m, 'f', 0, 64) + minus("e"+strconv.Itoa(int(e)))
}

// minus puts a typographic minus for the hyphen, which is too short to see.
func minus(s string) string { return strings.ReplaceAll(s, "-", "−") }

// exponent takes plus signs and leading zeros off an exponent of two digits.
func exponent(s string) string {
	return strings.NewReplacer("e+0", "e", "e+", "e", "e-0", "e-").Replace(s)
}

// nameTicks returns the ticks of an axis of names at 0, 1, 2, ...: all of them
// where n allows, else every second, third, ... and the last.
func nameTicks(names []string) func(Range, int) []plot.Tick {
	return func(_ Range, n int) []plot.Tick {
		step := (len(names) + max(n, 1) - 1) / max(n, 1)
		var ticks []plot.Tick
		last := len(names) - 1
		for i := 0; i < last; i += step {
			if i == 0 || last-i >= step {
				ticks = append(ticks, plot.Tick{Value: float64(i), Label: printable.Text(names[i])})
			}
		}
		return append(ticks, plot.Tick{Value: float64(last), Label: printable.Text(names[last])})
	}
}
