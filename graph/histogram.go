//go:build tensorflow

package graph

import (
	"slices"

	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	tg "github.com/galeone/tfgo"

	"gradwatch/internal/config"
)

// addHistograms adds the call that fetches what histograms are made of, from the
// gradients of the gradient batches, nil where there are none yet, and the outputs for the test
// points; where these are measured in chunks, the chunks fetch the outputs.
func (b *builder) addHistograms(s *op.Scope, record tf.Output, slices []tf.Output, layers []layerOutput) {
	weights, shown := b.weights, b.Model.Replicas
	outputs := make([]tf.Output, len(layers))
	for k, layer := range layers {
		outputs[k] = layer.a
	}
	if b.Shown != nil && len(b.Shown) < b.Model.Replicas {
		shown = len(b.Shown)
		weights, outputs = b.choose(s.SubScope("weights"), weights), b.choose(s.SubScope("outputs"), outputs)
	}
	outputs[len(outputs)-1] = b.Model.predictions(s.SubScope("probability"), last(outputs))
	fetches := append([]tf.Output{record}, weights...)
	if slices == nil {
		slices = b.batchGradients(s.SubScope("gradients"), weights, b.shownMaps(s.SubScope("affine")), shown)
	}
	fetches = append(fetches, slices...)

	rows := b.Test.Len()
	o := Outputs{Size: b.chunk(rows, 1), Chunks: 1, Points: rows}
	if o.Size == rows {
		fetches = append(fetches, outputs...)
	} else {
		last(b.program.EvalChunks).Outputs = outputs
		atOnce := max(1, b.valuesAtOnce()/(b.Model.widest()*shown*o.Size))
		o.Chunks = min(blockCount(rows, o.Size), atOnce)
		o.Points = min(rows, o.Chunks*o.Size)
	}
	b.program.Outputs = o
	b.program.MeasureWithHistograms = Call{Fetches: fetches}
}

// shownMaps returns the maps that normalizations are, of the replicas that are
// shown.
func (b *builder) shownMaps(s *op.Scope) []affineMap {
	if b.Shown == nil || len(b.Shown) == b.Model.Replicas {
		return b.affine
	}
	maps := make([]affineMap, len(b.affine))
	for k, to := range b.affine {
		chosen := b.choose(s.SubScope(LayerName(k)), []tf.Output{to.scale, to.shift})
		maps[k] = affineMap{chosen[0], chosen[1]}
	}
	return maps
}

// choose returns those replicas of each tensor that are shown: [replica, ...] ->
// [shown, ...], without the axis for one.
func (b *builder) choose(s *op.Scope, values []tf.Output) []tf.Output {
	replicas := make([]int32, len(b.Shown))
	for i, r := range b.Shown {
		replicas[i] = int32(r)
	}
	indices := tg.Const(s, replicas)
	if len(replicas) == 1 {
		indices = tg.Const(s, replicas[0])
	}
	chosen := make([]tf.Output, len(values))
	for i, value := range values {
		ls := s.SubScope(LayerName(i))
		chosen[i] = op.GatherV2(ls, value, indices, tg.Const(ls, int32(0)))
	}
	return chosen
}

// batchGradients returns each layer's gradient of every gradient batch's mean loss,
// [replica * batch, rows, inputs+1], for that many replicas' weights and the maps
// after them: these are tiled over the batches, and one backward pass gives all.
func (b *builder) batchGradients(s *op.Scope, weights []tf.Output, maps []affineMap, replicas int) []tf.Output {
	m, size := b.Model, b.GradientBatch
	count := min(blockCount(b.measured.Len(), size), b.gradientBatchesAtOnce(replicas))
	mean := func(n int) float32 { return 1 / float32(n) }
	block := m.columnRows() * size
	values := m.columnBlocks(b.measured, size, mean)[:count*block]

	groups := replicas * count
	columns := b.load(s, "gradient_data", slices.Repeat(values, replicas), grouped(groups, m.columnRows(), size)).read(s)
	if count > 1 && b.separatesGradientBatches(count, replicas) {
		return b.separateGradients(s, weights, maps, op.Unpack(s, columns, int64(count)))
	}
	tiled := tile(s.SubScope("tile"), weights, replicas, count)
	tiledMaps := make([]affineMap, len(maps))
	for k, to := range maps {
		both := tile(s.SubScope("tile_affine"), []tf.Output{to.scale, to.shift}, replicas, count)
		tiledMaps[k] = affineMap{both[0], both[1]}
	}
	return b.columnGradients(s, groups, tiled, tiledMaps, columns)
}

