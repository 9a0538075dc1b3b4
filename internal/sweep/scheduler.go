package sweep

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"gradwatch/internal/checkpoint"
	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/engine"
	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
	"gradwatch/internal/runner"
	"gradwatch/internal/study"
	"gradwatch/internal/version"
)

// Scheduler trains configurations side by side, in folders of their own inside one
// folder.
type Scheduler struct {
	*cli.Env
	Verbosity    cli.Verbosity
	Installation engine.Installation
	Trials       []*Trial
	Folder       ResultStore
	Cancel       context.CancelCauseFunc // ends the work, for a reason that is not one configuration's
	describe     *descriptions           // for TensorBoard's HParams tab; nil for none
	Evaluate     bool                    // see engine.Train
	Until        time.Time               // when no further task is begun; zero for never
	Estimator    *ProgressEstimator
	Progress     *Progress
	engines      []*engine.Engine                   // that were started so far
	Workers      *runner.Workers                    // workers that train; nil for this machine
	places       map[*engine.Engine]*engine.Cluster // each engine's worker of the cluster
}

// ResultStore is the folder that a Scheduler writes to.
type ResultStore interface {
	// path is how the user writes it.
	DisplayPath() string
	// keep takes results that came in. It may be called from several goroutines.
	Keep(results []study.Result) error
	// drop removes what is left of a configuration that was stopped on the way, and
	// can't be gone on with.
	Drop(name string) error
	// prune removes what a configuration that has a result no longer needs.
	Prune(name string) error
}

// work has count engines do the tasks by that plan, each the next one when it is
// free, until all are done, the time is up or ctx is done.
// The engines stay for more work until close.
func (w *Scheduler) work(ctx context.Context, tasks []study.Task, plan config.Plan, count int) {
	queue := make(chan study.Task, len(tasks))
	for _, task := range tasks {
		queue <- task
	}
	close(queue)
	for len(w.engines) < count {
		w.engines = append(w.engines, w.Installation.Engine(w.Log(w.Verbosity.Verbose)))
	}
	var group sync.WaitGroup
	for _, e := range w.engines[:count] {
		group.Go(func() {
			for task := range queue {
				if ctx.Err() != nil || w.DeadlinePassed() {
					return
				}
				if err := w.Do(ctx, e, plan, task); err != nil {
					w.Cancel(err) // the others stop; the first cause stays
				}
			}
		})
	}
	group.Wait()
}

// WorkAll has count engines do tasks side by side, and then those that take all
// cores, one after the other.
func (w *Scheduler) WorkAll(ctx context.Context, side, alone []study.Task, plan config.Plan, count int) {
	w.work(ctx, side, plan, count)
	if len(alone) > 0 {
		w.Close() // what idles would hold memory
	}
	for _, task := range alone { // each may have a plan of its own
		run := w.Trials[task.Configurations[0]].Run
		w.work(ctx, []study.Task{task}, run.Plan(runtime.GOMAXPROCS(0)), 1)
	}
}

// Close ends the engines.
func (w *Scheduler) Close() {
	for _, e := range w.engines {
		e.Close()
	}
	w.engines = nil
}

// DeadlinePassed reports whether no further task is to begin.
func (w *Scheduler) DeadlinePassed() bool { return !w.Until.IsZero() && time.Now().After(w.Until) }

// Do trains a task and keeps its results. Where one of several configurations
// takes the engine down, each is tried again alone, so that the others come
// through. Errors are those that no other configuration would escape.
func (w *Scheduler) Do(ctx context.Context, e *engine.Engine, plan config.Plan, task study.Task) error {
	active := w.Estimator.begins(task)
	defer w.Estimator.ends(active)
	members := task.Configurations
	results, err := w.train(ctx, e, plan, members, func(part float64) { w.Estimator.set(active, part) })
	if !isFailure(err) || len(members) == 1 {
		return w.recordResults(ctx, members, results, err)
	}
	for k, i := range members {
		results, err := w.train(ctx, e, plan, []int{i}, func(part float64) { w.Estimator.set(active, (float64(k)+part)/float64(len(members))) })
		if err := w.recordResults(ctx, []int{i}, results, err); err != nil {
			return err
		}
	}
	return nil
}

// isFailure tells an end of training that is the configuration's, or may be.
func isFailure(err error) bool {
	var failed *engine.Failed
	var crash *engine.Crash
	return !runner.ByCluster(err) && (errors.As(err, &failed) || errors.As(err, &crash))
}

// recordResults keeps what the configurations ended with: results, or a failure. What was
// stopped on the way is dropped.
func (w *Scheduler) recordResults(ctx context.Context, members []int, results []study.Result, err error) error {
	switch {
	case results == nil && ctx.Err() != nil:
		for _, i := range members {
			if err := w.Folder.Drop(w.Trials[i].Name()); err != nil {
				return err
			}
		}
		return nil
	case isFailure(err):
		for _, i := range members {
			results = append(results, study.Result{Configuration: w.Trials[i].Configuration, Message: failureText(err)})
		}
	case err != nil:
		return err
	}
	if err := w.Folder.Keep(results); err != nil {
		return err
	}
	for i := range results {
		if results[i].State() != study.Failed {
			if err := w.Folder.Prune(results[i].Configuration.Name()); err != nil {
				return err
			}
		}
		w.Progress.finished(&results[i])
	}
	return nil
}

// failureText returns an engine's last words without the folder, which the row
// names.
func failureText(err error) string {
	var crash *engine.Crash
	if errors.As(err, &crash) {
		crash.Folder = ""
	}
	return fmt.Sprint(err)
}

