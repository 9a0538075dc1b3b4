package tutorial

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/engine"
	"gradwatch/internal/figures"
	"gradwatch/internal/printable"
	"gradwatch/internal/record"
	"gradwatch/internal/runner"
	"gradwatch/internal/terminal"
)

// scheduler trains the tutorial's models.
type scheduler struct {
	installation engine.Installation
	command      string // how to start this program
	shows        *terminal.Progress
	log          io.Writer // for TensorFlow's messages; nil for none

	// chosen says that the shown run's seed is the first, as the user wants; else it is
	// the typical one.
	chosen bool

	jobs    []*runner.Job
	ended   []*runner.Outcome // of the jobs
	waiting chan int          // jobs that no engine has taken
	left    atomic.Int32      // shown runs that are not waiting yet
	deep    sync.WaitGroup    // until those whose gradients are compared have their histories
	group   sync.WaitGroup
	fail    context.CancelCauseFunc // ends all; the first cause stays
}

// train trains each model with many seeds, then the run that is shown, with one of
// these, by engines side by side, one a core: when an engine is done with a run it takes
// the next. That saves the start of an engine, a quarter of a second, for each further run.
func (c *scheduler) train(ctx context.Context, base config.Run, data *dataset.Dataset) ([]result, error) {
	ctx, c.fail = context.WithCancelCause(ctx)
	defer c.fail(nil)
	c.jobs = modelJobs(base, data)
	c.ended = make([]*runner.Outcome, len(c.jobs))
	c.waiting = make(chan int, len(c.jobs))
	cores := runtime.GOMAXPROCS(0)
	engines := min(cores, len(c.jobs))
	n := len(Models())
	c.left.Store(int32(n))
	c.deep.Add(comparedModels)
	for i, j := range slices.Backward(c.jobs) { // the deep ones, which take longest, first
		j.Cores, j.Command = cores/engines, c.command
		if i >= n {
			c.waiting <- i
		}
	}
	for range engines {
		c.group.Go(func() { c.work(ctx) })
	}
	c.group.Wait()
	c.shows.Close()
	if err := context.Cause(ctx); err != nil {
		return nil, stopped(err, base.LogDir, c.ended)
	}
	learned := make([]result, len(Models()))
	for i, l := range Models() {
		learned[i] = result{l, c.ended[i], c.ended[len(learned)+i]}
	}
	return learned, nil
}

// work has one engine do the jobs that wait. A run's pictures are drawn while the
// engine does the next, and shown in TensorBoard at the end.
func (c *scheduler) work(ctx context.Context) {
	e := c.installation.Engine(c.log)
	defer e.Close()
	var drawn []chan struct{} // of the runs with pictures
	var runs []int
	for {
		i, more := c.next(ctx)
		if !more {
			break
		}
		j := c.jobs[i]
		j.Progress = runner.NewProgress(c.shows, &j.Run, shortName(&j.Run))
		ended, err := j.Train(ctx, e)
		if err != nil {
			c.fail(err)
			return
		}
		c.ended[i] = ended
		if !j.Plots {
			if err := c.choose(ctx, i); err != nil {
				c.fail(err)
				return
			}
			continue
		}
		drawing := make(chan struct{})
		c.group.Go(func() {
			defer close(drawing)
			if err := ended.Finish(ctx, j); err != nil {
				c.fail(err)
			}
			if i >= len(Models())-comparedModels {
				c.deep.Done()
			}
		})
		drawn, runs = append(drawn, drawing), append(runs, i)
	}
	for k, i := range runs {
		<-drawn[k]
		ended := c.ended[i]
		if i == len(Models())-comparedModels {
			if err := c.compareGradients(ctx, ended); err != nil {
				c.fail(err)
			}
		}
		if err := ended.Show(ctx, e); err != nil {
			c.fail(err)
		}
	}
}

