//go:build tensorflow

package feed

import (
	"slices"

	"gradwatch/internal/config"
	"gradwatch/internal/record"
)

// EarlyStopping decides when a replica stops, and with which epoch's weights it ends:
// Keras's EarlyStopping.
type EarlyStopping struct {
	monitor   *monitor
	patience  int  // 0: the replica goes on to the run's last epoch
	restores  bool // it ends with the best epoch's weights
	stopped   bool
	best      record.Row // of the best epoch
	lastEpoch int        // the epoch observed last; -1 before the first
}

// NewEarlyStopping returns one for each replica; nil for a run whose replicas all go on to
// the last epoch and end with its weights.
func NewEarlyStopping(run *config.Run, replicas int) []*EarlyStopping {
	if !run.StopsEarly() {
		return nil
	}
	all := make([]*EarlyStopping, replicas)
	for i := range all {
		all[i] = &EarlyStopping{
			monitor:  newMonitor(run.EarlyStoppingMonitor, run.EarlyStoppingMinDelta),
			patience: run.EarlyStopping, restores: run.RestoreBestWeights, lastEpoch: -1,
		}
	}
	return all
}

// Observe takes the next epoch's row. It reports whether the weights at that epoch's end are
// the ones to keep so far: the best ones or, where the best aren't restored, those that the
// replica stops with.
func (s *EarlyStopping) Observe(row *record.Row) bool {
	better := s.monitor.observe(row)
	s.lastEpoch = row.Epoch
	if better {
		s.best = cloneRow(row)
	}
	if !better && s.patience > 0 && s.monitor.wait >= s.patience && row.Epoch > 0 {
		s.stopped = true
	}
	if s.restores {
		return better
	}
	return s.stopped
}

// Stopped reports whether the replica has stopped.
func (s *EarlyStopping) Stopped() bool { return s.stopped }

// KeepsLast reports whether the replica ends with the weights of the run's last epoch.
func (s *EarlyStopping) KeepsLast() bool { return !s.stopped && !s.restores }

// Best returns the row of the best epoch; ok is false where the replica doesn't end with
// that epoch's weights, or no epoch was observed.
func (s *EarlyStopping) Best() (row record.Row, ok bool) {
	return s.best, s.restores && s.lastEpoch >= 0
}

// Stop returns how the replica ended, as its summary has it.
func (s *EarlyStopping) Stop() *record.Stop {
	return &record.Stop{Epochs: s.lastEpoch + 1, Early: s.stopped, Best: s.monitor.bestEpoch, Restored: s.restores}
}

func cloneRow(row *record.Row) record.Row {
	clone := *row
	clone.GradientL2, clone.KernelL1 = slices.Clone(row.GradientL2), slices.Clone(row.KernelL1)
	return clone
}
