package train

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"time"

	tf "github.com/galeone/tensorflow/tensorflow/go"
	"gonum.org/v1/gonum/stat"

	"gradwatch/graph"
	"gradwatch/internal/events"
	"gradwatch/internal/runfolder"
	"gradwatch/train/config"
	"gradwatch/train/record"
)

// eventSession writes event files through TensorFlow.
type eventSession struct {
	session *tf.Session
	free    []graph.EventFile // not opened yet
}

// newEventSession returns a session for a file in each of the folders, to be
// opened in their order.
func newEventSession(folders []string, plan config.Plan, device string) (*eventSession, error) {
	writers, err := graph.NewEvents(folders)
	if err != nil {
		return nil, err
	}
	session, err := newSession(writers.Graph, plan, device)
	if err != nil {
		return nil, err
	}
	return &eventSession{session, writers.Files}, nil
}

// open opens the next file, in the folder of that name inside the run's; "" for
// the run's own.
func (e *eventSession) open(folder *runfolder.Folder, name string) (*eventFile, error) {
	f := &eventFile{session: e.session, calls: e.free[0], folder: folder}
	e.free = e.free[1:]
	before, err := folder.EventFiles(name)
	if err != nil {
		return nil, err
	}
	if _, err := runCall(f.session, f.calls.Open); err != nil {
		return nil, fmt.Errorf("open the event file: %w", err)
	}
	after, err := folder.EventFiles(name)
	if err != nil {
		return nil, err
	}
	for _, file := range after {
		if !slices.Contains(before, file) {
			f.name = filepath.Join(name, file)
			return f, nil
		}
	}
	return nil, fmt.Errorf("no event file appeared in %s", filepath.Join(folder.Path, name))
}

// Append writes an event, a serialized Summary at a step, into an event file of its
// own in the folder of a run that has ended.
func Append(folder string, step int, summary []byte) error {
	run, err := runfolder.Open(folder)
	if err != nil {
		return err
	}
	defer run.Close()
	session, err := newEventSession([]string{run.Path}, config.Plan{Threads: 1}, "cpu")
	if err != nil {
		return err
	}
	defer session.session.Close()
	file, err := session.open(run, "")
	if err != nil {
		return err
	}
	if err := file.write(step, summary); err != nil {
		return err
	}
	return file.close()
}

// eventFile is an event file that TensorFlow's ops write. Their OK does not mean
// that anything was written: on a full disk, or after the file was removed, they
// fail silently. So the file's size is looked at.
type eventFile struct {
	session *tf.Session
	calls   graph.EventFile
	folder  *runfolder.Folder
	name    string // in the folder
	size    int64
}

// showGraph writes the graph that TensorBoard draws.
func (f *eventFile) showGraph(serialized string) error {
	def, err := scalar(serialized)
	if err != nil {
		return err
	}
	if _, err := runCall(f.session, f.calls.ShowGraph, def); err != nil {
		return fmt.Errorf("write the graph: %w", err)
	}
	return f.check()
}

// write writes a serialized Summary at a step, and flushes.
func (f *eventFile) write(step int, summary []byte) error {
	at, err := scalar(int64(step))
	if err != nil {
		return err
	}
	text, err := scalar(string(summary))
	if err != nil {
		return err
	}
	if _, err := runCall(f.session, f.calls.Write, at, text); err != nil {
		return fmt.Errorf("write events of step %d: %w", step, err)
	}
	return f.check()
}

// startSession says that training starts at a step. The first of a run makes
// TensorBoard heed those of later files, at which it forgets what it has of that
// step and of later ones.
func (f *eventFile) startSession(step int) error {
	event, err := scalar(string(events.SessionStart(step, time.Now())))
	if err != nil {
		return err
	}
	if _, err := runCall(f.session, f.calls.Import, event); err != nil {
		return fmt.Errorf("write the session's start: %w", err)
	}
	return f.check()
}

// check returns an error unless the file is there and grew since the last check.
func (f *eventFile) check() error {
	size, err := f.folder.Size(f.name)
	if err != nil {
		return fmt.Errorf("event file: %w", err)
	}
	if size <= f.size {
		return fmt.Errorf("event file %s no longer grows: is the disk full?", filepath.Join(f.folder.Path, f.name))
	}
	f.size = size
	return nil
}

func (f *eventFile) close() error {
	if _, err := runCall(f.session, f.calls.Close); err != nil {
		return fmt.Errorf("close the event file: %w", err)
	}
	return nil
}

// scalarTags are the tags of scalars, as Keras names them, with what they are of.
func scalarTags(metric record.Metric) []scalarTag {
	name, title := string(metric.Name()), metric.Title()
	return []scalarTag{
		{"loss", "Loss, training rows", func(row *record.Row) float64 { return row.Loss }},
		{name, title + ", training rows", func(row *record.Row) float64 { return row.Accuracy }},
		{"val_loss", "Loss, test rows", func(row *record.Row) float64 { return row.ValLoss }},
		{"val_" + name, title + ", test rows", func(row *record.Row) float64 { return row.ValAccuracy }},
	}
}

type scalarTag struct {
	tag, title string
	of         func(*record.Row) float64
}

// addScalars adds an epoch's scalars: of several replicas the mean of those that
// have not diverged, and one standard deviation around it.
func addScalars(s *events.Summary, metric record.Metric, rows []record.Row) {
	if len(rows) == 1 {
		for _, t := range scalarTags(metric) {
			s.Scalar(t.tag, float32(t.of(&rows[0])))
		}
		return
	}
	finite := finiteRows(rows)
	values := make([]float64, len(finite))
	for _, t := range scalarTags(metric) {
		for i := range finite {
			values[i] = t.of(&finite[i])
		}
		mean, deviation := math.NaN(), math.NaN()
		switch len(values) {
		case 0:
		case 1:
			mean, deviation = values[0], 0
		default:
			mean, deviation = stat.MeanStdDev(values, nil)
		}
		band := events.Spread(t.tag)
		s.Scalar(band.Value, float32(mean))
		s.Scalar(band.Lower, float32(mean-deviation))
		s.Scalar(band.Upper, float32(mean+deviation))
	}
}

// spreadLayout is what the Custom Scalars tab shows: each scalar's mean over the
// replicas with its spread.
func spreadLayout(metric record.Metric) []events.Category {
	category := events.Category{Title: "Mean over the replicas, and one standard deviation around it"}
	for _, t := range scalarTags(metric) {
		category.Charts = append(category.Charts, events.Chart{Title: t.title, Bands: []events.Band{events.Spread(t.tag)}})
	}
	return []events.Category{category}
}
