package train

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"time"

	"gradwatch/graph"
	"gradwatch/internal/checkpoint"
	"gradwatch/internal/events"
	"gradwatch/internal/runfolder"
	"gradwatch/train/config"
	"gradwatch/train/record"
)

// recorder writes one run's folder.
type recorder struct {
	run   config.Run
	index int // among the runs that train side by side
	first int // its first replica's place among all
	// rows are those of its replicas, in the epoch measured last.
	rows    []record.Row
	folder  *runfolder.Folder
	history *historyFile
	flow    *checkFiles  // nil where nothing is checked
	events  *eventFile   // of the mean and spread
	each    []*eventFile // of each replica, where asked for
	shown   histograms
	summary record.Summary
	message events.Summary // of the event that is being made
	metric  record.Metric
	// described: the HParams tab knows the run, and is told of its end.
	described bool
}

func newRecorder(run config.Run, index, first int) *recorder {
	return &recorder{run: run, index: index, first: first}
}

// replicas returns what tells its replicas from others.
func (r *recorder) replicas() []replica {
	replicas := make([]replica, r.run.Repeats)
	for i, seed := range r.run.Seeds() {
		replicas[i] = replica{
			seed: seed, shuffle: r.run.Shuffle, rate: r.run.Rate(),
			shown: r.run.HistogramReplica == config.AllReplicas || r.run.HistogramReplica == i,
		}
	}
	return replicas
}

// takeRows takes its part of the rows of all replicas.
func (r *recorder) takeRows(rows []record.Row) {
	r.rows = rows[r.first : r.first+r.run.Repeats]
	for i := range r.rows {
		r.rows[i].Replica = i
	}
}

