//go:build tensorflow

package graph

import (
	"fmt"
	"maps"
	"math"
	"slices"

	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	tg "github.com/galeone/tfgo"
)

// Stream says that a program's points come from files, row by row, and not from
// Spec.Train and Spec.Test, which then are samples of them. Rows are float32, inputs
// and then the target. See stream.Order for how an epoch goes through them.
type Stream struct {
	// Factor and Offset scale the inputs.
	Factor, Offset []float32
	// Classes are what the target is for each class, as float32. Of a regression, which
	// has none, TargetFactor and TargetOffset scale the target.
	Classes                    []float32
	TargetFactor, TargetOffset float32
	// TrainRows and TestRows are the numbers of rows that train and test.
	TrainRows, TestRows int
	// Blocks are how many rows of each stratum a full batch has, powers of two. Without
	// Shuffle there is one, whose rows are read in order, so many at once.
	Blocks  []int
	Shuffle bool
	// ShuffleBlocks is how many of a stratum's blocks the buffer holds.
	ShuffleBlocks int
	// Chunks returns what reads the test rows, or the training rows, in order, in records
	// of at most so many rows, a power of two; and how many rows the longest has.
	Chunks func(test bool, most int) (records []Records, longest int)
}

// Records are what is read of some files: rows between so many bytes at the beginning and
// at the end of each, so many rows at once.
type Records struct {
	Files          []string
	Header, Footer int64
	Rows           int
	Count          int // of records, in all files together
}

// EpochRecords is what StartData is fed an epoch.
type EpochRecords struct {
	Strata []StratumRecords
	// Rest is the last rows, which the last batch has.
	Rest [2]Records
	// Skip is the number of batches that are passed over.
	Skip int
}

// StratumRecords is what a stratum gives: records of as many rows as a block. Last says
// that one is for the last batch.
type StratumRecords struct {
	Records [3]Records
	Last    bool
	Seed    [2]int64
}

const (
	// ahead is how many batches are read and joined while others train.
	ahead = 4
	// chunkRows is how many rows are measured in a call, if they fit: some megabytes of
	// activations, which a processor's cache can hold.
	chunkRows = 4096
	// streamBuffer is how much of a file is read at once, for each of many places in it;
	// chunkBuffer where there is one.
	streamBuffer = 64 << 10
	chunkBuffer  = 4 << 20
)

// dataOps adds ops of tf.data. Their outputs are what TensorFlow calls variants, sets of
// strings.
type dataOps struct{ *op.Scope }

// attributes are the types and shapes of a dataset's elements: strings, scalars.
func (d dataOps) attributes(components int) map[string]any {
	types, shapes := make([]tf.DataType, components), make([]tf.Shape, components)
	for i := range types {
		types[i], shapes[i] = tf.String, tf.ScalarShape()
	}
	return map[string]any{"output_types": types, "output_shapes": shapes}
}

// add adds an op of one output.
func (d dataOps) add(kind string, components int, inputs ...tf.Input) tf.Output {
	spec := tf.OpSpec{Type: kind, Input: inputs}
	if components > 0 {
		spec.Attrs = d.attributes(components)
	}
	return d.one(spec)
}

func (d dataOps) one(spec tf.OpSpec) tf.Output {
	if d.Err() != nil {
		return tf.Output{}
	}
	added := d.SubScope("rows").AddOperation(spec) // a scope of its own, so that names differ
	if d.Err() != nil {
		return tf.Output{}
	}
	return added.Output(0)
}

// records reads files: records of that many bytes between a header and a footer.
func (d dataOps) records(files, header, bytes, footer tf.Output, buffer int) tf.Output {
	size := tg.Const(d.SubScope("buffer"), int64(buffer))
	plain := tg.Const(d.SubScope("compression"), "")
	return d.add("FixedLengthRecordDatasetV2", 0, files, header, bytes, footer, size, plain)
}

