package chart

import (
	"image"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// colormap gives a colour for t in [0, 1].
type colormap func(t float64) rgb

// viridis is perceptually uniform: equal steps of t look equally far apart, also
// to the colour-blind and in grey. Linear between the ten colours of viridis(10)
// in R's viridisLite, which are matplotlib's (van der Walt and Smith, CC0).
func viridis(t float64) rgb {
	return gradient(t, 0x440154, 0x482878, 0x3e4a89, 0x31688e, 0x26828e, 0x1f9e89, 0x35b779, 0x6dcd59, 0xb4de2c, 0xfde725)
}

// diverging runs from class 0's blue over white to class 1's orange, lighter than
// either so that points of both classes stand out on it.
func diverging(t float64) rgb {
	return gradient(t, blue.mix(white, 0.45), white, orange.mix(white, 0.4))
}

// gradient is linear between evenly spaced colours.
func gradient(t float64, stops ...rgb) rgb {
	x := min(1, max(0, t)) * float64(len(stops)-1)
	i := min(int(x), len(stops)-2)
	return stops[i].mix(stops[i+1], x-float64(i))
}

// table is a colormap at 256 steps, for painting many pixels.
func (m colormap) table() (t [256]color.RGBA) {
	for i := range t {
		t[i] = m(float64(i) / 255).rgba()
	}
	return t
}

// tableIndex returns the index in a table for a share of the range.
func tableIndex(share float64) int { return int(min(255, max(0, math.Round(share*255)))) }

// layerColor returns the colour of layer i of n: viridis, without its lightest
// yellows, which can't be seen as lines on white.
func layerColor(i, n int) rgb { return viridis(0.88 * float64(i) / float64(max(1, n-1))) }

// colorBar is the key of a colour scale.
type colorBar struct {
	title string
	rng   Range
	ticks func(Range, int) []plot.Tick
	color colormap
}

const (
	barGap   = 16 // pixels at scale 1 between plot and bar
	barWidth = 14
)

func (b colorBar) labels(height vg.Length) []plot.Tick {
	return b.ticks(b.rng, min(8, max(2, int(height/pixels(36)))))
}

func (b colorBar) width() vg.Length {
	var w vg.Length
	sty := textStyle(tickSize, muted, text.XLeft, text.YCenter)
	for _, t := range b.labels(pixels(400)) {
		w = max(w, sty.Width(t.Label))
	}
	return w + pixels(barGap+barWidth+6+4+20)
}

func (b colorBar) draw(c draw.Canvas, area vg.Rectangle) {
	s := surfaceOf(c)
	x0 := area.Max.X + pixels(barGap)
	bar := s.rect(vg.Rectangle{Min: vg.Point{X: x0, Y: area.Min.Y}, Max: vg.Point{X: x0 + pixels(barWidth), Y: area.Max.Y}})
	table := b.color.table()
	for y := range bar.Dy() {
		share := 1 - (float64(y)+0.5)/float64(bar.Dy())
		line := image.Rect(bar.Min.X, bar.Min.Y+y, bar.Max.X, bar.Min.Y+y+1)
		s.fillRGBA(line, table[tableIndex(share)])
	}
	height := area.Max.Y - area.Min.Y
	sty := textStyle(tickSize, muted, text.XLeft, text.YCenter)
	for _, t := range b.labels(height) {
		y := area.Min.Y + height*vg.Length(b.rng.frac(t.Value))
		_, py := s.xy(vg.Point{Y: y})
		s.fill(image.Rect(bar.Max.X, int(py), bar.Max.X+s.px(4), int(py)+s.px(1)), edge)
		c.FillText(sty, vg.Point{X: x0 + pixels(barWidth+6), Y: y}, t.Label)
	}
	title := textStyle(labelSize, ink, text.XCenter, text.YBottom)
	title.Rotation = math.Pi / 2
	c.FillText(title, vg.Point{X: c.Max.X - pixels(2), Y: (area.Min.Y + area.Max.Y) / 2}, b.title)
}

// layerKey is the key of lines that stand for layers: a swatch a layer, in
// order, with as many names as fit.
type layerKey int

func (k layerKey) width() vg.Length {
	sty := textStyle(tickSize, ink, text.XLeft, text.YCenter)
	return sty.Width(layerNames(int(k))[k-1]) + pixels(barGap+barWidth+6+2)
}

func (k layerKey) draw(c draw.Canvas, area vg.Rectangle) {
	s := surfaceOf(c)
	n := int(k)
	height := area.Max.Y - area.Min.Y
	row := min(pixels(lineHeight), height/vg.Length(n))
	x := area.Max.X + pixels(barGap)
	thick := max(min(row-pixels(3), pixels(4)), row*0.8)
	if row == pixels(lineHeight) {
		thick = pixels(4)
	}
	for i := range n {
		mid := area.Max.Y - row*(vg.Length(i)+0.5)
		s.fill(s.rect(vg.Rectangle{Min: vg.Point{X: x, Y: mid - thick/2}, Max: vg.Point{X: x + pixels(barWidth), Y: mid + thick/2}}), layerColor(i, n))
	}
	sty := textStyle(tickSize, ink, text.XLeft, text.YCenter)
	for _, t := range nameTicks(layerNames(n))(Range{}, int(row*vg.Length(n)/pixels(17))) {
		c.FillText(sty, vg.Point{X: x + pixels(barWidth+6), Y: area.Max.Y - row*vg.Length(t.Value+0.5)}, t.Label)
	}
}
