//go:build tensorflow

package graph

import (
	"fmt"

	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	tg "github.com/galeone/tfgo"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
)

// addMeasure adds what is recorded after each epoch, on a copy of the weights.
func (b *builder) addMeasure(s *op.Scope) {
	b.weights = b.snapshot(s.SubScope("snapshot"), b.layerWeights)
	b.norms = b.keepNorms(s.SubScope("norms"))
	b.affine = b.Model.affineMaps(s.SubScope("affine"), b.norms)
	b.folded = b.Model.fold(s.SubScope("fold"), b.weights, b.affine)
	var train, test evaluation
	var gradients, slices []tf.Output
	trainMetrics, testMetrics := b.streamEvalChunks(s)
	switch {
	case b.sharesGradientBatches():
		slices = b.batchGradients(s.SubScope("slices"), b.weights, b.affine, b.Model.Replicas)
		gradients = b.meanOfGradientBatches(s.SubScope("mean"), slices)
	case b.sampled():
		gradients = b.evaluate(s.SubScope("sample"), "sample", b.measured).gradients
	}
	if !b.RunningMetrics && b.Stream == nil || b.measured == b.Train {
		train = b.evaluate(s.SubScope("train"), "train", b.Train)
	}
	test = b.evaluate(s.SubScope("test"), "test", b.Test) // the last of the sweeps, where it is one
	if b.Stream != nil {
		train.metrics, test.metrics = trainMetrics, testMetrics
	}
	if b.RunningMetrics {
		train.metrics = b.snapshot(s.SubScope("running"), b.running)
	}
	switch b.measured {
	case b.Test:
		gradients = test.gradients
	case b.Train:
		gradients = train.gradients
	}
	if slices == nil { // these have them
		gradients = b.withPenaltyGradients(s.SubScope("penalty_gradients"), gradients, b.weights)
	}
	penalty := b.penalty(s.SubScope("penalty"), b.weights)
	test.metrics[0] = withPenalty(s, test.metrics[0], penalty)
	if !b.RunningMetrics { // the steps' losses have theirs
		train.metrics[0] = withPenalty(s, train.metrics[0], penalty)
	}
	b.program.Gradients = Call{Fetches: gradients}

	values := append(train.metrics, test.metrics...) // [replica] each
	for k, gradient := range gradients {
		values = append(values, b.kernelNorm(s.SubScope("gradient_l2_"+LayerName(k)), k, gradient, euclidean))
	}
	for k, w := range b.weights {
		values = append(values, b.kernelNorm(s.SubScope("kernel_l1_"+LayerName(k)), k, w, manhattan))
	}
	values = append(values, penalty...)
	record := op.Pack(s.SubScope("record"), values) // [RecordSize, replica], or [RecordSize]
	b.program.Measure = Call{Fetches: []tf.Output{record}}
	if b.Histograms {
		b.addHistograms(s.SubScope("histograms"), record, slices, test.outputs)
	}
}

// snapshot adds variables that hold copies of values from each Snapshot call on,
// and returns what they hold.
func (b *builder) snapshot(s *op.Scope, values []tf.Output) []tf.Output {
	copies := make([]tf.Output, len(values))
	for i, value := range values {
		vs := s.SubScope("value")
		held := b.holder(vs, value)
		copies[i] = held.read(vs)
		b.program.Snapshot.Targets = append(b.program.Snapshot.Targets, op.AssignVariableOp(vs, held.handle, value))
	}
	return copies
}

// holder adds a variable of value's shape.
func (b *builder) holder(s *op.Scope, value tf.Output) variable {
	if s.Err() != nil {
		return variable{}
	}
	shape, err := value.Shape().ToSlice()
	if err != nil {
		s.UpdateErr("holder", err)
		return variable{}
	}
	b.holders++
	return newVariable(s, fmt.Sprintf("held_%d", b.holders), shape)
}

// maxValues is the bound on a tensor's values while measuring.
const maxValues = config.MaxValues

// evaluation is what is measured on a set of points.
type evaluation struct {
	metrics   []tf.Output   // loss and accuracy, [replica] each; of the training or test points
	gradients []tf.Output   // of the mean loss by each layer's weights, [replica, rows, inputs+1]
	outputs   []layerOutput // for the points of a chunk
}

