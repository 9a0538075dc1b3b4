package chart

import (
	"image"
	imgdraw "image/draw"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Distances in pixels at scale 1.
const (
	margin     = 14 // around a picture
	lineHeight = 20 // of a legend or a note
	titleSpace = 27 // from a title's top to what follows
	swatch     = 22 // length of a legend's line
	entryGap   = 24 // from a legend's line to its name, and from there to the next line
)

// frame is what all pictures with axes share: a title, notes and a legend above
// the plot, so that they never cover data, and perhaps a key at its right.
type frame struct {
	title  string
	notes  []string
	legend []entry
	x, y   axis
	key    key  // nil for none
	dense  bool // y labels may stand closer: names, one a band
	noGrid bool // the data fill the area
	// marks are the x axis's ticks where their labels fit side by side. Where they
	// don't, they stand slanted, or the axis has its own ticks instead.
	marks []plot.Tick
	slant bool
	// under paints below the grid, over above it; nil for nothing.
	under, over func(v view)
}

// view is a plot's data area: where the numbers go.
type view struct {
	draw.Canvas
	x, y Range
}

// at returns the place of (x, y) on the canvas.
func (v view) at(x, y float64) vg.Point {
	return vg.Point{X: v.Canvas.X(v.x.frac(x)), Y: v.Canvas.Y(v.y.frac(y))}
}

// key explains colours at the right of a plot.
type key interface {
	// width is the room it needs, its distance to the plot included.
	width() vg.Length
	// draw paints it at the right of area; c reaches to the picture's right edge.
	draw(c draw.Canvas, area vg.Rectangle)
}

// entry is one line of a legend.
type entry struct {
	name  string
	color rgb
	shape shape
}

type shape int

const (
	lineShape shape = iota
	dotShape
	boxShape
	hatchShape
	crossShape
	dashShape
	whiskerShape
	markShape // and the next: one a mark, then one a mark on a line
)

// badgeShape is a badge with a number from 1 on in a legend; it is negative.
func badgeShape(n int) shape { return -shape(n) }

// shapeOf is a mark in a legend.
func shapeOf(m mark) shape { return markShape + shape(m) }

// lineShapeOf is a mark on a line in a legend.
func lineShapeOf(m mark) shape { return markShape + shape(marks+m) }

// framed is a figure that is one frame.
type framed interface {
	Figure
	frame() frame
}

func drawFramed(f framed, c draw.Canvas) {
	fr := f.frame()
	c = inset(c, margin)
	fr.draw(c, fr.headHeight(c.Size().X))
}

// inset returns c without a border of n pixels.
func inset(c draw.Canvas, n float64) draw.Canvas {
	d := pixels(n)
	return draw.Crop(c, d, -d, d, -d)
}

// headHeight is the height of title, notes and legend in a frame of that width.
func (f frame) headHeight(width vg.Length) vg.Length {
	h := vg.Length(len(f.notes)+len(legendRows(f.legend, width))) * pixels(lineHeight)
	if f.title != "" {
		h += pixels(titleSpace)
	}
	return h + pixels(6)
}

// draw paints the frame on all of c, with the plot's top at head below c's.
func (f frame) draw(c draw.Canvas, head vg.Length) {
	f.drawHead(c)
	body := draw.Crop(c, 0, 0, 0, -head)
	if f.key != nil {
		body = draw.Crop(body, 0, -f.key.width(), 0, 0)
	}
	size := body.Size()
	p := plot.New()
	p.BackgroundColor = nil
	p.X.Label.Text = elide(textStyle(labelSize, ink, 0, 0), f.x.label, size.X-pixels(60))
	p.Y.Label.Text = elide(textStyle(labelSize, ink, 0, 0), f.y.label, size.Y-pixels(46))
	setAxis(&p.X, f.x, min(8, int(size.X/pixels(70))))
	f.setMarks(&p.X, size.X)
	rowHeight := pixels(34)
	if f.dense {
		rowHeight = pixels(26)
	}
	rows := int(size.Y / rowHeight)
	if !f.dense {
		rows = min(9, rows) // more are noise
	}
	setAxis(&p.Y, f.y, rows)
	p.X.Padding, p.Y.Padding = pixels(5), pixels(3)
	p.Add(area(func(a draw.Canvas) {
		v := view{a, f.x.rng, f.y.rng}
		if f.under != nil {
			f.under(v)
		}
		if !f.noGrid {
			drawGrid(v, p.X.Tick.Marker, p.Y.Tick.Marker)
		}
		if f.over != nil {
			f.over(v)
		}
		if f.key != nil {
			f.key.draw(c, a.Rectangle)
		}
	}))
	p.Draw(body)
}

// area is a function as a plot.Plotter.
type area func(draw.Canvas)

// Plot implements plot.Plotter.
func (a area) Plot(c draw.Canvas, _ *plot.Plot) { a(c) }

func setAxis(dst *plot.Axis, a axis, n int) {
	dst.Min, dst.Max = a.rng.Min, a.rng.Max
	if a.rng.Min > a.rng.Max { // downwards; gonum/plot would turn the range round
		dst.Min, dst.Max = a.rng.Max, a.rng.Min
		dst.Scale = plot.InvertedScale{Normalizer: plot.LinearScale{}}
	}
	dst.Label.Padding = pixels(5)
	dst.Label.TextStyle = textStyle(labelSize, ink, dst.Label.TextStyle.XAlign, dst.Label.TextStyle.YAlign)
	dst.Tick.Label = textStyle(tickSize, muted, dst.Tick.Label.XAlign, dst.Tick.Label.YAlign)
	dst.Tick.Marker = plot.ConstantTicks(a.ticks(a.rng, max(2, n)))
	dst.Tick.Length, dst.Width = 0, 0 // the grid leads to the labels
}

// setMarks puts the frame's marks on the x axis of a plot of a width.
func (f frame) setMarks(dst *plot.Axis, width vg.Length) {
	if len(f.marks) == 0 {
		return
	}
	const yLabels = 64 // pixels at scale 1 that the y axis's labels take, about
	place := func(t plot.Tick) vg.Length { return (width - pixels(yLabels)) * vg.Length(f.x.rng.frac(t.Value)) }
	fits, least := true, width
	for i, t := range f.marks[1:] {
		gap := place(t) - place(f.marks[i])
		need := (dst.Tick.Label.Width(t.Label) + dst.Tick.Label.Width(f.marks[i].Label)) / 2
		fits = fits && need+pixels(8) <= gap
		least = min(least, gap)
	}
	switch {
	case fits:
		dst.Tick.Marker = plot.ConstantTicks(f.marks)
	case f.slant:
		dst.Tick.Label.Rotation = math.Pi / 6
		dst.Tick.Label.XAlign, dst.Tick.Label.YAlign = text.XRight, text.YTop
		dst.Tick.Marker = plot.ConstantTicks(slanted(f.marks, least, dst.Tick.Label))
	}
}

// slanted returns the ticks, elided, of which as many keep their labels as can
// stand slanted with a gap between neighbours.
func slanted(marks []plot.Tick, gap vg.Length, sty text.Style) []plot.Tick {
	each := max(1, int(math.Ceil(float64(pixels(22)/gap)))) // a line's height over the sine of its slant
	var out []plot.Tick
	for i := 0; i < len(marks); i += each {
		out = append(out, plot.Tick{Value: marks[i].Value, Label: elide(sty, marks[i].Label, pixels(150))})
	}
	return out
}

// drawGrid draws grid lines and the two axes, snapped to pixels.
func drawGrid(v view, xs, ys plot.Ticker) {
	s := surfaceOf(v.Canvas)
	r := s.rect(v.Rectangle)
	w := s.px(1)
	for _, t := range xs.Ticks(v.x.Min, v.x.Max) {
		x, _ := s.xy(v.at(t.Value, v.y.Min))
		s.fill(image.Rect(int(x), r.Min.Y, int(x)+w, r.Max.Y), faint)
	}
	for _, t := range ys.Ticks(v.y.Min, v.y.Max) {
		_, y := s.xy(v.at(v.x.Min, t.Value))
		s.fill(image.Rect(r.Min.X, int(y), r.Max.X, int(y)+w), faint)
	}
	s.fill(image.Rect(r.Min.X-w, r.Min.Y, r.Min.X, r.Max.Y+w), edge)
	s.fill(image.Rect(r.Min.X-w, r.Max.Y, r.Max.X, r.Max.Y+w), edge)
}

// fill paints the pixels of r.
func (s surface) fill(r image.Rectangle, c rgb) {
	imgdraw.Draw(s.img, r, image.NewUniform(c.rgba()), image.Point{}, imgdraw.Src)
}

// drawHead paints title, legend and notes at the top of c.
func (f frame) drawHead(c draw.Canvas) {
	width := c.Size().X
	at := vg.Point{X: c.Min.X, Y: c.Max.Y}
	if f.title != "" {
		sty := boldStyle(titleSize, ink, text.XLeft, text.YTop)
		c.FillText(sty, at, elide(sty, f.title, width))
		at.Y -= pixels(titleSpace)
	}
	for _, row := range legendRows(f.legend, width) {
		x := at.X
		for _, e := range row {
			e.draw(c, vg.Point{X: x, Y: at.Y - pixels(lineHeight)/2})
			x += e.width()
		}
		at.Y -= pixels(lineHeight)
	}
	sty := textStyle(tickSize, muted, text.XLeft, text.YTop)
	for _, n := range f.notes {
		c.FillText(sty, at, elide(sty, n, width))
		at.Y -= pixels(lineHeight)
	}
}

// legendRows breaks a legend into rows of at most width.
func legendRows(legend []entry, width vg.Length) [][]entry {
	var rows [][]entry
	var used vg.Length
	for _, e := range legend {
		e.name = elide(e.style(), e.name, width-e.swatch()-pixels(entryGap))
		w := e.width()
		if len(rows) == 0 || used+w > width {
			rows = append(rows, nil)
			used = 0
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], e)
		used += w
	}
	return rows
}

