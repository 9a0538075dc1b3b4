//go:build tensorflow

package train

import (
	"runtime"

	"gradwatch/train/weights"

	"gradwatch/graph"
	"gradwatch/internal/record"
)

// initialWeights returns the weights that all runs' replicas start from.
func (t *trainer) initialWeights(runs []*recorder) (*weights.Packed, error) {
	packed := weights.New(t.model, len(t.rows))
	for _, r := range runs {
		if err := packed.Initialize(&r.run, r.first, t.options.Plan); err != nil {
			return nil, err
		}
	}
	return packed, nil
}

// weights fetches each replica's layers.
func (t *trainer) weights() ([][]record.Layer, error) {
	return t.fetchLayers(func(p *graph.Program) graph.Call { return p.Weights })
}

// fetchLayers fetches all layers' weights, or what has their shapes, from every
// group.
func (t *trainer) fetchLayers(call func(*graph.Program) graph.Call) ([][]record.Layer, error) {
	var replicas [][]record.Layer
	for _, g := range t.groups {
		tensors, err := g.session.Run(call(g.program))
		if err != nil {
			return nil, err
		}
		packed := weights.New(g.model, g.model.Replicas)
		if err := packed.View(tensors); err != nil {
			return nil, err
		}
		for r := range g.model.Replicas {
			var layers []record.Layer
			for k := range g.model.Layers {
				layers = append(layers, packed.Layer(k, r))
			}
			replicas = append(replicas, layers)
		}
		runtime.KeepAlive(tensors) // packed looks into them
	}
	return replicas, nil
}

func last[T any](values []T) T { return values[len(values)-1] }