// train has the engine train the configurations side by side. Part is called with
// how much of it is done, up to 1. Without an error the results are nil where
// training was stopped.
func (w *Scheduler) train(
	ctx context.Context, e *engine.Engine, plan config.Plan, members []int, part func(float64),
) ([]study.Result, error) {
	begin := time.Now()
	request := engine.Train{Plan: plan, Versions: version.Versions(), Evaluate: w.Evaluate}
	request.Cluster = w.places[e]
	request.Plan.OneDNN = w.Trials[members[0]].Run.Plan(1).OneDNN
	replicas := 0
	for _, i := range members {
		run := w.Trials[i].Run
		run.LogDir, run.Overwrite = w.Folder.DisplayPath(), true // what is there was left half done
		run.Baseline = run.Generated()                           // of a file it would be the same for all; generated data have none
		request.Runs = append(request.Runs, run)
		if w.describe != nil {
			request.Describe = append(request.Describe, w.describe.of(i, begin))
		}
		replicas += run.Repeats
	}
	epochs := request.Runs[0].Epochs // of all: they have one shape
	on := func(m engine.Message) {
		switch {
		case m.Progress != nil:
			part(float64(m.Progress.Epoch+1) / float64(epochs))
		case m.Notice != "":
			w.Progress.Notify(fmt.Sprintf("gradwatch: %s: %s", w.Trials[members[0]].Name(), m.Notice))
		}
	}
	finished, err := w.trainOn(ctx, e, request, members, on)
	if err != nil {
		for _, i := range members {
			_ = checkpoint.RemoveIncomplete(filepath.Join(w.Folder.DisplayPath(), w.Trials[i].Name())) // else going on does
		}
		return nil, err
	}
	seconds := time.Since(begin).Seconds()
	var results []study.Result
	for k, i := range members {
		summary := &finished.Runs[k].Summary
		if summary.State == record.Stopped || ctx.Err() != nil && summary.State != record.Done && summary.Epochs < epochs {
			return nil, nil
		}
		if err := w.Trials[i].SameData(summary); err != nil {
			return nil, fmt.Errorf("%s: %w", w.Trials[i].Name(), err)
		}
		r, err := w.result(w.Trials[i], summary)
		if err != nil {
			return nil, err
		}
		r.Round()
		r.Seconds = seconds * float64(len(r.Replicas)) / float64(replicas)
		results = append(results, r)
	}
	return results, nil
}

// trainOn has the engine go on with a configuration that was stopped, from its
// checkpoint. Where there is none, or several train side by side, they begin.
func (w *Scheduler) trainOn(
	ctx context.Context, e *engine.Engine, request engine.Train, members []int, on func(engine.Message),
) (*engine.Finished, error) {
	folder, err := filepath.Abs(filepath.Join(w.Folder.DisplayPath(), w.Trials[members[0]].Name()))
	if err != nil {
		return nil, err
	}
	summary, err := record.ReadSummary(filepath.Join(folder, runfolder.SummaryFile))
	if len(members) > 1 || err != nil || !checkpoint.In(folder) || isLink(folder) {
		return e.Train(ctx, request, on)
	}
	again := request
	again.Resume, again.Plan = folder, summary.Plan
	finished, err := e.Train(ctx, again, on)
	var failed *engine.Failed
	if errors.As(err, &failed) && failed.NoCheckpoint && !failed.Remote {
		w.Progress.Notify(fmt.Sprintf("gradwatch: %s: %s: the run starts over", w.Trials[members[0]].Name(), failed.Message))
		return e.Train(ctx, request, on)
	}
	return finished, err
}

// isLink reports whether a path is a link, which may lead out of the study's folder.
func isLink(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

// result returns what a configuration ended with. A replica that diverged keeps
// the epochs before, and no numbers.
func (w *Scheduler) result(t *Trial, summary *record.Summary) (study.Result, error) {
	r := study.Result{Configuration: t.Configuration}
	var explained []record.Number
	switch {
	case summary.Validation != nil && t.Run.Fold == 0:
		explained = summary.Validation.R2
	case summary.Evaluation != nil:
		explained = summary.Evaluation.R2
	}
	for _, last := range summary.Result {
		p := study.Replica{Result: last, State: record.Done, Epochs: summary.Epochs}
		if last.Stop != nil {
			p.Epochs = last.Stop.Epochs
		}
		if t.Run.Fold > 0 && last.Test != nil {
			p.ValAccuracy = *last.Test
		}
		if t.Data.Regression {
			explained = determined(&p, summary, explained)
		}
		r.Replicas = append(r.Replicas, p)
	}
	if summary.Divergence == nil {
		return r, nil
	}
	history, err := record.ReadHistory(filepath.Join(w.Folder.DisplayPath(), t.Name(), runfolder.HistoryFile))
	if err != nil {
		return r, err
	}
	diverged := 0
	for i := range r.Replicas {
		for _, row := range history.Replica(i) {
			if !row.Finite() {
				r.Replicas[i] = divergedReplica(r.Replicas[i].Seed, row.Epoch)
				diverged++
				break
			}
		}
	}
	r.Message = "diverged at " + summary.Divergence.String()
	if n := len(r.Replicas); n > 1 {
		r.Message = fmt.Sprintf("%d of %d replicas diverged, the first at %s", diverged, n, summary.Divergence)
	}
	return r, nil
}

// divergedReplica is what remains of a replica that diverged after so many epochs.
func divergedReplica(seed uint32, epochs int) study.Replica {
	nan := record.Number(math.NaN())
	return study.Replica{
		Result: record.Result{Seed: seed, Loss: nan, Accuracy: nan, ValLoss: nan, ValAccuracy: nan},
		State:  record.Diverged, Epochs: epochs,
	}
}
