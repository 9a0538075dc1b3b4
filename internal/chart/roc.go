package chart

import (
	"fmt"
	"math"

	"gradwatch/internal/printable"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Curve is a line through points.
type Curve struct{ X, Y []float64 }

func (c Curve) check() error {
	if len(c.X) != len(c.Y) || len(c.X) < 2 {
		return fmt.Errorf("a curve of %d and %d coordinates: want as many of both, at least 2", len(c.X), len(c.Y))
	}
	return nil
}

// ROC shows how many of the rows of a class are found against how many of the others are
// taken for it, a line a replica, and the diagonal of a coin toss.
type ROC struct {
	Title  string
	Class  string  // that is to be found
	Curves []Curve // X the false positive rate, Y the true one
}

func (f ROC) check() error {
	if len(f.Curves) == 0 {
		return fmt.Errorf("roc %q: %w", f.Title, errEmpty)
	}
	for _, c := range f.Curves {
		if err := c.check(); err != nil {
			return fmt.Errorf("roc %q: %w", f.Title, err)
		}
	}
	return nil
}

func (f ROC) size() Size { return Size{Width: 620, Height: 620} }

func (f ROC) draw(c draw.Canvas) { drawFramed(f, c) }

func (f ROC) frame() frame {
	legend := []entry{{"model", blue, lineShape}, {"coin toss", muted, dashShape}}
	if len(f.Curves) > 1 {
		legend[0].name = fmt.Sprintf("each of %d seeds", len(f.Curves))
	}
	room := Range{0, 1}.pad(0.02) // so that a line along the edge is seen whole
	return frame{
		title:  f.Title,
		legend: legend,
		x:      axis{"false positive rate: rows of the other class taken for " + quotedName(f.Class), room, linearTicks},
		y:      axis{"true positive rate: rows of " + quotedName(f.Class) + " found", room, linearTicks},
		over: func(v view) {
			strokeDashed(v, [2]float64{0, 0}, [2]float64{1, 1})
			opacity := 1.0
			if len(f.Curves) > 1 {
				opacity = max(0.2, 1/math.Sqrt(float64(len(f.Curves))))
			}
			for _, curve := range f.Curves {
				strokeCurve(v, curve, draw.LineStyle{Color: blue.fade(opacity), Width: pixels(2)})
			}
		},
	}
}

func quotedName(class string) string { return "“" + class + "”" }

// strokeCurve draws a line through the points.
func strokeCurve(v view, c Curve, sty draw.LineStyle) {
	line := make([]vg.Point, len(c.X))
	for i := range c.X {
		line[i] = v.at(c.X[i], c.Y[i])
	}
	strokePieces(v.Canvas, sty, line)
}

// strokeDashed draws a dashed straight line.
func strokeDashed(v view, from, to [2]float64) {
	sty := lineStyle(muted, 1.5)
	sty.Dashes = []vg.Length{pixels(6), pixels(4)}
	v.StrokeLines(sty, []vg.Point{v.at(from[0], from[1]), v.at(to[0], to[1])})
}

// Predicted shows what a regression predicts for the test rows against what is true: on
// the diagonal where it is right.
type Predicted struct {
	Title             string
	Target            string // the target's name
	Values, Predicted []float64
}

func (f Predicted) check() error {
	if len(f.Values) == 0 || len(f.Values) != len(f.Predicted) {
		return fmt.Errorf("predicted %q: %d values and %d predictions: want as many of both, at least 1", f.Title, len(f.Values), len(f.Predicted))
	}
	return nil
}

func (f Predicted) size() Size { return Size{Width: 640, Height: 620} }

func (f Predicted) draw(c draw.Canvas) { drawFramed(f, c) }

func (f Predicted) frame() frame {
	both, bad := emptyRange(), 0
	for i := range f.Values {
		both = both.add(f.Values[i]).add(f.Predicted[i])
		if !finite(f.Values[i]) || !finite(f.Predicted[i]) {
			bad++
		}
	}
	both = roomy(both)
	fr := frame{
		title:  f.Title,
		legend: []entry{{printable.Count(len(f.Values), "prediction"), blue, dotShape}, {"right", muted, dashShape}},
		x:      axis{or(f.Target, "target") + ", true", both, linearTicks},
		y:      axis{or(f.Target, "target") + ", predicted", both, linearTicks},
		over: func(v view) {
			strokeDashed(v, [2]float64{both.Min, both.Min}, [2]float64{both.Max, both.Max})
			f.dots(v)
		},
	}
	if bad > 0 {
		fr.notes = []string{fmt.Sprintf("%d of %d predictions are not finite and not drawn", bad, len(f.Values))}
	}
	return fr
}

// dots draws the predictions, fainter where they are many.
func (f Predicted) dots(v view) {
	const few, many = 400, 20000
	s := surfaceOf(v.Canvas)
	mark := newDot(s, blue, 4)
	if n := len(f.Values); n > few {
		mark = newFaintDot(s, blue, 3, max(0.15, 0.6*math.Sqrt(few/float64(min(n, many)))))
	}
	for i := range f.Values {
		if v.x.holds(f.Values[i]) && v.y.holds(f.Predicted[i]) {
			x, y := s.xy(v.at(f.Values[i], f.Predicted[i]))
			mark.draw(s.img, x, y)
		}
	}
}
