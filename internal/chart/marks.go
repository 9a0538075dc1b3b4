package chart

import (
	"image"
	"math"
	"strconv"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// mark is the form of a mean's mark. Forms go with colours, so that series can be
// told apart without these.
type mark int

const (
	roundMark mark = iota
	squareMark
	upMark // a triangle
	diamondMark
	downMark
	marks // their number
)

// markRadius is a mark's size in pixels at scale 1, its white edge included.
const markRadius = 5.2

// seriesMark returns the form of series i; with the eight colours it makes forty
// different marks.
func seriesMark(i int) mark { return mark(i) % marks }

// outline returns the corners of the form around p; radius is that of a circle
// that looks as large.
func (m mark) outline(p vg.Point, radius float64) []vg.Point {
	form := [marks]struct{ corners, first, radius float64 }{
		roundMark:   {32, 0, 1},
		squareMark:  {4, math.Pi / 4, 1.22},
		upMark:      {3, math.Pi / 2, 1.38},
		diamondMark: {4, 0, 1.3},
		downMark:    {3, -math.Pi / 2, 1.38},
	}[m]
	line := make([]vg.Point, int(form.corners))
	for i := range line {
		sin, cos := math.Sincos(form.first + 2*math.Pi*float64(i)/form.corners)
		line[i] = p.Add(vg.Point{X: pixels(radius * form.radius * cos), Y: pixels(radius * form.radius * sin)})
	}
	return line
}

// draw paints the mark with a white edge around p.
func (m mark) draw(c draw.Canvas, p vg.Point, color rgb, radius float64) {
	c.FillPolygon(white.rgba(), m.outline(p, radius))
	c.FillPolygon(color.rgba(), m.outline(p, radius-1.1))
}

// badgeRadius is a badge's size in pixels at scale 1, its white edge included.
const badgeRadius = 8.2

// drawBadge paints a number in a disc around p.
func drawBadge(c draw.Canvas, p vg.Point, n int) {
	roundMark.draw(c, p, ink, badgeRadius)
	c.FillText(boldStyle(badgeSize, white, text.XCenter, text.YCenter), p, strconv.Itoa(n))
}

// drawCross paints the sign of a failure.
func drawCross(c draw.Canvas, p vg.Point, color rgb) {
	d := pixels(3.4)
	a, b := vg.Point{X: d, Y: d}, vg.Point{X: d, Y: -d}
	for _, sty := range []draw.LineStyle{lineStyle(white, 4), lineStyle(color, 1.9)} {
		c.StrokeLines(sty, []vg.Point{p.Sub(a), p.Add(a)}, []vg.Point{p.Sub(b), p.Add(b)})
	}
}

// drawWhisker paints a whisker from y0 to y1 with a short bar at each end that is
// one: what was cut off at the plot's edge has none.
func drawWhisker(c draw.Canvas, x, y0, y1 vg.Length, cut0, cut1 bool, sty draw.LineStyle) {
	end := pixels(4)
	c.StrokeLine2(sty, x, y0, x, y1)
	if !cut0 {
		c.StrokeLine2(sty, x-end, y0, x+end, y0)
	}
	if !cut1 {
		c.StrokeLine2(sty, x-end, y1, x+end, y1)
	}
}

// drawDashes paints a horizontal dashed line over the pixels from x0 to x1, at y.
func drawDashes(s surface, x0, x1, y int, color rgb) {
	dash := s.px(5)
	for x := x0; x < x1; x += dash + s.px(3) {
		s.fill(image.Rect(x, y, min(x+dash, x1), y+s.px(1.2)), color)
	}
}

// hatch paints the pixels of r with slanted stripes: no value here.
func (s surface) hatch(r image.Rectangle) {
	r = r.Intersect(s.img.Bounds())
	period := s.px(7)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			c := faint
			if (x+y)%period < s.px(2) {
				c = edge
			}
			s.img.SetRGBA(x, y, c.rgba())
		}
	}
}
