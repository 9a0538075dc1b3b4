package figures

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"gradwatch/internal/record"
)

// Names returns the names of the pictures that the run in the folder path has when nothing
// is missing. It fails where a file that a picture is made of can't be read.
func Names(path string, history *record.History, summary *record.Summary) ([]string, error) {
	checks, err := readChecks(path)
	if err != nil {
		return nil, err
	}
	evaluation, err := ofEvaluation(path, "", summary)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, p := range append(ofRun("", history, checks, nil, summary, nil), evaluation...) {
		names = append(names, p.Name)
	}
	diverged := !slices.ContainsFunc(summary.Result, func(r record.Result) bool { return !r.Diverged() })
	if hasDecision(summary) && !diverged && !summary.Configuration.Stream {
		names = append(names, DecisionPicture)
	}
	return names, nil
}

// Missing returns those of the names that are not in the folder path.
func Missing(path string, names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		_, err := os.Lstat(filepath.Join(path, name))
		return !errors.Is(err, fs.ErrNotExist)
	})
}

// hasDecision reports whether the run's models have a plane and classes to draw, by the same
// rule as package train's Decision.
func hasDecision(s *record.Summary) bool {
	const fewest, most = 2, 10 // classes
	classes := fewest
	if s.Schema != nil {
		classes = len(s.Schema.Target.Classes)
	}
	return len(s.Columns) >= 2 && classes >= fewest && classes <= most
}
