package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"

	"gradwatch/internal/dataset"
	"gradwatch/internal/engine"
	"gradwatch/train/config"
)

// class trains the tutorial's models.
type class struct {
	installation engine.Installation
	shows        board
	log          io.Writer // for TensorFlow's messages; nil for none

	jobs    []*job
	ended   []*outcome // of the jobs
	waiting chan int   // jobs that no engine has taken
	group   sync.WaitGroup
	fail    context.CancelCauseFunc // ends all; the first cause stays
}

// teach trains each lesson's two runs, by engines side by side, one a core: when an
// engine is done with a run it takes the next. That saves the start of an engine,
// a quarter of a second, for each further run.
func (c *class) teach(ctx context.Context, base config.Run, data *dataset.Set) ([]taught, error) {
	ctx, c.fail = context.WithCancelCause(ctx)
	defer c.fail(nil)
	c.jobs = lessonJobs(base, data)
	c.ended = make([]*outcome, len(c.jobs))
	c.waiting = make(chan int, len(c.jobs))
	cores := runtime.GOMAXPROCS(0)
	engines := min(cores, len(c.jobs))
	for i, j := range slices.Backward(c.jobs) { // those of many seeds and the deep ones, which take longest, first
		j.cores = cores / engines
		c.waiting <- i
	}
	close(c.waiting)
	for range engines {
		c.group.Go(func() { c.work(ctx) })
	}
	c.group.Wait()
	c.shows.close()
	if err := context.Cause(ctx); err != nil {
		return nil, stoppedLessons(err, base.LogDir, c.ended)
	}
	learned := make([]taught, len(lessons()))
	for i, l := range lessons() {
		learned[i] = taught{l, c.ended[i], c.ended[len(learned)+i]}
	}
	return learned, nil
}

// work has one engine do the jobs that wait. A run's pictures are drawn while the
// engine does the next, and shown in TensorBoard at the end.
func (c *class) work(ctx context.Context) {
	e := c.installation.Engine(c.log)
	defer e.Close()
	var drawn []chan struct{} // of the runs with pictures
	var runs []*outcome
	for i := range c.waiting {
		if ctx.Err() != nil {
			return
		}
		j := c.jobs[i]
		j.track = c.shows.track(shortName(&j.run), j.run.Epochs)
		ended, err := j.train(ctx, e)
		if err != nil {
			c.fail(err)
			return
		}
		c.ended[i] = ended
		if j.plots {
			drawing := make(chan struct{})
			c.group.Go(func() {
				defer close(drawing)
				if err := ended.finish(j); err != nil {
					c.fail(err)
				}
			})
			drawn, runs = append(drawn, drawing), append(runs, ended)
		}
	}
	for i, ended := range runs {
		<-drawn[i]
		if err := ended.show(ctx, e); err != nil {
			c.fail(err)
		}
	}
}

// shortName names a run beside its progress, where columns are few.
func shortName(run *config.Run) string {
	if run.Repeats == 1 {
		return run.Name
	}
	return strings.TrimSuffix(run.Name, seedsSuffix()) + fmt.Sprintf(" x %d", run.Repeats)
}

// lessonJobs returns the jobs of the runs that are looked at closely, in the
// lessons' order, then those of many seeds.
func lessonJobs(base config.Run, data *dataset.Set) []*job {
	var closely, many []*job
	for _, l := range lessons() {
		preset, _ := config.LookupPreset(l.preset)
		run := preset.Apply(base)
		closely = append(closely, &job{run: run, data: data, plots: true})
		many = append(many, &job{run: manySeeds(run), data: data})
	}
	return append(closely, many...)
}

// manySeeds returns the run repeated with many seeds, the first its own, and
// without histograms.
func manySeeds(run config.Run) config.Run {
	run.Name += seedsSuffix()
	run.Repeats = lessonSeeds
	run.HistogramFreq = 0
	return run
}

func seedsSuffix() string { return fmt.Sprintf("-%d-seeds", lessonSeeds) }

// stoppedLessons adds to a signal's error where the runs are.
func stoppedLessons(err error, logdir string, ended []*outcome) error {
	var bySignal stopped
	if !errors.As(err, &bySignal) {
		return err
	}
	begun := 0
	for _, e := range ended {
		if e != nil {
			begun++
		}
	}
	return fmt.Errorf("%w; %s keeps the %s that had begun", err, logdir, count(begun, "run"))
}
