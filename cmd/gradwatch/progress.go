package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"gradwatch/internal/engine"
	"gradwatch/internal/printable"
	"gradwatch/internal/terminal"
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
	case terminal.IsTerminal(stderr) && !verbose:
		return &bars{terminal.NewBars(stderr), stderr}
	default:
		return &lines{w: stderr}
	}
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

// tell prints a line, above the bars where there are some.
func tell(stderr io.Writer, shows board, line string) {
	w := stderr
	if b, ok := shows.(*bars); ok {
		w = b.container
	}
	fmt.Fprintln(w, printable.Text(line))
}

// bars draws a bar for each run, and takes it away at the run's end.
type bars struct {
	container *mpb.Progress
	w         io.Writer
}

func (b *bars) track(name string, epochs int) track {
	t := &barTrack{epochs: epochs}
	t.bar = b.container.New(int64(epochs),
		terminal.BarStyle(),
		mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(
			terminal.LineStart(),
			decor.Name(terminal.Shorten(name, 20), decor.WC{C: decor.DSyncSpaceR}),
			decor.Any(t.position, decor.WC{C: decor.DSyncSpace}),
		),
		mpb.AppendDecorators(decor.Any(t.state)),
	)
	return t
}

func (b *bars) close() {
	b.container.Wait()
	fmt.Fprint(b.w, terminal.ClearLine)
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
		left = terminal.Clock(each*time.Duration(t.epochs-done-1)) + " left"
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
