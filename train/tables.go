//go:build tensorflow

package train

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"gradwatch/graph"
	"gradwatch/internal/checkpoint"
	"gradwatch/internal/config"
	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
)

// table is an open file that rows are added to.
type table struct {
	name string // in the folder
	file *os.File
	info fs.FileInfo // tells it from others
	sum  hash.Hash   // SHA-256 of what was written
	size int64       // of what was written
}

func newTable(name string, file *os.File) (*table, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", file.Name(), err)
	}
	return &table{name: name, file: file, info: info, sum: sha256.New()}, nil
}

// createTable makes an empty table.
func createTable(folder *runfolder.Folder, name string) (*table, error) {
	file, err := folder.CreateFile(name)
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", name, err)
	}
	return newTable(name, file)
}

// reopenTable opens a table, cut back to what it held at a checkpoint.
func reopenTable(folder *runfolder.Folder, m *checkpoint.Manifest, name string) (*table, error) {
	before, _ := m.Table(name)
	file, err := folder.Reopen(name, before.Bytes)
	if err != nil {
		return nil, err
	}
	t, err := newTable(name, file)
	if err != nil {
		return nil, err
	}
	if t.size, err = io.Copy(t.sum, io.NewSectionReader(file, 0, before.Bytes)); err != nil {
		return nil, fmt.Errorf("read %s: %w", file.Name(), err)
	}
	return t, nil
}

// Write appends rows to the table.
func (t *table) Write(rows []byte) (int, error) {
	n, err := t.file.Write(rows)
	t.sum.Write(rows[:n]) // never fails
	t.size += int64(n)
	return n, err
}

// errChanged is the error of a table that another process has changed.
var errChanged = errors.New("was changed by another process while it was written")

// verify returns errChanged unless the file holds what was written to it.
func (t *table) verify() error {
	sum := sha256.New()
	size, err := io.Copy(sum, io.NewSectionReader(t.file, 0, math.MaxInt64))
	if err == nil && (size != t.size || !bytes.Equal(sum.Sum(nil), t.sum.Sum(nil))) {
		err = errChanged
	}
	return err
}

// listTables sets which tables are open.
func (r *recorder) listTables() {
	r.tables = []*table{r.history.table}
	if r.flow != nil {
		r.tables = append(r.tables, r.flow.layers, r.flow.units)
	}
}

// checkTables returns an error unless the folder still has the tables, and they are as long as what was
// written to them.
func (r *recorder) checkTables() error {
	for _, t := range r.tables {
		there, err := r.folder.Stat(t.name, t.info)
		if err == nil && there.Size() != t.size {
			err = errChanged
		}
		if err != nil {
			return &runfolder.WriteError{File: filepath.Join(r.folder.Path, t.name), Err: err}
		}
	}
	return nil
}

// verifyTables returns an error unless all tables hold what was written to them.
func (r *recorder) verifyTables() error {
	for _, t := range r.tables {
		if err := t.verify(); err != nil {
			return &runfolder.WriteError{File: filepath.Join(r.folder.Path, t.name), Err: err}
		}
	}
	return nil
}

// historyFile is a run's open history.csv.
type historyFile struct {
	rows *record.HistoryWriter
	*table
}

func newHistoryFile(folder *runfolder.Folder, m graph.Model, run *config.Run) (*historyFile, error) {
	t, err := createTable(folder, runfolder.HistoryFile)
	if err != nil {
		return nil, err
	}
	writer, err := record.NewMetricHistoryWriter(t, metricOf(m), len(m.Layers), run.Repeats, record.ExtrasOf(run))
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", t.file.Name(), err)
	}
	return &historyFile{writer, t}, nil
}

// reopenHistoryFile opens the history, cut back to what it held at a checkpoint.
func reopenHistoryFile(folder *runfolder.Folder, m *checkpoint.Manifest, run *config.Run) (*historyFile, error) {
	t, err := reopenTable(folder, m, runfolder.HistoryFile)
	if err != nil {
		return nil, err
	}
	return &historyFile{record.ContinueHistory(t, run.Repeats, record.ExtrasOf(run)), t}, nil
}
