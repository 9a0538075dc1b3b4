package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"gradwatch/internal/cli"
	"gradwatch/internal/printable"
	"gradwatch/internal/study"
	"gradwatch/internal/terminal"
)

// gauge measures how far a study is, by what its tasks are estimated to cost.
type gauge struct {
	mu    sync.Mutex
	begin time.Time // of training
	// Work is in seconds of the estimate, of the whole machine: with two engines
	// side by side a task of a second is half a second of work.
	total, done float64
	shares      map[int]float64 // 1 / engines side by side, by a task's first configuration
	laps        map[*lap]bool   // tasks that are being trained
	// configurations of the study, and how many of them have a result.
	configurations, finished int
	until                    time.Time // when no further task is begun; zero for never
}

// lap is a task that is being trained.
type lap struct {
	work, share float64
	part        float64 // that is done, from 0 to 1
}

func newGauge(configurations, finished int) *gauge {
	return &gauge{
		begin: time.Now(), shares: make(map[int]float64), laps: make(map[*lap]bool),
		configurations: configurations, finished: finished,
	}
}

// expect says that so many configurations more are to come.
func (g *gauge) expect(configurations int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.configurations += configurations
}

// add adds tasks that so many engines will train.
func (g *gauge) add(tasks []study.Task, engines int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, task := range tasks {
		share := 1 / float64(engines)
		g.shares[task.Configurations[0]] = share
		g.total += task.Cost * share
	}
}

// beginLap says that a task is begun.
func (g *gauge) beginLap(task study.Task) *lap {
	g.mu.Lock()
	defer g.mu.Unlock()
	share := g.shares[task.Configurations[0]]
	l := &lap{work: task.Cost * share, share: share}
	g.laps[l] = true
	return l
}

// set says how much of a task is done.
func (g *gauge) set(l *lap, part float64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	l.part = part
}

// endLap says that a task has ended.
func (g *gauge) endLap(l *lap) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.laps, l)
	g.done += l.work
}

// count says that a configuration has a result.
func (g *gauge) count() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.finished++
}

// counts returns how many configurations have a result, and how many there are.
func (g *gauge) counts() (finished, configurations int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.finished, g.configurations
}

// place returns how far the study is: configurations, the part of the work that
// is done, from 0 to 1, and the time left, or false where nothing tells yet.
func (g *gauge) place() (finished int, part float64, left time.Duration, known bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	done, longest := g.done, 0.0
	for l := range g.laps {
		done += l.work * l.part
		// A task is on one engine, however idle the others are.
		longest = max(longest, l.work*(1-l.part)/l.share)
	}
	if !(done > 0) {
		return g.finished, 0, 0, false
	}
	speed := done / time.Since(g.begin).Seconds()
	rest := max(0, g.total-done, longest)
	left = time.Duration(rest / speed * float64(time.Second))
	if part = done / g.total; !g.until.IsZero() {
		// Of what is not begun, the time may take some away.
		left = min(left, max(time.Until(g.until), time.Duration(longest/speed*float64(time.Second))))
		took := time.Since(g.begin)
		part = max(part, float64(took)/float64(took+left))
	}
	return g.finished, min(1, part), left, true
}

// meter shows how far a study is.
type meter interface {
	// finished is told of each result that comes in.
	finished(r *study.Result)
	// tell prints a line for the user.
	tell(line string)
	// close leaves the terminal as it was found.
	close()
}

// newMeter returns a bar on a terminal, lines elsewhere and nothing where quiet, as
// newBoard does. Label says in a line which configuration it tells of.
func newMeter(stderr io.Writer, says cli.Verbosity, name string, label func(study.Configuration) string, g *gauge) meter {
	switch {
	case says.Quiet:
		return noMeter{stderr}
	case terminal.IsTerminal(stderr) && !says.Verbose:
		return newBarMeter(stderr, name, g)
	default:
		return &lineMeter{w: stderr, label: label, gauge: g}
	}
}

type noMeter struct{ w io.Writer }

func (noMeter) finished(*study.Result) {}
func (m noMeter) tell(line string)     { fmt.Fprintln(m.w, printable.Text(line)) }
func (noMeter) close()                 {}

// lineMeter writes a line for each result.
type lineMeter struct {
	mu    sync.Mutex
	w     io.Writer
	label func(study.Configuration) string
	gauge *gauge
}

func (m *lineMeter) finished(r *study.Result) {
	m.mu.Lock()
	defer m.mu.Unlock()
	finished, all := m.gauge.counts()
	fmt.Fprintf(m.w, "%*d/%d  %s: %s\n", len(fmt.Sprint(all)), finished, all,
		m.label(r.Configuration), outcomeText(r))
}

func (m *lineMeter) tell(line string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	fmt.Fprintln(m.w, printable.Text(line))
}

func (m *lineMeter) close() {}

// outcomeText returns a result in a few words: test accuracy 0.812 ± 0.030.
func outcomeText(r *study.Result) string {
	s := r.Statistics()
	text := ""
	if s.ValAccuracy.N > 0 {
		text = "test " + r.Metric().Short() + " " + meanText(s.ValAccuracy)
	}
	switch {
	case text == "" && r.Message != "" && r.State() == study.Failed:
		return "failed: " + r.Message
	case text == "":
		return r.Message
	case r.Message != "":
		return text + ", " + r.Message
	default:
		return text
	}
}

// barMeter draws one bar over the whole study.
type barMeter struct {
	gauge     *gauge
	container *mpb.Progress
	bar       *mpb.Bar
	stop      chan struct{}
	stopped   sync.WaitGroup
}

const barSteps = 10_000 // fine enough for the longest bar

func newBarMeter(stderr io.Writer, name string, g *gauge) *barMeter {
	m := &barMeter{gauge: g, stop: make(chan struct{}), container: terminal.NewBars(stderr)}
	m.bar = m.container.New(barSteps,
		terminal.BarStyle(),
		mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(
			terminal.LineStart(), decor.Name(terminal.Shorten(name, 20)+"  "),
			decor.Any(m.position),
		),
		mpb.AppendDecorators(decor.Any(m.left)),
	)
	m.stopped.Go(m.follow)
	return m
}

// follow moves the bar.
func (m *barMeter) follow() {
	tick := time.NewTicker(terminal.BarRefresh)
	defer tick.Stop()
	for {
		select {
		case <-m.stop:
			return
		case <-tick.C:
			_, part, _, _ := m.gauge.place()
			m.bar.SetCurrent(int64(part * (barSteps - 1))) // never whole: close takes the bar away
		}
	}
}

func (m *barMeter) position(decor.Statistics) string {
	finished, all := m.gauge.counts()
	return fmt.Sprintf("%*d of %d done", len(fmt.Sprint(all)), finished, all)
}

func (m *barMeter) left(decor.Statistics) string {
	_, _, left, known := m.gauge.place()
	if !known {
		return "starting"
	}
	return terminal.Clock(left) + " left"
}

func (m *barMeter) finished(*study.Result) {}

func (m *barMeter) tell(line string) { fmt.Fprintln(m.container, printable.Text(line)) } // above the bar

func (m *barMeter) close() {
	close(m.stop)
	m.stopped.Wait()
	m.bar.Abort(true)
	m.container.Wait()
}
