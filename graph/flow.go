//go:build tensorflow

package graph

import (
	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	tg "github.com/galeone/tfgo"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
)

// Flow is the part of a program that measures what a verdict is made of: how
// large each layer's gradient is, what becomes of the error signal on its way
// back to the input, what each unit does on the points, and how much a step
// changes the weights.
type Flow struct {
	// Mark, first, keeps the weights before a step; Trace, after it, adds the step's
	// update ratio to a sum and keeps the weights for the next step.
	Mark, Trace Call
	// Begin, after a Snapshot, takes that sum over, so that the next epoch can
	// begin another, and sets the sums over chunks to 0.
	Begin Call
	// EvalChunks goes over points that don't fit into one call, between Begin and
	// Measure; nil where they do.
	EvalChunks *EvalChunks
	// Measure fetches, float32: the layers' statistics, [LayerStatistics, layer,
	// replica]; the units', [UnitStatistics, replica, unit], those of all layers
	// one after the other; and each layer's weights, [replica, rows, inputs+1].
	Measure Call
}

// LayerStatistics are what is measured of a layer, in this order.
const (
	// UpdateRatio is the sum of the traced steps' update ratios: the norm of the
	// kernel's change over the norm of the kernel.
	UpdateRatio = iota
	// GradientRMS to GradientMax are of the elements of the kernel's gradient
	// of the mean loss: root of the mean square, mean and largest size.
	GradientRMS
	GradientMean
	GradientMax
	// GradientZeros is the share of elements that are exactly 0, NonFinite the
	// number of those that are NaN or infinite.
	GradientZeros
	NonFinite
	LayerStatistics
)

// UnitStatistics are what is measured of a unit, in this order: numbers of points,
// and then means over the points.
const (
	// UnitActive is the number of points whose pre-activation is above 0,
	// UnitSaturated of those whose output is near an end of the activation's range,
	// UnitExtreme of those whose pre-activation is beyond 5 on either side. They are
	// whole numbers: a sum of shares, such as 250 times 1/250, may end above 1.
	UnitActive = iota
	UnitSaturated
	UnitExtreme
	// UnitOutput and UnitSquare are the mean of the output and of its square.
	UnitOutput
	UnitSquare
	// UnitDelta and UnitOutputDelta are the mean size of the derivative of a
	// point's loss by the pre-activation and by the output, over the number of
	// points: multiply by it.
	UnitDelta
	UnitOutputDelta
	UnitStatistics
)

// extreme is the size of a pre-activation that is far beyond where any activation
// that saturates still changes: tanh's derivative is 0.0002 there.
const extreme = 5

// addFlow adds what verdicts are made of, measured on data.
func (b *builder) addFlow(s *op.Scope, data *dataset.Examples) {
	f := &Flow{}
	b.program.Flow = f
	ratios := b.updateRatios(s.SubScope("updates"), f)
	p, chunks := b.flowPoints(s, data)
	outputs := b.Model.forward(b.Model.layerScopes(s), b.Model.Replicas, b.folded, b.affine, p)
	deltas := b.deltas(s.SubScope("gradients"), outputs, p)

	values := deltas.weights
	for k, output := range outputs {
		us := s.SubScope("units").SubScope(LayerName(k))
		values = append(values, b.unitSums(us, k, output, deltas.z[k], deltas.a[k], p))
	}
	if chunks != nil {
		for i, value := range values {
			sum, add, reset := b.accumulate(s.SubScope("sum"), value)
			values[i] = sum
			chunks.Targets = append(chunks.Targets, add)
			f.Begin.Targets = append(f.Begin.Targets, reset)
		}
		f.EvalChunks = chunks
	}
	layers := len(b.Model.Layers)
	var statistics []tf.Output // a layer's [LayerStatistics-1, replica]
	for k, gradient := range values[:layers] {
		ls := s.SubScope("layers").SubScope(LayerName(k))
		statistics = append(statistics, op.Pack(ls, b.gradientStatistics(ls, k, gradient)))
	}
	units := values[layers] // without a hidden layer the only one
	if layers > 1 {
		units = op.ConcatV2(s.SubScope("units"), values[layers:], tg.Const(s, int32(-1)))
	}
	ls, first := s.SubScope("layers"), tg.Const(s.SubScope("first"), int32(0))
	stacked := op.ConcatV2(ls, []tf.Output{op.ExpandDims(ls, ratios, first), op.Pack(ls, statistics, op.PackAxis(1))}, first)
	f.Measure.Fetches = append([]tf.Output{stacked, units}, b.weights...)
}

