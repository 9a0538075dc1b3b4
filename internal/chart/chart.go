package chart

import (
	"errors"
	"fmt"
	"image"
	"io"

	"git.sr.ht/~sbinet/gg"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// maxPixels bounds a picture, so that a mistyped size fails before it takes
// gigabytes: 64 million pixels are 256 MB.
const maxPixels = 64 << 20

// Figure is a picture: Scatter, Lines, Gradients, Flow, Norms, Decision, Profile, Study,
// Grid, Spreads or Panels.
type Figure interface {
	// check says what is wrong with the figure's numbers.
	check() error
	// size is the figure's natural size; Scale is left 0.
	size() Size
	// draw paints the figure on all of c. The figure has passed check.
	draw(c draw.Canvas)
}

// Size is a picture's size. The zero Size is the figure's natural size at scale 1.
type Size struct {
	Width, Height int     // in pixels at scale 1 (1/96 inch); 0 for the figure's natural size
	Scale         float64 // pixels in the file for each of those, at least 0.25; 2 for high-density screens; 0 for 1
}

// WritePNG draws f and writes it to w as a PNG. It fails when the figure's
// slices don't fit together, when the size is out of range, or when w fails.
func WritePNG(w io.Writer, f Figure, s Size) error {
	if err := f.check(); err != nil {
		return fmt.Errorf("draw chart: %w", err)
	}
	s, err := s.orNatural(f.size())
	if err != nil {
		return fmt.Errorf("draw chart: %w", err)
	}
	return encode(w, render(f, s))
}

// orNatural fills the fields of s that are 0 from the natural size.
func (s Size) orNatural(natural Size) (Size, error) {
	if s.Width == 0 {
		s.Width = natural.Width
	}
	if s.Height == 0 {
		s.Height = natural.Height
	}
	if s.Scale == 0 {
		s.Scale = 1
	}
	if s.Width < 100 || s.Height < 100 {
		return s, fmt.Errorf("size %dx%d: want at least 100x100 pixels", s.Width, s.Height)
	}
	if !(s.Scale >= 0.25) {
		return s, fmt.Errorf("scale %v: want at least 0.25", s.Scale)
	}
	if n := float64(s.Width) * float64(s.Height) * s.Scale * s.Scale; n > maxPixels {
		return s, fmt.Errorf("size %dx%d at scale %v: want at most %d pixels", s.Width, s.Height, s.Scale, maxPixels)
	}
	return s, nil
}

// render draws f on a white image of size s.
func render(f Figure, s Size) *image.RGBA {
	dpi := int(96*s.Scale + 0.5)
	img := image.NewRGBA(image.Rect(0, 0, s.Width*dpi/96, s.Height*dpi/96))
	// A context of our own spares the two copies of the image that vgimg makes otherwise.
	ctx := gg.NewContextForRGBA(img)
	ctx.SetLineCapRound()
	ctx.InvertY()
	c := vgimg.NewWith(vgimg.UseImageWithContext(img, ctx), vgimg.UseDPI(dpi))
	f.draw(draw.New(c))
	return img
}

// surface gives the image beneath a canvas, for drawing pixels.
type surface struct {
	img *image.RGBA
	dpi float64
}

// surfaceOf returns the image that c paints on: every canvas of this package
// comes from render.
func surfaceOf(c draw.Canvas) surface {
	beneath := c.Canvas
	for {
		crop, ok := beneath.(draw.Canvas)
		if !ok {
			break
		}
		beneath = crop.Canvas
	}
	v := beneath.(*vgimg.Canvas)
	return surface{v.Image().(*image.RGBA), v.DPI()}
}

// xy returns the pixel position of a point of the canvas; y counts from the top.
func (s surface) xy(p vg.Point) (x, y float64) {
	return p.X.Dots(s.dpi), float64(s.img.Bounds().Dy()) - p.Y.Dots(s.dpi)
}

// rect returns the pixels that r covers, edges rounded.
func (s surface) rect(r vg.Rectangle) image.Rectangle {
	x0, y1 := s.xy(r.Min)
	x1, y0 := s.xy(r.Max)
	return image.Rect(int(x0+0.5), int(y0+0.5), int(x1+0.5), int(y1+0.5))
}

// px converts pixels at scale 1 into the file's pixels, at least 1.
func (s surface) px(n float64) int { return max(1, int(n*s.dpi/96+0.5)) }

// pixels is n pixels at scale 1 as a length.
func pixels(n float64) vg.Length { return vg.Length(n) * vg.Inch / 96 }

var errEmpty = errors.New("no data")