// constant is records that are known when the graph is built.
func (d dataOps) constant(r Records, rowBytes int64, buffer int) tf.Output {
	number := func(name string, value int64) tf.Output { return tg.Const(d.SubScope(name), value) }
	return d.records(tg.Const(d.SubScope("files"), r.Files),
		number("header", r.Header), number("record", int64(r.Rows)*rowBytes), number("footer", r.Footer), buffer)
}

// text is a dataset of one string.
func (d dataOps) text(value string) tf.Output {
	return d.one(tf.OpSpec{
		Type: "TensorDataset", Input: []tf.Input{tf.OutputList{tg.Const(d.SubScope("text"), value)}},
		Attrs: map[string]any{"output_shapes": []tf.Shape{tf.ScalarShape()}},
	})
}

func (d dataOps) concatenate(first, second tf.Output) tf.Output {
	return d.add("ConcatenateDataset", 1, first, second)
}

func (d dataOps) take(data, count tf.Output) tf.Output { return d.add("TakeDataset", 1, data, count) }

// prefetched reads elements ahead, in a thread of its own.
func (d dataOps) prefetched(data tf.Output, attributes map[string]any) tf.Output {
	data = d.one(tf.OpSpec{
		Type: "PrefetchDataset", Input: []tf.Input{data, tg.Const(d.SubScope("ahead"), int64(ahead))}, Attrs: attributes,
	})
	return d.one(tf.OpSpec{Type: "OptionsDataset", Input: []tf.Input{data}, Attrs: withOption(attributes)})
}

// withOption adds that no time is spent on measuring each dataset for tuning, and on
// rewriting it: there is nothing to gain. It is TensorFlow's Options{autotune_options:
// {enabled: false}, optimization_options: {apply_default_optimizations: false}}.
func withOption(attributes map[string]any) map[string]any {
	attributes = maps.Clone(attributes)
	attributes["serialized_options"] = "\x1a\x02\x08\x00\x3a\x02\x08\x00"
	return attributes
}

// iterator adds an iterator and returns its handle.
func (d dataOps) iterator(name string, components int) tf.Output {
	attributes := d.attributes(components)
	attributes["shared_name"], attributes["container"] = name, ""
	return d.one(tf.OpSpec{Type: "IteratorV2", Attrs: attributes})
}

// next returns the iterator's next element, a string made of its components.
func (d dataOps) next(iterator tf.Output, components int) tf.Output {
	if d.Err() != nil {
		return tf.Output{}
	}
	got := d.AddOperation(tf.OpSpec{Type: "IteratorGetNext", Input: []tf.Input{iterator}, Attrs: d.attributes(components)})
	if d.Err() != nil {
		return tf.Output{}
	}
	parts := make([]tf.Output, components)
	for i := range parts {
		parts[i] = got.Output(i)
	}
	if components == 1 {
		return parts[0]
	}
	return op.StringJoin(d.SubScope("joined"), parts)
}

// start returns the op that begins to read data.
func (d dataOps) start(data, iterator tf.Output) *tf.Operation {
	if d.Err() != nil {
		return nil
	}
	return d.AddOperation(tf.OpSpec{Type: "MakeIterator", Input: []tf.Input{data, iterator}})
}

// rowBytes returns the size of a row in the files.
func (b *builder) rowBytes() int64 { return 4 * int64(b.Model.Inputs+1) }

