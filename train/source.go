//go:build tensorflow

package train

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/stream"
)

// sources are the files of a run's data set, as they were before they were read.
type sources map[string]fs.FileInfo

// findSources describes the files; what can't be described the reader says.
func findSources(run *config.Run) sources {
	found := make(sources)
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

// touched returns the files that are no longer what they were, by what the file system
// tells of them, sorted.
func (s sources) touched() []string {
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

// checkSources says so if the data set's rows are others now than those that were read:
// the run is of the latter. It reads the files again only where the file system tells of
// a change.
func (t *trainer) checkSources() {
	touched := t.sources.touched()
	if len(touched) == 0 || t.data.isStill(&t.run, touched) {
		return
	}
	t.notice(fmt.Sprintf("%s was changed while the run was under way: the run is of the rows that were read at its start", strings.Join(touched, ", ")))
}

// isStill reports whether the files that were touched hold the rows that were read.
func (d *data) isStill(run *config.Run, touched []string) bool {
	if d.stream == nil {
		source := run.Source()
		source.Fits = nil // the run itself still has the memory that was asked for
		again, err := dataset.Open(source)
		return err == nil && again.SHA256() == d.SHA256()
	}
	for _, source := range slices.Concat(d.stream.Train.Sources(), d.stream.Test.Sources()) {
		for _, path := range touched {
			if absolute, err := filepath.Abs(path); err != nil || absolute == source.Path && !source.Holds(path) {
				return false
			}
		}
	}
	return true
}
