package terminal

import (
	"io"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

const (
	// barColumns is how long a bar is where the terminal has room for it.
	barColumns = 30
	// BarRefresh is short: a run may last half a second.
	BarRefresh = 100 * time.Millisecond
)

// NewBars returns room for bars.
func NewBars(stderr io.Writer) *mpb.Progress {
	return mpb.New(mpb.WithOutput(bare(stderr)), mpb.WithRefreshRate(BarRefresh), mpb.WithWidth(barColumns))
}

// BarStyle is how all bars look.
func BarStyle() mpb.BarStyleComposer {
	return mpb.BarStyle().Lbound(" ").Filler("━").Tip("━").Padding("─").Rbound(" ")
}

// LineStart begins a bar at the first column, wherever the cursor is: a terminal shows
// Ctrl-C, as ^C, where it is, and mpb goes up from there.
func LineStart() decor.Decorator { return decor.Name("\r") }

// ClearLine takes away what a terminal shows of Ctrl-C: ^C.
const ClearLine = "\r\x1b[K"