// flowPoints returns the points, in chunks where they are too many for one call:
// then EvalChunks are fed each chunk's index.
func (b *builder) flowPoints(s *op.Scope, data *dataset.Examples) (points, *EvalChunks) {
	size := b.chunk(data.Len(), UnitStatistics) // a layer's statistics are put together before they are summed
	share := func(int) float32 { return 1 / float32(data.Len()) }
	columns, chunks := b.chunks(s, "flow", b.Model.columnBlocks(data, size, share), blockCount(data.Len(), size), size)
	p := b.Model.splitColumns(s, columns, size)
	p.shared = true
	return p, chunks
}

// deltas are the derivatives of the mean loss, a layer each: by the weights, by
// the pre-activations, and by the activation's output.
type deltas struct{ weights, z, a []tf.Output }

func (b *builder) deltas(s *op.Scope, outputs []layerOutput, p points) deltas {
	logits := last(outputs).h
	start := b.Model.lossGradient(s, logits, p.labels, b.lossWeights(s, p))
	by := append([]tf.Output{}, b.weights...)
	for _, output := range outputs[:len(outputs)-1] {
		by = append(by, output.z)
		if output.a != output.z { // a linear layer's are the same
			by = append(by, output.a)
		}
	}
	all := b.gradients(s, logits, by, start)
	layers := len(b.weights)
	d, next := deltas{weights: all[:layers:layers]}, layers
	for _, output := range outputs[:len(outputs)-1] {
		d.z = append(d.z, all[next])
		if output.a != output.z {
			next++
		}
		d.a = append(d.a, all[next])
		next++
	}
	d.z, d.a = append(d.z, start), append(d.a, start)
	return d
}

// unitSums returns the statistics of a layer's units over this call's points:
// [UnitStatistics, replica, units]. deltaZ and deltaA are the derivatives of the mean
// loss by the pre-activations and the outputs.
func (b *builder) unitSums(s *op.Scope, k int, output layerOutput, deltaZ, deltaA tf.Output, p points) tf.Output {
	beyond := func(name string, x tf.Output, reach float32) tf.Output {
		bs := s.SubScope(name)
		return tg.Cast(bs, op.Greater(bs, op.Abs(bs, x), tg.Const(bs, reach)), tf.Float)
	}
	saturated := op.ZerosLike(s, output.z)
	if a, _ := config.LookupActivation(b.Model.Layers[k].Activation); a.Reach > 0 {
		ss := s.SubScope("middle")
		saturated = beyond("saturated", op.Sub(ss, output.a, tg.Const(ss, a.Middle)), a.Reach)
	}
	active := s.SubScope("active")
	counted := [UnitOutput]tf.Output{ // [replica, rows, points] each
		UnitActive:    tg.Cast(active, op.Greater(active, output.z, tg.Const(active, float32(0))), tf.Float),
		UnitSaturated: saturated,
		UnitExtreme:   beyond("extreme", output.z, extreme),
	}
	averaged := []tf.Output{ // the statistics from UnitOutput on
		output.a,
		op.Square(s, output.a),
		op.Abs(s.SubScope("delta"), deltaZ),
		op.Abs(s.SubScope("output_delta"), deltaA),
	}
	cs := s.SubScope("counts")
	counts := b.pointSums(cs, counted[:], op.Sign(cs, p.weights), p.count) // points that fill up a chunk have weight 0
	means := b.pointSums(s.SubScope("means"), averaged, p.weights, p.count)
	us := s.SubScope("units")
	return cut(us, op.ConcatV2(us, []tf.Output{counts, means}, tg.Const(us, int32(0))), b.Model.Layers[k].Units)
}

