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
	"gradwatch/internal/dataset"
	"gradwatch/internal/invalid"
	"gradwatch/internal/record"
	"gradwatch/internal/sysmem"
)

// Options are what a run takes beside its configuration. The zero value trains with the
// configuration alone.
type Options struct {
	// Plan says how to use the machine. For the zero value, the first run's Plan for the
	// machine's cores is used.
	Plan Plan
	// Data is a data set in memory. For nil, the configuration names the data set.
	Data *Data
	// Versions are written to the summaries; those of TensorFlow and Go are filled in.
	Versions Versions
	// Started is called, if set, when a run's folder was made and training begins. run is the
	// run's index among those of RunAll, name the folder's name inside the log folder, device
	// cpu or the GPU's name.
	Started func(run int, folder, name, device string)
	// Resumable is called, if set, before Started: as soon as a run's folder holds what is
	// needed to resume it, and before the runtime is started.
	Resumable func(folder string)
	// Cluster names the servers of a cluster that train; nil for this process only.
	Cluster *session.Cluster
	// Epoch is called, if set, after each epoch, while the next one trains. rows are those of
	// the replicas of all runs that have not diverged, or of all replicas if all have
	// diverged. They are valid during the call.
	Epoch func(epoch int, rows []Row)
	// DecisionGrid is the number of points a side of the Result's Decision; 0 for no Decision.
	DecisionGrid int
	// Describe holds, for each run, a serialized Summary that begins a session of TensorBoard's
	// HParams tab. It is written to the run's event file before the first epoch. nil for none.
	Describe [][]byte
	// Resume is the folder of a run to be resumed at its newest complete checkpoint. The
	// configuration has to be the one in the run's summary. A run without a checkpoint starts
	// over in its folder.
	Resume string
	// Paired trains the only replica of the only run beside a second one of the same seed, of
	// which nothing is recorded. The weights are then, bit by bit, those that a run of many
	// replicas has for this seed. Without it they differ by rounding, because TensorFlow
	// multiplies the matrices of a single replica by another algorithm. A paired run gets no
	// checkpoints.
	Paired bool
	// Evaluate asks for the Evaluation in the summary where the data set is generated, too.
	Evaluate bool
	// Notice is called, if set, with lines that the user should see: what is slow or missing on
	// this machine, and for a resumed run damaged checkpoints and settings that have changed.
	Notice func(line string)
	// Mistakes is called, if set, before the first epoch, with a line for each mistake of the output layer and the loss,
	// which the verdict will name too. The run trains all the same.
	Mistakes func(lines []string)
}

// Result is what a run ended with.
type Result struct {
	Folder  string // absolute
	Name    string // inside the log folder
	Summary record.Summary
	// Weights are [replica][layer], the output layer last.
	Weights [][]Layer
	// Decision is nil unless Options.DecisionGrid asks for it, and the inputs have a plane.
	Decision *Decision
}

// Run trains a run and returns what it ended with. It returns when the last epoch is recorded,
// when all replicas have diverged (Summary.State is then [Diverged], which is no error), or when
// ctx is done: it then finishes its step, saves, and Summary.State is [Stopped].
//
// It returns an [*InvalidError] for a wrong configuration, a wrong file or wrong rows in memory, a
// [*ClusterError] for a call in which a cluster's servers failed, and
// other errors for faults of the file system or the runtime. Nothing is written before the
// configuration and the data were found right.
func Run(ctx context.Context, run Config, options Options) (*Result, error) {
	results, err := RunAll(ctx, []Config{run}, options)
	if err != nil {
		return nil, err
	}
	return results[0], nil
}