// columnsOf returns the points of rows, a string of float32 [count, inputs+1]: the
// scaled inputs and a row of ones, [inputs+1, count], and the labels, [Labels, count].
func (b *builder) columnsOf(s *op.Scope, rows tf.Output, count int) (x, labels tf.Output) {
	inputs := b.Model.Inputs
	values := op.DecodeRaw(s, rows, tf.Float)
	shaped := op.Reshape(s, values, tg.Const(s.SubScope("shape"), []int32{int32(count), int32(inputs + 1)}))
	raw := op.Transpose(s, shaped, tg.Const(s.SubScope("order"), []int32{1, 0})) // [inputs+1, count]
	ls := s.SubScope("labels")
	labels = b.labelsOf(ls, op.Slice(ls, raw, tg.Const(s, []int32{int32(inputs), 0}), tg.Const(s, []int32{1, int32(count)})))
	factor := append(append([]float32{}, b.Stream.Factor...), 0) // the target's row becomes that of ones
	offset := append(append([]float32{}, b.Stream.Offset...), 1)
	shape := []int64{int64(inputs + 1), 1}
	ss := s.SubScope("scale")
	scaled := op.Mul(ss, raw, tg.Const(ss, tensor(ss, factor, shape)))
	return op.Add(ss, scaled, tg.Const(ss, tensor(ss, offset, shape))), labels
}

// labelsOf returns the labels of targets, [1, count] -> [Labels, count].
func (b *builder) labelsOf(s *op.Scope, targets tf.Output) tf.Output {
	switch classes := b.Stream.Classes; {
	case classes == nil:
		ss, os := s.SubScope("factor"), s.SubScope("offset")
		return op.Add(s, op.Mul(s, targets, tg.Const(ss, b.Stream.TargetFactor)), tg.Const(os, b.Stream.TargetOffset))
	case len(classes) == 2 && !b.Model.Output.OneHot:
		return tg.Cast(s, op.Equal(s, targets, tg.Const(s.SubScope("second"), classes[1])), tf.Float)
	default:
		for len(classes) < b.Model.Labels() { // units that stand for no class
			classes = append(slices.Clip(classes), float32(math.NaN()))
		}
		all := tg.Const(s.SubScope("classes"), tensor(s, classes, []int64{int64(len(classes)), 1}))
		labels := tg.Cast(s, op.Equal(s, targets, all), tf.Float)
		if b.Model.Output.OneHot {
			return labels
		}
		numbers := make([]float32, len(classes))
		for class := range numbers {
			numbers[class] = float32(class)
		}
		ns := s.SubScope("number")
		return op.MatMul(ns, tg.Const(ns, tensor(ns, numbers, []int64{1, int64(len(classes))})), labels)
	}
}

// batchComponents returns of how many strings a batch is made: one of each stratum, the
// two of the rest, and what fills the last one up; without a shuffle a block each.
func (b *builder) batchComponents() int {
	if !b.Stream.Shuffle {
		return 1
	}
	return len(b.Stream.Blocks) + 3
}

// streamBatch adds the iterator of the training rows, and returns the points of the
// step's batch. What fills the last one up is zeros.
func (b *builder) streamBatch(s *op.Scope) points {
	d := dataOps{s}
	var rows tf.Output
	if b.Stream.Shuffle {
		rows = d.next(d.iterator(trainIterator, b.batchComponents()), b.batchComponents())
	} else {
		rows = b.padded(s.SubScope("fill"), d.nextVector(d.vectorIterator(trainIterator)), b.BatchSize)
	}
	x, labels := b.columnsOf(s, rows, b.BatchSize)
	if r := b.Model.Replicas; r > 1 { // all see the same batches
		is, ls := s.SubScope("replica_inputs"), s.SubScope("replica_labels")
		x = op.BroadcastTo(is, x, tg.Const(is, grouped(r, b.Model.Inputs+1, b.BatchSize)))
		labels = op.BroadcastTo(ls, labels, tg.Const(ls, grouped(r, b.Model.Labels(), b.BatchSize)))
	}
	shape := grouped(b.Model.Replicas, 1, b.BatchSize)
	weights := op.Placeholder(s.SubScope("weights"), tf.Float, op.PlaceholderShape(tf.MakeShape(shape...)))
	b.program.Step.Feeds = []tf.Output{weights}
	b.program.Batch = Call{Fetches: []tf.Output{x, labels}}
	return points{x: x, labels: labels, weights: weights, count: b.BatchSize}
}

