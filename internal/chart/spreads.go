package chart

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"gradwatch/internal/printable"
)

// Spreads shows how much luck there is in a result: for each model the values of
// all its replicas as a swarm of dots, their mean and standard deviation, and two
// single figures to compare: one that was told of the model and one that was shown.
type Spreads struct {
	Title  string
	YLabel string // empty for "test accuracy"
	Models []ModelSpread
	// Told and Shown are what the legend calls the two single figures; empty for
	// "the tutorial's one figure" and "the run shown here".
	Told, Shown string
	// Include is what the y axis always shows, as in Lines.
	Include Range
	// Chance is the metric of a guess, a dashed line; 0 for none.
	Chance float64
}

// ModelSpread is one column of Spreads.
type ModelSpread struct {
	Name   string
	Values []float64 // one a replica; NaN or infinite where it failed
	Told   float64   // what others report of this model; NaN for nothing
	Shown  float64   // the single run that is looked at; NaN for none
}

// The colours of the single figures; the swarm is blue, its mean ink.
const (
	toldColor  = orange
	shownColor = rgb(0x009e73)
)

func (f Spreads) check() error {
	if len(f.Models) == 0 {
		return fmt.Errorf("spreads %q: %w", f.Title, errEmpty)
	}
	for _, m := range f.Models {
		if len(m.Values) == 0 {
			return fmt.Errorf("spread of %q: %w", m.Name, errEmpty)
		}
	}
	return nil
}

func (f Spreads) size() Size {
	return Size{Width: max(800, min(1400, 80+180*len(f.Models))), Height: 500}
}

func (f Spreads) draw(c draw.Canvas) { drawFramed(f, c) }

func (f Spreads) frame() frame {
	spreads := make([]spread, len(f.Models))
	names := make([]string, len(f.Models))
	var labels []plot.Tick
	r, failed := emptyRange(), false
	for i, m := range f.Models {
		spreads[i] = newSpread(m.Values)
		r = r.union(spanOf(m.Values)).add(m.Told).add(m.Shown)
		failed = failed || spreads[i].failed > 0
		names[i] = m.Name
		labels = append(labels, plot.Tick{Value: float64(i), Label: printable.Text(m.Name) + "\n" + spreads[i].String()})
	}
	y := newScale(r, f.Include)
	if failed {
		y = y.roomBelow(r)
	}
	return frame{
		title:  f.Title,
		legend: f.legend(failed),
		x:      axis{"", Range{-0.5, float64(len(f.Models)) - 0.5}, nameTicks(names)},
		marks:  labels,
		y:      y.axis(or(f.YLabel, "test accuracy")),
		over:   func(v view) { f.paint(v, y, spreads) },
	}
}

// String writes mean and deviation, as those of an accuracy.
func (s spread) String() string {
	switch {
	case len(s.values) == 0:
		return "failed"
	case math.IsNaN(s.deviation):
		return fmt.Sprintf("%.3f", s.mean)
	default:
		return fmt.Sprintf("%.3f ± %.3f", s.mean, s.deviation)
	}
}

func (f Spreads) legend(failed bool) []entry {
	es := []entry{
		{"each seed", blue.mix(white, 0.35), dotShape},
		{"mean ± one standard deviation", ink, whiskerShape},
	}
	told, shown := false, false
	for _, m := range f.Models {
		told, shown = told || finite(m.Told), shown || finite(m.Shown)
	}
	if told {
		es = append(es, entry{or(f.Told, "the tutorial's one figure"), toldColor, shapeOf(diamondMark)})
	}
	if shown {
		es = append(es, entry{or(f.Shown, "the run shown here"), shownColor, shapeOf(upMark)})
	}
	return append(es, commonEntries(f.Chance, failed, alarm)...)
}

// paint draws each model's column: the swarm in the middle, its mean at the left,
// the single figures at the right, so that none hides another.
func (f Spreads) paint(v view, y scale, spreads []spread) {
	radius := 3.4
	if f.replicas() > 60 {
		radius = 2.4
	}
	drawChance(v, y, f.Chance)
	d := newFaintDot(surfaceOf(v.Canvas), blue, radius, 0.55)
	column := v.Size().X / vg.Length(len(f.Models))
	half := min(column*0.24, pixels(50))
	step := min(column*0.08, pixels(20)) // the single figures' marks are narrower
	for i, m := range f.Models {
		x := v.at(float64(i), 0).X
		sp := spreads[i]
		drawSwarm(v, y, sp.values, x, half, d, radius)
		if len(sp.values) > 0 {
			f.mean(v, y, sp, x-half-step)
		}
		if finite(m.Told) {
			diamondMark.draw(v.Canvas, vg.Point{X: x + half + step, Y: v.at(0, y.place(m.Told)).Y}, toldColor, 6.4)
		}
		if finite(m.Shown) {
			upMark.draw(v.Canvas, vg.Point{X: x + half + 2*step, Y: v.at(0, y.place(m.Shown)).Y}, shownColor, 6.4)
		}
		if sp.failed > 0 {
			drawCross(v.Canvas, vg.Point{X: x, Y: v.Min.Y + pixels(failedHeight)}, alarm)
		}
	}
}

// replicas is the largest number of replicas of a model.
func (f Spreads) replicas() int {
	n := 0
	for _, m := range f.Models {
		n = max(n, len(m.Values))
	}
	return n
}

// mean draws a swarm's mean with its deviation at x.
func (Spreads) mean(v view, y scale, sp spread, x vg.Length) {
	sp.drawDeviation(v, y, x, lineStyle(ink, 2))
	roundMark.draw(v.Canvas, vg.Point{X: x, Y: v.at(0, y.place(sp.mean)).Y}, ink, 5.6)
}
