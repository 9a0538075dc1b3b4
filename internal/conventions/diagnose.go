package conventions

import (
	"fmt"
	"os"
	"path/filepath"

	"gradwatch/internal/diagnose"
	"gradwatch/internal/eventlog"
	"gradwatch/internal/runfolder"
)

// Diagnosis is what is said of a run by its event files.
type Diagnosis struct {
	Run    string `json:"run"`
	Folder string `json:"folder"`
	Source string `json:"source"` // SourceEvents
	Steps  int64  `json:"steps"`  // the last one
	Events int    `json:"events"`
	*diagnose.RecordedReport
	Order    string    `json:"order"` // how the layers were put in order
	Missing  []Missing `json:"missing"`
	Problems []string  `json:"problems"`

	Recorded *diagnose.Recorded `json:"-"`
}

// SourceEvents is the source of a diagnosis by event files alone.
const SourceEvents = "event files"

// Found are the runs below a folder.
type Found struct {
	Runs []eventlog.Run
	Own  []string // the folders of runs with a summary.json, which are diagnosed each by itself
}

// Find returns the runs below a folder that have event files, and those that have a summary.json.
func Find(folder string) (*Found, error) {
	found := new(Found)
	runs, err := eventlog.Find(folder, func(path string) bool {
		if _, err := os.Lstat(filepath.Join(path, runfolder.SummaryFile)); err != nil {
			return false
		}
		found.Own = append(found.Own, path)
		return true
	})
	if err != nil {
		return nil, err
	}
	found.Runs = runs
	return found, nil
}

// Diagnose says what is wrong with a run below a folder.
func (t *Table) Diagnose(folder string, run *eventlog.Run, order *Order, limits diagnose.Thresholds) (*Diagnosis, error) {
	r, err := t.Read(run, order)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", run.Name, err)
	}
	absolute, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	d := &Diagnosis{
		Run: run.Name, Folder: filepath.Join(absolute, run.Name), Source: SourceEvents, Steps: r.Steps, Events: r.Events,
		RecordedReport: limits.Recorded(r.Recorded), Order: r.Order, Missing: r.Missing, Problems: append([]string{}, r.Problems...), Recorded: r.Recorded,
	}
	if run.Name == "." {
		d.Run = filepath.Base(absolute)
	}
	return d, nil
}
