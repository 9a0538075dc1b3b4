//go:build tensorflow

package graph

import (
	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	tg "github.com/galeone/tfgo"
)

// addBestWeights adds the Retain call, which keeps the weights of some replicas, as the
// last Snapshot has them: those of a replica that stops early, or of its best epoch.
// Without it the program ends with what the last Snapshot has.
func (b *builder) addBestWeights(s *op.Scope) {
	b.final, b.finalNorms = b.weights, b.norms
	if !b.KeepsBestWeights {
		return
	}
	shape := grouped(b.Model.Replicas, 1, 1)
	which := op.Placeholder(s.SubScope("which"), tf.Float, op.PlaceholderShape(tf.MakeShape(shape...)))
	chosen := op.Greater(s, which, tg.Const(s, float32(0)))
	b.program.BestWeights.Feeds = []tf.Output{which}
	retain := func(s *op.Scope, of variable, now tf.Output) tf.Output {
		kept := newVariable(s, of.name+"/retained", of.shape)
		b.bestWeights = append(b.bestWeights, kept)
		before := kept.read(s.SubScope("before"))
		b.program.BestWeights.Targets = append(b.program.BestWeights.Targets,
			op.AssignVariableOp(s, kept.handle, addOp(s, "SelectV2", chosen, now, before)))
		b.program.Initialize.Targets = append(b.program.Initialize.Targets, kept.fill(s.SubScope("begin"), 0))
		return kept.read(s)
	}
	b.final, b.finalNorms = nil, nil
	for k, w := range b.vars.weights {
		b.final = append(b.final, retain(s.SubScope(LayerName(k)), w, b.weights[k]))
	}
	for k, norm := range b.vars.norms {
		values := make([]tf.Output, len(norm))
		for i, v := range norm {
			values[i] = retain(s.SubScope(LayerName(k)).SubScope(normNames[i]), v, b.norms[k][i])
		}
		b.finalNorms = append(b.finalNorms, values)
	}
}

// finalWeights returns those that a program ends with, and the norms' maps, as forward
// takes them.
func (b *builder) finalWeights(s *op.Scope) ([]tf.Output, []affineMap) {
	if !b.KeepsBestWeights {
		return b.folded, b.affine
	}
	maps := b.Model.affineMaps(s.SubScope("affine"), b.finalNorms)
	return b.Model.fold(s.SubScope("fold"), b.final, maps), maps
}
