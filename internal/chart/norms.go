package chart

import (
	"fmt"

	"gonum.org/v1/plot/vg/draw"
)

// Norms shows the L1 norm of each layer's kernel by epoch, a line a layer,
// coloured from the first layer (dark) to the last (light).
type Norms struct {
	Title string
	L1    [][]float64 // [layer][epoch]

	shared Range // the values of all panels, where they share one axis
}

func (f Norms) check() error { return checkLayers(f.L1) }

func (f Norms) size() Size { return Size{Width: 800, Height: 500} }

func (f Norms) draw(c draw.Canvas) { drawFramed(f, c) }

func (f Norms) span() Range {
	r := emptyRange()
	for _, layer := range f.L1 {
		r = r.union(spanOf(layer))
	}
	return r
}

func (f Norms) share(r Range) framed {
	f.shared = r
	return f
}

func (f Norms) frame() frame {
	r := f.shared
	if r == (Range{}) {
		r = f.span()
	}
	y := newScale(r, Range{})
	fr := frame{
		title: f.Title,
		x:     epochAxis(len(f.L1[0])),
		y:     y.axis("L1 norm of the kernel"),
		key:   layerKey(len(f.L1)),
	}
	if bad := countBad(f.L1); bad > 0 {
		fr.notes = []string{fmt.Sprintf("not drawn: %d values that are NaN or infinite", bad)}
	}
	fr.over = func(v view) {
		for i, layer := range f.L1 {
			y.stroke(v, layer, lineStyle(layerColor(i, len(f.L1)), 1.8))
		}
	}
	return fr
}
