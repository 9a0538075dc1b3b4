package train

import (
	"fmt"

	"gradwatch/graph"
	"gradwatch/train/record"
)

// findDivergence goes through the last measured epoch again, step by step, and
// returns where a value that is not finite appeared first. Where no step shows
// one, the measured values themselves overflowed.
func (t *trainer) findDivergence() (*record.Divergence, error) {
	epoch := t.rows[0].Epoch
	if _, err := t.call(t.program.Rewind); err != nil {
		return nil, fmt.Errorf("go back to the beginning of epoch %d: %w", epoch, err)
	}
	order, err := t.order.tensor(epoch)
	if err != nil {
		return nil, err
	}
	if _, err := t.call(t.program.Shuffle, order); err != nil {
		return nil, fmt.Errorf("shuffle epoch %d again: %w", epoch, err)
	}
	for step := range t.batches {
		found, err := t.inspect(step)
		if err != nil {
			return nil, fmt.Errorf("inspect epoch %d, step %d: %w", epoch, step, err)
		}
		if found != nil {
			found.Epoch = epoch
			return found, nil
		}
		if _, err := t.call(t.program.Step, t.indices[step]); err != nil {
			return nil, fmt.Errorf("repeat epoch %d, step %d: %w", epoch, step, err)
		}
	}
	found, err := t.inspect(t.batches - 1)
	if err != nil {
		return nil, fmt.Errorf("inspect the end of epoch %d: %w", epoch, err)
	}
	if found == nil {
		found = &record.Divergence{Step: t.batches - 1, Tensor: "the measured loss or gradient"}
	}
	found.Epoch = epoch
	return found, nil
}

// inspect returns the first tensor of a step that holds NaN or Inf, in the order
// in which a step computes them, or nil: weights, then the layers' outputs
// forward, then their gradients backward.
func (t *trainer) inspect(step int) (*record.Divergence, error) {
	fetched, err := t.call(t.program.Inspect, t.indices[step])
	if err != nil {
		return nil, err
	}
	counts, err := floats(fetched[0]) // [3 layers, replica]
	if err != nil {
		return nil, err
	}
	layers, replicas := len(t.model.Layers), t.model.Replicas
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
