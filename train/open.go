package train

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"

	tf "github.com/galeone/tensorflow/tensorflow/go"

	"gradwatch/graph"
	"gradwatch/internal/runfolder"
	"gradwatch/train/config"
	"gradwatch/train/record"
)

// open makes the run's folder, builds the graph, starts its session, loads data
// and weights, and opens the run's files.
func (t *trainer) open() error {
	var err error
	if t.folder, err = runfolder.Create(t.run.LogDir, t.run.FolderName(), t.run.Overwrite); err != nil {
		return err
	}
	t.prepareSummary()
	spec := t.spec()
	if t.program, err = graph.Build(spec); err != nil {
		return err
	}
	if t.session, err = newSession(t.program.Graph, t.options.Plan, t.run.Device); err != nil {
		return err
	}
	if _, err := t.call(t.program.Load, t.program.LoadValues...); err != nil {
		return fmt.Errorf("load the data: %w", err)
	}
	t.program.LoadValues = nil
	if _, err := t.call(t.program.Initialize, t.initial...); err != nil {
		return fmt.Errorf("set the initial weights: %w", err)
	}
	if _, err := t.call(t.program.Snapshot); err != nil {
		return fmt.Errorf("take a snapshot of the initial weights: %w", err)
	}
	t.batches = spec.Batches()
	t.order = newBatchOrder(t.data.train.Len(), spec.BatchSize, t.batches, t.run.Seeds(), t.run.Shuffle)
	if err := t.makeIndices(); err != nil {
		return err
	}
	t.rows = newRows(t.model)
	return t.openFiles()
}

func (t *trainer) spec() graph.Spec {
	gradientData := t.data.test
	if t.run.GradientData == "train" {
		gradientData = t.data.train
	}
	return graph.Spec{
		Model: t.model,
		Optimizer: graph.Optimizer{
			Name: t.run.Optimizer, LearningRate: t.run.Rate(), Momentum: t.run.Momentum, Nesterov: t.run.Nesterov,
		},
		Train: t.data.train, Test: t.data.test,
		GradientData: gradientData, GradientSlice: t.run.Slice(gradientData.Len()),
		BatchSize:      min(t.run.BatchSize, t.data.train.Len()), // what lies beyond would only be filled up
		RunningMetrics: t.run.TrainMetrics == config.RunningMetrics,
		EventDir:       t.folder.Path,
	}
}

// makeIndices makes the scalars that calls over batches and chunks are fed.
func (t *trainer) makeIndices() error {
	count := t.batches
	for _, sweep := range t.program.Sweeps {
		count = max(count, sweep.Count)
	}
	for i := range count {
		index, err := tf.NewTensor(int32(i))
		if err != nil {
			return fmt.Errorf("make an index: %w", err)
		}
		t.indices = append(t.indices, index)
	}
	return nil
}

// openFiles opens the event file and the history, and writes the summary of a
// run under way.
func (t *trainer) openFiles() error {
	serialized, err := tf.NewTensor(t.program.Display)
	if err != nil {
		return fmt.Errorf("make the graph's tensor: %w", err)
	}
	if _, err := t.call(t.program.OpenEvents, serialized); err != nil {
		return fmt.Errorf("open the event file: %w", err)
	}
	if t.events, err = newEventFile(t.folder); err != nil {
		return err
	}
	if t.history, err = newHistoryFile(t.folder, t.model); err != nil {
		return err
	}
	return t.writeSummary()
}

// closeFiles closes the event file and the history. A history of several
// replicas is written anew, a block of rows a replica.
func (t *trainer) closeFiles() error {
	if _, err := t.call(t.program.CloseEvents); err != nil {
		return fmt.Errorf("close the event file: %w", err)
	}
	if err := t.history.file.Close(); err != nil {
		return fmt.Errorf("write %s: %w", t.history.path, err)
	}
	if t.model.Replicas == 1 {
		return nil
	}
	history, err := record.ReadHistory(t.history.path)
	if err != nil {
		return err
	}
	return t.folder.Write(runfolder.HistoryFile, func(w io.Writer) error {
		rewritten, err := record.NewHistoryWriter(w, len(t.model.Layers), t.model.Replicas)
		if err != nil {
			return err
		}
		return rewritten.Write(history.Rows...)
	})
}

// discard removes the folder of a run that could not begin.
func (t *trainer) discard() {
	if t.folder != nil {
		_ = t.folder.Discard() // the reason why it could not is the one to tell
	}
}

// close releases the session and the folder; what there was to save is saved.
func (t *trainer) close() {
	if t.session != nil {
		_ = t.session.Close()
	}
	if t.folder != nil {
		_ = t.folder.Close()
	}
}

// historyFile is a run's open history.csv.
type historyFile struct {
	*record.HistoryWriter
	file *os.File
	path string
}

func newHistoryFile(folder *runfolder.Folder, m graph.Model) (*historyFile, error) {
	file, err := folder.CreateFile(runfolder.HistoryFile)
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", runfolder.HistoryFile, err)
	}
	writer, err := record.NewHistoryWriter(file, len(m.Layers), m.Replicas)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", file.Name(), err)
	}
	return &historyFile{writer, file, file.Name()}, nil
}

// eventFile watches the file that TensorFlow's summary ops write. Their OK does
// not mean that anything was written: on a full disk, or after the file was
// removed, they fail silently.
type eventFile struct {
	folder *runfolder.Folder
	name   string
	size   int64
}

func newEventFile(folder *runfolder.Folder) (*eventFile, error) {
	name, err := folder.EventFile()
	return &eventFile{folder: folder, name: name}, err
}

// check returns an error unless the file is there and grew since the last check.
func (e *eventFile) check() error {
	size, err := e.folder.Size(e.name)
	if err != nil {
		return fmt.Errorf("event file: %w", err)
	}
	if size <= e.size {
		return fmt.Errorf("event file %s/%s no longer grows: is the disk full?", e.folder.Path, e.name)
	}
	e.size = size
	return nil
}

// prepareSummary fills what is known of the summary before training.
func (t *trainer) prepareSummary() {
	t.summary = record.Summary{
		State:         record.Running,
		Configuration: t.run,
		Seeds:         t.run.Seeds(),
		Plan:          t.options.Plan,
		Device:        t.device,
		Versions:      t.options.Versions,
		Parameters:    t.model.Parameters(),
		TrainRows:     t.data.train.Len(),
		TestRows:      t.data.test.Len(),
		Columns:       t.data.points.Columns,
		Scaling:       t.data.scaler,
	}
	t.summary.Configuration.Name = t.folder.Name
	t.summary.Versions.TensorFlow = tf.Version()
	t.summary.Versions.Go = runtime.Version()
}

func (t *trainer) writeSummary() error {
	return t.folder.Write(runfolder.SummaryFile, func(w io.Writer) error {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(t.summary)
	})
}
