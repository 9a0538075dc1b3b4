//go:build tensorflow

package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"gradwatch/train/data"
	"gradwatch/train/eventfile"
	"gradwatch/train/feed"

	"gradwatch/internal/checkpoint"
	"gradwatch/internal/config"
	"gradwatch/internal/events"
	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
)

// recorder writes one run's folder.
type recorder struct {
	run   config.Run
	index int // among the runs that train side by side
	first int // index of its first replica among those of all runs
	// rows are its replicas' of the epoch measured last; see trainer.rows.
	rows []record.Row
	// recorded is what the history holds, checked what flow.csv and units.csv hold.
	recorded record.History
	checked  []record.Check
	folder   *runfolder.Folder
	history  *historyFile
	flow     *checkFiles       // nil where nothing is checked
	tables   []*table          // history and checks, as open files
	events   *eventfile.File   // of the mean and spread
	each     []*eventfile.File // of each replica, where asked for
	faulty   []*eventfile.File // that a write failed for; new ones follow them
	shown    histograms
	summary  record.Summary
	message  events.Summary // of the event that is being made
	metric   record.Metric
	// accuracies are the replicas' on the test rows, where epochs measure validation rows instead.
	accuracies map[int]record.Number
	// tests is what the replicas predict for the test rows at the end; nil where nothing was predicted.
	tests *evaluation
	// described is set if the HParams tab has a session for the run, which has to be ended.
	described bool
	started   bool // its folder has its name, and Started was called
}

func newRecorder(run config.Run, index, first int) *recorder {
	return &recorder{run: run, index: index, first: first}
}

// replicas returns its replicas.
func (r *recorder) replicas() []replica {
	replicas := make([]replica, r.run.Repeats)
	for i, seed := range r.run.Seeds() {
		replicas[i] = replica{
			Replica: feed.Replica{Seed: seed, Shuffle: r.run.Shuffle, LearningRate: r.run.Rate()},
			shown:   r.run.HistogramReplica == config.AllReplicas || r.run.HistogramReplica == i,
		}
	}
	return replicas
}

// takeRows sets rows to its part of the rows of all replicas.
func (r *recorder) takeRows(rows []record.Row) {
	r.rows = rows[r.first : r.first+r.run.Repeats]
	for i := range r.rows {
		r.rows[i].Replica = i
	}
}

// create makes the run's folder, unless the run is resumed in it, and in it the folders of replicas
// that have event files of their own.
func (r *recorder) create() error {
	if r.folder == nil {
		var err error
		if r.folder, err = runfolder.Create(r.run.LogDir, r.run.FolderName(), r.run.Overwrite); err != nil {
			return err
		}
	}
	for _, name := range r.eventFolders()[1:] {
		if err := r.folder.Mkdir(name); err != nil {
			return err
		}
	}
	return nil
}

// eventFolders returns the folders inside the run's in which it writes event
// files: "" for the run's own, then those of replicas that have event files of their own.
func (r *recorder) eventFolders() []string {
	folders := []string{""}
	if r.run.Repeats > 1 && r.run.LogReplicas {
		for _, seed := range r.run.Seeds() {
			folders = append(folders, "seed-"+strconv.FormatUint(uint64(seed), 10))
		}
	}
	return folders
}

// openFiles opens the event files, the history and the checks.
func (r *recorder) openFiles(t *trainer) error {
	r.shown, r.metric = newHistograms(len(t.model.Layers)), metricOf(t.model)
	r.recorded.Metric, r.recorded.Layers = r.metric, len(t.model.Layers)
	r.recorded.Replicas, r.recorded.Extras = r.run.Repeats, record.ExtrasOf(&r.run)
	if err := r.openEvents(t.events, t.firstEpoch()); err != nil {
		return err
	}
	if t.resumed != nil {
		return r.reopenFiles(t.resumed)
	}
	if err := r.events.WriteGraph(t.groups[0].program.GraphDef); err != nil {
		return err
	}
	if err := r.describe(t); err != nil {
		return err
	}
	var err error
	if r.history, err = newHistoryFile(r.folder, t.model, &r.run); err != nil {
		return err
	}
	if r.run.CheckFreq() > 0 {
		if r.flow, err = newCheckFiles(r.folder, r.run.Repeats); err != nil {
			return err
		}
	}
	r.listTables()
	return nil
}

// openEvents opens an event file in each of the run's folders. Training starts at a step.
func (r *recorder) openEvents(session *eventfile.Writer, step int) error {
	r.faulty = append(r.faulty, r.eventFiles()...)
	var files []*eventfile.File
	for _, name := range r.eventFolders() {
		file, err := session.Open(r.folder, name)
		if err != nil {
			return err
		}
		files = append(files, file)
	}
	r.events, r.each = files[0], files[1:]
	for _, file := range files {
		if err := file.StartSession(step); err != nil {
			return err
		}
	}
	return nil
}

