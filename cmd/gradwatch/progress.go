package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"gradwatch/internal/engine"
	"gradwatch/internal/printable"
)

// board shows how far runs are, several at once.
type board interface {
	// track begins to show a run. Tracks may be used from several goroutines,
	// one each.
	track(name string, epochs int) track
	// close leaves the terminal as it was found, once all tracks have ended.
	close()
}

// track shows how far one run is.
type track interface {
	epoch(p *engine.Progress)
	end()
}

// newBoard returns bars on a terminal, lines elsewhere and nothing where quiet.
// Lines keep apart from what TensorFlow prints, so verbose asks for them too.
func newBoard(stderr io.Writer, quiet, verbose bool) board {
	switch {
	case quiet:
		return silence{}
	case isTerminal(stderr) && !verbose:
		return &bars{newBars(stderr), stderr}
	default:
		return &lines{w: stderr}
	}
}

// bare returns what an output writes to.
func bare(w io.Writer) io.Writer {
	if o, ok := w.(*output); ok {
		return o.Writer
	}
	return w
}

func isTerminal(w io.Writer) bool {
	file, ok := bare(w).(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// silence shows nothing.
type silence struct{}

func (silence) track(string, int) track { return silence{} }
func (silence) close()                  {}
func (silence) epoch(*engine.Progress)  {}
func (silence) end()                    {}

// lines writes a line at each tenth of a run.
type lines struct {
	mu sync.Mutex
	w  io.Writer
}

const linesPerRun = 10

func (l *lines) track(name string, epochs int) track {
	return &lineTrack{lines: l, name: name, epochs: epochs}
}

func (l *lines) close() {}

type lineTrack struct {
	*lines
	name   string
	epochs int
}

func (t *lineTrack) epoch(p *engine.Progress) {
	done := p.Epoch + 1
	// The tenths that done passes; the last epoch passes the last.
	if done*linesPerRun/t.epochs == p.Epoch*linesPerRun/t.epochs {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	width := len(fmt.Sprint(t.epochs))
	fmt.Fprintf(t.w, "%s  epoch %*d/%d  loss %s  %s %s  test %s %s\n",
		t.name, width, done, t.epochs, lossText(float64(p.Loss)), p.Metric.Short(), metricText(p.Metric, float64(p.Accuracy)),
		p.Metric.Short(), metricText(p.Metric, float64(p.ValAccuracy)))
}

func (t *lineTrack) end() {}

const (
	// barColumns is how long a bar is where the terminal has room for it.
	barColumns = 30
	// barRefresh is short: a run may last half a second.
	barRefresh = 100 * time.Millisecond
)

// tell prints a line, above the bars where there are some.
func tell(stderr io.Writer, shows board, line string) {
	w := stderr
	if b, ok := shows.(*bars); ok {
		w = b.container
	}
	fmt.Fprintln(w, printable.Text(line))
}

// newBars returns room for bars.
func newBars(stderr io.Writer) *mpb.Progress {
	return mpb.New(mpb.WithOutput(bare(stderr)), mpb.WithRefreshRate(barRefresh), mpb.WithWidth(barColumns))
}

// barStyle is how all bars look.
func barStyle() mpb.BarStyleComposer {
	return mpb.BarStyle().Lbound(" ").Filler("━").Tip("━").Padding("─").Rbound(" ")
}

// lineStart begins a bar at the first column, wherever the cursor is: a terminal shows
// Ctrl-C, as ^C, where it is, and mpb goes up from there.
func lineStart() decor.Decorator { return decor.Name("\r") }

// bars draws a bar for each run, and takes it away at the run's end.
type bars struct {
	container *mpb.Progress
	w         io.Writer
}

// clearLine takes away what a terminal shows of Ctrl-C: ^C.
const clearLine = "\r\x1b[K"

func (b *bars) track(name string, epochs int) track {
	t := &barTrack{epochs: epochs}
	t.bar = b.container.New(int64(epochs),
		barStyle(),
		mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(
			lineStart(),
			decor.Name(shorten(name, 20), decor.WC{C: decor.DSyncSpaceR}),
			decor.Any(t.position, decor.WC{C: decor.DSyncSpace}),
		),
		mpb.AppendDecorators(decor.Any(t.state)),
	)
	return t
}

func (b *bars) close() {
	b.container.Wait()
	fmt.Fprint(b.w, clearLine)
}

// barTrack is read by the drawing goroutine while epochs come in.
type barTrack struct {
	bar    *mpb.Bar
	epochs int

	mu    sync.Mutex
	last  *engine.Progress // nil before the first epoch
	begin time.Time        // of the second epoch: the first is slower
}

func (t *barTrack) epoch(p *engine.Progress) {
	t.mu.Lock()
	if t.last == nil {
		t.begin = time.Now()
	}
	t.last = p
	t.mu.Unlock()
	t.bar.SetCurrent(int64(p.Epoch + 1))
}

func (t *barTrack) end() { t.bar.Abort(true) }

func (t *barTrack) position(decor.Statistics) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	done := 0
	if t.last != nil {
		done = t.last.Epoch + 1
	}
	return fmt.Sprintf("epoch %*d/%d", len(fmt.Sprint(t.epochs)), done, t.epochs)
}

// state returns what stands at the right of a bar: as much as leaves it some room.
func (t *barTrack) state(room decor.Statistics) string {
	const leastBar = 8
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last == nil {
		return "starting"
	}
	left := ""
	if done := t.last.Epoch; done > 0 {
		each := time.Since(t.begin) / time.Duration(done)
		left = clock(each*time.Duration(t.epochs-done-1)) + " left"
	}
	accuracy := fmt.Sprintf("test %s %s, %s", t.last.Metric.Short(), metricText(t.last.Metric, float64(t.last.ValAccuracy)), left)
	text := fmt.Sprintf("loss %s, %s", lossText(float64(t.last.Loss)), accuracy)
	for _, shorter := range []string{accuracy, left} {
		if len(text)+leastBar > room.AvailableWidth {
			text = shorter
		}
	}
	return strings.TrimSuffix(text, ", ")
}

// clock writes a duration as 0:07 or 1:02:03.
func clock(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// shorten cuts a name that would crowd out what stands beside it.
func shorten(name string, most int) string {
	name = printable.Text(name)
	most = max(most, 1)
	if runes := []rune(name); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return name
}
