package graph

import (
	"fmt"

	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	tg "github.com/galeone/tfgo"

	"gradwatch/internal/dataset"
)

// maxValues bounds the values of one activation or gradient tensor while
// measuring: what is larger is measured in several calls. 4 Mi float32, 16 MiB,
// stay within a processor's cache and a modest machine's memory.
const maxValues = 4 << 20

// measuring adds what is recorded after each epoch, on a copy of the weights.
func (b *builder) measuring(s *op.Scope) {
	b.weights = b.snapshot(s.SubScope("snapshot"), b.layerWeights)
	var values []tf.Output // [replica] each
	if b.RunningMetrics {
		values = append(values, b.snapshot(s.SubScope("running"), b.running)...)
	} else {
		train, _ := b.evaluate(s.SubScope("train"), "train", b.Train)
		values = append(values, train...)
	}
	test, outputs := b.evaluate(s.SubScope("test"), "test", b.Test)
	values = append(values, test...)
	slices, means := b.sliceGradients(s.SubScope("gradients"))
	b.program.Gradients = Call{Fetches: means}
	for k, mean := range means {
		values = append(values, b.kernelNorm(s.SubScope("gradient_l2_"+LayerName(k)), k, mean, euclidean))
	}
	for k, w := range b.weights {
		values = append(values, b.kernelNorm(s.SubScope("kernel_l1_"+LayerName(k)), k, w, manhattan))
	}
	record := op.Pack(s.SubScope("record"), values) // [RecordSize, replica], or [RecordSize]
	b.summaries(s.SubScope("summaries"), record, outputs, slices)
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

// evaluate returns loss and accuracy on all the points, [replica] each, and
// each layer's outputs for those of the first chunk, [replica, rows, points].
func (b *builder) evaluate(s *op.Scope, name string, data *dataset.Points) ([]tf.Output, []tf.Output) {
	m := b.Model
	chunk := min(data.Len(), max(1, b.valuesAtOnce()/(m.widest()*m.Replicas)))
	count := blockCount(data.Len(), chunk)
	share := func(int) float32 { return 1 / float32(data.Len()) }
	columns, sweep := b.chunks(s, name, columnBlocks(data, chunk, share), count, 1, chunk)
	p := splitColumns(s, columns, m.Inputs, chunk)
	p.shared = true
	outputs := m.forward(m.layerScopes(s), m.Replicas, b.weights, p)
	metrics := []tf.Output{
		binaryCrossEntropy(s.SubScope("loss"), last(outputs), p.labels, p.weights),
		binaryAccuracy(s.SubScope("accuracy"), last(outputs), p.labels, p.weights),
	}
	return b.totals(s.SubScope("total"), metrics, sweep), outputs
}

// chunks stores blocks of columns, [count, group, inputs+3, points], and
// returns the one whose index the sweep is fed, or the only one, where the
// sweep is nil.
func (b *builder) chunks(s *op.Scope, name string, values []float32, count, groups, size int) (tf.Output, *Sweep) {
	block := grouped(groups, b.Model.Inputs+3, size)
	if count == 1 {
		return b.load(s, name, values, block).read(s), nil
	}
	stored := b.load(s, name, values, append([]int64{int64(count)}, block...))
	// What is not fed an index, as the histograms, is of the first block.
	is := s.SubScope("index")
	index := op.PlaceholderWithDefault(is, tg.Const(is, int32(0)), tf.ScalarShape())
	sweep := &Sweep{Call: Call{Feeds: []tf.Output{index}}, Count: count}
	return op.ResourceGather(s, stored.handle, index, tf.Float), sweep
}

// totals returns the sums of values over all calls of the sweep, or the values
// themselves without one.
func (b *builder) totals(s *op.Scope, values []tf.Output, sweep *Sweep) []tf.Output {
	if sweep == nil || s.Err() != nil {
		return values
	}
	sums := make([]tf.Output, len(values))
	for i, value := range values {
		sum, add, reset := b.accumulate(s.SubScope("sum"), value)
		sums[i] = sum
		sweep.Targets = append(sweep.Targets, add)
		b.program.Snapshot.Targets = append(b.program.Snapshot.Targets, reset)
	}
	b.program.Sweeps = append(b.program.Sweeps, *sweep)
	return sums
}

// accumulate adds a variable that sums value over calls and returns its value,
// the op that adds, and the op that sets it to 0.
func (b *builder) accumulate(s *op.Scope, value tf.Output) (sum tf.Output, add, reset *tf.Operation) {
	total := b.holder(s, value)
	return total.read(s), op.AssignAddVariableOp(s, total.handle, value), total.fill(s.SubScope("reset"), 0)
}

// sliceGradients returns each layer's gradient of every slice's mean loss,
// [replica * slice, rows, inputs+1] (of the first group of slices, where they
// are too many for one call), and the gradient of the mean loss over all the
// gradient data, [replica, rows, inputs+1].
func (b *builder) sliceGradients(s *op.Scope) (slices, means []tf.Output) {
	m, size, rows := b.Model, b.GradientSlice, b.GradientData.Len()
	all := blockCount(rows, size)
	group := min(all, b.slicesAtOnce())
	count := blockCount(all, group)
	mean := func(n int) float32 { return 1 / float32(n) }
	blocks := columnBlocks(b.GradientData, size, mean)
	perSlice := (m.Inputs + 3) * size
	blocks = append(blocks, make([]float32, (count*group-all)*perSlice)...)
	blocks = repeatBlocks(blocks, count, m.Replicas)

	groups := m.Replicas * group
	columns, sweep := b.chunks(s, "gradient_data", blocks, count, groups, size)
	p := splitColumns(s, columns, m.Inputs, size)
	layers := m.layerScopes(s)
	tiled := make([]tf.Output, len(layers))
	for k, w := range b.weights {
		tiled[k] = b.tile(layers[k].SubScope("tile"), k, w, group)
	}
	logits := last(m.forward(layers, groups, tiled, p))
	gradient := lossGradient(s.SubScope("loss"), logits, p.labels, p.weights)
	slices = b.gradients(s, logits, tiled, gradient)
	shares := setShares(s.SubScope("shares"), p.weights, rows) // [replica * slice, 1, 1]
	for k, g := range slices {
		means = append(means, b.meanOverSlices(layers[k].SubScope("mean"), k, g, shares, group))
	}
	return slices, b.totals(s.SubScope("total"), means, sweep)
}

// valuesAtOnce returns the bound on a tensor's values.
func (b *builder) valuesAtOnce() int {
	if b.maxValues > 0 {
		return b.maxValues
	}
	return maxValues
}

// slicesAtOnce returns how many slices fit into one call.
func (b *builder) slicesAtOnce() int {
	m, largest := b.Model, 0
	for k := range m.Layers {
		largest = max(largest, m.Rows(k)*max(m.FanIn(k)+1, b.GradientSlice))
	}
	return max(1, b.valuesAtOnce()/(largest*m.Replicas))
}

// repeatBlocks returns values, [count, block], with each block repeated,
// [count, times, block].
func repeatBlocks(values []float32, count, times int) []float32 {
	block := len(values) / count
	repeated := make([]float32, 0, len(values)*times)
	for i := range count {
		for range times {
			repeated = append(repeated, values[i*block:(i+1)*block]...)
		}
	}
	return repeated
}

// tile repeats each replica's weights for each slice: [replica, rows,
// inputs+1] -> [replica * slice, rows, inputs+1].
func (b *builder) tile(s *op.Scope, k int, w tf.Output, slices int) tf.Output {
	if slices == 1 {
		return w
	}
	replicas := b.Model.Replicas
	if replicas == 1 {
		return op.Tile(s, op.ExpandDims(s, w, tg.Const(s, int32(0))), tg.Const(s, []int32{int32(slices), 1, 1}))
	}
	each := op.Tile(s, op.ExpandDims(s, w, tg.Const(s, int32(1))), tg.Const(s, []int32{1, int32(slices), 1, 1}))
	return op.Reshape(s, each, tg.Const(s, b.Model.WeightsShape(replicas*slices, k)))
}

// setShares returns the share of the set's rows that each slice or batch holds,
// [group, 1, 1], from its points' weights, [group, 1, points], which are 0 for
// those that only fill it up.
func setShares(s *op.Scope, weights tf.Output, rows int) tf.Output {
	filled := op.Sum(s, op.Sign(s, weights), tg.Const(s, int32(-1)), op.SumKeepDims(true))
	return op.Mul(s, filled, tg.Const(s, 1/float32(rows)))
}

// meanOverSlices returns the gradient of the mean loss over all slices' points
// from that over each slice's: [replica * slice, rows, inputs+1] -> [replica,
// rows, inputs+1].
func (b *builder) meanOverSlices(s *op.Scope, k int, g, shares tf.Output, slices int) tf.Output {
	weighted := op.Mul(s, g, shares)
	if slices == 1 {
		return weighted
	}
	replicas := b.Model.Replicas
	if replicas == 1 {
		return op.Sum(s, weighted, tg.Const(s, int32(0)))
	}
	shape := append([]int64{int64(replicas)}, b.Model.WeightsShape(slices, k)...)
	return op.Sum(s, op.Reshape(s, weighted, tg.Const(s, shape)), tg.Const(s, int32(1)))
}

// runningMetrics adds up the step's loss and accuracy by the batch's share of
// the training rows.
func (b *builder) runningMetrics(s *op.Scope, logits tf.Output, batch points) {
	share := op.Reshape(s, setShares(s, batch.weights, b.Train.Len()), tg.Const(s, grouped(b.Model.Replicas)))
	metrics := []tf.Output{
		binaryCrossEntropy(s.SubScope("loss"), logits, batch.labels, batch.weights),
		binaryAccuracy(s.SubScope("accuracy"), logits, batch.labels, batch.weights),
	}
	for _, metric := range metrics {
		ms := s.SubScope("total")
		sum, add, reset := b.accumulate(ms, op.Mul(ms, metric, share))
		b.running = append(b.running, sum)
		b.program.Shuffle.Targets = append(b.program.Shuffle.Targets, reset)
		b.program.Initialize.Targets = append(b.program.Initialize.Targets, reset)
		b.program.Step.Targets = append(b.program.Step.Targets, add)
	}
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

// kernelPart returns the kernel's part of weights or their gradient: [..., rows,
// inputs+1] -> [..., units, inputs].
func (b *builder) kernelPart(s *op.Scope, k int, w tf.Output) tf.Output {
	return part(s, w, [2]int{0, 0}, [2]int{b.Model.Layers[k].Units, b.Model.FanIn(k)})
}

// biasPart returns the bias's part of weights or their gradient: [..., rows,
// inputs+1] -> [..., units, 1].
func (b *builder) biasPart(s *op.Scope, k int, w tf.Output) tf.Output {
	return part(s, w, [2]int{0, b.Model.FanIn(k)}, [2]int{b.Model.Layers[k].Units, 1})
}

// unitsPart returns a layer's outputs without the ones: [..., rows, points] ->
// [..., units, points].
func (b *builder) unitsPart(s *op.Scope, k int, outputs tf.Output) tf.Output {
	return part(s, outputs, [2]int{0, 0}, [2]int{b.Model.Layers[k].Units, -1})
}

// part returns the last two axes' elements from start on, as many as size says.
func part(s *op.Scope, values tf.Output, start, size [2]int) tf.Output {
	if s.Err() != nil {
		return values
	}
	axes := values.Shape().NumDimensions()
	from, count := make([]int32, axes), make([]int32, axes)
	for i := range axes - 2 {
		count[i] = -1
	}
	for i := range 2 {
		from[axes-2+i], count[axes-2+i] = int32(start[i]), int32(size[i])
	}
	return op.Slice(s, values, tg.Const(s, from), tg.Const(s, count))
}
