package chart

import (
	"image/color"

	"golang.org/x/image/font"
	"gonum.org/v1/plot"
	plotfont "gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"gradwatch/internal/printable"
)

// rgb is an opaque colour, 0xRRGGBB; unlike color.RGBA it can be a constant.
type rgb uint32

// The colours of every picture. Blue and orange are those of Tableau's
// colour-blind-safe palette ("Color Blind 10").
const (
	white  rgb = 0xffffff
	ink    rgb = 0x22262b // titles, axis labels
	muted  rgb = 0x57606c // tick labels, notes
	faint  rgb = 0xe4e7eb // grid
	edge   rgb = 0xa3acb9 // axis lines, borders
	blue   rgb = 0x1170aa // class 0, train
	orange rgb = 0xfc7d0b // class 1, test
	none   rgb = 0xc9ced6 // heat map: a gradient of exactly 0
	alarm  rgb = 0xd62728 // heat map: NaN or Inf
)

// Sizes of text in points; a point is 4/3 pixels at scale 1.
const (
	titleSize = 13
	labelSize = 11
	tickSize  = 10
	badgeSize = 8
)

// RGBA implements color.Color.
func (c rgb) RGBA() (r, g, b, a uint32) { return c.rgba().RGBA() }

func (c rgb) rgba() color.RGBA {
	return color.RGBA{R: uint8(c >> 16), G: uint8(c >> 8), B: uint8(c), A: 255}
}

// mix returns the colour that lies at t in [0, 1] between c and d.
func (c rgb) mix(d rgb, t float64) rgb {
	at := func(shift uint) rgb {
		a, b := float64(c>>shift&255), float64(d>>shift&255)
		return rgb(a+(b-a)*t+0.5) << shift
	}
	return at(16) | at(8) | at(0)
}

// fade returns c with an opacity in [0, 1], premultiplied.
func (c rgb) fade(opacity float64) color.RGBA {
	v := c.rgba()
	f := func(x uint8) uint8 { return uint8(float64(x)*opacity + 0.5) }
	return color.RGBA{f(v.R), f(v.G), f(v.B), f(255)}
}

// lightness returns how light c looks, from 0 to 1: sRGB's luma.
func (c rgb) lightness() float64 {
	v := c.rgba()
	return (0.2126*float64(v.R) + 0.7152*float64(v.G) + 0.0722*float64(v.B)) / 255
}

// seriesColor returns the colour of line i where lines stand for things without
// an order: Okabe and Ito's and Tableau's colour-blind-safe hues, dark enough
// for a line on white.
func seriesColor(i int) rgb {
	hues := [...]rgb{blue, orange, 0x009e73, 0xcc79a7, 0x57606c, 0x5fa2ce, 0xc85200, 0xa3acb9}
	return hues[i%len(hues)]
}

// classColor returns the colour of a class, up to ten of which differ: those of lines,
// then brown and olive.
func classColor(class int) rgb {
	if more := [...]rgb{0x8c564b, 0xa8a41f}; class%10 >= 8 {
		return more[class%10-8]
	}
	return seriesColor(class % 10)
}

// textStyle returns a style of the theme's one face, Liberation Sans.
func textStyle(size vg.Length, c rgb, x text.XAlignment, y text.YAlignment) text.Style {
	return text.Style{
		Color:   c,
		Font:    plotfont.Font{Typeface: "Liberation", Variant: "Sans", Size: size},
		XAlign:  x,
		YAlign:  y,
		Handler: plot.DefaultTextHandler,
	}
}

func boldStyle(size vg.Length, c rgb, x text.XAlignment, y text.YAlignment) text.Style {
	s := textStyle(size, c, x, y)
	s.Font.Weight = font.WeightBold
	return s
}

// elide shortens txt in its middle until it is at most width wide.
func elide(s text.Style, txt string, width vg.Length) string {
	txt = printable.Text(txt)
	if s.Width(txt) <= width {
		return txt
	}
	r := []rune(txt)
	lo, hi := 0, len(r) // keeping lo runes fits, keeping hi doesn't
	cut := func(n int) string { return string(r[:(n+1)/2]) + "…" + string(r[len(r)-n/2:]) }
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; s.Width(cut(mid)) <= width {
			lo = mid
		} else {
			hi = mid
		}
	}
	return cut(lo)
}

// lineStyle returns a solid line, width in pixels at scale 1.
func lineStyle(c color.Color, width float64) draw.LineStyle {
	return draw.LineStyle{Color: c, Width: pixels(width)}
}
