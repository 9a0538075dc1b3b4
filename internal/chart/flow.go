package chart

import (
	"fmt"
	"image"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Flow shows what a verdict looks at, as maps of layer by epoch below each other:
// the gradients that reach the layers, how much a step changes their weights, and
// how many of their units do nothing. Each check is a column of the same width,
// however many epochs lie between checks. The first two maps are coloured by
// log10, with zeros grey and NaN and Inf red, as in Gradients.
type Flow struct {
	Title  string
	Epochs []int    // the checked ones, rising
	Layers []string // their names, from the input on, which is on top
	// Gradient is the mean size of the derivative of the loss by a layer's pre-activations,
	// Update the norm of a step's change over the norm of the weights: [layer][check].
	Gradient, Update [][]float64
	// Idle is the share of a layer's units that are inactive or saturated, from 0 to
	// 1, [layer][check]; NaN, which is hatched, where that has no meaning, as for an
	// output layer. nil leaves its map out.
	Idle     [][]float64
	IdleName string // what such units are called: "dead units", "saturated units"
	Marks    []FlowMark
}

// FlowMark points out the cell where a finding begins. It is numbered, from 1 on;
// the legend has its text.
type FlowMark struct {
	Layer, Check int // the cell's place in Layers and Epochs
	Text         string
	Map          FlowMap // the one that shows the finding
}

// FlowMap is one of a Flow's maps.
type FlowMap int

// The maps from top to bottom. A mark that names none is on each of them.
const (
	FlowAll FlowMap = iota
	FlowGradient
	FlowUpdate
	FlowIdle
)

func (f Flow) check() error {
	switch {
	case len(f.Epochs) == 0:
		return fmt.Errorf("flow's epochs: %w", errEmpty)
	case len(f.Layers) == 0:
		return fmt.Errorf("flow's layers: %w", errEmpty)
	}
	for i, e := range f.Epochs[1:] {
		if e <= f.Epochs[i] {
			return fmt.Errorf("flow's epoch %d comes after %d: want rising ones", e, f.Epochs[i])
		}
	}
	if err := f.checkMap("gradient", f.Gradient, math.Inf(1)); err != nil {
		return err
	}
	if err := f.checkMap("update", f.Update, math.Inf(1)); err != nil {
		return err
	}
	if f.Idle != nil {
		if err := f.checkMap("share of "+f.idleName(), f.Idle, 1); err != nil {
			return err
		}
	}
	return f.checkMarks()
}

// checkMap wants a number for each layer and check, from 0 to a largest one or NaN.
func (f Flow) checkMap(name string, values [][]float64, largest float64) error {
	if len(values) != len(f.Layers) {
		return fmt.Errorf("flow's %s is of %d layers: want %d", name, len(values), len(f.Layers))
	}
	for i, layer := range values {
		if len(layer) != len(f.Epochs) {
			return fmt.Errorf("flow's %s of %s is of %d checks: want %d", name, f.Layers[i], len(layer), len(f.Epochs))
		}
		for k, v := range layer {
			if v < 0 || v > largest {
				return fmt.Errorf("flow's %s of %s at epoch %d is %v: want it from 0 to %v", name, f.Layers[i], f.Epochs[k], v, largest)
			}
		}
	}
	return nil
}

func (f Flow) checkMarks() error {
	for i, m := range f.Marks {
		switch {
		case m.Layer < 0 || m.Layer >= len(f.Layers):
			return fmt.Errorf("flow's mark %d is at layer %d: want 0 to %d", i+1, m.Layer, len(f.Layers)-1)
		case m.Check < 0 || m.Check >= len(f.Epochs):
			return fmt.Errorf("flow's mark %d is at check %d: want 0 to %d", i+1, m.Check, len(f.Epochs)-1)
		case m.Map < FlowAll || m.Map > FlowIdle || m.Map == FlowIdle && f.Idle == nil:
			return fmt.Errorf("flow's mark %d is on map %d, which isn't there", i+1, m.Map)
		}
	}
	return nil
}

func (f Flow) idleName() string {
	if f.IdleName == "" {
		return "idle units"
	}
	return f.IdleName
}

// flowMap is one map, ready to be painted.
type flowMap struct {
	which  FlowMap
	title  string
	values [][]float64
	bar    colorBar
	paint  func(s surface, r image.Rectangle, values []float64)
}

// maps returns the maps from top to bottom.
func (f Flow) maps() []flowMap {
	maps := []flowMap{
		logFlow(FlowGradient, "Error signal at the pre-activations, mean size (log)", f.Gradient),
		logFlow(FlowUpdate, "Update in a step, over the weights' norm (log)", f.Update),
	}
	if f.Idle == nil {
		return maps
	}
	name := f.idleName()
	return append(maps, flowMap{
		which: FlowIdle, title: strings.ToUpper(name[:1]) + name[1:] + ", share of the layer", values: f.Idle,
		bar: colorBar{"", Range{0, 1}, shareTicks, idleness}, paint: paintShare,
	})
}

// logFlow returns a map that is coloured by log10.
func logFlow(which FlowMap, title string, values [][]float64) flowMap {
	colors := Gradients{Norms: values}.colors()
	table := colormap(viridis).table()
	return flowMap{which, title, values, colorBar{"", colors, logTicks, viridis}, func(s surface, r image.Rectangle, values []float64) {
		s.fillRGBA(r, cellColor(values, colors, &table))
	}}
}

// paintShare paints the mean of the shares that are there, and stripes without one.
func paintShare(s surface, r image.Rectangle, shares []float64) {
	sum, n := 0.0, 0
	for _, v := range shares {
		if !math.IsNaN(v) {
			sum += v
			n++
		}
	}
	if n == 0 {
		s.hatch(r)
		return
	}
	s.fill(r, idleness(sum/float64(n)))
}

// idleness is light where all units work, and the darker the fewer do.
func idleness(share float64) rgb {
	return gradient(share, 0xf4f2ee, 0xfdd9a8, orange, 0xb04a00, 0x5e2600)
}

// shareTicks are those of a scale from 0 to 1.
func shareTicks(_ Range, n int) []plot.Tick {
	ticks := []plot.Tick{{Value: 0, Label: "0"}, {Value: 0.5, Label: "50 %"}, {Value: 1, Label: "100 %"}}
	if n < 3 {
		return []plot.Tick{ticks[0], ticks[2]}
	}
	return ticks
}

// Distances between maps, in pixels at scale 1 in a picture of natural size.
const (
	flowTitle = 24 // from a map's top to its first row
	flowGap   = 10 // between maps
)

// flowRow is the height of a layer's row: that of few layers shows their name,
// that of many keeps the picture on a screen.
func (f Flow) flowRow() float64 { return max(11, min(32, math.Floor(260/float64(len(f.Layers))))) }

// top returns where the first row of the i-th map begins, in pixels from the plot's top.
func (f Flow) top(i int) float64 {
	return flowTitle + float64(i)*(flowTitle+flowGap+f.flowRow()*float64(len(f.Layers)))
}

// height is that of all maps together.
func (f Flow) height() float64 { return f.top(len(f.maps())) - flowTitle - flowGap }

func (f Flow) size() Size {
	const width, xAxis = 800, 44
	head := f.frame().headHeight(pixels(width - 2*margin))
	return Size{Width: width, Height: int(float64(head/pixels(1))+f.height()) + xAxis + 2*margin}
}

func (f Flow) draw(c draw.Canvas) { drawFramed(f, c) }

// frame is one plot for all maps, so that they share the epochs: its y axis
// counts pixels from the top down.
func (f Flow) frame() frame {
	maps := f.maps()
	fr := frame{
		title:  f.Title,
		x:      axis{"epoch", Range{-0.5, float64(len(f.Epochs)) - 0.5}, checkTicks(f.Epochs)},
		y:      axis{"layer, input on top", Range{f.height(), 0}, f.layerTicks},
		dense:  true,
		noGrid: true,
		key:    flowKey{f, maps},
	}
	for i, m := range f.Marks {
		fr.legend = append(fr.legend, entry{m.Text, ink, badgeShape(i + 1)})
	}
	fr.legend = append(fr.legend, f.special()...)
	fr.under = func(v view) { f.paint(v, maps) }
	fr.over = func(v view) { f.mark(v, maps) }
	return fr
}

// special returns legend entries for what has no place on a colour scale.
func (f Flow) special() []entry {
	var entries []entry
	zero, bad := Gradients{Norms: append(f.Gradient[:len(f.Gradient):len(f.Gradient)], f.Update...)}.special()
	if zero {
		entries = append(entries, entry{"exactly 0", none, boxShape})
	}
	if bad {
		entries = append(entries, entry{"NaN or infinite", alarm, boxShape})
	}
	for _, layer := range f.Idle {
		for _, v := range layer {
			if math.IsNaN(v) {
				return append(entries, entry{"not applicable", edge, hatchShape})
			}
		}
	}
	return entries
}

// layerTicks puts the layers' names beside the rows of each map.
func (f Flow) layerTicks(_ Range, n int) []plot.Tick {
	row, maps := f.flowRow(), len(f.maps())
	share := row * float64(len(f.Layers)) / (f.height() / float64(maps)) // of a map's height that are rows
	var ticks []plot.Tick
	for i := range maps {
		for _, t := range nameTicks(f.Layers)(Range{}, int(share*float64(n)/float64(maps)+0.5)) {
			ticks = append(ticks, plot.Tick{Value: f.top(i) + (t.Value+0.5)*row, Label: t.Label})
		}
	}
	return ticks
}

// checkTicks names checks by their epochs: all where n allows, else every second,
// third, ... so that the steps are round if they can be, and the last.
func checkTicks(epochs []int) func(Range, int) []plot.Tick {
	return func(_ Range, n int) []plot.Tick {
		last := len(epochs) - 1
		step := roundStep(epochs, last/n+1)
		var ticks []plot.Tick
		for i := 0; i < last; i += step {
			if 4*(last-i) >= 3*step { // else the last one's label has no room
				ticks = append(ticks, plot.Tick{Value: float64(i), Label: number(float64(epochs[i]), 1)})
			}
		}
		return append(ticks, plot.Tick{Value: float64(last), Label: number(float64(epochs[last]), 1)})
	}
}

// roundStep returns the number of checks, from least to twice as many, in which
// 1, 2 or 5 times a power of ten epochs pass; least if there is none.
func roundStep(epochs []int, least int) int {
	for step := least; step <= 2*least && step < len(epochs); step++ {
		switch strings.TrimRight(strconv.Itoa(epochs[step]-epochs[0]), "0") {
		case "1", "2", "5":
			return step
		}
	}
	return least
}

// area returns the pixels of the rows of the i-th map.
func (f Flow) area(v view, i int) vg.Rectangle {
	top := f.top(i)
	bottom := top + f.flowRow()*float64(len(f.Layers))
	return vg.Rectangle{Min: v.at(v.x.Min, bottom), Max: v.at(v.x.Max, top)}
}

// paint paints the maps and their titles.
func (f Flow) paint(v view, maps []flowMap) {
	s := surfaceOf(v.Canvas)
	sty := boldStyle(labelSize, ink, text.XLeft, text.YBottom)
	width := v.Size().X + flowKey{f, maps}.width()
	for i, m := range maps {
		area := f.area(v, i)
		v.FillText(sty, vg.Point{X: area.Min.X, Y: area.Max.Y + pixels(5)}, elide(sty, m.title, width))
		s.cells(s.rect(area), m.values, s.px(1), func(r image.Rectangle, values []float64) { m.paint(s, r, values) })
	}
}

// mark draws the marks' badges, beside each other where they would overlap.
func (f Flow) mark(v view, maps []flowMap) {
	for i, m := range maps {
		area := f.area(v, i)
		var taken []vg.Point
		for k, mark := range f.Marks {
			if mark.Map != FlowAll && mark.Map != m.which {
				continue
			}
			p := v.at(float64(mark.Check), f.top(i)+(float64(mark.Layer)+0.5)*f.flowRow())
			p = freePlace(p, area, taken)
			taken = append(taken, p)
			drawBadge(v.Canvas, p, k+1)
		}
	}
}

// freePlace returns the place nearest to p at its height where a badge lies inside
// the area and on no other one; p itself if there is none.
func freePlace(p vg.Point, area vg.Rectangle, taken []vg.Point) vg.Point {
	free := func(q vg.Point) bool {
		for _, t := range taken {
			if math.Hypot(float64(q.X-t.X), float64(q.Y-t.Y)) < float64(pixels(2*badgeRadius)) {
				return false
			}
		}
		return q.X >= area.Min.X+pixels(badgeRadius) && q.X <= area.Max.X-pixels(badgeRadius)
	}
	for d := vg.Length(0); d < area.Max.X-area.Min.X; d += pixels(1) {
		for _, q := range []vg.Point{{X: p.X + d, Y: p.Y}, {X: p.X - d, Y: p.Y}} {
			if free(q) {
				return q
			}
		}
	}
	return p
}

// flowKey is a colour bar beside each map.
type flowKey struct {
	flow Flow
	maps []flowMap
}

func (k flowKey) width() vg.Length {
	w := vg.Length(0)
	for _, m := range k.maps {
		w = max(w, m.bar.width())
	}
	return w
}

func (k flowKey) draw(c draw.Canvas, area vg.Rectangle) {
	v := view{draw.Canvas{Canvas: c.Canvas, Rectangle: area}, Range{0, 1}, Range{k.flow.height(), 0}}
	for i, m := range k.maps {
		m.bar.draw(c, k.flow.area(v, i))
	}
}