// pointSums returns the sums over so many points of values by the points' weights,
// [replica, rows, points] each: [value, replica, rows]. Large values are read once each,
// by a product with the weights; of small ones more time goes into ops than into reading.
func (b *builder) pointSums(s *op.Scope, values []tf.Output, weights tf.Output, points int) tf.Output {
	if b.Model.Replicas > 1 || b.Model.largestLayer()*points < config.SmallProduct {
		all := op.Pack(s, values)                                         // [value, replica, rows, points]
		return op.Sum(s, op.Mul(s, all, weights), tg.Const(s, int32(-1))) // [value, replica, rows]
	}
	sums := make([]tf.Output, len(values))
	for i, value := range values {
		sums[i] = pointMean(s.SubScope("value"), value, weights, 1) // [rows, 1]
	}
	return op.Squeeze(s, op.Pack(s, sums), op.SqueezeAxis([]int64{-1}))
}

// gradientStatistics returns what is measured of a layer's gradient of the mean
// loss by the weights, [replica] each, in the order of LayerStatistics from
// GradientRMS on.
func (b *builder) gradientStatistics(s *op.Scope, k int, gradient tf.Output) []tf.Output {
	axes := tg.Const(s, []int32{-2, -1})
	elements := b.kernelPart(s.SubScope("kernel"), k, gradient) // [replica, units, inputs]
	sizes := op.Abs(s, elements)
	most := op.Max(s, sizes, axes)
	// Squares of sizes as small as 1e-20 would be 0 in float32: they are taken of
	// the parts of the largest.
	ps := s.SubScope("parts")
	parts := op.Square(ps, op.DivNoNan(ps, sizes, op.Max(ps, sizes, axes, op.MaxKeepDims(true))))
	zs := s.SubScope("zeros")
	zeros := tg.Cast(zs, op.Equal(zs, elements, tg.Const(zs, float32(0))), tf.Float)
	return []tf.Output{
		op.Mul(ps, most, op.Sqrt(ps, op.Mean(ps, parts, axes))),
		op.Mean(s, sizes, axes),
		most,
		op.Mean(zs, zeros, axes),
		countNonFinite(s.SubScope("count"), elements),
	}
}

// updateRatios adds the calls that trace steps, and returns the layers' sums of
// update ratios, [layer, replica].
func (b *builder) updateRatios(s *op.Scope, f *Flow) tf.Output {
	ratios := make([]tf.Output, len(b.layerWeights))
	before := make([]variable, len(b.layerWeights))
	for k, w := range b.layerWeights {
		ls := s.SubScope(LayerName(k))
		bs := ls.SubScope("before")
		before[k] = b.holder(bs, w)
		was := before[k].read(bs)
		change := b.kernelNorm(ls.SubScope("change"), k, op.Sub(ls, w, was), euclidean)
		ratios[k] = op.DivNoNan(ls, change, b.kernelNorm(ls.SubScope("norm"), k, was, euclidean))
		f.Mark.Targets = append(f.Mark.Targets, op.AssignVariableOp(ls.SubScope("mark"), before[k].handle, w))
	}
	all := op.Pack(s, ratios)
	sum, add, reset := b.accumulate(s.SubScope("sum"), all)
	f.Mark.Targets = append(f.Mark.Targets, reset)
	for k, w := range b.layerWeights { // when the ratios of what was before are added
		again := s.SubScope(LayerName(k)).SubScope("again").WithControlDependencies(add)
		f.Trace.Targets = append(f.Trace.Targets, op.AssignVariableOp(again, before[k].handle, w))
	}
	hs := s.SubScope("held")
	held := b.holder(hs, all)
	f.Begin.Targets = append(f.Begin.Targets, op.AssignVariableOp(hs, held.handle, sum))
	return held.read(hs)
}

// cut returns the first count elements of the last axis.
func cut(s *op.Scope, x tf.Output, count int) tf.Output {
	if s.Err() != nil {
		return x
	}
	axes := x.Shape().NumDimensions()
	from, size := make([]int32, axes), make([]int32, axes)
	for i := range size {
		size[i] = -1
	}
	size[axes-1] = int32(count)
	return op.Slice(s, x, tg.Const(s, from), tg.Const(s, size))
}