// columnGradients returns each layer's gradient of each group's mean loss on a
// gradient batch's columns, [group, Model.columnRows, GradientSlice].
func (b *builder) columnGradients(s *op.Scope, groups int, weights []tf.Output, maps []affineMap, columns tf.Output) []tf.Output {
	m := b.Model
	p := m.splitColumns(s, columns, b.GradientBatch)
	z := logits(m.forward(m.layerScopes(s), groups, m.fold(s.SubScope("fold"), weights, maps), maps, p))
	lossWeights := p.weights
	if b.GradientData == b.Train {
		lossWeights = b.lossWeights(s, p)
	}
	gradient := m.lossGradient(s.SubScope("loss"), z, p.labels, lossWeights)
	return b.withPenaltyGradients(s.SubScope("penalty"), b.gradients(s, z, weights, gradient), weights)
}

// fewGradientBatches is how many gradient batches may have a pass of their own.
const fewGradientBatches = 8

// separatesGradientBatches reports whether gradient batches are better taken one after the other, each by
// MatMul: the batched product's kernel for large matrices takes twice as long.
func (b *builder) separatesGradientBatches(count, replicas int) bool {
	return replicas == 1 && count <= fewGradientBatches && b.Model.largestLayer()*b.GradientBatch > config.SmallProduct
}

// separateGradients returns one replica's gradients of the gradient batches, from each one's columns.
func (b *builder) separateGradients(s *op.Scope, weights []tf.Output, maps []affineMap, columns []tf.Output) []tf.Output {
	slices := make([][]tf.Output, len(weights))
	for _, column := range columns {
		for k, gradient := range b.columnGradients(s.SubScope("slice"), 1, weights, maps, column) {
			slices[k] = append(slices[k], gradient)
		}
	}
	gradients := make([]tf.Output, len(weights))
	for k, slice := range slices {
		gradients[k] = op.Pack(s.SubScope(LayerName(k)), slice)
	}
	return gradients
}

// meanOfGradientBatches returns each layer's gradient of the mean loss over all gradient
// batches of a replica, from the gradient of each batch's mean loss.
func (b *builder) meanOfGradientBatches(s *op.Scope, slices []tf.Output) []tf.Output {
	rows, size := b.measured.Len(), b.GradientBatch
	count := blockCount(rows, size)
	if count == 1 {
		return slices
	}
	shares := make([]float32, count)
	for i := range shares {
		shares[i] = float32(min(size, rows-i*size)) / float32(rows)
	}
	factors := tg.Const(s.SubScope("shares"), tensor(s, shares, []int64{int64(count), 1, 1}))
	means := make([]tf.Output, len(slices))
	for k, slice := range slices {
		ls := s.SubScope(LayerName(k))
		means[k] = op.Sum(ls, op.Mul(ls, slice, factors), tg.Const(ls, int32(0)))
	}
	return means
}

// gradientBatchesAtOnce returns how many gradient batches of that many replicas fit into one call.
func (b *builder) gradientBatchesAtOnce(replicas int) int {
	m, largest := b.Model, 0
	for k := range m.Layers {
		largest = max(largest, m.Rows(k)*max(m.FanIn(k)+1, b.GradientBatch))
	}
	return max(1, b.valuesAtOnce()/(largest*replicas))
}

// tile repeats each replica's values for each gradient batch: [replica, rows,
// columns] -> [replica * batch, rows, columns].
func tile(s *op.Scope, values []tf.Output, replicas, slices int) []tf.Output {
	if slices == 1 || s.Err() != nil {
		return values
	}
	tiles := make([]tf.Output, len(values))
	for k, value := range values {
		ts := s.SubScope(LayerName(k))
		if replicas == 1 {
			tiles[k] = op.Tile(ts, op.ExpandDims(ts, value, tg.Const(ts, int32(0))), tg.Const(ts, []int32{int32(slices), 1, 1}))
			continue
		}
		each := op.Tile(ts, op.ExpandDims(ts, value, tg.Const(ts, int32(1))), tg.Const(ts, []int32{1, int32(slices), 1, 1}))
		shape := value.Shape()
		tiles[k] = op.Reshape(ts, each, tg.Const(ts, []int64{int64(replicas * slices), shape.Size(1), shape.Size(2)}))
	}
	return tiles
}
