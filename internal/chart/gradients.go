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
	colors := f.Colors
	if colors == (Range{}) {
		colors = f.span()
	}
	if colors.empty() {
		colors = Range{-1, 0}
	}
	colors = colors.atLeast(1) // less than a decade is no difference to paint in full colours
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
	area := s.rect(v.Rectangle)
	table := colormap(viridis).table()
	n := len(f.Norms)
	gap := 0 // between layers, where they are thick enough to spare it
	if area.Dy()/n >= s.px(16) {
		gap = s.px(1)
	}
	for i, layer := range f.Norms {
		y0, y1 := area.Min.Y+i*area.Dy()/n, area.Min.Y+(i+1)*area.Dy()/n
		if i < n-1 {
			y1 -= gap
		}
		for x := range area.Dx() {
			from := x * len(layer) / area.Dx()
			to := max(from+1, (x+1)*len(layer)/area.Dx())
			c := cellColor(layer[from:to], colors, &table)
			for y := y0; y < y1; y++ {
				s.img.SetRGBA(area.Min.X+x, y, c)
			}
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
