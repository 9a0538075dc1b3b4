package sweep

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"

	"gradwatch/internal/atomicfile"
	"gradwatch/internal/checkpoint"
	"gradwatch/internal/cli"
	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
	"gradwatch/internal/study"
)

// Folder is a study's folder, which no other process works on.
type Folder struct {
	*runfolder.Folder
	shown string // its path as the user writes it
	// measure is what results are told by.
	measure record.Metric
	lock    *os.File // study.json, locked

	mu      sync.Mutex
	results map[int]study.Result // by the configuration's index
	file    *os.File             // study.csv, open for appending; nil before startResults
}

// createFolder makes the folder of a new study, named after the definition; where
// the name is taken, the definition gets another.
func createFolder(logdir string, d *study.Definition) (*Folder, error) {
	folder, err := runfolder.Make(logdir, d.Name)
	if err != nil {
		return nil, err
	}
	s := &Folder{Folder: folder, shown: filepath.Join(logdir, folder.Name), results: make(map[int]study.Result)}
	d.Name = folder.Name
	if err := folder.Write(study.DefinitionFile, d.Write); err != nil {
		_ = folder.Discard() // the first error is the one to tell
		s.Close()
		return nil, err
	}
	if err := s.takeLock(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// OpenFolder opens the folder of a study that is there.
func OpenFolder(path string) (*Folder, *study.Definition, error) {
	d, err := study.ReadDefinition(filepath.Join(path, study.DefinitionFile))
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return nil, nil, cli.RequestErrorf("--resume %q: want a study's folder, which holds a %s", path, study.DefinitionFile)
	case err != nil:
		return nil, nil, cli.FileOr(err, func(err error) error { return cli.RequestErrorf("--resume: %v", err) })
	}
	folder, err := runfolder.Open(path)
	if err != nil {
		return nil, nil, err
	}
	s := &Folder{Folder: folder, shown: filepath.Clean(path), results: make(map[int]study.Result)}
	if err := s.takeLock(); err != nil {
		s.Close()
		return nil, nil, err
	}
	return s, d, nil
}

// DisplayPath returns the path as the user writes it.
func (s *Folder) DisplayPath() string { return s.shown }

// takeLock locks study.json, which the system unlocks when the process ends,
// however it does.
func (s *Folder) takeLock() error {
	file, err := s.OpenRegular(study.DefinitionFile, os.O_RDWR)
	if err != nil {
		return err
	}
	s.lock = file
	switch err := atomicfile.Flock(file, false); {
	case errors.Is(err, atomicfile.ErrLocked):
		return fmt.Errorf("%s: another process is working on this study: wait for its end, or stop it", s.shown)
	case err != nil:
		return fmt.Errorf("lock %s: %w", file.Name(), err)
	}
	return nil
}

// Close releases the folder.
func (s *Folder) Close() {
	for _, file := range []*os.File{s.file, s.lock} {
		if file != nil {
			_ = file.Close() // every result was synced
		}
	}
	_ = s.Folder.Close()
}

func (s *Folder) tables(axes []study.Axis) study.Tables {
	return study.Tables{Axes: axes, Measure: s.measure}
}

// readResults reads what an earlier process has left in study.csv.
func (s *Folder) readResults(axes []study.Axis, repeats func(study.Configuration) int) error {
	results, err := s.tables(axes).ReadResults(filepath.Join(s.Path, study.ResultsFile), repeats)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, r := range results {
		s.results[r.Configuration.Index] = r
	}
	return nil
}

// startResults writes study.csv with the results so far, and opens it for more.
func (s *Folder) startResults(axes []study.Axis) error {
	if err := s.writeResults(axes); err != nil {
		return err
	}
	var err error
	s.file, err = s.OpenRegular(study.ResultsFile, os.O_WRONLY|os.O_APPEND)
	return err
}

func (s *Folder) writeResults(axes []study.Axis) error {
	return s.Write(study.ResultsFile, func(w io.Writer) error { return s.tables(axes).WriteResults(w, s.ordered()) })
}

// Keep adds results to study.csv, and returns when they are on the disk.
func (s *Folder) Keep(results []study.Result) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var text bytes.Buffer
	for i := range results {
		if err := study.AppendResult(&text, &results[i]); err != nil {
			return err
		}
	}
	if _, err := s.file.Write(text.Bytes()); err != nil {
		return err
	}
	if err := s.file.Sync(); err != nil {
		return err
	}
	for _, r := range results {
		s.results[r.Configuration.Index] = r
	}
	return nil
}

// has tells whether a configuration has a result that is no failure.
func (s *Folder) has(index int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, found := s.results[index]
	return found && r.State() != study.Failed
}

// done returns the number of configurations with such a result.
func (s *Folder) done() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	done := 0
	for _, r := range s.results {
		if r.State() != study.Failed {
			done++
		}
	}
	return done
}

// ordered returns the results in the grid's order.
func (s *Folder) ordered() []study.Result {
	results := make([]study.Result, 0, len(s.results))
	for _, index := range slices.Sorted(maps.Keys(s.results)) {
		results = append(results, s.results[index])
	}
	return results
}

// finish writes the tables in the grid's order, and returns the results in it.
func (s *Folder) finish(axes []study.Axis) ([]study.Result, error) {
	if err := s.writeResults(axes); err != nil {
		return nil, err
	}
	results := s.ordered()
	return results, s.Write(study.SummaryFile, func(w io.Writer) error { return s.tables(axes).WriteSummary(w, results) })
}

// Drop keeps what has a checkpoint: the study goes on from there.
func (s *Folder) Drop(name string) error {
	if checkpoint.In(filepath.Join(s.Path, name)) {
		return nil
	}
	return DropRun(s.Folder, name)
}

// Prune leaves what compares the configuration with others and what predict and export need.
// Its tables by epoch and seed, and its checkpoints, would take most of the study's space.
func (s *Folder) Prune(name string) error { return PruneRun(s.Folder, name) }

// PruneRun removes a finished run's checkpoints and its tables by epoch.
func PruneRun(folder *runfolder.Folder, name string) error {
	run, err := folder.OpenInside(name)
	if err != nil {
		return err
	}
	defer run.Close()
	for _, name := range []string{checkpoint.Folder, runfolder.HistoryFile, runfolder.FlowFile, runfolder.UnitsFile} {
		if err := run.Root().RemoveAll(name); err != nil {
			return err
		}
	}
	return nil
}

// DropRun removes the folder of a configuration's run, which is not whole, if it is
// there.
func DropRun(folder *runfolder.Folder, name string) error {
	run, err := folder.OpenInside(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer run.Close()
	return run.Discard()
}
