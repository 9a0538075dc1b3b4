package chart

import (
	"fmt"
	"image/color"
	"math"
)

// checkClasses checks a decision between more than two classes.
func (f Decision) checkClasses() error {
	for k, grid := range f.Classes {
		one := Decision{Probabilities: grid, X: f.X, Y: f.Y}
		if err := one.check(); err != nil {
			return fmt.Errorf("class %d: %w", k, err)
		}
		if len(grid) != len(f.Classes[0]) || len(grid[0]) != len(f.Classes[0][0]) {
			return fmt.Errorf("decision: the grid of class %d is not as large as that of class 0", k)
		}
	}
	if f.Points.classes() < len(f.Classes) {
		return fmt.Errorf("decision: %d names of classes: want %d", len(f.Points.Classes), len(f.Classes))
	}
	return f.Points.check()
}

// classFrame is the frame of a decision between more than two classes.
func (f Decision) classFrame() frame {
	return frame{
		title:  f.Title,
		notes:  f.notes(),
		legend: f.Points.legend("test point"),
		x:      axis{or(f.XLabel, "x1 (scaled)"), f.X, linearTicks},
		y:      axis{or(f.YLabel, "x2 (scaled)"), f.Y, linearTicks},
		noGrid: true,
		under:  f.paintClasses,
		over:   func(v view) { f.Points.draw(v, f.Points.radius()) },
	}
}

// paintClasses gives each pixel the colour of its likeliest class, interpolated
// between the grid's nodes: white where all are as likely.
func (f Decision) paintClasses(v view) {
	s := surfaceOf(v.Canvas)
	area := s.rect(v.Rectangle)
	tables := make([][256]color.RGBA, len(f.Classes))
	for k := range tables {
		full := classColor(k).mix(white, 0.35) // lighter than the points
		tables[k] = colormap(func(t float64) rgb { return gradient(t, white, full) }).table()
	}
	even := 1 / float64(len(f.Classes))
	ny, nx := len(f.Classes[0]), len(f.Classes[0][0])
	for y := range area.Dy() {
		gy := (1 - (float64(y)+0.5)/float64(area.Dy())) * float64(ny-1)
		j := min(int(gy), ny-2)
		ty := gy - float64(j)
		for x := range area.Dx() {
			gx := (float64(x) + 0.5) / float64(area.Dx()) * float64(nx-1)
			i := min(int(gx), nx-2)
			class, p := f.likeliest(i, j, gx-float64(i), ty)
			paint := none.rgba() // of NaN
			if class >= 0 {
				paint = tables[class][tableIndex((p-even)/(1-even))]
			}
			s.img.SetRGBA(area.Min.X+x, area.Min.Y+y, paint)
		}
	}
}

// likeliest returns the class of the largest probability within grid cell (i, j), and
// that; -1 for NaN.
func (f Decision) likeliest(i, j int, tx, ty float64) (class int, largest float64) {
	class = -1
	for k, grid := range f.Classes {
		p := (1-ty)*((1-tx)*grid[j][i]+tx*grid[j][i+1]) + ty*((1-tx)*grid[j+1][i]+tx*grid[j+1][i+1])
		if math.IsNaN(p) {
			return -1, p
		}
		if class < 0 || p > largest {
			class, largest = k, p
		}
	}
	return class, largest
}