// create makes the run's folder, unless it is there, with folders in it for
// replicas that are logged apart.
func (r *recorder) create() error {
	if r.folder == nil {
		var err error
		if r.folder, err = runfolder.Create(r.run.LogDir, r.run.FolderName(), r.run.Overwrite); err != nil {
			return err
		}
		if err := r.folder.Lock(); err != nil {
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
// files: "" for the run's own, then those of replicas that are logged apart.
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
	for _, name := range r.eventFolders() {
		file, err := t.events.open(r.folder, name)
		if err != nil {
			return err
		}
		r.each = append(r.each, file)
	}
	r.events, r.each = r.each[0], r.each[1:]
	for _, file := range append([]*eventFile{r.events}, r.each...) {
		if err := file.startSession(t.first()); err != nil {
			return err
		}
	}
	if t.resumed != nil {
		return r.reopenFiles(t.resumed, len(t.model.Layers))
	}
	if err := r.events.showGraph(t.groups[0].program.Display); err != nil {
		return err
	}
	if err := r.describe(t); err != nil {
		return err
	}
	var err error
	if r.history, err = newHistoryFile(r.folder, t.model, r.run.Repeats); err != nil {
		return err
	}
	if r.run.CheckFreq() > 0 {
		if r.flow, err = newCheckFiles(r.folder, r.run.Repeats); err != nil {
			return err
		}
	}
	return nil
}

// reopenFiles goes on with the tables as they were at a checkpoint.
func (r *recorder) reopenFiles(m *checkpoint.Manifest, layers int) error {
	if err := r.takeLastRows(m, layers); err != nil {
		return err
	}
	var err error
	if r.history, err = reopenHistoryFile(r.folder, m, r.run.Repeats); err != nil {
		return err
	}
	if r.run.CheckFreq() > 0 {
		r.flow, err = reopenCheckFiles(r.folder, m, r.run.Repeats)
	}
	return err
}

// describe writes what TensorBoard has to know before the first epoch.
func (r *recorder) describe(t *trainer) error {
	r.message.Reset()
	if r.run.Repeats > 1 {
		r.message.Layout(spreadLayout(r.metric))
	}
	message := r.message.Bytes()
	if t.options.Describe != nil {
		r.described = true
		message = slices.Concat(message, t.options.Describe[r.index]) // together they are one with the values of both
	}
	if len(message) == 0 {
		return nil
	}
	return r.events.write(0, message)
}

// record writes an epoch that was measured.
func (r *recorder) record(epoch int, groups []*group, histograms bool) error {
	r.summary.Epochs = epoch + 1
	if err := r.history.Write(r.rows...); err != nil {
		return fmt.Errorf("write %s: %w", r.history.path, err)
	}
	r.message.Reset()
	addScalars(&r.message, r.metric, r.rows)
	if r.flow != nil && r.run.Checked(epoch) {
		checks := r.checks(groups)
		if err := r.flow.Write(checks); err != nil {
			return fmt.Errorf("write %s: %w", r.flow.layers.Name(), err)
		}
		addFlow(&r.message, checks, r.rows)
	}
	if histograms {
		if err := r.shown.collect(groups, r.first, r.run.Repeats); err != nil {
			return err
		}
		r.shown.addTo(&r.message)
	}
	if err := r.events.write(epoch, r.message.Bytes()); err != nil {
		return err
	}
	for i, file := range r.each {
		r.message.Reset()
		addScalars(&r.message, r.metric, r.rows[i:i+1])
		if err := file.write(epoch, r.message.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// finish ends the run's files and saves its weights and summary. Timings are set.
func (r *recorder) finish(state record.State, weights [][]record.Layer) error {
	if r.summary.Divergence != nil && state == record.Done {
		state = record.Diverged
	}
	r.summary.State = state
	if err := r.closeRecords(); err != nil {
		return err
	}
	if err := r.diagnose(); err != nil {
		return err
	}
	if err := r.closeEvents(state); err != nil {
		return err
	}
	err := r.folder.Write(runfolder.WeightsFile, func(w io.Writer) error {
		return record.WriteWeights(w, weights)
	})
	if err != nil {
		return err
	}
	for _, row := range r.rows {
		if r.summary.Epochs == 0 {
			break // nothing was recorded
		}
		r.summary.Result = append(r.summary.Result, record.Result{
			Seed:     r.summary.Seeds[row.Replica],
			Loss:     record.Number(row.Loss),
			Accuracy: record.Number(row.Accuracy),
			ValLoss:  record.Number(row.ValLoss), ValAccuracy: record.Number(row.ValAccuracy),
			Metric: r.metric,
		})
	}
	return r.writeSummary()
}

// closeEvents closes the event files.
func (r *recorder) closeEvents(state record.State) error {
	if err := r.endSession(state); err != nil {
		return err
	}
	for _, file := range append(r.each, r.events) {
		if err := file.close(); err != nil {
			return err
		}
	}
	return nil
}

// closeRecords closes the history and the checks. A history of several replicas is
// written anew, a block of rows a replica.
func (r *recorder) closeRecords() error {
	if err := r.history.file.Close(); err != nil {
		return fmt.Errorf("write %s: %w", r.history.path, err)
	}
	if err := r.flow.close(); err != nil {
		return err
	}
	if r.run.Repeats == 1 || r.summary.State == record.Stopped {
		return nil // what is stopped may be gone on with, epoch by epoch
	}
	history, err := record.ReadHistory(r.history.path)
	if err != nil {
		return err
	}
	return r.folder.Write(runfolder.HistoryFile, func(w io.Writer) error {
		rewritten, err := record.NewMetricHistoryWriter(w, history.Metric, history.Layers, r.run.Repeats)
		if err != nil {
			return err
		}
		return rewritten.Write(history.Rows...)
	})
}

// close releases the folder; what there was to save is saved.
func (r *recorder) close() {
	if r.folder != nil {
		_ = r.folder.Close()
	}
}

// historyFile is a run's open history.csv.
type historyFile struct {
	*record.HistoryWriter
	file *os.File
	path string
}

func newHistoryFile(folder *runfolder.Folder, m graph.Model, replicas int) (*historyFile, error) {
	file, err := folder.CreateFile(runfolder.HistoryFile)
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", runfolder.HistoryFile, err)
	}
	writer, err := record.NewMetricHistoryWriter(file, metricOf(m), len(m.Layers), replicas)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", file.Name(), err)
	}
	return &historyFile{writer, file, file.Name()}, nil
}

// reopenHistoryFile goes on with the history as it was at a checkpoint.
func reopenHistoryFile(folder *runfolder.Folder, m *checkpoint.Manifest, replicas int) (*historyFile, error) {
	length, _ := m.Length(runfolder.HistoryFile)
	file, err := folder.Reopen(runfolder.HistoryFile, length)
	if err != nil {
		return nil, err
	}
	return &historyFile{record.ContinueHistory(file, replicas), file, file.Name()}, nil
}

// prepareSummary fills what is known of the summary before training.
func (r *recorder) prepareSummary(t *trainer) {
	train, test := t.data.rows()
	r.summary = record.Summary{
		State:         record.Running,
		Configuration: r.run,
		Seeds:         r.run.Seeds(),
		Plan:          t.options.Plan,
		Device:        t.device,
		Versions:      t.options.Versions,
		Parameters:    t.model.Parameters(),
		TrainRows:     train,
		TestRows:      test,
		Columns:       t.data.points.Columns,
		Scaling:       t.data.scaler,
		Data:          t.data.describe(),
		Schema:        t.data.Schema,
		UnknownRows:   t.data.Unknown,
	}
	r.summary.Configuration.Name = r.folder.Name
	if m := t.resumed; m != nil {
		r.summary.Epochs, r.summary.Divergence, r.described = m.Epoch, m.Divergence, m.Described
	}
}

func (r *recorder) writeSummary() error {
	return r.folder.Write(runfolder.SummaryFile, func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(r.summary)
	})
}

// endSession tells the HParams tab how the run ended.
func (r *recorder) endSession(state record.State) error {
	if !r.described || state == record.Stopped {
		return nil // what is stopped may be gone on with
	}
	status := events.Success
	if state == record.Diverged {
		status = events.Failure
	}
	r.message.Reset()
	r.message.SessionEnd(status, time.Now())
	return r.events.write(r.summary.Epochs, r.message.Bytes())
}
