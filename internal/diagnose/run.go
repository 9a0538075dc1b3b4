package diagnose

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"

	"gradwatch/internal/printable"
	"gradwatch/internal/probe"
	"gradwatch/internal/profile"
	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
)

// Run is what a verdict is made of: a run that has ended, or one under way.
type Run struct {
	// Activations are the hidden layers'. Shortcuts says which of them a residual
	// connection goes around; nil for none.
	Activations []string
	Shortcuts   []bool
	// Epochs is how many the run was to train; Ended, that it does not go on.
	Epochs int
	Ended  bool
	// Interrupted: it ended by a signal. Monitor is the tag that early stopping looks at, Rate the learning rate at
	// the start, StepsPerEpoch the number of training steps; 0 where it isn't known.
	Interrupted   bool
	Monitor       string
	Rate          float64
	StepsPerEpoch int
	TrainRows     int
	TestRows      int
	Validation    int  // rows; where there are any, the val_ values of histories and the probe are of these
	Unshuffled    bool // the training rows keep their order
	Penalized     bool // the loss has an L1 or L2 penalty
	// Dropout is the largest part of a hidden layer's outputs that a training step leaves out.
	Dropout float64
	// Class1 is the share of the training rows of class 1; InputRMS the root mean
	// square of the scaled inputs, InputMax the largest size among them.
	Class1, InputRMS, InputMax float64
	// ClassWeights are the classes' in the training loss; nil for none.
	ClassWeights []float64
	Target       Target
	// Recalls are what of each class's test rows is predicted right, by all replicas together, and how many rows these
	// are; nil where it isn't known.
	Recalls []Recall
	// Profile describes the rows of a table; nil of other data. Inputs is how many numbers a row becomes.
	Profile *profile.Table
	Inputs  int
	Split   Split
	Ignore  string // the columns that are left out, as the flag has them
	// Probe is what nearest neighbours and a linear model reach; nil where these were not tried.
	Probe *probe.Result
	// Baseline is what a linear model and guessing reach on the test rows; nil where it isn't known.
	Baseline *record.Baseline
	Replicas []Replica
}

// Split says how a table's rows were divided into training and test rows.
type Split struct {
	Files    bool // the test rows are a second file's
	Mixed    bool // the rows were put into a random order first
	Streamed bool
}

// Recall is how much of a class is predicted.
type Recall struct {
	Class string
	Part  float64 // of the rows
	Rows  int
}

// Replica is one replica's records.
type Replica struct {
	Seed       uint32
	History    []record.Row // an epoch each
	Checks     []record.Check
	Divergence *record.Divergence // of the replica where NaN or Inf came first
	Stop       *record.Stop       // nil of one that can't stop early
	Difference *record.Difference // from the linear model; nil where it isn't known
	Test       *record.Number     // accuracy on the test rows, where val_ values are of validation rows; else nil
	AUC        float64            // area under the ROC curve; 0 where it isn't known
}

// ErrNoChecks is the error of a run that recorded nothing for a verdict.
var ErrNoChecks = errors.New("it has no flow.csv: want a run that was trained without --diagnose-freq 0")

// Read reads a run's folder. Errors name the file.
func Read(folder string) (*Run, *record.Summary, error) {
	summary, err := record.ReadSummary(filepath.Join(folder, runfolder.SummaryFile))
	if err != nil {
		return nil, nil, err
	}
	run, err := readRecords(folder, summary)
	return run, summary, err
}

