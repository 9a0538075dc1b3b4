package train

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"time"

	tf "github.com/galeone/tensorflow/tensorflow/go"

	"gradwatch/graph"
	"gradwatch/internal/runfolder"
	"gradwatch/train/config"
	"gradwatch/train/record"
)

// Options are what a run needs beside its configuration. The zero value is
// useful.
type Options struct {
	// Plan says how to use the machine; the zero value means run.Plan for its
	// cores.
	Plan config.Plan
	// Versions go into the summary, where they are not empty.
	Versions record.Versions
	// Started is called, if set, when the run's folder is made.
	Started func(folder, name, device string)
	// Epoch is called, if set, with each epoch's rows, a replica each, while the
	// next epoch trains. They are valid during the call.
	Epoch func(rows []record.Row)
	// DecisionGrid asks for the probabilities on a grid of that many points a
	// side, for models of two inputs; 0 for none.
	DecisionGrid int
}

// Result is what a run ended with.
type Result struct {
	Folder  string // absolute
	Name    string // inside the log folder
	Summary record.Summary
	// Weights are each replica's layers, the output layer last.
	Weights [][]record.Layer
	// Decision is nil unless asked for.
	Decision *Decision
}

// Run trains as run says and returns when the last epoch is recorded, when
// training diverged (Summary.State says so; that is no error), or when ctx is
// done: then it finishes its step, saves, and the state is record.Stopped.
//
// It returns a [*config.Error] for a wrong configuration, a
// [*dataset.FormatError] for a wrong data file, and other errors for faults of
// the file system or the runtime. Before the configuration and the data are
// known to be right, nothing is written.
func Run(ctx context.Context, run config.Run, options Options) (*Result, error) {
	begin := time.Now()
	t, err := newTrainer(run, options)
	if err != nil {
		return nil, err
	}
	defer t.close()
	if err := t.open(); err != nil {
		t.discard()
		return nil, err
	}
	if options.Started != nil {
		options.Started(t.folder.Path, t.folder.Name, t.summary.Device)
	}
	prepared := time.Now()
	t.summary.Timings.Prepare = prepared.Sub(begin).Seconds()
	state, err := t.train(ctx)
	if state == record.Diverged && err == nil {
		t.summary.Divergence, err = t.findDivergence()
	}
	t.summary.Timings.Train = time.Since(prepared).Seconds()
	if err != nil {
		return nil, err
	}
	return t.finish(state)
}

// newTrainer returns a trainer of the run, all of whose input was found right.
func newTrainer(run config.Run, options Options) (*trainer, error) {
	if err := run.Validate(); err != nil {
		return nil, err
	}
	if options.Plan == (config.Plan{}) {
		options.Plan = run.Plan(runtime.NumCPU())
	}
	t := &trainer{run: run, options: options}
	var err error
	if t.data, err = loadData(&run); err != nil {
		return nil, err
	}
	if t.device, err = findDevice(run.Device, options.Plan); err != nil {
		return nil, err
	}
	if t.model, err = graph.NewModel(&run, t.data.points.Features()); err != nil {
		return nil, err
	}
	t.initial, err = initialWeights(&run, t.model, options.Plan)
	return t, err
}

// trainer is a run under way.
type trainer struct {
	run     config.Run
	options Options
	data    *data
	model   graph.Model
	device  string
	initial []*tf.Tensor // each layer's first weights
	folder  *runfolder.Folder

	program *graph.Program
	session *tf.Session
	history *historyFile
	events  *eventFile
	order   *batchOrder
	batches int          // of an epoch
	indices []*tf.Tensor // int32 scalars from 0
	rows    []record.Row // of the epoch measured last, a replica each
	summary record.Summary
	// measuring gives the end of what is being measured; nil when nothing is.
	measuring chan error
}

// train runs the epochs. Each is measured on a snapshot of its weights while the
// next one trains.
func (t *trainer) train(ctx context.Context) (record.State, error) {
	for epoch := range t.run.Epochs {
		stepped := t.steps(ctx, epoch)
		if state, err := t.measured(); state != record.Running || err != nil {
			return state, err
		}
		if errors.Is(stepped, errStopped) {
			return record.Stopped, nil
		}
		if stepped != nil {
			return "", stepped
		}
		if err := t.startMeasuring(epoch); err != nil {
			return "", err
		}
	}
	state, err := t.measured()
	if state == record.Running {
		state = record.Done
	}
	return state, err
}

// errStopped is what steps returns when its context is done.
var errStopped = errors.New("stopped")

// startMeasuring takes a snapshot of the weights and begins to measure it.
func (t *trainer) startMeasuring(epoch int) error {
	if _, err := t.call(t.program.Snapshot); err != nil {
		return fmt.Errorf("take a snapshot of epoch %d: %w", epoch, err)
	}
	done := make(chan error, 1)
	t.measuring = done
	go func() { done <- t.measure(epoch) }()
	return nil
}

// measured waits until what is being measured is recorded, and says whether the
// run goes on.
func (t *trainer) measured() (record.State, error) {
	if t.measuring == nil {
		return record.Running, nil
	}
	err := <-t.measuring
	t.measuring = nil
	if err != nil {
		return "", err
	}
	if !t.finite() {
		return record.Diverged, nil
	}
	return record.Running, nil
}

// finite reports whether all that was recorded in the last epoch is finite.
func (t *trainer) finite() bool {
	for _, row := range t.rows {
		sum := row.Loss + row.ValLoss
		for k := range row.GradientL2 {
			sum += row.GradientL2[k] + row.KernelL1[k]
		}
		if math.IsNaN(sum) || math.IsInf(sum, 0) {
			return false
		}
	}
	return true
}

// finish saves what the run ends with.
func (t *trainer) finish(state record.State) (*Result, error) {
	result := &Result{Folder: t.folder.Path, Name: t.folder.Name}
	var err error
	if result.Weights, err = t.weights(); err != nil {
		return nil, err
	}
	if result.Decision, err = t.decision(); err != nil {
		return nil, err
	}
	if err := t.closeFiles(); err != nil {
		return nil, err
	}
	err = t.folder.Write(runfolder.WeightsFile, func(w io.Writer) error {
		return record.WriteWeights(w, result.Weights)
	})
	if err != nil {
		return nil, err
	}
	t.summary.State = state
	t.summary.Result = nil
	for _, row := range t.rows {
		t.summary.Result = append(t.summary.Result, record.Result{
			Seed:     t.summary.Seeds[row.Replica],
			Loss:     record.Number(row.Loss),
			Accuracy: record.Number(row.Accuracy),
			ValLoss:  record.Number(row.ValLoss), ValAccuracy: record.Number(row.ValAccuracy),
		})
	}
	result.Summary = t.summary
	return result, t.writeSummary()
}
