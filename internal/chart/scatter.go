package chart

import (
	"fmt"
	"math"

	"gradwatch/internal/printable"

	"gonum.org/v1/plot/vg/draw"
)

// Points are n points in two classes or more. The first two inputs of each are drawn.
type Points struct {
	X      []float64 // [n, Inputs], row-major
	Inputs int       // inputs of a point, at least 2
	Labels []float64 // [n], the class, from 0
	// Classes are their names; none for 0 and 1.
	Classes []string
}

// classes returns the number of classes.
func (p Points) classes() int { return max(2, len(p.Classes)) }

// className returns what a legend calls a class.
func (p Points) className(class int) string {
	if class < len(p.Classes) {
		return p.Classes[class]
	}
	return fmt.Sprintf("class %d", class)
}

// at returns the place of point i.
func (p Points) at(i int) (x, y float64) { return p.X[i*p.Inputs], p.X[i*p.Inputs+1] }

// Scatter shows points, class 0 blue and class 1 orange.
type Scatter struct {
	Title          string
	Points         Points
	XLabel, YLabel string // empty for x1 and x2
}

func (p Points) check() error {
	if len(p.Labels) == 0 {
		return nil
	}
	if p.Inputs < 2 {
		return fmt.Errorf("points of %d inputs: want at least 2", p.Inputs)
	}
	if len(p.X) != len(p.Labels)*p.Inputs {
		return fmt.Errorf("%d numbers for %d points of %d inputs: want %d", len(p.X), len(p.Labels), p.Inputs, len(p.Labels)*p.Inputs)
	}
	for i, l := range p.Labels {
		if l != math.Trunc(l) || l < 0 || l >= float64(p.classes()) {
			return fmt.Errorf("label %v of point %d: want %s", l, i, classesWanted(p.classes()))
		}
	}
	return nil
}

func classesWanted(classes int) string {
	if classes == 2 {
		return "0 or 1"
	}
	return fmt.Sprintf("0 to %d", classes-1)
}

// ranges returns the ranges of both coordinates, padded and never empty.
func (p Points) ranges() (x, y Range) {
	x, y = emptyRange(), emptyRange()
	for i := range p.Labels {
		px, py := p.at(i)
		x, y = x.add(px), y.add(py)
	}
	return roomy(x), roomy(y)
}

// roomy pads the range of some values so that marks keep off the frame; a range
// of one value gets a width, one of none becomes 0 to 1.
func roomy(r Range) Range {
	if r.empty() {
		return Range{0, 1}
	}
	if r.Min == r.Max {
		return r.atLeast(max(1, math.Abs(r.Min)))
	}
	return r.pad(0.05)
}

// legend has a dot for each class that occurs, with its number of points.
func (p Points) legend(what string) []entry {
	count := make([]int, p.classes())
	for _, l := range p.Labels {
		count[int(l)]++
	}
	var es []entry
	for class, n := range count {
		if n > 0 {
			es = append(es, entry{fmt.Sprintf("%s (%s)", p.className(class), printable.Count(n, what)), classColor(class), dotShape})
		}
	}
	return es
}

// draw paints the points within the axes with dots of a radius.
func (p Points) draw(v view, radius float64) {
	s := surfaceOf(v.Canvas)
	dots := make([]dot, p.classes())
	for class := range dots {
		dots[class] = newDot(s, classColor(class), radius)
	}
	for i, label := range p.Labels {
		px, py := p.at(i)
		if v.x.holds(px) && v.y.holds(py) {
			x, y := s.xy(v.at(px, py))
			dots[int(label)].draw(s.img, x, y)
		}
	}
}

// radius is smaller where there are many points.
func (p Points) radius() float64 {
	switch n := len(p.Labels); {
	case n <= 1500:
		return 4.3
	case n <= 6000:
		return 3.2
	default:
		return 2.4
	}
}

// notes tells of points that can't be drawn.
func (p Points) notes() []string {
	n := 0
	for i := range p.Labels {
		if x, y := p.at(i); !finite(x) || !finite(y) {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%d of %d points are not finite and not drawn", n, len(p.Labels))}
}

func (f Scatter) check() error { return f.Points.check() }

func (f Scatter) size() Size { return Size{Width: 640, Height: 620} }

func (f Scatter) draw(c draw.Canvas) { drawFramed(f, c) }

func (f Scatter) frame() frame {
	x, y := f.Points.ranges()
	return frame{
		title:  f.Title,
		notes:  f.Points.notes(),
		legend: f.Points.legend("point"),
		x:      axis{or(f.XLabel, "x1"), x, linearTicks},
		y:      axis{or(f.YLabel, "x2"), y, linearTicks},
		over:   func(v view) { f.Points.draw(v, f.Points.radius()) },
	}
}

// or returns s, or def where s is empty.
func or(s, def string) string {
	if s == "" {
		return def
	}
	return s
}