// evaluate measures all the points of data, in chunks where they are too many
// for one call. Points are the same for all replicas.
func (b *builder) evaluate(s *op.Scope, name string, data *dataset.Examples) evaluation {
	m, chunk := b.Model, b.chunk(data.Len(), 1)
	share := func(int) float32 { return 1 / float32(data.Len()) }
	columns, chunks := b.chunks(s, name, m.columnBlocks(data, chunk, share), blockCount(data.Len(), chunk), chunk)
	p := m.splitColumns(s, columns, chunk)
	p.shared = true
	e := evaluation{outputs: m.forward(m.layerScopes(s), m.Replicas, b.folded, b.affine, p)}
	z, weights := logits(e.outputs), p.weights
	if data == b.Train || data == b.measured && b.GradientData == b.Train {
		weights = b.lossWeights(s, p)
	}
	var values []tf.Output
	if data == b.Train || data == b.Test {
		values = append(values,
			m.loss(s.SubScope("loss"), z, p.labels, weights),
			m.metric(s.SubScope("accuracy"), z, p.labels, p.weights))
	}
	metrics := len(values)
	if data == b.measured {
		gs := s.SubScope("gradients")
		gradient := m.lossGradient(gs, z, p.labels, weights)
		values = append(values, b.gradients(gs, z, b.weights, gradient)...)
	}
	values = b.totals(s.SubScope("total"), values, chunks)
	e.metrics, e.gradients = values[:metrics:metrics], values[metrics:] // appending to one must not reach into the other
	return e
}

// sampled reports whether gradients are measured on some of GradientData alone.
func (b *builder) sampled() bool { return b.measured != b.GradientData }

// sharesGradientBatches reports whether the gradient of a sample is the mean of its batches', so
// that histograms need no pass of their own: where all of them fit into one call, one
// after the other.
func (b *builder) sharesGradientBatches() bool {
	if !b.sampled() {
		return false
	}
	count := blockCount(b.measured.Len(), b.GradientBatch)
	return count <= b.gradientBatchesAtOnce(b.Model.Replicas) && b.separatesGradientBatches(count, b.Model.Replicas)
}

// leastChunk is the least number of points that is worth a call of its own.
const leastChunk = 128

// chunk returns in how many points at once replicas are evaluated on count points,
// where so many tensors of a layer's size are put together: as many points as a
// tensor may hold, and for several replicas so few that products stay small and a
// deep model's outputs in the processor's cache.
func (b *builder) chunk(count, tensors int) int {
	m, largest := b.Model, b.Model.largestLayer()
	most := max(1, b.valuesAtOnce()/(m.widest()*m.Replicas*tensors))
	if small := config.SmallProduct / largest; m.Replicas > 1 && small >= leastChunk {
		most = min(most, small)
	}
	return blockCount(count, blockCount(count, most)) // all chunks about the same
}

// chunks stores blocks of columns, [count, columnRows, points]. It returns the block whose
// index the returned EvalChunks are fed; with one block that block, and nil.
func (b *builder) chunks(s *op.Scope, name string, values []float32, count, size int) (tf.Output, *EvalChunks) {
	block := grouped(1, b.Model.columnRows(), size)
	if count == 1 {
		return b.load(s, name, values, block).read(s), nil
	}
	stored := b.load(s, name, values, append([]int64{int64(count)}, block...))
	index := op.Placeholder(s.SubScope("index"), tf.Int32, op.PlaceholderShape(tf.ScalarShape()))
	chunks := &EvalChunks{Call: Call{Feeds: []tf.Output{index}}, Count: count}
	return op.ResourceGather(s, stored.handle, index, tf.Float), chunks
}

// totals returns the sums of values over all calls of the chunks; the values themselves
// where chunks is nil.
func (b *builder) totals(s *op.Scope, values []tf.Output, chunks *EvalChunks) []tf.Output {
	if chunks == nil || s.Err() != nil {
		return values
	}
	sums := make([]tf.Output, len(values))
	for i, value := range values {
		sum, add, reset := b.accumulate(s.SubScope("sum"), value)
		sums[i] = sum
		chunks.Targets = append(chunks.Targets, add)
		b.program.Snapshot.Targets = append(b.program.Snapshot.Targets, reset)
	}
	b.program.EvalChunks = append(b.program.EvalChunks, chunks)
	return sums
}

