//go:build tensorflow

package graph

import (
	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
)

// Dropout (Srivastava et al. 2014) multiplies what a hidden layer's activation makes
// by a mask: 0 for what is left out, 1 / (1 - rate) for the rest, 1 in the bias
// row. A training step is fed the masks; all else knows none.

// MaskShape returns the shape of layer k's mask for that many points: [replica,
// rows, points].
func (m Model) MaskShape(k, points int) []int64 { return grouped(m.Replicas, m.Rows(k), points) }

// Dropped returns the layers with dropout, in their order.
func (m Model) Dropped() []int {
	var layers []int
	for k, layer := range m.Layers {
		if layer.Dropout {
			layers = append(layers, k)
		}
	}
	return layers
}

// dropping returns what a training pass does with a hidden layer's activation a,
// [replica, rows, points]; nil without dropout. It adds the masks to what a step is
// fed.
func (b *builder) dropping(s *op.Scope) func(k int, a tf.Output) tf.Output {
	layers := b.Model.Dropped()
	if layers == nil {
		return nil
	}
	masks := make([]*tf.Output, len(b.Model.Layers))
	for _, k := range layers {
		shape := op.PlaceholderShape(tf.MakeShape(b.Model.MaskShape(k, b.BatchSize)...))
		mask := op.Placeholder(s.SubScope(LayerName(k)), tf.Float, shape)
		b.program.Step.Feeds = append(b.program.Step.Feeds, mask)
		masks[k] = &mask
	}
	return func(k int, a tf.Output) tf.Output {
		if masks[k] == nil {
			return a
		}
		return op.Mul(b.layers[k].SubScope("dropout"), a, *masks[k])
	}
}
