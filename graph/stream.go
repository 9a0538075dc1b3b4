package graph

import (
	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	tg "github.com/galeone/tfgo"
)

// Stream says that a program's points come from a file, row by row, and not from
// Spec.Train and Spec.Test, which then are samples of them. Rows are float32, inputs
// and then the target.
type Stream struct {
	// Path is the file with the training rows, TestPath that with the test rows.
	Path, TestPath string
	// Factor and Offset scale the inputs.
	Factor, Offset []float32
	// Blocks are how many rows of each stratum a full batch has: see stream.Order, of
	// which an epoch's Pieces come.
	Blocks []int
	// Shuffle draws the order of a stratum's blocks; ShuffleBlocks is how many of them
	// the buffer holds.
	Shuffle       bool
	ShuffleBlocks int
	// Train and Test are the rows of these files that train and test.
	Train, Test RowRange
	// Bytes and TestBytes are the files' sizes.
	Bytes, TestBytes int64
}

// RowRange is rows of a file.
type RowRange struct{ First, Rows int }

const (
	// ahead is how many batches are read and joined while others train.
	ahead = 4
	// sweepRows is how many rows are measured in a call, if they fit: some megabytes of
	// activations, which a processor's cache can hold.
	sweepRows = 4096
	// streamBuffer is how much of a file is read at once, for each of many places in it;
	// sweepBuffer where there is one.
	streamBuffer = 64 << 10
	sweepBuffer  = 4 << 20
)

// dataOps adds ops of tf.data. Their outputs are what TensorFlow calls variants.
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