// trainIterator is the name of the iterator of the training rows.
const trainIterator = "train_rows"

// vectorIterator is an iterator of vectors of strings, nextVector its next one, joined.
func (d dataOps) vectorIterator(name string) tf.Output {
	return d.one(tf.OpSpec{Type: "IteratorV2", Attrs: d.vectors(map[string]any{"shared_name": name, "container": ""})})
}

func (d dataOps) nextVector(iterator tf.Output) tf.Output {
	next := d.one(tf.OpSpec{Type: "IteratorGetNext", Input: []tf.Input{iterator}, Attrs: d.vectors(map[string]any{})})
	if d.Err() != nil {
		return tf.Output{}
	}
	return op.ReduceJoin(d.SubScope("joined"), next, tg.Const(d.SubScope("axis"), int32(0)))
}

// vectors adds the types and shapes of vectors of strings to attributes.
func (d dataOps) vectors(attributes map[string]any) map[string]any {
	attributes["output_types"], attributes["output_shapes"] = []tf.DataType{tf.String}, []tf.Shape{tf.MakeShape(-1)}
	return attributes
}

// padded appends zeros to rows, a string, so that they become count.
func (b *builder) padded(s *op.Scope, rows tf.Output, count int) tf.Output {
	size := int64(count) * b.rowBytes()
	zeros := tg.Const(s.SubScope("zeros"), string(make([]byte, size)))
	missing := op.Sub(s, tg.Const(s.SubScope("size"), int32(size)), op.StringLength(s, rows))
	return op.StringJoin(s, []tf.Output{rows, op.Substr(s, zeros, tg.Const(s.SubScope("from"), int32(0)), missing)})
}

// planSize is how many numbers StartData is fed of a stratum: of its three Records header
// and footer, how many blocks are missing at the end, and two seeds. restSize is that of
// each part of the rest: header, footer, bytes of the record, and whether it is missing.
const (
	planSize = 3*2 + 1 + 2
	restSize = 4
)

// addStream adds StartData, which begins an epoch's reading: of every stratum a dataset
// of as many strings as there are steps, all side by side, so that a batch takes one of
// each.
func (b *builder) addStream(s *op.Scope) {
	strata, d := len(b.Stream.Blocks), dataOps{s}
	call := &b.program.StartData
	files := func(d dataOps) tf.Output {
		placeholder := op.Placeholder(d.SubScope("files"), tf.String, op.PlaceholderShape(tf.MakeShape(-1)))
		call.Feeds = append(call.Feeds, placeholder)
		return placeholder
	}
	numbers := int64(strata*planSize + 2*restSize)
	plan := op.Placeholder(s.SubScope("plan"), tf.Int64, op.PlaceholderShape(tf.MakeShape(numbers)))
	skip := op.Placeholder(s.SubScope("skip"), tf.Int64, op.PlaceholderShape(tf.ScalarShape()))
	call.Feeds = append(call.Feeds, plan, skip)
	if s.Err() != nil {
		return
	}
	plans := op.Unpack(s.SubScope("numbers"), plan, numbers)
	if s.Err() != nil {
		return
	}
	empty := d.text("")
	var columns []tf.Output
	for i, block := range b.Stream.Blocks {
		ds := dataOps{s.SubScope("stratum")}
		record := tg.Const(ds.SubScope("block"), int64(block)*b.rowBytes())
		v := plans[i*planSize : (i+1)*planSize]
		rows := d.concatenate(
			d.concatenate(ds.records(files(ds), v[0], record, v[1], streamBuffer), ds.records(files(ds), v[2], record, v[3], streamBuffer)),
			ds.records(files(ds), v[4], record, v[5], streamBuffer),
		)
		if b.Stream.Shuffle {
			rows = ds.shuffled(rows, b.Stream.ShuffleBlocks, v[7], v[8])
			rows = ds.concatenate(rows, ds.take(empty, v[6]))
		}
		columns = append(columns, rows)
	}
	var rest [2]tf.Output
	for i := range rest {
		ds, v := dataOps{s.SubScope("rest")}, plans[strata*planSize+i*restSize:]
		rest[i] = ds.records(files(ds), v[0], v[2], v[1], streamBuffer)
		if b.Stream.Shuffle {
			rest[i] = ds.concatenate(b.emptyButLast(ds, empty), ds.concatenate(rest[i], ds.take(empty, v[3])))
		}
	}
	var start *tf.Operation
	if again := (dataOps{s.SubScope("again")}); b.Stream.Shuffle {
		start = d.start(b.together(d, append(columns, rest[:]...), empty, skip), again.iterator(trainIterator, b.batchComponents()))
	} else {
		rows := d.concatenate(columns[0], d.concatenate(rest[0], rest[1]))
		start = d.start(b.inOrder(d, rows, skip), again.vectorIterator(trainIterator))
	}
	call.Targets = []*tf.Operation{start}
}

