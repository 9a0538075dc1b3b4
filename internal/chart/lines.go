package chart

import (
	"fmt"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// logSpan is the ratio of largest to smallest value from which an axis is
// logarithmic: beyond it, a linear one shows the small values as one flat line.
const logSpan = 1000

// Series is one quantity by epoch, from epoch 0, of one or more replicas.
type Series struct {
	Name     string
	Replicas [][]float64 // [replica][epoch]
}

// Lines shows quantities by epoch, the first blue, the second orange. Of several
// replicas each is a thin line, and their mean, over those that are finite, a
// thick one.
type Lines struct {
	Title  string
	YLabel string
	Series []Series
	// Include is what the y axis always shows; values outside widen it. The zero
	// Range is 0 alone. An axis over three decades of positive values is
	// logarithmic and doesn't heed it.
	Include Range

	shared Range // the y values of all panels, where they share one axis
}

// Accuracy is the picture of the accuracies on the training and the test set.
func Accuracy(title string, train, test [][]float64) Lines {
	return Lines{
		Title:   title,
		YLabel:  "accuracy",
		Series:  []Series{{"train", train}, {"test", test}},
		Include: Range{0.4, 1},
	}
}

// Loss is the picture of the mean losses on the training and the test set.
func Loss(title, label string, train, test [][]float64) Lines {
	return Lines{
		Title:  title,
		YLabel: label,
		Series: []Series{{"train", train}, {"test", test}},
	}
}

func (f Lines) check() error {
	if len(f.Series) == 0 {
		return fmt.Errorf("lines %q: %w", f.Title, errEmpty)
	}
	for _, s := range f.Series {
		if len(s.Replicas) == 0 {
			return fmt.Errorf("series %q: %w", s.Name, errEmpty)
		}
		for r, v := range s.Replicas {
			if len(v) == 0 {
				return fmt.Errorf("series %q, replica %d: %w", s.Name, r, errEmpty)
			}
		}
	}
	return nil
}

func (f Lines) size() Size { return Size{Width: 800, Height: 500} }

func (f Lines) draw(c draw.Canvas) { drawFramed(f, c) }

// span returns the range of the finite values.
func (f Lines) span() Range {
	r := emptyRange()
	for _, s := range f.Series {
		for _, vs := range s.Replicas {
			r = r.union(spanOf(vs))
		}
	}
	return r
}

func (f Lines) share(r Range) framed {
	f.shared = r
	return f
}

func (f Lines) frame() frame {
	r := f.shared
	if r == (Range{}) {
		r = f.span()
	}
	y := newScale(r, f.Include)
	fr := frame{title: f.Title, x: epochAxis(f.epochs()), y: y.axis(f.YLabel)}
	replicas, bad := 0, 0
	for i, s := range f.Series {
		fr.legend = append(fr.legend, entry{s.Name, seriesColor(i), lineShape})
		replicas = max(replicas, len(s.Replicas))
		bad += countBad(s.Replicas)
	}
	if replicas > 1 {
		fr.notes = append(fr.notes, fmt.Sprintf("thin: each of %d replicas; thick: their mean", replicas))
	}
	if bad > 0 {
		fr.notes = append(fr.notes, fmt.Sprintf("not drawn: %d values that are NaN or infinite", bad))
	}
	fr.over = func(v view) { f.paint(v, y) }
	return fr
}

func (f Lines) epochs() int {
	n := 0
	for _, s := range f.Series {
		for _, vs := range s.Replicas {
			n = max(n, len(vs))
		}
	}
	return n
}

// paint draws all replicas, then the means, so that these lie on top.
func (f Lines) paint(v view, y scale) {
	for i, s := range f.Series {
		if len(s.Replicas) > 1 {
			// Many lines are fainter each, so that the mean stays visible.
			opacity := max(0.12, 0.5/math.Sqrt(float64(len(s.Replicas))))
			for _, vs := range s.Replicas {
				y.stroke(v, vs, draw.LineStyle{Color: seriesColor(i).fade(opacity), Width: pixels(1)})
			}
		}
	}
	means := make([][]float64, len(f.Series))
	for i, s := range f.Series {
		means[i] = mean(s.Replicas)
		if len(s.Replicas) > 1 { // a light seam sets the mean off
			y.stroke(v, means[i], lineStyle(white.fade(0.75), 4.5))
		}
	}
	for i, m := range means {
		y.stroke(v, m, lineStyle(seriesColor(i), 2))
	}
}

// mean returns the mean over the replicas of the finite values of each epoch.
func mean(replicas [][]float64) []float64 {
	if len(replicas) == 1 {
		return replicas[0]
	}
	n := 0
	for _, vs := range replicas {
		n = max(n, len(vs))
	}
	m := make([]float64, n)
	for e := range m {
		sum, count := 0.0, 0
		for _, vs := range replicas {
			if e < len(vs) && finite(vs[e]) {
				sum += vs[e]
				count++
			}
		}
		m[e] = sum / float64(count) // NaN where none is finite
	}
	return m
}

// finite tells whether v can be drawn on a linear axis. Beyond 1e300 the width of
// an axis would overflow: such a number counts as infinite.
func finite(v float64) bool { return math.Abs(v) <= 1e300 }

func spanOf(vs []float64) Range {
	r := emptyRange()
	for _, v := range vs {
		r = r.add(v)
	}
	return r
}

func countBad(rows [][]float64) int {
	n := 0
	for _, vs := range rows {
		for _, v := range vs {
			if !finite(v) {
				n++
			}
		}
	}
	return n
}

// epochAxis is the x axis of n epochs, counted from 0.
func epochAxis(n int) axis {
	return axis{"epoch", Range{0, float64(n - 1)}.atLeast(1), wholeTicks}
}

// scale is a y axis, linear or logarithmic.
type scale struct {
	rng Range // in the axis's units: log10 of the values where log is set
	log bool
}

// newScale returns the scale for values in r: see Lines.Include.
func newScale(r, include Range) scale {
	if r.Min > 0 && r.Max/r.Min > logSpan {
		return scale{Range{math.Log10(r.Min), math.Log10(r.Max)}.pad(0.03), true}
	}
	r = r.union(include)
	if r == include && r.Max > r.Min {
		return scale{r, false}
	}
	if r.Max == r.Min {
		return scale{r.atLeast(1), false}
	}
	padded := r.pad(0.05)
	if r.Min == include.Min {
		padded.Min = r.Min
	}
	if r.Max == include.Max {
		padded.Max = r.Max
	}
	return scale{padded, false}
}

func (s scale) axis(label string) axis {
	ticks := linearTicks
	if s.log {
		ticks = logTicks
	}
	return axis{label, s.rng, ticks}
}

// at returns a value's place on the axis; NaN where it has none.
func (s scale) at(v float64) float64 {
	if s.log {
		if v <= 0 {
			return math.NaN()
		}
		return math.Log10(v)
	}
	return v
}

// place returns where a finite value is drawn: at the axis's end where it lies beyond.
func (s scale) place(v float64) float64 {
	at := s.at(v)
	if math.IsNaN(at) { // 0 or less on a logarithmic axis
		return s.rng.Min
	}
	return min(s.rng.Max, max(s.rng.Min, at))
}

// roomBelow returns s with its lower end so far below all data that crosses at
// the bottom cover none.
func (s scale) roomBelow(data Range) scale {
	const room = 0.06 // of the axis
	lowest := s.at(data.Min)
	if finite(lowest) && s.rng.frac(lowest) < room {
		s.rng.Min = (lowest - room*s.rng.Max) / (1 - room)
	}
	return s
}

// stroke draws values by epoch as a line, broken where a value has no place; a
// value alone between breaks is a dot.
func (s scale) stroke(v view, values []float64, sty draw.LineStyle) {
	var run []vg.Point
	flush := func() {
		switch {
		case len(run) == 1:
			half := sty.Width * 2
			v.FillPolygon(sty.Color, []vg.Point{
				run[0].Add(vg.Point{X: -half}), run[0].Add(vg.Point{Y: half}),
				run[0].Add(vg.Point{X: half}), run[0].Add(vg.Point{Y: -half}),
			})
		case len(run) > 1:
			strokePieces(v.Canvas, sty, thin(run, pixels(1)))
		}
		run = run[:0]
	}
	for e, value := range values {
		y := s.at(value)
		if !finite(y) {
			flush()
			continue
		}
		run = append(run, v.at(float64(e), min(s.rng.Max, max(s.rng.Min, y))))
	}
	flush()
}

// piece is the number of points that are stroked at once: the rasterizer keeps
// the pixels of a path in a list a row, and searching these makes the time of one
// path grow with the square of its points.
const piece = 48

// strokePieces strokes a line piece by piece; the round caps where two pieces
// meet look like the joints within one.
func strokePieces(c draw.Canvas, sty draw.LineStyle, line []vg.Point) {
	for len(line) > piece {
		c.StrokeLines(sty, line[:piece])
		line = line[piece-1:]
	}
	c.StrokeLines(sty, line)
}

// thin reduces a line with many points within one column of a width to the
// lowest and highest of each column, which look the same.
func thin(line []vg.Point, width vg.Length) []vg.Point {
	if len(line) < 2 || line[1].X-line[0].X > width/2 {
		return line
	}
	out := make([]vg.Point, 0, len(line)/2)
	for start := 0; start < len(line); {
		end, lo, hi := start, start, start
		for ; end < len(line) && line[end].X < line[start].X+width; end++ {
			if line[end].Y < line[lo].Y {
				lo = end
			}
			if line[end].Y > line[hi].Y {
				hi = end
			}
		}
		out = append(out, line[min(lo, hi)])
		if lo != hi {
			out = append(out, line[max(lo, hi)])
		}
		start = end
	}
	return out
}
