package diagnose

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"strconv"

	"gradwatch/internal/runfolder"
	"gradwatch/train/record"
)

// Run is what a verdict is made of: a run that has ended, or one under way.
type Run struct {
	// Activations are the hidden layers'.
	Activations []string
	// Epochs is how many the run was to train; Ended, that it does not go on.
	Epochs int
	Ended  bool
	// Class1 is the share of the training rows of class 1; InputRMS the root mean
	// square of the scaled inputs, InputMax the largest size among them.
	Class1, InputRMS, InputMax float64
	Replicas                   []Replica
}

// Replica is one replica's records.
type Replica struct {
	Seed       uint32
	History    []record.Row // an epoch each
	Checks     []record.Check
	Divergence *record.Divergence // of the replica where NaN or Inf came first
}

// ErrNoChecks is the error of a run that recorded nothing for a verdict.
var ErrNoChecks = errors.New("it has no flow.csv: want a run that was trained without --diagnose-freq 0")

// Read reads a run's folder. Errors name the file.
func Read(folder string) (*Run, *record.Summary, error) {
	summary, err := record.ReadSummary(filepath.Join(folder, runfolder.SummaryFile))
	if err != nil {
		return nil, nil, err
	}
	run, err := ReadRecords(folder, summary)
	return run, summary, err
}

// ReadRecords reads the records of a run whose summary is known.
func ReadRecords(folder string, summary *record.Summary) (*Run, error) {
	history, err := record.ReadHistory(filepath.Join(folder, runfolder.HistoryFile))
	if err != nil {
		return nil, err
	}
	checks, err := record.ReadChecks(filepath.Join(folder, runfolder.FlowFile), filepath.Join(folder, runfolder.UnitsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", folder, ErrNoChecks)
	}
	if err != nil {
		return nil, err
	}
	c := &summary.Configuration
	run := &Run{
		Epochs: c.Epochs, Ended: summary.State != record.Running,
		Class1: summary.Data.Class1, InputRMS: float64(summary.Data.InputRMS), InputMax: float64(summary.Data.InputMax),
	}
	for i := range c.Layers {
		run.Activations = append(run.Activations, c.LayerActivation(i))
	}
	run.Replicas = make([]Replica, len(summary.Seeds))
	for r, seed := range summary.Seeds {
		run.Replicas[r].Seed = seed
		if d := summary.Divergence; d != nil && d.Replica == r {
			run.Replicas[r].Divergence = d
		}
		if r < history.Replicas {
			run.Replicas[r].History = history.Replica(r)
		}
	}
	for _, check := range checks {
		if check.Replica >= len(run.Replicas) || len(check.Layers) != len(run.Activations)+1 {
			return nil, fmt.Errorf("%s: %s is of another model than %s", folder, runfolder.FlowFile, runfolder.SummaryFile)
		}
		replica := &run.Replicas[check.Replica]
		replica.Checks = append(replica.Checks, check)
	}
	return run, nil
}

// layerName returns the name of layer k, from 0: dense_1, ...
func layerName(k int) string { return "dense_" + strconv.Itoa(k+1) }

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