// shuffled draws the order of a stratum's blocks.
func (d dataOps) shuffled(data tf.Output, buffer int, seed, seed2 tf.Output) tf.Output {
	generator := d.one(tf.OpSpec{Type: "DummySeedGenerator"})
	attributes := d.attributes(1)
	attributes["reshuffle_each_iteration"] = false
	return d.one(tf.OpSpec{
		Type:  "ShuffleDatasetV3",
		Input: []tf.Input{data, tg.Const(d.SubScope("buffer"), int64(buffer)), seed, seed2, generator},
		Attrs: attributes,
	})
}

// emptyButLast is an empty string for each step but the last.
func (b *builder) emptyButLast(d dataOps, empty tf.Output) tf.Output {
	steps := blockCount(b.Stream.TrainRows, b.BatchSize)
	return d.add("RepeatDataset", 1, empty, tg.Const(d.SubScope("steps"), int64(steps-1)))
}

// together is the batches, a component each of the columns and one that fills the last
// batch up.
func (b *builder) together(d dataOps, columns []tf.Output, empty, skip tf.Output) tf.Output {
	missing := blockCount(b.Stream.TrainRows, b.BatchSize)*b.BatchSize - b.Stream.TrainRows
	fill := d.text(string(make([]byte, int64(missing)*b.rowBytes())))
	columns = append(columns, d.concatenate(b.emptyButLast(d, empty), fill))
	count := b.batchComponents()
	all := d.add("ZipDataset", count, tf.OutputList(columns))
	all = d.add("SkipDataset", count, all, skip)
	return d.prefetched(all, d.attributes(count))
}

// inOrder is the batches as vectors of blocks.
func (b *builder) inOrder(d dataOps, rows, skip tf.Output) tf.Output {
	count := tg.Const(d.SubScope("blocks"), int64(b.BatchSize/b.Stream.Blocks[0]))
	keep := tg.Const(d.SubScope("drop"), false)
	add := func(kind string, inputs ...tf.Input) tf.Output {
		return d.one(tf.OpSpec{Type: kind, Input: inputs, Attrs: d.vectors(map[string]any{})})
	}
	batches := add("BatchDatasetV2", rows, count, keep)
	batches = add("SkipDataset", batches, skip)
	return d.prefetched(batches, d.vectors(map[string]any{}))
}

