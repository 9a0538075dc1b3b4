//go:build tensorflow

package train

import (
	"gradwatch/graph"
	"gradwatch/internal/config"
	"gradwatch/internal/record"
)

// watch follows a column of a replica's history by Keras's rules: what is better by
// more than delta is an improvement, the first value is, and NaN never is. Keras
// compares float32s.
type watch struct {
	of        func(*record.Row) float64
	rises     bool
	delta     float64
	best      float32
	bestEpoch int
	any       bool // whether there is a best
	wait      int  // epochs since
}

func newWatch(monitor string, delta float64) *watch {
	w := &watch{delta: delta}
	for _, metric := range []record.Metric{record.Accuracy, record.MAE} {
		for _, t := range scalarTags(metric) {
			if t.tag == monitor {
				w.of = t.of
			}
		}
	}
	m, _ := config.LookupMonitor(monitor)
	w.rises = m.Rises
	return w
}

// see looks at an epoch's row and reports whether it is an improvement.
func (w *watch) see(row *record.Row) bool {
	value := w.of(row)
	better := !w.any
	switch {
	case w.rises:
		better = better || float32(value-w.delta) > w.best
	default:
		better = better || float32(value+w.delta) < w.best
	}
	if better {
		w.best, w.bestEpoch, w.any, w.wait = float32(value), row.Epoch, true, 0
		return true
	}
	w.wait++
	return false
}

// stopper decides when a replica stops, and which of its weights it ends with:
// Keras's EarlyStopping.
type stopper struct {
	watch    *watch
	patience int  // 0 for no end
	restores bool // the best epoch's weights
	stopped  bool
	best     record.Row // of the best epoch, where it restores
	last     int        // the epoch it saw last
}

// newStoppers returns one for each replica; nil for a run that goes on to its last
// epoch and ends with its weights.
func newStoppers(run *config.Run, replicas int) []*stopper {
	if !run.StopsEarly() {
		return nil
	}
	stoppers := make([]*stopper, replicas)
	for i := range stoppers {
		stoppers[i] = &stopper{
			watch:    newWatch(run.EarlyStoppingMonitor, run.EarlyStoppingMinDelta),
			patience: run.EarlyStopping, restores: run.RestoreBestWeights, last: -1,
		}
	}
	return stoppers
}

// see looks at an epoch's row and reports whether the weights at its end are those to
// keep, so far: the best ones or, where the best are not asked for, the last ones.
func (s *stopper) see(row *record.Row) bool {
	better := s.watch.see(row)
	s.last = row.Epoch
	if better {
		s.best = cloneRow(row)
	}
	if !better && s.patience > 0 && s.watch.wait >= s.patience && row.Epoch > 0 {
		s.stopped = true
	}
	if s.restores {
		return better
	}
	return s.stopped
}

// stop returns how the replica ended.
func (s *stopper) stop() *record.Stop {
	return &record.Stop{Epochs: s.last + 1, Early: s.stopped, Best: s.watch.bestEpoch, Restored: s.restores}
}

// judge has the stoppers of replicas that go on look at the epoch that was measured,
// and keeps the weights of those that it is the end, or the best, of.
func (t *trainer) judge() error {
	if t.stoppers == nil {
		return nil
	}
	keep := make([]bool, len(t.rows))
	for i := range t.rows {
		if !t.stoppers[i].stopped {
			keep[i] = t.stoppers[i].see(&t.rows[i])
		}
	}
	return t.retain(keep)
}

// retain keeps the weights of some replicas, as the last Snapshot has them.
func (t *trainer) retain(keep []bool) error {
	for _, g := range t.groups {
		which, found := make([]float32, len(g.replicas)), false
		for i := range which {
			if keep[g.first+i] {
				which[i], found = 1, true
			}
		}
		if !found {
			continue
		}
		shape := []int64{1, 1}
		if len(which) > 1 {
			shape = []int64{int64(len(which)), 1, 1}
		}
		fed, err := graph.NewTensor(which, shape)
		if err != nil {
			return err
		}
		if _, err := g.session.run(g.program.Retain, fed); err != nil {
			return err
		}
	}
	return nil
}

// retainLast keeps the weights of replicas that were not stopped and end with their
// last ones.
func (t *trainer) retainLast() error {
	if t.stoppers == nil {
		return nil
	}
	keep := make([]bool, len(t.rows))
	for i, s := range t.stoppers {
		keep[i] = !s.stopped && !s.restores
	}
	return t.retain(keep)
}

// goingOn reports whether a replica, by its place among all, trains still: not what
// has stopped before the epoch of the others' rows.
func (t *trainer) goingOn(i int) bool { return t.stoppers == nil || !t.stoppers[i].stopped }

// allStopped reports whether no replica goes on.
func (t *trainer) allStopped() bool {
	for i := range t.rows {
		if t.goingOn(i) {
			return false
		}
	}
	return true
}

// restoreBest has the rows of replicas that end with their best weights be those of
// their best epochs.
func (t *trainer) restoreBest() {
	for i, s := range t.stoppers {
		if s.restores && s.last >= 0 {
			t.rows[i] = s.best
		}
	}
}

func cloneRow(row *record.Row) record.Row {
	clone := *row
	clone.GradientL2 = append([]float64(nil), row.GradientL2...)
	clone.KernelL1 = append([]float64(nil), row.KernelL1...)
	return clone
}

// shareStoppers gives each group its replicas'.
func (t *trainer) shareStoppers() {
	for _, g := range t.groups {
		if t.stoppers != nil {
			g.stoppers = t.stoppers[g.first : g.first+len(g.replicas)]
		}
	}
}

// stops returns how a run's replicas ended: nil each where none stops early.
func (t *trainer) stops(r *recorder) []*record.Stop {
	stops := make([]*record.Stop, r.run.Repeats)
	for i := range stops {
		if t.stoppers != nil {
			stops[i] = t.stoppers[r.first+i].stop()
		}
	}
	return stops
}
