//go:build tensorflow

package train

import (
	"gradwatch/graph"
	"gradwatch/internal/record"
)

// updateEarlyStopping has early stopping observe the epoch that was measured, and keeps the
// weights of the replicas for which it is the last epoch, or the best.
func (t *trainer) updateEarlyStopping() error {
	if t.stopping == nil {
		return nil
	}
	keep := make([]bool, len(t.rows))
	for i := range t.rows {
		if !t.stopping[i].Stopped() {
			keep[i] = t.stopping[i].Observe(&t.rows[i])
		}
	}
	return t.keepBestWeights(keep)
}

// keepBestWeights keeps the weights of some replicas, as the last Snapshot has them.
func (t *trainer) keepBestWeights(keep []bool) error {
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
		if _, err := g.session.Run(g.program.BestWeights, fed); err != nil {
			return err
		}
	}
	return nil
}

// keepLastWeights keeps the last weights of the replicas that end with them.
func (t *trainer) keepLastWeights() error {
	if t.stopping == nil {
		return nil
	}
	keep := make([]bool, len(t.rows))
	for i, s := range t.stopping {
		keep[i] = s.KeepsLast()
	}
	return t.keepBestWeights(keep)
}

// allStopped reports whether early stopping has stopped all replicas.
func (t *trainer) allStopped() bool {
	for _, s := range t.stopping {
		if !s.Stopped() {
			return false
		}
	}
	return t.stopping != nil
}

// restoreBestRows sets the rows of replicas that end with their best weights to those of
// their best epochs.
func (t *trainer) restoreBestRows() {
	for i, s := range t.stopping {
		if row, ok := s.Best(); ok {
			t.rows[i] = row
		}
	}
}

// shareStopping hands each group the early stopping of its replicas.
func (t *trainer) shareStopping() {
	for _, g := range t.groups {
		if t.stopping != nil {
			g.stopping = t.stopping[g.first : g.first+len(g.replicas)]
		}
	}
}

// stops returns how a run's replicas ended; a nil for each where no replica stops early.
func (t *trainer) stops(r *recorder) []*record.Stop {
	stops := make([]*record.Stop, r.run.Repeats)
	for i := range stops {
		if t.stopping != nil {
			stops[i] = t.stopping[r.first+i].Stop()
		}
	}
	return stops
}

// hasPlateau reports whether an epoch's learning rate depends on what was measured of the
// one before.
func (t *trainer) hasPlateau() bool { return t.groups[0].rate.HasPlateau() }

// applyPlateau has plateaus observe the epoch that was measured.
func (t *trainer) applyPlateau() {
	if !t.hasPlateau() {
		return
	}
	for _, g := range t.groups {
		for i := range g.rows {
			g.rate.ApplyPlateau(i, &g.rows[i])
		}
	}
}