// eventFiles returns those that are open.
func (r *recorder) eventFiles() []*eventfile.File {
	if r.events == nil {
		return nil
	}
	return append([]*eventfile.File{r.events}, r.each...)
}

// eventPaths returns the paths of its event folders. They stay valid when the run's folder gets
// another name.
func (r *recorder) eventPaths() ([]string, error) {
	var paths []string
	for _, name := range r.eventFolders() {
		path, err := r.folder.Reach(name)
		if err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// reopenFiles opens the tables, cut back to what they held at a checkpoint.
func (r *recorder) reopenFiles(m *checkpoint.Manifest) error {
	var err error
	if r.history, err = reopenHistoryFile(r.folder, m, &r.run); err != nil {
		return err
	}
	if r.run.CheckFreq() > 0 {
		if r.flow, err = reopenCheckFiles(r.folder, m, r.run.Repeats); err != nil {
			return err
		}
	}
	r.listTables()
	return nil
}

// describe writes the layout of the Custom Scalars tab and the session of the HParams tab.
func (r *recorder) describe(t *trainer) error {
	r.message.Reset()
	if r.run.Repeats > 1 {
		r.message.Layout(spreadLayout(r.scalars()))
	}
	message := r.message.Bytes()
	if t.options.Describe != nil {
		r.described = true
		message = slices.Concat(message, t.options.Describe[r.index]) // concatenated, two messages are one with the fields of both
	}
	if len(message) == 0 {
		return nil
	}
	return r.events.Write(0, message)
}

// record writes an epoch that was measured.
func (r *recorder) record(epoch int, groups []*group, histograms bool) error {
	rows := r.current(epoch)
	if rows == nil {
		return nil // all its replicas have stopped
	}
	if err := r.recordTables(epoch, rows, groups); err != nil {
		return err
	}
	return r.recordEvents(epoch, groups, histograms)
}

// recordTables writes an epoch's rows.
func (r *recorder) recordTables(epoch int, rows []record.Row, groups []*group) error {
	if err := r.history.rows.Write(rows...); err != nil {
		return fmt.Errorf("write %s: %w", r.history.file.Name(), err)
	}
	if r.flow != nil && r.run.Checked(epoch) {
		checks := r.checks(groups, epoch)
		if err := r.flow.Write(checks); err != nil {
			return fmt.Errorf("write %s: %w", r.flow.layers.file.Name(), err)
		}
		r.checked = append(r.checked, record.RoundChecks(checks)...)
	}
	r.recorded.Collect(rows...)
	r.summary.Epochs = epoch + 1
	return r.checkTables()
}

// recordEvents writes an epoch's events.
func (r *recorder) recordEvents(epoch int, groups []*group, histograms bool) error {
	r.message.Reset()
	addScalars(&r.message, r.scalars(), r.rows)
	r.addLearningRate(&r.message)
	if r.flow != nil && r.run.Checked(epoch) {
		addFlow(&r.message, r.checks(groups, epoch), r.rows)
	}
	if histograms {
		found, err := r.shown.collect(groups, epoch, r.first, r.run.Repeats)
		if err != nil {
			return err
		}
		if found {
			r.shown.addTo(&r.message)
		}
	}
	if err := r.events.Write(epoch, r.message.Bytes()); err != nil {
		return err
	}
	for i, file := range r.each {
		if r.rows[i].Epoch != epoch {
			continue // it has stopped
		}
		r.message.Reset()
		addScalars(&r.message, r.scalars(), r.rows[i:i+1])
		if err := file.Write(epoch, r.message.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// scalars returns the scalars of its history.
func (r *recorder) scalars() []record.Scalar { return record.Scalars(r.metric, r.run.MeasuredName()) }

// tested returns a replica's accuracy on the test rows; nil where the row of its last epoch has it,
// and for one that has diverged.
func (r *recorder) tested(replica int) *record.Number {
	if accuracy, ok := r.accuracies[replica]; ok {
		return &accuracy
	}
	return nil
}

// finish closes the run's files and writes its weights and summary. stops says how each replica
// ended, nil for one that can't stop early. The summary's timings are set. notice is called with
// the reason why there is no verdict.
func (r *recorder) finish(state record.State, weights [][]record.Layer, stops []*record.Stop, data *data.Dataset, notice func(line string)) error {
	if r.summary.Divergence != nil && state == record.Done {
		state = record.Diverged
	}
	r.summary.State = state
	changed := r.verifyTables()
	if err := r.closeRecords(); err != nil {
		return err
	}
	for i, row := range r.rows {
		if r.summary.Epochs == 0 {
			break // nothing was recorded
		}
		r.summary.Result = append(r.summary.Result, record.Result{
			Seed:     r.summary.Seeds[row.Replica],
			Loss:     record.Number(row.Loss),
			Accuracy: record.Number(row.Accuracy),
			ValLoss:  record.Number(row.ValLoss), ValAccuracy: record.Number(row.ValAccuracy),
			Penalty: record.Number(row.Penalty), Test: r.tested(i), Stop: stops[i], Metric: r.metric,
		})
	}
	var broken *runfolder.WriteError
	switch {
	case errors.As(changed, &broken) && errors.Is(changed, errChanged):
		notice(filepath.Base(broken.File) + " was changed by another process while the run was under way: " +
			"the weights and the result are of what was trained; there is no verdict, and pictures show the changed file")
	case changed != nil:
		return changed
	default:
		if err := r.diagnose(data, notice); err != nil {
			return err
		}
	}
	if err := r.closeEvents(state); err != nil {
		return err
	}
	last := []runfolder.Content{
		{Name: runfolder.WeightsFile, Write: func(w io.Writer) error { return record.WriteWeights(w, weights) }},
		{Name: runfolder.SummaryFile, Write: r.encodeSummary},
	}
	if r.run.Repeats > 1 && state != record.Stopped && changed == nil { // a stopped run may be resumed, and needs the rows by epoch
		history := runfolder.Content{Name: runfolder.HistoryFile, Write: r.writeHistory}
		last = append(last, history) // after the summary: the checkpoints are of the history by epoch
	}
	return r.folder.WriteSynced(last...)
}

// closeEvents closes the event files.
func (r *recorder) closeEvents(state record.State) error {
	if err := r.endSession(state); err != nil {
		return err
	}
	for _, file := range r.eventFiles() {
		if err := file.Close(); err != nil {
			return err
		}
	}
	return nil
}

// closeRecords closes the history and the checks.
func (r *recorder) closeRecords() error {
	if err := r.history.file.Close(); err != nil {
		return fmt.Errorf("write %s: %w", r.history.file.Name(), err)
	}
	return r.flow.close()
}

// orderedHistory returns the rows that were recorded, by replica, then epoch.
func (r *recorder) orderedHistory() *record.History {
	r.recorded.Order()
	return &r.recorded
}

// writeHistory writes history.csv as it is after the run: by replica, then epoch.
func (r *recorder) writeHistory(w io.Writer) error {
	history := r.orderedHistory()
	writer, err := record.NewMetricHistoryWriter(w, history.Metric, history.Layers, history.Replicas, history.Extras)
	if err != nil {
		return err
	}
	return writer.Write(history.Rows...)
}

// close closes the event files and the folder. Everything was saved before.
func (r *recorder) close() {
	for _, file := range append(r.faulty, r.eventFiles()...) {
		file.Release()
	}
	if r.folder != nil {
		_ = r.folder.Close()
	}
}

// prepareSummary sets the fields of the summary that are known before training.
func (r *recorder) prepareSummary(t *trainer) {
	train, test := t.data.Counts()
	_, measured := t.gradientData()
	r.summary = record.Summary{
		State:          record.Running,
		Configuration:  r.run,
		Seeds:          r.run.Seeds(),
		Plan:           t.options.Plan,
		Device:         t.device,
		Versions:       t.options.Versions,
		Parameters:     t.model.Parameters(),
		TrainRows:      train,
		TestRows:       test,
		ValidationRows: t.data.Validation.Len(),
		GradientRows:   measured,
		Columns:        t.data.Points.Columns,
		Scaling:        t.data.Schema.Scaling,
		Data:           t.data.Describe(&r.run),
		Schema:         t.data.Schema,
		UnknownRows:    t.data.Unknown,
	}
	r.summary.Data.ClassWeights = t.data.ClassWeights
	r.summary.Data.Labels = t.data.Labels(&t.model.Output)
	r.summary.Data.Guess = t.data.Guess(&t.model.Output, r.summary.Data.Labels)
	r.summary.Configuration.Name = r.folder.Name
	effective := r.summary.Configuration.Effective(&config.Known{
		TrainRows: train, MeasuredRows: t.data.Measured().Len(), Schema: t.data.Schema, Plan: t.options.Plan, Device: t.device, Cache: t.data.CacheFolder(),
	})
	r.summary.Effective = &effective
	if m := t.resumed; m != nil {
		r.summary.Epochs, r.summary.Divergence, r.described = m.Epoch, m.Divergence, m.Described
	}
}

func (r *recorder) writeSummary() error {
	return r.folder.Write(runfolder.SummaryFile, r.encodeSummary)
}

func (r *recorder) encodeSummary(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r.summary)
}

// endSession writes to the HParams tab how the run ended.
func (r *recorder) endSession(state record.State) error {
	if !r.described || state == record.Stopped {
		return nil // a stopped run may be resumed
	}
	status := events.Success
	if state == record.Diverged {
		status = events.Failure
	}
	r.message.Reset()
	r.message.SessionEnd(status, time.Now())
	return r.events.Write(r.summary.Epochs, r.message.Bytes())
}

// current returns the rows of the replicas that trained in the epoch; nil if all had stopped before.
func (r *recorder) current(epoch int) []record.Row {
	var rows []record.Row
	for i := range r.rows {
		if r.rows[i].Epoch == epoch {
			rows = append(rows, r.rows[i])
		}
	}
	return rows
}
