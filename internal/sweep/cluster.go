package sweep

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"gradwatch/internal/config"
	"gradwatch/internal/engine"
	"gradwatch/internal/runner"
	"gradwatch/internal/study"
)

// taskAssignment is a task with how an engine is to do it.
type taskAssignment struct {
	study.Task
	plan config.Plan
}

// taskPool is the tasks of a study that workers of a cluster share.
type taskPool struct {
	queue    chan taskAssignment // has room for all
	left     atomic.Int64        // tasks that are not done
	finished chan struct{}       // closed when none is left

	mu   sync.Mutex
	lost *runner.LostWorker // the last worker that was waited for in vain
}

func newTaskPool(tasks []taskAssignment) *taskPool {
	p := &taskPool{queue: make(chan taskAssignment, len(tasks)), finished: make(chan struct{})}
	p.left.Store(int64(len(tasks)))
	for _, task := range tasks {
		p.queue <- task
	}
	return p
}

func (p *taskPool) done() {
	if p.left.Add(-1) == 0 {
		close(p.finished)
	}
}

// take returns the next task; false when all are done or ctx is. Where all are under
// way it waits: one may come back.
func (p *taskPool) take(ctx context.Context) (taskAssignment, bool) {
	select {
	case <-p.finished:
	case <-ctx.Done():
	case a := <-p.queue:
		return a, true
	}
	return taskAssignment{}, false
}

// workOnCluster has each worker of the cluster do tasks, one after the other, by an
// engine here that has its graphs there, until all are done. A task whose worker is
// lost goes back, to the next worker that is free; a worker that is lost is waited
// for as long as the cluster's timeout allows. When none is left the work ends with an error.
func (w *Scheduler) workOnCluster(ctx context.Context, side, alone []study.Task, plan config.Plan) {
	var tasks []taskAssignment
	for _, task := range side {
		tasks = append(tasks, taskAssignment{task, plan})
	}
	for _, task := range alone {
		run := w.Trials[task.Configurations[0]].Run
		tasks = append(tasks, taskAssignment{task, run.Plan(runtime.GOMAXPROCS(0))})
	}
	if len(tasks) == 0 {
		return
	}
	p := newTaskPool(tasks)
	var group sync.WaitGroup
	for worker := range w.Workers.Workers {
		e := w.Installation.Engine(w.Log(w.Verbosity.Verbose))
		w.engines = append(w.engines, e)
		w.places[e] = w.Workers.Alone(worker)
	}
	for worker, e := range w.engines {
		group.Go(func() { w.workFor(ctx, p, worker, e) })
	}
	group.Wait()
	if p.left.Load() > 0 && ctx.Err() == nil {
		w.Cancel(fmt.Errorf("no worker is left: %w", p.lost))
	}
}

// workFor does tasks on one worker.
func (w *Scheduler) workFor(ctx context.Context, p *taskPool, worker int, e *engine.Engine) {
	needed, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		select {
		case <-p.finished:
			cancel(nil) // nothing to wait for
		case <-stop:
		}
	}()
	trust := runner.RetryBudget{Limit: w.Workers.Timeout}
	for {
		if err := w.Workers.Await(needed, w.Progress.Notify, worker); err != nil {
			p.giveUp(err)
			return
		}
		task, ok := p.take(needed)
		if !ok {
			return
		}
		release := w.Workers.Guard(e, worker)
		err := w.Do(ctx, e, task.plan, task.Task)
		release()
		switch {
		case err == nil:
			trust.Failures = 0
			p.done()
			continue
		case !runner.ByCluster(err):
			w.Cancel(err) // the others stop; the first cause stays
			return
		}
		e.Close()
		if trust.Fail() {
			w.Cancel(err)
			return
		}
		w.Progress.Notify(fmt.Sprintf("gradwatch: %s: its configurations are trained again", runner.WithoutResume(err)))
		if task = w.withoutResults(task); len(task.Configurations) == 0 {
			p.done()
			continue
		}
		p.queue <- task
		trust.Pause(needed)
	}
}

// giveUp keeps why a worker does no more.
func (p *taskPool) giveUp(err error) {
	if lost, ok := err.(*runner.LostWorker); ok { //nolint:errorlint // as await returns it
		p.mu.Lock()
		p.lost = lost
		p.mu.Unlock()
	}
}

// withoutResults takes out of a task what was done of it before its worker was lost.
func (w *Scheduler) withoutResults(a taskAssignment) taskAssignment {
	if known, ok := w.Folder.(interface{ has(int) bool }); ok {
		a.Configurations = slices.DeleteFunc(slices.Clone(a.Configurations), known.has)
	}
	return a
}
