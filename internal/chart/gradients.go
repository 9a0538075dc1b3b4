package chart

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"strconv"

	"gonum.org/v1/plot/vg/draw"
)

// Gradients is a map of gradient sizes, layer by epoch, coloured by their log10:
// dense_1, next to the input, on top, as TensorBoard lists them. Gradients of
// exactly 0 are grey, NaN and Inf red.
type Gradients struct {
	Title  string
	Norms  [][]float64 // [layer][epoch], L2 norms
	Colors Range       // of log10, for one scale in several pictures; zero to follow the data
}

func (f Gradients) check() error { return checkLayers(f.Norms) }

// checkLayers wants at least one layer, and the same positive number of epochs in all.
func checkLayers(layers [][]float64) error {
	if len(layers) == 0 || len(layers[0]) == 0 {
		return fmt.Errorf("layers: %w", errEmpty)
	}
	for i, l := range layers {
		if len(l) != len(layers[0]) {
			return fmt.Errorf("dense_%d has %d epochs, dense_1 %d: want as many", i+1, len(l), len(layers[0]))
		}
	}
	return nil
}

// layerNames returns dense_1 to dense_n.
func layerNames(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = "dense_" + strconv.Itoa(i+1)
	}
	return names
}

func (f Gradients) size() Size {
	return Size{Width: 800, Height: max(320, min(640, 160+40*len(f.Norms)))}
}

func (f Gradients) draw(c draw.Canvas) { drawFramed(f, c) }

// span returns the range of log10 of the gradients that have one.
func (f Gradients) span() Range {
	r := emptyRange()
	for _, layer := range f.Norms {
		for _, v := range layer {
			if v > 0 && finite(v) {
				r = Range{min(r.Min, v), max(r.Max, v)}
			}
		}
	}
	if r.empty() {
		return r
	}
	return Range{math.Log10(r.Min), math.Log10(r.Max)}
}

func (f Gradients) share(r Range) framed {
	f.Colors = r
	return f
}

func (f Gradients) frame() frame {
	colors := f.colors()
	n, epochs := len(f.Norms), len(f.Norms[0])
	fr := frame{
		title:  f.Title,
		x:      axis{"epoch", Range{-0.5, float64(epochs) - 0.5}, wholeTicks},
		y:      axis{"layer, input on top", Range{float64(n) - 0.5, -0.5}, nameTicks(layerNames(n))},
		dense:  true,
		noGrid: true,
		key:    colorBar{"gradient, L2 norm (log)", colors, logTicks, viridis},
	}
	zero, bad := f.special()
	if zero {
		fr.legend = append(fr.legend, entry{"exactly 0", none, boxShape})
	}
	if bad {
		fr.legend = append(fr.legend, entry{"NaN or infinite", alarm, boxShape})
	}
	fr.under = func(v view) { f.paint(v, colors) }
	return fr
}

// colors returns the range of the colour scale.
func (f Gradients) colors() Range {
	colors := f.Colors
	if colors == (Range{}) {
		colors = f.span()
	}
	if colors.empty() {
		colors = Range{-1, 0}
	}
	return colors.atLeast(1) // less than a decade is no difference to paint in full colours
}

// special tells whether there are zeros, and values that are no numbers.
func (f Gradients) special() (zero, bad bool) {
	for _, layer := range f.Norms {
		for _, v := range layer {
			zero = zero || v == 0
			bad = bad || !finite(v)
		}
	}
	return zero, bad
}

// paint colours a band of pixels for each layer.
func (f Gradients) paint(v view, colors Range) {
	s := surfaceOf(v.Canvas)
	table := colormap(viridis).table()
	s.cells(s.rect(v.Rectangle), f.Norms, 0, func(r image.Rectangle, norms []float64) {
		s.fillRGBA(r, cellColor(norms, colors, &table))
	})
}

// cells divides the pixels of area into a row a layer and a column a value, and
// has paint fill each cell. Values that are more than the pixels share columns. The
// gap in pixels between the columns, and one between the rows, are left out where
// they are too thin to spare it.
func (s surface) cells(area image.Rectangle, layers [][]float64, gap int, paint func(r image.Rectangle, values []float64)) {
	n, size := len(layers), area.Size()
	columns, rowGap := min(len(layers[0]), size.X), 0
	if size.Y/n >= s.px(16) {
		rowGap = s.px(1)
	}
	if rowGap == 0 || columns*s.px(7) > size.X {
		gap = 0
	}
	// A column begins with the first pixel that lies in it as a whole.
	left := func(k int) int { return area.Min.X + (k*size.X+columns-1)/columns }
	for i, layer := range layers {
		r := image.Rect(0, area.Min.Y+i*size.Y/n, 0, area.Min.Y+(i+1)*size.Y/n)
		if i < n-1 {
			r.Max.Y -= rowGap
		}
		for k := range columns {
			r.Min.X, r.Max.X = left(k), left(k+1)
			if k < columns-1 {
				r.Max.X -= gap
			}
			paint(r, layer[k*len(layer)/columns:(k+1)*len(layer)/columns])
		}
	}
}

// cellColor returns the colour of the epochs that share a column of pixels: the
// mean of their logarithms; red as soon as one is not finite, grey if all are 0.
func cellColor(norms []float64, colors Range, table *[256]color.RGBA) color.RGBA {
	sum, n := 0.0, 0
	for _, v := range norms {
		if !finite(v) {
			return alarm.rgba()
		}
		if v > 0 {
			sum += math.Log10(v)
			n++
		}
	}
	if n == 0 {
		return none.rgba()
	}
	return table[tableIndex(colors.frac(sum/float64(n)))]
}

// fillRGBA paints the pixels of r.
func (s surface) fillRGBA(r image.Rectangle, c color.RGBA) {
	r = r.Intersect(s.img.Bounds())
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			s.img.SetRGBA(x, y, c)
		}
	}
}
