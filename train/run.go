//go:build tensorflow

package train

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"gradwatch/train/data"
	"gradwatch/train/eventfile"
	"gradwatch/train/feed"
	"gradwatch/train/session"
	"gradwatch/train/weights"

	tf "github.com/galeone/tensorflow/tensorflow/go"

	"gradwatch/graph"
	"gradwatch/internal/config"
	"gradwatch/internal/invalid"
	"gradwatch/internal/record"
	"gradwatch/internal/sysmem"
)

// Options are what runs need beside their configuration. The zero value is
// useful.
type Options struct {
	// Plan says how to use the machine; the zero value means the first run's Plan
	// for its cores.
	Plan config.Plan
	// Data is the data set, where it is in memory; nil for the one that the configuration
	// names.
	Data *data.Memory
	// Versions go into the summaries, where they are not empty.
	Versions record.Versions
	// Started is called, if set, when a run's folder is made.
	Started func(run int, folder, name, device string)
	// Resumable is called, if set, before that: when a run's folder has what is needed to
	// resume it, and the runtime is yet to be started.
	Resumable func(folder string)
	// Cluster has the servers of a cluster train; nil for this process alone.
	Cluster *session.Cluster
	// Epoch is called, if set, with each epoch's rows, those of all runs' replicas
	// that have not diverged (of all, where all have), while the next epoch trains. They are valid during
	// the call.
	Epoch func(epoch int, rows []record.Row)
	// DecisionGrid asks for the probabilities on a grid of that many points a
	// side, on a plane of the inputs; 0 for none.
	DecisionGrid int
	// Describe is a serialized Summary for each run, written into its event file
	// before the first epoch, that begins a session of TensorBoard's HParams tab;
	// nil for none.
	Describe [][]byte
	// Resume is the folder of a run to go on with, as it was at its newest checkpoint
	// that is whole; the only run's configuration is the one in its summary. A run
	// that has no checkpoint yet starts over in its folder.
	Resume string
	// Paired trains the only replica of the only run beside a second one of the same
	// seed, of which nothing is recorded. Then its weights are, bit by bit, those of the
	// replica of its seed in a run of many: a replica alone is trained by other products
	// of matrices, which round differently. Such a run gets no checkpoints.
	Paired bool
	// Notice is called, if set, with lines that the user should know: of a resumed
	// run damaged checkpoints and settings that have changed, of any run what will be
	// slow.
	Notice func(line string)
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
// training diverged in all replicas (Summary.State says so; that is no error), or
// when ctx is done: then it finishes its step, saves, and the state is
// record.Stopped.
//
// It returns a [*invalid.Error] for a wrong configuration, a
// [*dataset.FormatError] for a wrong data file, and other errors for faults of
// the file system or the runtime. Before the configuration and the data are
// known to be right, nothing is written.
func Run(ctx context.Context, run config.Run, options Options) (*Result, error) {
	results, err := RunAll(ctx, []config.Run{run}, options)
	if err != nil {
		return nil, err
	}
	return results[0], nil
}

// RunAll trains several runs of the same [config.Run.Shape] side by side, as
// replicas of one model. Each is as it would be alone, to rounding, but for where
// its divergence began, which is not looked for, and for checkpoints, which it does
// not get.
func RunAll(ctx context.Context, runs []config.Run, options Options) ([]*Result, error) {
	begin := time.Now()
	t, err := newTrainer(runs, options)
	if err != nil {
		return nil, err
	}
	defer t.close()
	if err := t.open(); err != nil {
		err = t.withReplaced(err)
		t.discard()
		return nil, err
	}
	for _, r := range t.runs {
		if r.folder.Replaces() != "" {
			continue // later
		}
		if err := t.notifyStarted(r); err != nil {
			return nil, err
		}
	}
	t.begun = time.Now()
	results, err := t.trainAndFinish(ctx, begin)
	if err == nil {
		t.checkSources()
	}
	return results, t.withReplaced(err)
}

// trainAndFinish trains the runs, which prepare since begin, and saves what they end with.
func (t *trainer) trainAndFinish(ctx context.Context, begin time.Time) ([]*Result, error) {
	state, err := t.train(ctx)
	if err != nil {
		return nil, err
	}
	t.stepped = t.stepSeconds()
	timings := t.timings()
	timings.Prepare = t.begun.Sub(begin).Seconds()
	if err := t.saveLast(state); err != nil {
		return nil, err
	}
	for _, r := range t.runs {
		if r.folder.Replaces() != "" { // stopped before anything was recorded
			return nil, errNothingRecorded
		}
	}
	return t.finish(state, timings)
}

// errNothingRecorded ends a run that is to replace another, and has recorded nothing.
var errNothingRecorded = errors.New("nothing was recorded yet")

// trainer is runs of one shape under way, whose replicas train side by side.
type trainer struct {
	options Options
	run     config.Run // the first: what all runs share
	sources data.Sources
	data    *data.Set
	device  string
	model   graph.Model  // of one replica
	groups  []*group     // each some of the replicas, in order
	rows    []record.Row // of the epoch measured last, a replica each; of one that has stopped, its last
	// stopping is each replica's; nil where none stops early.
	stopping []*feed.EarlyStopping
	runs     []*recorder         // each has some of the rows
	pair     *recorder           // of the second replica of a paired run, which records nothing
	events   *eventfile.Writer   // of all runs
	retired  []*eventfile.Writer // those before it, after a fault
	// measuring gives the end of what is being measured; nil when nothing is.
	measuring chan error
	checkpoints
}

// inMemory names a data set in memory where the configuration doesn't.
const inMemory = "memory"

// newTrainer returns a trainer of the runs, all of whose input was found right.
func newTrainer(runs []config.Run, options Options) (*trainer, error) {
	runs = slices.Clone(runs)
	for i := range runs {
		if options.Data != nil && runs[i].Generated() {
			runs[i].Dataset = inMemory
		}
		if err := runs[i].Validate(); err != nil {
			return nil, err
		}
		if runs[i].Shape() != runs[0].Shape() {
			return nil, fmt.Errorf("run %d is not of the first one's shape", i)
		}
	}
	if options.Cluster != nil {
		if err := options.Cluster.Check(&runs[0]); err != nil {
			return nil, err
		}
	}
	if options.Plan == (config.Plan{}) {
		options.Plan = runs[0].Plan(runtime.NumCPU())
	}
	options.Versions.TensorFlow, options.Versions.Go = tf.Version(), runtime.Version()
	t := &trainer{run: runs[0], options: options}
	var err error
	if t.run.Stream {
		t.options.Plan.Groups = 1
	}
	if options.Data == nil {
		t.sources = data.FindSources(&t.run)
	}
	if t.data, err = data.Load(&t.run, options.Data, t.notify); err != nil {
		return nil, err
	}
	if err := t.fit(runs); err != nil {
		t.data.Close()
		return nil, err
	}
	return t, nil
}

// fit makes the model and the replicas of the runs, for the data.
func (t *trainer) fit(runs []config.Run) error {
	var err error
	for _, name := range t.run.DecisionColumns {
		if !slices.Contains(t.data.Points.Columns, name) {
			want := "two of the inputs' names: " + strings.Join(t.data.Points.Columns, ", ")
			return invalid.New("decision-columns", strings.Join(t.run.DecisionColumns, ","), want)
		}
	}
	if t.device, err = session.FindDevice(t.run.Device, t.options.Plan); err != nil {
		return err
	}
	if t.model, err = graph.NewModel(&t.run, t.data.Points.Features()); err != nil {
		return err
	}
	t.model = t.model.For(&t.data.Schema.Target)
	t.model.Replicas = 1
	replicas := 0
	for i := range runs {
		t.runs = append(t.runs, newRecorder(runs[i], i, replicas))
		replicas += runs[i].Repeats
	}
	if t.options.Paired {
		if replicas != 1 {
			return fmt.Errorf("%d replicas can't be paired: want one", replicas)
		}
		t.pair = newRecorder(runs[0], 1, 1)
		replicas++
	}
	if err := t.checkMemory(replicas); err != nil {
		return err
	}
	t.rows = newRows(replicas, len(t.model.Layers))
	for _, r := range t.runs {
		r.takeRows(t.rows)
	}
	t.stopping = feed.NewEarlyStopping(&t.run, replicas)
	return nil
}

// sideBySide reports whether several runs train in one graph, or a run beside its
// pair: then there are no checkpoints.
func (t *trainer) sideBySide() bool { return len(t.runs) > 1 || t.pair != nil }

// checkMemory refuses what needs more memory than there is, before TensorFlow asks for it and
// the system ends the process. On a GPU most of it lies there.
func (t *trainer) checkMemory(replicas int) error {
	if t.device != "cpu" {
		return nil
	}
	all := t.run
	all.Repeats = replicas
	points := t.data.Points
	return all.Fits(config.Rows{Count: points.Len(), Inputs: points.Features()}, sysmem.Read())
}

// prepare finds what to go on from, or the first weights, and divides the replicas
// among groups.
func (t *trainer) prepare() error {
	if err := t.findCheckpoint(); err != nil {
		return err
	}
	runs := t.runs
	if t.pair != nil {
		runs = []*recorder{t.runs[0], t.pair}
		t.options.Plan.Groups = 1
	}
	initial := weights.New(t.model, len(t.rows)) // a checkpoint's replace them
	if t.resumed == nil {
		var err error
		if initial, err = t.initialWeights(runs); err != nil {
			return err
		}
	}
	var replicas []replica
	for _, r := range runs {
		replicas = append(replicas, r.replicas()...)
	}
	if t.pair != nil {
		replicas[1].shown = false
	}
	var err error
	t.groups, err = newGroups(&t.run, t.model, replicas, t.rows, initial, t.options.Plan.Groups)
	t.options.Plan.Groups = len(t.groups)
	t.shareStopping()
	for _, g := range t.groups {
		g.stream = t.data.Stream
	}
	return err
}

// train runs the epochs. Each is measured on a snapshot of its weights, while the
// next one trains where there is a core for it.
func (t *trainer) train(ctx context.Context) (record.State, error) {
	if t.allStopped() { // a run that was ended before it could say so
		return record.Done, nil
	}
	for epoch := t.firstEpoch(); epoch < t.run.Epochs; epoch++ {
		if t.hasPlateau() {
			if state, err := t.awaitMeasurement(epoch); state != record.Running || err != nil {
				return state, err
			}
		}
		stepped := t.steps(ctx, epoch)
		if state, err := t.awaitMeasurement(t.firstUntrained(epoch)); state != record.Running || err != nil {
			return state, err
		}
		if errors.Is(stepped, errContextDone) {
			return record.Stopped, t.saveStopped(epoch)
		}
		if ended := (*errEnded)(nil); errors.As(stepped, &ended) {
			return ended.state, nil
		}
		if stepped != nil {
			return "", stepped
		}
		if err := t.startMeasuring(epoch); err != nil {
			return "", err
		}
	}
	state, err := t.awaitMeasurement(t.run.Epochs)
	if state == record.Running {
		state = record.Done
	}
	return state, err
}

// each does something with every group at the same time and returns the first
// group's error.
func (t *trainer) each(do func(*group) error) error {
	failures := make([]error, len(t.groups))
	done := make(chan struct{}, len(t.groups))
	for i, g := range t.groups[1:] {
		go func() {
			failures[i+1] = do(g)
			done <- struct{}{}
		}()
	}
	failures[0] = do(t.groups[0])
	for range t.groups[1:] {
		<-done
	}
	for _, err := range failures {
		if err != nil {
			return err
		}
	}
	return nil
}

// startMeasuring takes a snapshot of the weights and begins to measure and record
// it while the next epoch trains; with one core it measures at once.
func (t *trainer) startMeasuring(epoch int) error {
	histograms := t.run.HistogramFreq > 0 && epoch%t.run.HistogramFreq == 0
	measure := func(g *group) error { return g.measure(epoch, histograms) }
	err := t.each(func(g *group) error {
		if err := g.snapshot(epoch); err != nil || t.options.Plan.Overlap {
			return err
		}
		return measure(g)
	})
	if err != nil {
		return err
	}
	t.stepped = t.stepSeconds()
	done := make(chan error, 1)
	t.measuring = done
	go func() {
		if t.options.Plan.Overlap {
			if err := t.each(measure); err != nil {
				done <- err
				return
			}
		}
		done <- t.record(epoch, histograms)
	}()
	return nil
}

// record records an epoch that was measured: its scalars and histograms in the
// event files, its rows in the histories; and makes a checkpoint, where one is due.
func (t *trainer) record(epoch int, histograms bool) error {
	if err := t.updateEarlyStopping(); err != nil {
		return err
	}
	for _, r := range t.runs {
		if err := r.record(epoch, t.groups, histograms); err != nil {
			return t.recoverFromWriteError(epoch, histograms, err)
		}
		if err := t.notifyStarted(r); err != nil {
			return err
		}
	}
	if t.options.Epoch != nil {
		rows := finiteRows(t.rows)
		if rows == nil {
			rows = t.rows
		}
		t.options.Epoch(epoch, rows)
	}
	if t.checkpointDue(epoch) {
		return t.save(epoch + 1)
	}
	return nil
}

// awaitMeasurement waits until what is being measured is recorded, when the epochs before
// next have trained, and says whether training goes on.
func (t *trainer) awaitMeasurement(next int) (record.State, error) {
	if t.measuring == nil {
		return record.Running, nil
	}
	err := <-t.measuring
	t.measuring = nil
	if err != nil {
		return "", err
	}
	diverged, err := t.findDiverged(next)
	if err != nil {
		return "", err
	}
	t.applyPlateau()
	switch {
	case diverged == len(t.rows):
		return record.Diverged, nil
	case t.allStopped():
		return record.Done, nil
	}
	return record.Running, nil
}

// finiteRows returns the rows of the replicas that have not diverged.
func finiteRows(rows []record.Row) []record.Row {
	var finite []record.Row
	for i := range rows {
		if rows[i].Finite() {
			finite = append(finite, rows[i])
		}
	}
	return finite
}

// stepSeconds returns the time spent in training steps, summed over the groups.
func (t *trainer) stepSeconds() float64 {
	sum := time.Duration(0)
	for _, g := range t.groups {
		sum += g.stepping
	}
	return sum.Seconds()
}

// finish saves what the runs end with.
func (t *trainer) finish(state record.State, timings record.Timings) ([]*Result, error) {
	if err := t.keepLastWeights(); err != nil {
		return nil, err
	}
	t.restoreBestRows()
	weights, err := t.weights()
	if err != nil {
		return nil, err
	}
	results := make([]*Result, len(t.runs))
	for i, r := range t.runs {
		result := &Result{
			Folder: r.folder.Path, Name: r.folder.Name, Weights: weights[r.first : r.first+r.run.Repeats],
		}
		r.summary.Timings = timings
		if err := t.evaluate(r); err != nil {
			return nil, err
		}
		if err := r.finish(state, result.Weights, t.stops(r), t.data, t.notify); err != nil {
			return nil, err
		}
		if result.Decision, err = t.decision(r); err != nil {
			return nil, err
		}
		result.Summary = r.summary
		results[i] = result
	}
	return results, nil
}

// newRows returns a row for each replica.
func newRows(replicas, layers int) []record.Row {
	rows := make([]record.Row, replicas)
	for r := range rows {
		rows[r] = record.Row{GradientL2: make([]float64, layers), KernelL1: make([]float64, layers)}
	}
	return rows
}
