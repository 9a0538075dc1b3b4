package chart

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Decision shows what a model makes of the plane: the probability of class 1 in
// colours from blue over white to orange, the line where it is one half, and points. Of
// more classes each place has the colour of the likeliest, the paler the less likely.
type Decision struct {
	Title string
	// Note is a line below the title; empty for none.
	Note string
	// Probabilities of class 1 at the nodes of a grid, [ny][nx], at least 2x2:
	// row 0 at Y.Min, column 0 at X.Min, the last at Max.
	Probabilities [][]float64
	// Classes are such grids of each class, of more than two, instead.
	Classes [][][]float64
	// Value names what Probabilities are where that isn't a probability; empty for one.
	Value  string
	X, Y   Range
	Points Points // may be empty

	XLabel, YLabel string // empty for x1 and x2, scaled
}

func (f Decision) check() error {
	if f.Classes != nil {
		return f.checkClasses()
	}
	ny := len(f.Probabilities)
	if ny < 2 || len(f.Probabilities[0]) < 2 {
		return fmt.Errorf("decision: %w: want a grid of at least 2x2", errEmpty)
	}
	for i, row := range f.Probabilities {
		if len(row) != len(f.Probabilities[0]) {
			return fmt.Errorf("decision: row %d has %d columns, row 0 %d: want as many", i, len(row), len(f.Probabilities[0]))
		}
	}
	for _, r := range []Range{f.X, f.Y} {
		if !(r.Min < r.Max) || !finite(r.Max-r.Min) {
			return fmt.Errorf("decision: range %v to %v: want a finite, rising one", r.Min, r.Max)
		}
	}
	return f.Points.check()
}

func (f Decision) size() Size { return Size{Width: 720, Height: 620} }

func (f Decision) draw(c draw.Canvas) { drawFramed(f, c) }

func (f Decision) frame() frame {
	if f.Classes != nil {
		return f.classFrame()
	}
	half := f.halfLine()
	legend := f.Points.legend("test point")
	if len(half) > 0 {
		legend = append(legend, entry{or(f.Value, "probability") + " 0.5", ink, lineShape})
	}
	if f.hasNaN() {
		legend = append(legend, entry{"NaN", none, boxShape})
	}
	return frame{
		title:  f.Title,
		notes:  f.notes(),
		legend: legend,
		x:      axis{or(f.XLabel, "x1 (scaled)"), f.X, linearTicks},
		y:      axis{or(f.YLabel, "x2 (scaled)"), f.Y, linearTicks},
		noGrid: true,
		key:    colorBar{or(f.Value, "probability of "+f.Points.className(1)), Range{0, 1}, linearTicks, diverging},
		under:  f.paint,
		over: func(v view) {
			strokeSegments(v, half, lineStyle(ink, 1.8))
			f.Points.draw(v, f.Points.radius())
		},
	}
}

// notes returns the lines below the title.
func (f Decision) notes() []string {
	if f.Note == "" {
		return f.Points.notes()
	}
	return append([]string{f.Note}, f.Points.notes()...)
}

// paint colours each pixel by the grid, interpolated between its nodes.
func (f Decision) paint(v view) {
	s := surfaceOf(v.Canvas)
	area := s.rect(v.Rectangle)
	table := colormap(diverging).table()
	ny, nx := len(f.Probabilities), len(f.Probabilities[0])
	for y := range area.Dy() {
		gy := (1 - (float64(y)+0.5)/float64(area.Dy())) * float64(ny-1)
		j := min(int(gy), ny-2)
		lower, upper, ty := f.Probabilities[j], f.Probabilities[j+1], gy-float64(j)
		for x := range area.Dx() {
			gx := (float64(x) + 0.5) / float64(area.Dx()) * float64(nx-1)
			i := min(int(gx), nx-2)
			tx := gx - float64(i)
			p := (1-ty)*((1-tx)*lower[i]+tx*lower[i+1]) + ty*((1-tx)*upper[i]+tx*upper[i+1])
			s.img.SetRGBA(area.Min.X+x, area.Min.Y+y, probabilityColor(p, &table))
		}
	}
}

func probabilityColor(p float64, table *[256]color.RGBA) color.RGBA {
	if math.IsNaN(p) {
		return none.rgba()
	}
	return table[tableIndex(p)]
}

func (f Decision) hasNaN() bool {
	for _, row := range f.Probabilities {
		if slices.ContainsFunc(row, math.IsNaN) {
			return true
		}
	}
	return false
}

// segment is a straight line from [0] to [1], in data units.
type segment [2][2]float64

// halfLine returns where the probability is 0.5, by marching squares.
func (f Decision) halfLine() []segment {
	ny, nx := len(f.Probabilities), len(f.Probabilities[0])
	at := func(p [2]float64) [2]float64 {
		return [2]float64{
			f.X.Min + (f.X.Max-f.X.Min)*p[0]/float64(nx-1),
			f.Y.Min + (f.Y.Max-f.Y.Min)*p[1]/float64(ny-1),
		}
	}
	var line []segment
	for j := range ny - 1 {
		for i := range nx - 1 {
			for ends := range slices.Chunk(f.crossings(i, j), 2) {
				if len(ends) == 2 { // one end alone: its partner is NaN
					line = append(line, segment{at(ends[0]), at(ends[1])})
				}
			}
		}
	}
	return line
}

func strokeSegments(v view, line []segment, sty draw.LineStyle) {
	v.SetLineStyle(sty)
	for chunk := range slices.Chunk(line, piece) {
		var path vg.Path
		for _, s := range chunk {
			path.Move(v.at(s[0][0], s[0][1]))
			path.Line(v.at(s[1][0], s[1][1]))
		}
		v.Stroke(path)
	}
}

// crossings returns where the edges of grid cell (i, j) cross one half, in grid
// units: none, two, or four in a saddle.
func (f Decision) crossings(i, j int) [][2]float64 {
	corners := [4][2]int{{i, j}, {i + 1, j}, {i + 1, j + 1}, {i, j + 1}}
	var ends [][2]float64
	for k, a := range corners {
		b := corners[(k+1)%4]
		pa, pb := f.Probabilities[a[1]][a[0]]-0.5, f.Probabilities[b[1]][b[0]]-0.5
		if (pa < 0) == (pb < 0) || math.IsNaN(pa) || math.IsNaN(pb) {
			continue
		}
		t := pa / (pa - pb)
		ends = append(ends, [2]float64{
			float64(a[0]) + t*float64(b[0]-a[0]),
			float64(a[1]) + t*float64(b[1]-a[1]),
		})
	}
	return ends
}
