package sweep

import (
	"fmt"
	"io"
	"sync"
	"time"

	"gradwatch/internal/cli"
	"gradwatch/internal/format"
	"gradwatch/internal/study"
	"gradwatch/internal/terminal"
)

// ProgressEstimator measures how far a study is, by what its tasks are estimated to cost.
type ProgressEstimator struct {
	mu    sync.Mutex
	begin time.Time // of training
	// Work is in seconds of the estimate, of the whole machine: with two engines
	// side by side a task of a second is half a second of work.
	total, done float64
	shares      map[int]float64      // 1 / engines side by side, by a task's first configuration
	active      map[*activeTask]bool // tasks that are being trained
	// configurations of the study, and how many of them have a result.
	configurations, finished int
	Until                    time.Time // when no further task is begun; zero for never
}

// activeTask is a task that is being trained.
type activeTask struct {
	work, share float64
	part        float64 // that is done, from 0 to 1
}

// NewProgressEstimator returns the estimator of a study with so many configurations, of which some are finished.
func NewProgressEstimator(configurations, finished int) *ProgressEstimator {
	return &ProgressEstimator{
		begin: time.Now(), shares: make(map[int]float64), active: make(map[*activeTask]bool),
		configurations: configurations, finished: finished,
	}
}

// Expect says that so many configurations more are to come.
func (e *ProgressEstimator) Expect(configurations int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.configurations += configurations
}

// Add adds tasks that so many engines will train.
func (e *ProgressEstimator) Add(tasks []study.Task, engines int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, task := range tasks {
		share := 1 / float64(engines)
		e.shares[task.Configurations[0]] = share
		e.total += task.Cost * share
	}
}

// begins says that a task is begun.
func (e *ProgressEstimator) begins(task study.Task) *activeTask {
	e.mu.Lock()
	defer e.mu.Unlock()
	share := e.shares[task.Configurations[0]]
	l := &activeTask{work: task.Cost * share, share: share}
	e.active[l] = true
	return l
}

// set says how much of a task is done.
func (e *ProgressEstimator) set(l *activeTask, part float64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	l.part = part
}

// ends says that a task has ended.
func (e *ProgressEstimator) ends(l *activeTask) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.active, l)
	e.done += l.work
}

// count says that a configuration has a result.
func (e *ProgressEstimator) count() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.finished++
}

// counts returns how many configurations have a result, and how many there are.
func (e *ProgressEstimator) counts() (finished, configurations int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.finished, e.configurations
}

// place returns how far the study is: configurations, the part of the work that
// is done, from 0 to 1, and the time left, or false where nothing tells yet.
func (e *ProgressEstimator) place() (finished int, part float64, left time.Duration, known bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	done, longest := e.done, 0.0
	for l := range e.active {
		done += l.work * l.part
		// A task is on one engine, however idle the others are.
		longest = max(longest, l.work*(1-l.part)/l.share)
	}
	if !(done > 0) {
		return e.finished, 0, 0, false
	}
	speed := done / time.Since(e.begin).Seconds()
	rest := max(0, e.total-done, longest)
	left = time.Duration(rest / speed * float64(time.Second))
	if part = done / e.total; !e.Until.IsZero() {
		// Of what is not begun, the time may take some away.
		left = min(left, max(time.Until(e.Until), time.Duration(longest/speed*float64(time.Second))))
		took := time.Since(e.begin)
		part = max(part, float64(took)/float64(took+left))
	}
	return e.finished, min(1, part), left, true
}

// Progress shows how far a study is: a bar over all of it, or a line for each result.
type Progress struct {
	*terminal.Progress
	measured  string // which rows results are of
	label     func(study.Configuration) string
	estimator *ProgressEstimator
	bar       *terminal.Bar
	stop      chan struct{}
	stopped   sync.WaitGroup

	mu sync.Mutex // lines count up
}

const barSteps = 10_000 // fine enough for the longest bar

// NewProgress shows the progress of the study with that name. Label writes a
// configuration in a line about its result, which is of the measured rows: test or validation.
func NewProgress(
	stderr io.Writer, says cli.Verbosity, name, measured string, label func(study.Configuration) string, e *ProgressEstimator,
) *Progress {
	s := &Progress{
		Progress: terminal.NewProgress(stderr, says.Quiet, says.Verbose), measured: measured, label: label, estimator: e, stop: make(chan struct{}),
	}
	s.bar = s.Bar(terminal.Shorten(name, 20), barSteps, s.position, s.left)
	if s.bar != nil {
		s.stopped.Go(s.follow)
	}
	return s
}

// follow moves the bar.
func (s *Progress) follow() {
	tick := time.NewTicker(terminal.Refresh)
	defer tick.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-tick.C:
			_, part, _, _ := s.estimator.place()
			s.bar.Set(int64(part * (barSteps - 1))) // never whole: close removes the bar
		}
	}
}

func (s *Progress) position() string {
	finished, all := s.estimator.counts()
	return fmt.Sprintf("%*d of %d done", len(fmt.Sprint(all)), finished, all)
}

func (s *Progress) left(int) string {
	_, _, left, known := s.estimator.place()
	if !known {
		return "starting"
	}
	return terminal.Clock(left) + " left"
}

// finished counts a result that came in.
func (s *Progress) finished(r *study.Result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.estimator.count()
	if s.Lines() {
		finished, all := s.estimator.counts()
		s.Notify(fmt.Sprintf("%*d/%d  %s: %s", len(fmt.Sprint(all)), finished, all, s.label(r.Configuration), outcomeText(r, s.measured)))
	}
}

// Close removes the bar and leaves the terminal as it was found.
func (s *Progress) Close() {
	close(s.stop)
	s.stopped.Wait()
	s.bar.Remove()
	s.Progress.Close()
}

// outcomeText returns a result on the measured rows in a few words: test accuracy 0.812 ± 0.030.
func outcomeText(r *study.Result, measured string) string {
	s := r.Statistics()
	text := ""
	if s.ValAccuracy.N > 0 {
		text = measured + " " + r.Metric().Short() + " " + format.Mean(s.ValAccuracy)
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