// Feed returns what the program's StartData is fed, for points of so many inputs.
func (s *Stream) Feed(e *EpochRecords, inputs int) ([]*tf.Tensor, error) {
	row := 4 * int64(inputs+1)
	var files [][]string
	var plan []int64
	for _, stratum := range e.Strata {
		for _, r := range stratum.Records {
			files, plan = append(files, r.Files), append(plan, r.Header, r.Footer)
		}
		missing := int64(1)
		if stratum.Last {
			missing = 0
		}
		plan = append(plan, missing, stratum.Seed[0], stratum.Seed[1])
	}
	for _, r := range e.Rest {
		missing := int64(0)
		if r.Count == 0 {
			missing = 1
		}
		files, plan = append(files, r.Files), append(plan, r.Header, r.Footer, int64(max(1, r.Rows))*row, missing)
	}
	values := []any{plan, int64(e.Skip)}
	for _, list := range files {
		values = append(values, list)
	}
	tensors := make([]*tf.Tensor, len(values))
	for i, value := range values {
		var err error
		if tensors[i], err = tf.NewTensor(value); err != nil {
			return nil, fmt.Errorf("make a tensor of an epoch's order: %w", err)
		}
	}
	return tensors, nil
}

// streamEvalChunks returns the loss and accuracy over a stream's training rows, unless they
// are taken from the steps, and over its test rows; nothing without a stream.
func (b *builder) streamEvalChunks(s *op.Scope) (train, test []tf.Output) {
	if b.Stream == nil {
		return nil, nil
	}
	if !b.RunningMetrics {
		train = b.streamChunks(s.SubScope("stream_train"), false, b.Stream.TrainRows)
	}
	return train, b.streamChunks(s.SubScope("stream_test"), true, b.Stream.TestRows)
}

// trainRows returns the number of rows that train.
func (b *builder) trainRows() int {
	if b.Stream != nil {
		return b.Stream.TrainRows
	}
	return b.Train.Len()
}

// streamChunks returns loss and accuracy, [replica] each, over all test or training rows,
// in chunks, which read them once.
func (b *builder) streamChunks(s *op.Scope, test bool, rows int) []tf.Output {
	m, d := b.Model, dataOps{s}
	records, size := b.Stream.Chunks(test, min(b.chunk(rows, 1), chunkRows))
	count := 0
	var data tf.Output
	for i, r := range records {
		count += r.Count
		if read := d.constant(r, b.rowBytes(), chunkBuffer); i == 0 {
			data = read
		} else {
			data = d.concatenate(data, read)
		}
	}
	iterator := d.iterator(map[bool]string{false: "measured_train_rows", true: "measured_test_rows"}[test], 1)
	start := d.start(d.prefetched(data, d.attributes(1)), iterator)
	read := d.next(iterator, 1)
	x, labels := b.columnsOf(s.SubScope("rows"), b.padded(s.SubScope("fill"), read, size), size)
	p := points{x: x, labels: labels, weights: b.shares(s.SubScope("weights"), read, size, rows), count: size, shared: true}
	z := logits(m.forward(m.layerScopes(s), m.Replicas, b.folded, b.affine, p))
	// The index is not used here; it is fed as to all EvalChunks.
	index := op.Placeholder(s.SubScope("index"), tf.Int32, op.PlaceholderShape(tf.ScalarShape()))
	chunks := &EvalChunks{Call: Call{Feeds: []tf.Output{index}}, Count: count, Begin: Call{Targets: []*tf.Operation{start}}}
	weights := p.weights
	if !test {
		weights = b.lossWeights(s, p)
	}
	return b.totals(s.SubScope("total"), []tf.Output{
		m.loss(s.SubScope("loss"), z, p.labels, weights),
		m.metric(s.SubScope("accuracy"), z, p.labels, p.weights),
	}, chunks)
}

// shares returns the weights, [1, size], of the points that were read, a string: 1/rows
// each, and 0 for what fills them up.
func (b *builder) shares(s *op.Scope, read tf.Output, size, rows int) tf.Output {
	ends := make([]int32, size) // of each point, in bytes
	for i := range ends {
		ends[i] = int32(int64(i+1) * b.rowBytes())
	}
	within := op.LessEqual(s, tg.Const(s.SubScope("ends"), tensor(s, ends, []int64{1, int64(size)})), op.StringLength(s, read))
	ss := s.SubScope("share")
	return op.Mul(ss, tg.Cast(ss, within, tf.Float), tg.Const(ss, 1/float32(rows)))
}