// RunAll trains several runs side by side, as replicas of one model, and returns a result for
// each. The runs may differ only in what [config.Run.BatchKey] leaves out, such as seeds. Each result
// is the one that Run gives, to rounding, except that the step where training diverged is not
// searched for, and that no checkpoints are made.
func RunAll(ctx context.Context, runs []Config, options Options) ([]*Result, error) {
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

// trainAndFinish trains the runs and returns what they end with. Their preparation started at
// begin.
func (t *trainer) trainAndFinish(ctx context.Context, begin time.Time) ([]*Result, error) {
	t.startBaseline(ctx)
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

// errNothingRecorded is the error of a run that is to replace another one, and was stopped before
// it recorded anything.
var errNothingRecorded = errors.New("nothing was recorded yet")

// trainer trains runs of one shape side by side.
type trainer struct {
	options Options
	run     config.Run // the first: what all runs share
	sources data.Sources
	data    *data.Dataset
	device  string
	model   graph.Model  // of one replica
	groups  []*group     // of replicas, in the replicas' order
	rows    []record.Row // of each replica in the epoch measured last; of a replica that has stopped, its last row
	// stopping is each replica's; nil where none stops early.
	stopping []*feed.EarlyStopping
	runs     []*recorder         // each has some of the rows
	pair     *recorder           // of the second replica of a paired run, which records nothing
	events   *eventfile.Writer   // of all runs
	retired  []*eventfile.Writer // those before it, after a fault
	// measuring receives the result when what is being measured is recorded; nil when nothing
	// is being measured.
	measuring chan error
	linear    *linearFit // nil where it is not asked for, or costs too much
	checkpoints
}

// inMemory names a data set in memory where the configuration doesn't.
const inMemory = "memory"

// newTrainer returns a trainer of the runs, after it checked configurations and data.
func newTrainer(runs []config.Run, options Options) (*trainer, error) {
	runs = slices.Clone(runs)
	for i := range runs {
		if options.Data != nil && runs[i].Generated() {
			runs[i].Dataset = inMemory
		}
		if err := runs[i].Validate(); err != nil {
			return nil, err
		}
		if runs[i].BatchKey() != runs[0].BatchKey() {
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
	runs = slices.Clone(runs)
	rows, _ := t.data.Counts()
	regression := t.data.Schema.Target.Task == dataset.Regression
	t.run.FillByRows(rows, regression)
	for i := range runs {
		runs[i].FillByRows(rows, regression)
	}
	if err := t.fit(runs); err != nil {
		t.data.Close()
		return nil, err
	}
	return t, nil
}

// fit makes the model and the recorders of the runs, for the data.
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
	t.model = t.model.For(&t.run, &t.data.Schema.Target)
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

// checkMemory returns an error for runs that need more memory than the machine has: asked for it by
// TensorFlow, the system would end the process. A GPU's memory isn't checked.
func (t *trainer) checkMemory(replicas int) error {
	if t.device != "cpu" {
		return nil
	}
	all := t.run
	all.Repeats = replicas
	points := t.data.Points
	return all.Fits(config.Rows{Count: points.Len(), Inputs: points.Features()}, sysmem.Read())
}

// prepare finds the checkpoint to resume from, or the first weights, and divides the replicas
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

// train runs the epochs and returns how training ended. Each epoch is measured on a snapshot of
// its weights, while the next one trains if there is a core for it.
func (t *trainer) train(ctx context.Context) (record.State, error) {
	if t.allStopped() { // the process ended after the last epoch, before it saved the result
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

// each calls do for all groups at the same time and returns the error of the first group that
// failed.
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

// startMeasuring takes a snapshot of the weights and starts to measure and record it while the
// next epoch trains. With one core it measures before it returns.
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

// record writes an epoch that was measured: its scalars and histograms to the event files, its
// rows to the histories, and a checkpoint, if one is due.
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

// awaitMeasurement waits until what is being measured is recorded. It returns Running if training
// goes on, else how it ended. The epochs before next are trained.
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

// stepSeconds returns the time spent in training steps, in seconds, summed over the groups.
func (t *trainer) stepSeconds() float64 {
	sum := time.Duration(0)
	for _, g := range t.groups {
		sum += g.stepping
	}
	return sum.Seconds()
}

// finish saves what the runs end with and returns their results.
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
		t.compare(r, state, r.tests)
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
