package train

import (
	"fmt"
	"io/fs"
	"os"

	"gradwatch/graph"
	"gradwatch/internal/checkpoint"
	"gradwatch/internal/runfolder"
	"gradwatch/train/config"
	"gradwatch/train/record"
)

// table is an open file that rows are added to.
type table struct {
	name string // in the folder
	file *os.File
	info fs.FileInfo // tells it from others
}

// listTables notes which tables are open.
func (r *recorder) listTables() error {
	files := map[string]*os.File{runfolder.HistoryFile: r.history.file}
	if r.flow != nil {
		files[runfolder.FlowFile], files[runfolder.UnitsFile] = r.flow.layers, r.flow.units
	}
	r.tables = nil
	for _, name := range checkpoint.Tables() {
		file := files[name]
		if file == nil {
			continue
		}
		info, err := file.Stat()
		if err != nil {
			return fmt.Errorf("open %s: %w", file.Name(), err)
		}
		r.tables = append(r.tables, table{name, file, info})
	}
	return nil
}

// checkTables returns an error unless the files that rows were added to are still
// those in the folder.
func (r *recorder) checkTables() error {
	for _, t := range r.tables {
		if _, err := r.folder.Look(t.name, t.info); err != nil {
			return &fault{t.file.Name(), err}
		}
	}
	return nil
}

// historyFile is a run's open history.csv.
type historyFile struct {
	*record.HistoryWriter
	file *os.File
	path string
}

func newHistoryFile(folder *runfolder.Folder, m graph.Model, run *config.Run) (*historyFile, error) {
	file, err := folder.CreateFile(runfolder.HistoryFile)
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", runfolder.HistoryFile, err)
	}
	writer, err := record.NewMetricHistoryWriter(file, metricOf(m), len(m.Layers), run.Repeats, record.ExtrasOf(run))
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", file.Name(), err)
	}
	return &historyFile{writer, file, file.Name()}, nil
}

// reopenHistoryFile goes on with the history as it was at a checkpoint.
func reopenHistoryFile(folder *runfolder.Folder, m *checkpoint.Manifest, run *config.Run) (*historyFile, error) {
	length, _ := m.Length(runfolder.HistoryFile)
	file, err := folder.Reopen(runfolder.HistoryFile, length)
	if err != nil {
		return nil, err
	}
	return &historyFile{record.ContinueHistory(file, run.Repeats, record.ExtrasOf(run)), file, file.Name()}, nil
}