// accumulate adds a variable that sums value over calls and returns its value,
// the op that adds, and the op that sets it to 0.
func (b *builder) accumulate(s *op.Scope, value tf.Output) (sum tf.Output, add, reset *tf.Operation) {
	total := b.holder(s, value)
	return total.read(s), op.AssignAddVariableOp(s, total.handle, value), total.fill(s.SubScope("reset"), 0)
}

// valuesAtOnce returns the bound on a tensor's values.
func (b *builder) valuesAtOnce() int {
	if b.maxValues > 0 {
		return b.maxValues
	}
	return maxValues
}

// runningMetrics adds up the step's loss and accuracy by the batch's share of
// the training rows, and returns the ops that do.
func (b *builder) runningMetrics(s *op.Scope, logits tf.Output, batch points) []*tf.Operation {
	filled := op.Sum(s, op.Sign(s, batch.weights), tg.Const(s, []int32{-2, -1})) // [replica]
	share := op.Mul(s, filled, tg.Const(s, 1/float32(b.trainRows())))
	loss := b.Model.loss(s.SubScope("loss"), logits, batch.labels, b.lossWeights(s, batch))
	metrics := []tf.Output{
		withPenalty(s, loss, b.penalty(s.SubScope("penalty"), b.layerWeights)),
		b.Model.metric(s.SubScope("accuracy"), logits, batch.labels, batch.weights),
	}
	var adds []*tf.Operation
	for i, metric := range metrics {
		ms := s.SubScope("total")
		share := op.Mul(ms, metric, share)
		total := b.runningTotal(ms, i, share)
		sum, add, reset := total.read(ms), op.AssignAddVariableOp(ms, total.handle, share), total.fill(ms.SubScope("reset"), 0)
		b.running = append(b.running, sum)
		b.program.StartEpoch.Targets = append(b.program.StartEpoch.Targets, reset)
		b.program.Initialize.Targets = append(b.program.Initialize.Targets, reset)
		adds = append(adds, add)
	}
	return adds
}

// runningTotal returns the variable that sums a running metric: of a stream one by name,
// which checkpoints within an epoch keep.
func (b *builder) runningTotal(s *op.Scope, metric int, value tf.Output) variable {
	if b.Stream == nil || s.Err() != nil {
		return b.holder(s, value)
	}
	total := newVariable(s, "running/"+[]string{"loss", "accuracy"}[metric], grouped(b.Model.Replicas))
	b.vars.totals = append(b.vars.totals, total)
	return total
}

// norm is a vector norm.
type norm bool

const (
	manhattan norm = false // L1
	euclidean norm = true  // L2
)

// kernelNorm returns the norm of the kernel's part of layer k's weights or
// their gradient: [replica, rows, inputs+1] -> [replica].
func (b *builder) kernelNorm(s *op.Scope, k int, w tf.Output, n norm) tf.Output {
	kernel, axes := b.kernelPart(s, k, w), tg.Const(s, []int32{-2, -1})
	if n == manhattan {
		return op.Sum(s, op.Abs(s, kernel), axes)
	}
	return op.Sqrt(s, op.Sum(s, op.Square(s, kernel), axes))
}

// kernelPart returns the kernel's part of weights or their gradient: [...,
// rows, inputs+1] -> [..., units, inputs].
func (b *builder) kernelPart(s *op.Scope, k int, w tf.Output) tf.Output {
	if s.Err() != nil {
		return w
	}
	axes := w.Shape().NumDimensions()
	from, count := make([]int32, axes), make([]int32, axes)
	for i := range axes - 2 {
		count[i] = -1
	}
	count[axes-2], count[axes-1] = int32(b.Model.Layers[k].Units), int32(b.Model.FanIn(k))
	return op.Slice(s, w, tg.Const(s, from), tg.Const(s, count))
}
