package runner

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"gradwatch/internal/config"
	"gradwatch/internal/engine"
	"gradwatch/internal/format"
	"gradwatch/internal/terminal"
)

// Progress shows how far a run is: a bar, or a line at each tenth of it.
type Progress struct {
	shows    *terminal.Progress
	name     string
	epochs   int
	measured string // which rows' metric is shown
	bar      *terminal.Bar

	mu    sync.Mutex       // a bar is drawn while epochs come in
	last  *engine.Progress // nil before the first epoch
	begin time.Time        // of the second epoch: the first is slower
}

// LinesPerRun is how many lines a run writes where no bars are shown.
const LinesPerRun = 10

// NewProgress begins to show a run by a name.
func NewProgress(shows *terminal.Progress, run *config.Run, name string) *Progress {
	r := &Progress{shows: shows, name: name, epochs: run.Epochs, measured: run.MeasuredName()}
	r.bar = shows.Bar(terminal.Shorten(name, 20), int64(run.Epochs), r.position, r.state)
	return r
}

// Epoch shows what was recorded of an epoch.
func (r *Progress) Epoch(p *engine.Progress) {
	r.mu.Lock()
	if r.last == nil {
		r.begin = time.Now()
	}
	r.last = p
	r.mu.Unlock()
	r.bar.Set(int64(p.Epoch + 1))
	// A line for the tenths that the epoch passes; the last epoch passes the last.
	if done := p.Epoch + 1; r.shows.Lines() && done*LinesPerRun/r.epochs != p.Epoch*LinesPerRun/r.epochs {
		r.shows.Notify(fmt.Sprintf("%s  epoch %*d/%d  loss %s  %s %s  %s %s %s",
			r.name, len(fmt.Sprint(r.epochs)), done, r.epochs, format.Loss(float64(p.Loss)), p.Metric.Short(), format.Metric(p.Metric, float64(p.Accuracy)),
			r.measured, p.Metric.Short(), format.Metric(p.Metric, float64(p.ValAccuracy))))
	}
}

// End removes the bar.
func (r *Progress) End() { r.bar.Remove() }

func (r *Progress) position() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	done := 0
	if r.last != nil {
		done = r.last.Epoch + 1
	}
	return fmt.Sprintf("epoch %*d/%d", len(fmt.Sprint(r.epochs)), done, r.epochs)
}

// state returns as much as leaves the bar some room: the loss, the metric of the test rows
// and the time left.
func (r *Progress) state(columns int) string {
	const leastBar = 8
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last == nil {
		return "starting"
	}
	left := ""
	if done := r.last.Epoch; done > 0 {
		each := time.Since(r.begin) / time.Duration(done)
		left = terminal.Clock(each*time.Duration(r.epochs-done-1)) + " left"
	}
	accuracy := fmt.Sprintf("%s %s %s, %s", r.measured, r.last.Metric.Short(), format.Metric(r.last.Metric, float64(r.last.ValAccuracy)), left)
	text := fmt.Sprintf("loss %s, %s", format.Loss(float64(r.last.Loss)), accuracy)
	for _, shorter := range []string{accuracy, left} {
		if len(text)+leastBar > columns {
			text = shorter
		}
	}
	return strings.TrimSuffix(text, ", ")
}