// next returns a job that waits; false when all are taken or training has failed.
func (c *scheduler) next(ctx context.Context) (int, bool) {
	select {
	case i, more := <-c.waiting:
		return i, more && ctx.Err() == nil
	case <-ctx.Done():
		return 0, false
	}
}

// choose reads the history of a run of many seeds and has the run that is shown wait,
// with the seed that it is to have.
func (c *scheduler) choose(ctx context.Context, i int) error {
	many := c.ended[i]
	if many.Summary.State == record.Stopped {
		return nil // the signal ends the others too
	}
	if err := many.Finish(ctx, c.jobs[i]); err != nil {
		return err
	}
	i -= len(Models())
	place := 0
	if !c.chosen {
		place = typical(measureSeeds(many.History, many.Summary.Result))
	}
	c.jobs[i].Run.Seed = many.Summary.Seeds[place]
	c.waiting <- i
	if c.left.Add(-1) == 0 {
		close(c.waiting)
	}
	return nil
}

// compareGradients draws the gradients of both deep runs on one scale, for
// TensorBoard to show with the first of them.
func (c *scheduler) compareGradients(ctx context.Context, first *runner.Outcome) error {
	both := make(chan struct{})
	go func() {
		c.deep.Wait()
		close(both)
	}()
	select {
	case <-both:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	var models []figures.TutorialModel
	n := len(Models())
	for _, o := range c.ended[n-comparedModels : n] {
		models = append(models, figures.TutorialModel{Name: o.Name, History: o.History})
	}
	var err error
	if first.Comparison, err = figures.CompareGradients(models); err != nil {
		first.Undrawn = append(first.Undrawn, fmt.Errorf("draw the gradients of both: %w", err))
	}
	return nil
}

// shortName names a run beside its progress, where columns are few.
func shortName(run *config.Run) string {
	if run.Repeats == 1 {
		return run.Name
	}
	return strings.TrimSuffix(run.Name, seedsSuffix()) + fmt.Sprintf(" x %d", run.Repeats)
}

// modelJobs returns the jobs of the runs that are shown, in the models' order, then
// those of many seeds. In the log folder are those whose gradients are compared, so that
// TensorBoard shows these alone.
func modelJobs(base config.Run, data *dataset.Dataset) []*runner.Job {
	var closely, many []*runner.Job
	for i, l := range Models() {
		preset, _ := config.LookupPreset(l.Preset)
		run := preset.Apply(base)
		if i < len(Models())-comparedModels {
			run.LogDir = seedsDir(base.LogDir)
		}
		closely = append(closely, &runner.Job{Run: run, Data: data, Plots: true, Paired: true, Mark: Mark})
		many = append(many, &runner.Job{Run: manySeeds(run, seedsDir(base.LogDir)), Data: data, Mark: Mark})
	}
	return append(closely, many...)
}

// manySeeds returns the run repeated with many seeds, the first its own, and
// without histograms, in that log folder.
func manySeeds(run config.Run, logdir string) config.Run {
	run.LogDir = logdir
	run.Name += seedsSuffix()
	run.Repeats = modelSeeds
	run.HistogramFreq = 0
	return run
}

// seedsDir is the log folder, beside the user's, of what TensorBoard isn't to show
// with the runs that are compared.
func seedsDir(logdir string) string {
	if base := filepath.Base(logdir); base == "." || base == ".." {
		if absolute, err := filepath.Abs(logdir); err == nil {
			logdir = absolute
		}
	}
	return filepath.Clean(logdir) + "-seeds"
}

func seedsSuffix() string { return fmt.Sprintf("-%d-seeds", modelSeeds) }

// stopped adds to a signal's error where the runs are.
func stopped(err error, logdir string, ended []*runner.Outcome) error {
	var bySignal cli.Stopped
	if !errors.As(err, &bySignal) {
		return err
	}
	begun := 0
	for _, e := range ended {
		if e != nil {
			begun++
		}
	}
	return fmt.Errorf("%w; %s and %s keep the %s that had begun", err, logdir, seedsDir(logdir), printable.Count(begun, "run"))
}