// records are count records of that many bytes from a place of a file on; what lies
// beyond them is footer.
func (d dataOps) records(file, header, bytes, footer tf.Output, buffer int) tf.Output {
	size := tg.Const(d.SubScope("buffer"), int64(buffer))
	plain := tg.Const(d.SubScope("compression"), "")
	return d.add("FixedLengthRecordDatasetV2", 0, file, header, bytes, footer, size, plain)
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
func (d dataOps) prefetched(data tf.Output, components int) tf.Output {
	return d.add("PrefetchDataset", components, data, tg.Const(d.SubScope("ahead"), int64(ahead)))
}

// iterator adds an iterator and returns its handle.
func (d dataOps) iterator(name string, components int) tf.Output {
	if d.Err() != nil {
		return tf.Output{}
	}
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
// scaled inputs and a row of ones, [inputs+1, count], and the targets, [1, count].
func (b *builder) columnsOf(s *op.Scope, rows tf.Output, count int) (x, labels tf.Output) {
	inputs := b.Model.Inputs
	values := op.DecodeRaw(s, rows, tf.Float)
	shaped := op.Reshape(s, values, tg.Const(s.SubScope("shape"), []int32{int32(count), int32(inputs + 1)}))
	raw := op.Transpose(s, shaped, tg.Const(s.SubScope("order"), []int32{1, 0})) // [inputs+1, count]
	labels = op.Slice(s.SubScope("labels"), raw, tg.Const(s, []int32{int32(inputs), 0}), tg.Const(s, []int32{1, int32(count)}))
	factor := append(append([]float32{}, b.Stream.Factor...), 0) // the target's row becomes that of ones
	offset := append(append([]float32{}, b.Stream.Offset...), 1)
	shape := []int64{int64(inputs + 1), 1}
	ss := s.SubScope("scale")
	scaled := op.Mul(ss, raw, tg.Const(ss, tensor(ss, factor, shape)))
	return op.Add(ss, scaled, tg.Const(ss, tensor(ss, offset, shape))), labels
}

// streamBatch adds the iterator of the training rows, and returns the points of the
// step's batch. What fills the last one up is zeros.
func (b *builder) streamBatch(s *op.Scope) points {
	components := len(b.Stream.Blocks) + 1
	d := dataOps{s}
	rows := d.next(d.iterator("train_rows", components), components)
	x, labels := b.columnsOf(s, rows, b.BatchSize)
	if r := b.Model.Replicas; r > 1 { // all see the same batches
		rs := s.SubScope("replicas")
		x = op.BroadcastTo(rs.SubScope("inputs"), x, tg.Const(rs, grouped(r, b.Model.Inputs+1, b.BatchSize)))
		ls := rs.SubScope("labels")
		labels = op.BroadcastTo(ls, labels, tg.Const(ls, grouped(r, 1, b.BatchSize)))
	}
	shape := grouped(b.Model.Replicas, 1, b.BatchSize)
	weights := op.Placeholder(s.SubScope("weights"), tf.Float, op.PlaceholderShape(tf.MakeShape(shape...)))
	b.program.Step.Feeds = []tf.Output{weights}
	b.program.Batch = Call{Fetches: []tf.Output{x, labels}}
	return points{x: x, labels: labels, weights: weights, count: b.BatchSize}
}

// PieceValues is the number of values that the program's StartData is fed of a stratum: of
// each of its three pieces where it begins, how many bytes its records have, and how many
// come after it, and how many empty records are put behind; then the two seeds.
const PieceValues = 3*3 + 1 + 2

// Feed appends what StartData is fed of a stratum. Pieces are the first row, the
// rows of a block and the number of blocks.
func (s *Stream) Feed(values []int64, inputs int, pieces [3][3]int, seed [2]int64) []int64 {
	row := 4 * int64(inputs+1)
	for _, p := range pieces {
		first, size, count := int64(p[0])*row, int64(p[1])*row, int64(p[2])
		if count == 0 {
			first, size = 0, row
		}
		values = append(values, first, size, s.Bytes-first-size*count)
	}
	empty := int64(0)
	if pieces[2][2] == 0 {
		empty = 1
	}
	return append(values, empty, seed[0], seed[1])
}

// streaming adds StartData, which begins an epoch's reading: of every stratum a dataset
// of as many strings as there are steps, side by side, and one that fills the last batch
// up.
func (b *builder) streaming(s *op.Scope) {
	strata := len(b.Stream.Blocks)
	d := dataOps{s}
	plan := op.Placeholder(s.SubScope("plan"), tf.Int64, op.PlaceholderShape(tf.MakeShape(int64(strata), PieceValues)))
	skip := op.Placeholder(s.SubScope("skip"), tf.Int64, op.PlaceholderShape(tf.ScalarShape()))
	file := tg.Const(s.SubScope("file"), []string{b.Stream.Path})
	empty := d.text("")
	columns := make([]tf.Output, 0, strata+1)
	for i, stratum := range unpack(s.SubScope("strata"), plan, strata, 0) {
		columns = append(columns, b.stratum(dataOps{s.SubScope("stratum")}, i, stratum, file, empty))
	}
	steps := blockCount(b.Stream.Train.Rows, b.BatchSize)
	missing := int64(steps*b.BatchSize-b.Stream.Train.Rows) * b.rowBytes()
	none := d.add("RepeatDataset", 1, empty, tg.Const(s.SubScope("full"), int64(steps-1)))
	columns = append(columns, d.concatenate(none, d.text(string(make([]byte, missing)))))

	all := d.add("ZipDataset", len(columns), tf.OutputList(columns))
	all = d.add("SkipDataset", len(columns), all, skip)
	all = d.prefetched(all, len(columns))
	start := d.start(all, dataOps{s.SubScope("again")}.iterator("train_rows", len(columns)))
	b.program.StartData = Call{Feeds: []tf.Output{plan, skip}, Targets: []*tf.Operation{start}}
}

// unpack returns the slices of values along an axis.
func unpack(s *op.Scope, values tf.Output, count int, axis int64) []tf.Output {
	if s.Err() != nil {
		return nil
	}
	return op.Unpack(s, values, int64(count), op.UnpackAxis(axis))
}

// stratum returns the dataset of one stratum.
func (b *builder) stratum(d dataOps, i int, plan, file, empty tf.Output) tf.Output {
	v := unpack(d.SubScope("plan"), plan, PieceValues, 0)
	if d.Err() != nil {
		return tf.Output{}
	}
	blocks := d.concatenate(
		d.records(file, v[0], v[1], v[2], streamBuffer),
		d.records(file, v[3], v[4], v[5], streamBuffer),
	)
	if b.Stream.Shuffle {
		generator := d.one(tf.OpSpec{Type: "DummySeedGenerator"})
		attributes := d.attributes(1)
		attributes["reshuffle_each_iteration"] = false
		blocks = d.one(tf.OpSpec{
			Type:  "ShuffleDatasetV3",
			Input: []tf.Input{blocks, tg.Const(d.SubScope("blocks"), int64(b.Stream.ShuffleBlocks)), v[10], v[11], generator},
			Attrs: attributes,
		})
	}
	all := d.concatenate(blocks, d.records(file, v[6], v[7], v[8], streamBuffer))
	return d.concatenate(all, d.take(empty, v[9]))
}

// sweepStreams returns the loss and accuracy over a stream's training rows, unless they
// are taken from the steps, and over its test rows; nothing without a stream.
func (b *builder) sweepStreams(s *op.Scope) (train, test []tf.Output) {
	if b.Stream == nil {
		return nil, nil
	}
	if !b.RunningMetrics {
		train = b.sweepStream(s.SubScope("stream_train"), "measured_train_rows", b.Stream.Path, b.Stream.Bytes, b.Stream.Train)
	}
	return train, b.sweepStream(s.SubScope("stream_test"), "measured_test_rows", b.Stream.TestPath, b.Stream.TestBytes, b.Stream.Test)
}

// trainRows returns the number of rows that train.
func (b *builder) trainRows() int {
	if b.Stream != nil {
		return b.Stream.Train.Rows
	}
	return b.Train.Len()
}

// sweepStream returns loss and accuracy, [replica] each, over rows of a file, in a sweep
// that reads it once.
func (b *builder) sweepStream(s *op.Scope, name, path string, bytes int64, rows RowRange) []tf.Output {
	m, row := b.Model, b.rowBytes()
	size := min(b.chunk(rows.Rows, 1), sweepRows)
	chunks := blockCount(rows.Rows, size)
	full := rows.Rows / size

	d := dataOps{s}
	file := tg.Const(s.SubScope("file"), []string{path})
	place := func(name string, at int64) tf.Output { return tg.Const(s.SubScope(name), at) }
	begin, end := int64(rows.First)*row, int64(rows.First+full*size)*row
	data := d.records(file, place("header", begin), place("record", int64(size)*row), place("footer", bytes-end), sweepBuffer)
	if left := int64(rows.Rows - full*size); left > 0 {
		last := d.records(file, place("header", end), place("record", left*row), place("footer", bytes-end-left*row), sweepBuffer)
		data = d.concatenate(data, last)
	}
	iterator := d.iterator(name, 1)
	start := d.start(d.prefetched(data, 1), iterator)
	read := d.next(iterator, 1)
	padding := int64(chunks*size-rows.Rows) * row
	index := op.Placeholder(s.SubScope("index"), tf.Int32, op.PlaceholderShape(tf.ScalarShape()))
	if padding > 0 {
		read = b.padded(s.SubScope("pad"), read, index, chunks, padding)
	}
	x, labels := b.columnsOf(s.SubScope("rows"), read, size)
	p := points{x: x, labels: labels, weights: b.shares(s.SubScope("weights"), index, size, rows.Rows), count: size, shared: true}
	z := logits(m.forward(m.layerScopes(s), m.Replicas, b.folded, p))
	sweep := &Sweep{Call: Call{Feeds: []tf.Output{index}}, Count: chunks, Begin: Call{Targets: []*tf.Operation{start}}}
	return b.totals(s.SubScope("total"), []tf.Output{
		binaryCrossEntropy(s.SubScope("loss"), z, p.labels, p.weights),
		binaryAccuracy(s.SubScope("accuracy"), z, p.labels, p.weights),
	}, sweep)
}

// padded appends zeros to the last chunk.
func (b *builder) padded(s *op.Scope, read, index tf.Output, chunks int, padding int64) tf.Output {
	texts := tg.Const(s.SubScope("texts"), []string{"", string(make([]byte, padding))})
	last := tg.Cast(s, op.Equal(s, index, tg.Const(s, int32(chunks-1))), tf.Int32)
	zeros := op.GatherV2(s, texts, last, tg.Const(s.SubScope("axis"), int32(0)))
	return op.StringJoin(s, []tf.Output{read, zeros})
}

// shares returns each point's weight in the chunk of that index, [1, size]: 1/rows, 0 for
// what fills up the last one.
func (b *builder) shares(s *op.Scope, index tf.Output, size, rows int) tf.Output {
	positions := make([]int32, size)
	for i := range positions {
		positions[i] = int32(i)
	}
	begin := op.Mul(s, tg.Cast(s, index, tf.Int64), tg.Const(s.SubScope("size"), int64(size)))
	left := tg.Cast(s.SubScope("left"), op.Minimum(s,
		op.Sub(s, tg.Const(s.SubScope("rows"), int64(rows)), begin), tg.Const(s.SubScope("most"), int64(size))), tf.Int32)
	within := op.Less(s, tg.Const(s.SubScope("positions"), tensor(s, positions, []int64{1, int64(size)})), left)
	ss := s.SubScope("share")
	return op.Mul(ss, tg.Cast(ss, within, tf.Float), tg.Const(ss, 1/float32(rows)))
}
