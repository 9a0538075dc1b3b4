package chart

import (
	"fmt"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Panels shows figures side by side under one title.
type Panels struct {
	Title   string
	Figures []Figure
	Columns int // 0 for all in one row
	// Share gives all figures of a kind that has one (Lines, Gradients, Norms) the
	// same y axis or colour scale, so that they can be compared by eye.
	Share bool
}

// sharing is a figure that can take over a scale.
type sharing interface {
	framed
	span() Range
	share(Range) framed
}

func (f Panels) check() error {
	if len(f.Figures) == 0 {
		return fmt.Errorf("panels %q: %w", f.Title, errEmpty)
	}
	if f.Columns < 0 {
		return fmt.Errorf("panels %q: %d columns: want at least 0", f.Title, f.Columns)
	}
	for i, p := range f.Figures {
		if err := p.check(); err != nil {
			return fmt.Errorf("panel %d: %w", i+1, err)
		}
	}
	return nil
}

func (f Panels) columns() int {
	if f.Columns == 0 {
		return len(f.Figures)
	}
	return min(f.Columns, len(f.Figures))
}

func (f Panels) size() Size {
	cols := f.columns()
	rows := (len(f.Figures) + cols - 1) / cols
	return Size{Width: max(640, 440*cols), Height: 380*rows + 40}
}

func (f Panels) draw(c draw.Canvas) {
	if f.Title != "" {
		sty := boldStyle(titleSize+2, ink, text.XLeft, text.YTop)
		d := pixels(margin)
		c.FillText(sty, vg.Point{X: c.Min.X + d, Y: c.Max.Y - d}, elide(sty, f.Title, c.Size().X-2*d))
		c = draw.Crop(c, 0, 0, 0, -pixels(margin+24))
	}
	figures := f.Figures
	if f.Share {
		figures = shareScales(figures)
	}
	cols := f.columns()
	rows := (len(figures) + cols - 1) / cols
	height := c.Size().Y / vg.Length(rows)
	for r := range rows {
		row := figures[r*cols : min((r+1)*cols, len(figures))]
		top := c.Max.Y - height*vg.Length(r)
		f.drawRow(draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{
			Min: vg.Point{X: c.Min.X, Y: top - height},
			Max: vg.Point{X: c.Max.X, Y: top},
		}}, row, cols)
	}
}

// shareScales returns the figures with one scale for all of a kind.
func shareScales(figures []Figure) []Figure {
	spans := map[string]Range{}
	kind := func(s sharing) string { return fmt.Sprintf("%T", s) }
	for _, g := range figures {
		if s, ok := g.(sharing); ok {
			r, seen := spans[kind(s)]
			if !seen {
				r = emptyRange()
			}
			spans[kind(s)] = r.union(s.span())
		}
	}
	out := make([]Figure, len(figures))
	for i, g := range figures {
		out[i] = g
		if s, ok := g.(sharing); ok {
			out[i] = s.share(spans[kind(s)])
		}
	}
	return out
}

// drawRow draws figures in columns of one width, their plots' tops aligned. Where
// all share one colour bar, it stands once, at the right.
func (f Panels) drawRow(c draw.Canvas, row []Figure, cols int) {
	frames, head := make([]*frame, len(row)), vg.Length(0)
	var extra vg.Length // room for the one bar
	oneBar := f.Share && len(row) > 1
	for _, g := range row {
		_, ok := g.(Gradients)
		oneBar = oneBar && ok
	}
	for i, g := range row {
		if g, ok := g.(framed); ok {
			fr := g.frame()
			frames[i] = &fr
			if oneBar && i < len(row)-1 {
				fr.key = nil
			}
			if oneBar && i == len(row)-1 {
				extra = fr.key.width()
			}
			if f.Share && i > 0 && fr.y.label == frames[0].y.label {
				fr.y.label = ""
			}
		}
	}
	width := (c.Size().X - extra) / vg.Length(cols)
	for _, fr := range frames {
		if fr != nil {
			head = max(head, fr.headHeight(width-2*pixels(margin)))
		}
	}
	for i, g := range row {
		tile := c
		tile.Min.X = c.Min.X + width*vg.Length(i)
		tile.Max.X = tile.Min.X + width
		if i == len(row)-1 {
			tile.Max.X += extra
		}
		if frames[i] == nil {
			g.draw(tile)
			continue
		}
		frames[i].draw(inset(tile, margin), head)
	}
}