func (e entry) style() text.Style { return textStyle(tickSize, ink, text.XLeft, text.YCenter) }

func (e entry) swatch() vg.Length {
	if e.shape == lineShape || e.shape == dashShape || e.shape >= lineShapeOf(0) {
		return pixels(swatch)
	}
	if e.shape < 0 {
		return pixels(2 * badgeRadius)
	}
	return pixels(12)
}

// width is the room of an entry, the gap to the next included.
func (e entry) width() vg.Length { return e.swatch() + e.style().Width(e.name) + pixels(entryGap) }

// draw paints the entry with the middle of its left edge at p.
func (e entry) draw(c draw.Canvas, p vg.Point) {
	w := e.swatch()
	s := surfaceOf(c)
	mid := p.Add(vg.Point{X: w / 2})
	box := s.rect(vg.Rectangle{Min: p.Add(vg.Point{Y: -pixels(6)}), Max: p.Add(vg.Point{X: w, Y: pixels(6)})})
	if e.shape < 0 {
		drawBadge(c, mid, -int(e.shape))
		c.FillText(e.style(), p.Add(vg.Point{X: w + pixels(6)}), e.name)
		return
	}
	switch e.shape {
	case lineShape:
		s.fill(s.rect(vg.Rectangle{Min: p.Add(vg.Point{Y: -pixels(1.25)}), Max: p.Add(vg.Point{X: w, Y: pixels(1.25)})}), e.color)
	case dotShape:
		x, y := s.xy(mid)
		newDot(s, e.color, 4.5).draw(s.img, x, y)
	case boxShape:
		s.fill(box, e.color)
	case hatchShape:
		s.hatch(box)
	case crossShape:
		drawCross(c, mid, e.color)
	case dashShape:
		drawDashes(s, box.Min.X, box.Max.X, (box.Min.Y+box.Max.Y)/2, e.color)
	case whiskerShape:
		drawWhisker(c, mid.X, mid.Y-pixels(7), mid.Y+pixels(7), false, false, lineStyle(e.color, 2))
		roundMark.draw(c, mid, e.color, 4.4)
	default:
		m := mark(e.shape - markShape)
		if m >= marks {
			s.fill(s.rect(vg.Rectangle{Min: p.Add(vg.Point{Y: -pixels(1.25)}), Max: p.Add(vg.Point{X: w, Y: pixels(1.25)})}), e.color)
		}
		(m % marks).draw(c, mid, e.color, markRadius)
	}
	c.FillText(e.style(), p.Add(vg.Point{X: w + pixels(6)}), e.name)
}