// readRecords reads the records of a run whose summary is known.
func readRecords(folder string, summary *record.Summary) (*Run, error) {
	// The history comes last: of a run under way it may be longer, but not shorter.
	checks, err := record.ReadChecks(filepath.Join(folder, runfolder.FlowFile), filepath.Join(folder, runfolder.UnitsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", folder, ErrNoChecks)
	}
	if err != nil {
		return nil, err
	}
	history, err := record.ReadHistory(filepath.Join(folder, runfolder.HistoryFile))
	if err != nil {
		return nil, err
	}
	return assemble(folder, summary, history, checks)
}

// NewRun returns the run that a summary, a history and checks are of. An error says that they
// are not of one run.
func NewRun(summary *record.Summary, history *record.History, checks []record.Check) (*Run, error) {
	return assemble("", summary, history, checks)
}

// assemble does so for what was read from a folder, which errors name; "" for what was not.
func assemble(folder string, summary *record.Summary, history *record.History, checks []record.Check) (*Run, error) {
	run, err := newRun(summary)
	switch {
	case err != nil && folder == "":
		return nil, fmt.Errorf("the run's summary: %w", err)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", filepath.Join(folder, runfolder.SummaryFile), err)
	}
	for r := range min(len(run.Replicas), history.Replicas) {
		run.Replicas[r].History = aboveLeast(record.DataLosses(history.Replica(r)), summary.Data.Guess)
	}
	if err := run.add(checks, summary.Configuration.Layers); err != nil {
		return nil, fmt.Errorf("%s is of another model than %s: %w", filepath.Join(folder, runfolder.FlowFile), runfolder.SummaryFile, err)
	}
	return run, nil
}

// aboveLeast returns the history with its losses less the least ones that any outputs could have, which are not 0 by
// a loss such as poisson.
func aboveLeast(history []record.Row, g *record.Guess) []record.Row {
	if g == nil || g.Least == 0 && g.TrainLeast == 0 {
		return history
	}
	history = slices.Clone(history)
	for i := range history {
		history[i].Loss -= float64(g.TrainLeast)
		history[i].ValLoss -= float64(g.Least)
	}
	return history
}

// newRun returns the run that a summary is of, without its records.
func newRun(summary *record.Summary) (*Run, error) {
	c := &summary.Configuration
	switch {
	case len(c.Activations) != 1 && len(c.Activations) != len(c.Layers):
		return nil, fmt.Errorf("%d activations: want one, or one for each of %d hidden layers", len(c.Activations), len(c.Layers))
	}
	if d := summary.Divergence; d != nil && d.Epoch < 0 {
		return nil, fmt.Errorf("divergence in epoch %d: want an epoch of at least 0", d.Epoch)
	}
	run := &Run{
		Target: newTarget(summary),
		Epochs: c.Epochs, Ended: summary.State != record.Running,
		Class1: summary.Data.Class1, InputRMS: float64(summary.Data.InputRMS), InputMax: float64(summary.Data.InputMax),
		Interrupted: summary.State == record.Stopped, Monitor: c.EarlyStoppingMonitor, Rate: c.Rate(), TestRows: summary.TestRows, Validation: summary.ValidationRows,
		TrainRows: summary.TrainRows, Profile: summary.Data.Profile, Inputs: len(summary.Columns),
		Split:        Split{Files: c.TestFile != "", Mixed: c.ShuffleRows || c.Stratify, Streamed: c.Stream},
		Ignore:       c.Ignore,
		Unshuffled:   !c.Shuffle,
		Penalized:    c.Regularized(),
		ClassWeights: summary.Data.ClassWeights, Probe: summary.Data.Probe, Baseline: summary.Baseline,
		Replicas: make([]Replica, len(summary.Seeds)),
	}
	if c.BatchSize > 0 {
		run.StepsPerEpoch = (summary.TrainRows + c.BatchSize - 1) / c.BatchSize
	}
	evaluation := summary.Evaluation
	if c.Generated() {
		evaluation = nil // only the search for fixes asks for it, and a verdict doesn't depend on that
	}
	if e := evaluation; e != nil {
		for _, s := range e.Classes {
			run.Recalls = append(run.Recalls, Recall{s.Class, float64(s.Recall), s.Support})
		}
	}
	for i := range c.Layers {
		run.Activations = append(run.Activations, c.LayerActivation(i))
		run.Dropout = max(run.Dropout, c.DropoutRate(i))
		run.Shortcuts = append(run.Shortcuts, c.Shortcut(i))
	}
	for r, seed := range summary.Seeds {
		run.Replicas[r].Seed = seed
		if d := summary.Divergence; d != nil && d.Replica == r {
			run.Replicas[r].Divergence = d
		}
		if r < len(summary.Result) {
			run.Replicas[r].Stop, run.Replicas[r].Test = summary.Result[r].Stop, summary.Result[r].Test
		}
		if e := evaluation; e != nil && len(e.AUC) == len(summary.Seeds) { // without those that diverged
			run.Replicas[r].AUC = float64(e.AUC[r])
		}
	}
	if b := summary.Baseline; b != nil {
		for i := range b.Differences {
			if d := &b.Differences[i]; d.Replica >= 0 && d.Replica < len(run.Replicas) {
				run.Replicas[d.Replica].Difference = d
			}
		}
	}
	return run, nil
}

// rows names the rows that the val_ values of histories and the probe are of.
func (r *Run) rows() string {
	name, _ := r.measured()
	return name
}

// measured returns which rows the val_ values of histories and the probe are of, and how many they are.
func (r *Run) measured() (rows string, count int) {
	if r.Validation > 0 {
		return "validation", r.Validation
	}
	return "test", r.TestRows
}

// add gives the checks to the replicas. Widths are the hidden layers'.
func (r *Run) add(checks []record.Check, widths []int) error {
	widths = append(slices.Clone(widths), max(1, r.Target.Output.Units))
	for _, check := range checks {
		if check.Replica >= len(r.Replicas) {
			return fmt.Errorf("replica %d: want one of %d", check.Replica, len(r.Replicas))
		}
		if len(check.Layers) != len(widths) {
			return fmt.Errorf("%d layers in epoch %d: want %d", len(check.Layers), check.Epoch, len(widths))
		}
		for k, want := range widths {
			if got := len(check.Layers[k].Units); got != want {
				return fmt.Errorf("%s of %s in epoch %d: want %d", printable.Count(got, "unit"), layerName(k), check.Epoch, want)
			}
		}
		replica := &r.Replicas[check.Replica]
		replica.Checks = append(replica.Checks, check)
	}
	return nil
}

// shortcut reports whether a residual connection goes around hidden layer k.
func (r *Run) shortcut(k int) bool { return k < len(r.Shortcuts) && r.Shortcuts[k] }

// layerName returns the name of layer k, from 0: dense_1, ...
func layerName(k int) string { return "dense_" + strconv.Itoa(k+1) }
