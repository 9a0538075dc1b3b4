package chart

import (
	"fmt"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Profile shows gradient sizes by layer, a line a model: where they vanish
// towards the input, the line falls to the left.
type Profile struct {
	Title  string
	Models []ModelProfile
}

// ModelProfile is one line of a Profile.
type ModelProfile struct {
	Name  string
	Norms []float64 // [layer], L2 norms, from dense_1
}

func (f Profile) check() error {
	if len(f.Models) == 0 {
		return fmt.Errorf("profile: %w", errEmpty)
	}
	for _, m := range f.Models {
		if len(m.Norms) == 0 {
			return fmt.Errorf("profile of %q: %w", m.Name, errEmpty)
		}
	}
	return nil
}

func (f Profile) size() Size { return Size{Width: 800, Height: 500} }

func (f Profile) draw(c draw.Canvas) { drawFramed(f, c) }

// span returns the range of log10 of the norms that have one.
func (f Profile) span() Range {
	r := emptyRange()
	for _, m := range f.Models {
		r = r.union(Gradients{Norms: [][]float64{m.Norms}}.span())
	}
	return r
}

func (f Profile) frame() frame {
	r := f.span()
	if r.empty() {
		r = Range{-1, 0}
	}
	r = r.atLeast(1).pad(0.06)
	depth, zero, bad := 0, 0, 0
	fr := frame{title: f.Title}
	for i, m := range f.Models {
		depth = max(depth, len(m.Norms))
		fr.legend = append(fr.legend, entry{m.Name, seriesColor(i), lineShape})
		for _, v := range m.Norms {
			if v == 0 {
				zero++
			}
			if !finite(v) {
				bad++
			}
		}
	}
	if zero > 0 {
		fr.notes = append(fr.notes, fmt.Sprintf("at the lower edge: exactly 0 (%d)", zero))
	}
	if bad > 0 {
		fr.notes = append(fr.notes, fmt.Sprintf("at the upper edge: NaN or infinite (%d)", bad))
	}
	fr.x = axis{"layer, input at the left", Range{-0.3, float64(depth) - 0.7}, nameTicks(layerNames(depth))}
	fr.y = axis{"gradient, L2 norm (log)", r, logTicks}
	fr.over = func(v view) { f.paint(v) }
	return fr
}

func (f Profile) paint(v view) {
	s := surfaceOf(v.Canvas)
	for i, m := range f.Models {
		mark := newDot(s, seriesColor(i), 5.5)
		line := make([]vg.Point, len(m.Norms))
		for k, norm := range m.Norms {
			y := v.y.Max
			if finite(norm) {
				y = max(v.y.Min, math.Log10(norm)) // log10(0) is -Inf
			}
			line[k] = v.at(float64(k), y)
		}
		v.StrokeLines(lineStyle(seriesColor(i), 2.2), line)
		for _, p := range line {
			x, y := s.xy(p)
			mark.draw(s.img, x, y)
		}
	}
}
