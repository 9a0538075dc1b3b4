package terminal

import (
	"fmt"
	"io"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"gradwatch/internal/printable"
)

const (
	barColumns = 30 // how long a bar is where the terminal has room for it

	// Refresh is how often bars are drawn. It is short: a run may last half a second.
	Refresh = 100 * time.Millisecond
)

// ClearLine takes away what a terminal shows of Ctrl-C: ^C.
const ClearLine = "\r\x1b[K"

// Progress shows how far work is: bars on a terminal, lines elsewhere, nothing where quiet.
// Its methods may be called from several goroutines.
type Progress struct {
	w     io.Writer
	bars  *mpb.Progress // nil where there are none
	lines bool
}

// NewProgress shows progress on w. Lines, unlike bars, stay apart from what TensorFlow
// prints, so verbose asks for lines on a terminal too.
func NewProgress(w io.Writer, quiet, verbose bool) *Progress {
	p := &Progress{w: w}
	switch {
	case quiet:
	case IsTerminal(w) && !verbose:
		p.bars = mpb.New(mpb.WithOutput(bare(w)), mpb.WithRefreshRate(Refresh), mpb.WithWidth(barColumns))
	default:
		p.lines = true
	}
	return p
}

// Lines reports whether lines are shown.
func (p *Progress) Lines() bool { return p.lines }

// Notify prints a line for the user, above the bars where there are some, and where quiet, too.
func (p *Progress) Notify(line string) {
	w := p.w
	if p.bars != nil {
		w = p.bars
	}
	fmt.Fprintln(w, printable.Text(line))
}

// Close leaves the terminal as it was found, once all bars have been removed.
func (p *Progress) Close() {
	if p.bars != nil {
		p.bars.Wait()
		fmt.Fprint(p.w, ClearLine)
	}
}

// Bar is a bar of a Progress; one that is nil does nothing.
type Bar struct{ bar *mpb.Bar }

// Bar adds a bar for work of a size; it returns nil where no bars are shown. The name and
// position stand before it, state behind; state is told how many columns there are.
// Both are called whenever the bar is drawn.
func (p *Progress) Bar(name string, total int64, position func() string, state func(columns int) string) *Bar {
	if p.bars == nil {
		return nil
	}
	return &Bar{p.bars.New(total,
		mpb.BarStyle().Lbound(" ").Filler("━").Tip("━").Padding("─").Rbound(" "),
		mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(
			// At the first column, wherever the cursor is: a terminal shows Ctrl-C, as ^C, where it is, and mpb goes up from there.
			decor.Name("\r"),
			decor.Name(name, decor.WC{C: decor.DSyncSpaceR}),
			decor.Any(func(decor.Statistics) string { return position() }, decor.WC{C: decor.DSyncSpace}),
		),
		mpb.AppendDecorators(decor.Any(func(s decor.Statistics) string { return state(s.AvailableWidth) })),
	)}
}

// Set draws the bar as far as done is of the total.
func (b *Bar) Set(done int64) {
	if b != nil {
		b.bar.SetCurrent(done)
	}
}

// Remove takes the bar away.
func (b *Bar) Remove() {
	if b != nil {
		b.bar.Abort(true)
	}
}
