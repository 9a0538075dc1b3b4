//go:build tensorflow

package data

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/stream"
)

// Sources are the files of a run's data set, as they were before they were read.
type Sources map[string]fs.FileInfo

// FindSources returns the files of a run's data set. It leaves out files that it can't find, for which
// reading them fails.
func FindSources(run *config.Run) Sources {
	found := make(Sources)
	for _, name := range []string{run.Dataset, run.TestFile} {
		if name == "" || slices.Contains(dataset.Names(), name) {
			continue
		}
		files, _ := stream.Files(name)
		for _, path := range files {
			if info, err := os.Stat(path); err == nil {
				found[path] = info
			}
		}
	}
	return found
}

// Touched returns the paths of the files that the file system says were changed, sorted.
func (s Sources) Touched() []string {
	var paths []string
	for path, before := range s {
		now, err := os.Stat(path)
		if err != nil || !os.SameFile(before, now) || now.Size() != before.Size() || !now.ModTime().Equal(before.ModTime()) {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// Unchanged reports whether the files of touched, which the file system says were changed, still
// hold the rows that were read.
func (d *Dataset) Unchanged(run *config.Run, touched []string) bool {
	if d.Stream == nil {
		source := run.Source()
		source.Fits = nil // the run itself still has the memory that was asked for
		again, err := dataset.Open(source)
		return err == nil && again.SHA256() == d.whole.SHA256()
	}
	for _, source := range slices.Concat(d.Stream.Train.Sources(), d.Stream.Test.Sources()) {
		for _, path := range touched {
			if absolute, err := filepath.Abs(path); err != nil || absolute == source.Path && !source.Holds(path) {
				return false
			}
		}
	}
	return true
}
