//go:build tensorflow

package train

import (
	"context"
	"fmt"

	tf "github.com/galeone/tensorflow/tensorflow/go"

	"gradwatch/graph"
	"gradwatch/internal/record"
)

// findDiverged returns how many replicas have diverged by the epoch measured last, and sets in each
// run's summary where its first replica did. The epochs before next are trained. A replica that has
// diverged keeps computing beside the others, which it doesn't affect; its results are not used.
func (t *trainer) findDiverged(next int) (int, error) {
	diverged := 0
	for i := range t.rows {
		if t.rows[i].Finite() {
			continue
		}
		diverged++
		run := t.runOf(i)
		if run == nil || run.summary.Divergence != nil {
			continue
		}
		run.summary.Divergence = &record.Divergence{Replica: t.rows[i].Replica, Epoch: t.rows[i].Epoch, Step: -1}
		if t.sideBySide() {
			continue
		}
		found, err := t.groupOf(i).findDivergence(t.rows[i].Epoch, next)
		if err != nil {
			return 0, err
		}
		run.summary.Divergence = found
	}
	return diverged, nil
}

// runOf returns the recorder of replica i; nil for the second replica of a paired run.
func (t *trainer) runOf(i int) *recorder {
	for _, r := range t.runs {
		if i < r.first+r.run.Repeats {
			return r
		}
	}
	return nil
}

func (t *trainer) groupOf(i int) *group {
	for _, g := range t.groups {
		if i < g.first+g.model.Replicas {
			return g
		}
	}
	return nil
}

// findDivergence repeats the last measured epoch, step by step, and returns where a value that is not
// finite appeared first. If no step has such a value, the measured values overflowed. Afterwards the
// group is as it was: trained up to the epoch before next.
func (g *group) findDivergence(epoch, next int) (*record.Divergence, error) {
	if _, err := g.session.Run(g.program.Rewind); err != nil {
		return nil, fmt.Errorf("go back to the beginning of epoch %d: %w", epoch, err)
	}
	trained, from := 0, 0 // steps of the current epoch; the step of the snapshot
	if g.stream != nil {
		trained = g.next
		if g.snapshots[0].epoch == epoch {
			from = g.snapshots[0].step
		}
	}
	if err := g.startEpoch(epoch, from); err != nil {
		return nil, err
	}
	var found *record.Divergence
	for step := from; step < g.batches.Count; step++ {
		batch, err := g.batch(epoch, step)
		if err != nil {
			return nil, fmt.Errorf("repeat epoch %d, step %d: %w", epoch, step, err)
		}
		if found == nil {
			if found, err = g.inspect(step, batch); err != nil {
				return nil, fmt.Errorf("inspect epoch %d, step %d: %w", epoch, step, err)
			}
		}
		if _, err = g.session.Run(g.program.Replay, batch...); err != nil {
			return nil, fmt.Errorf("repeat epoch %d, step %d: %w", epoch, step, err)
		}
		if step == g.batches.Count-1 && found == nil {
			if found, err = g.inspect(step, batch); err != nil {
				return nil, fmt.Errorf("inspect the end of epoch %d: %w", epoch, err)
			}
		}
	}
	if found == nil {
		found = &record.Divergence{Replica: g.firstDiverged(), Step: g.batches.Count - 1, Tensor: "the measured loss or gradient"}
	}
	found.Epoch = epoch
	found.Replica += g.first
	return found, g.trainAgain(epoch+1, next, trained)
}

// trainAgain repeats the epochs from first up to end, and then so many steps.
func (g *group) trainAgain(first, end, steps int) error {
	g.next, g.started = 0, false
	for epoch := first; epoch < end; epoch++ {
		if err := g.steps(context.Background(), epoch); err != nil {
			return err
		}
	}
	if steps == 0 {
		return nil
	}
	return g.stepsTo(context.Background(), end, steps)
}

// firstDiverged returns the first of the group's replicas whose row is not finite.
func (g *group) firstDiverged() int {
	for r := range g.rows {
		if !g.rows[r].Finite() {
			return r
		}
	}
	return 0
}

// inspect returns the first tensor of a step that holds NaN or Inf; nil for none. It goes by the order
// of a step: weights, then outputs from the first layer on, then gradients from the last layer on.
func (g *group) inspect(step int, batch []*tf.Tensor) (*record.Divergence, error) {
	fetched, err := g.session.Run(g.program.Inspect, batch...)
	if err != nil {
		return nil, err
	}
	counts, err := graph.Floats(fetched[0]) // [3 layers, replica]
	if err != nil {
		return nil, err
	}
	layers, replicas := len(g.model.Layers), g.model.Replicas
	first := func(part string, row func(i int) (at, layer int)) *record.Divergence {
		for i := range layers {
			at, layer := row(i)
			for r := range replicas {
				if counts[at*replicas+r] > 0 {
					return &record.Divergence{Replica: r, Step: step, Tensor: graph.LayerName(layer) + " " + part}
				}
			}
		}
		return nil
	}
	if found := first("weights", func(i int) (int, int) { return 2*layers + i, i }); found != nil {
		return found, nil
	}
	if found := first("output", func(i int) (int, int) { return i, i }); found != nil {
		return found, nil
	}
	return first("gradient", func(i int) (int, int) { return 2*layers - 1 - i, layers - 1 - i }), nil
}
