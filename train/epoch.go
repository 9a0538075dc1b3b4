package train

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"

	tf "github.com/galeone/tensorflow/tensorflow/go"

	"gradwatch/graph"
	"gradwatch/train/record"
)

// steps trains on each batch of an epoch once. When ctx is done it returns
// errStopped after the step under way.
func (t *trainer) steps(ctx context.Context, epoch int) error {
	order, err := t.order.tensor(epoch)
	if err != nil {
		return err
	}
	if _, err := t.call(t.program.Shuffle, order); err != nil {
		return err
	}
	step := t.program.Step
	feeds := make(map[tf.Output]*tf.Tensor, 1)
	for batch := range t.batches {
		if ctx.Err() != nil {
			return errStopped
		}
		feeds[step.Feeds[0]] = t.indices[batch]
		if _, err := t.session.Run(feeds, nil, step.Targets); err != nil {
			return fmt.Errorf("epoch %d, step %d: %w", epoch, batch, oneLine(err))
		}
	}
	return nil
}

// measure records the epoch: its scalars and histograms in the event file, its
// rows in the history.
func (t *trainer) measure(epoch int) error {
	for _, sweep := range t.program.Sweeps {
		for i := range sweep.Count {
			if _, err := t.call(sweep.Call, t.indices[i]); err != nil {
				return fmt.Errorf("measure epoch %d: %w", epoch, err)
			}
		}
	}
	number, err := tf.NewTensor(int64(epoch))
	if err != nil {
		return fmt.Errorf("make the epoch's tensor: %w", err)
	}
	call := t.program.Measure
	if t.run.HistogramFreq > 0 && epoch%t.run.HistogramFreq == 0 {
		call = t.program.MeasureWithHistograms
	}
	fetched, err := t.call(call, number)
	if err != nil && strings.Contains(err.Error(), "summary histogram") {
		// A histogram refuses NaN; the scalars and the record take it, and the
		// run ends by what they say.
		fetched, err = t.call(t.program.Measure, number)
	}
	if err != nil {
		return fmt.Errorf("measure epoch %d: %w", epoch, err)
	}
	values, err := floats(fetched[0])
	if err != nil {
		return err
	}
	t.fillRows(epoch, values)
	t.summary.Epochs = epoch + 1
	if err := t.history.Write(t.rows...); err != nil {
		return fmt.Errorf("write %s: %w", t.history.path, err)
	}
	if err := t.events.check(); err != nil {
		return err
	}
	if t.options.Epoch != nil {
		t.options.Epoch(t.rows)
	}
	return nil
}

// fillRows sets the rows from a record, [RecordSize, replica].
func (t *trainer) fillRows(epoch int, values []float32) {
	replicas, layers := t.model.Replicas, len(t.model.Layers)
	value := func(i, r int) float64 { return float64(values[i*replicas+r]) }
	for r := range t.rows {
		row := &t.rows[r]
		row.Epoch = epoch
		row.Loss, row.Accuracy, row.ValLoss, row.ValAccuracy = value(0, r), value(1, r), value(2, r), value(3, r)
		for k := range layers {
			row.GradientL2[k] = value(4+k, r)
			row.KernelL1[k] = value(4+layers+k, r)
		}
	}
}

// newRows returns a row for each replica.
func newRows(m graph.Model) []record.Row {
	rows := make([]record.Row, m.Replicas)
	for r := range rows {
		rows[r] = record.Row{
			Replica:    r,
			GradientL2: make([]float64, len(m.Layers)),
			KernelL1:   make([]float64, len(m.Layers)),
		}
	}
	return rows
}

// batchOrder gives the order in which rows are trained on.
type batchOrder struct {
	rows, size int
	seeds      []uint32
	shuffle    bool

	batches int
	values  []int32 // [batch, replica, size]
	order   []int32 // of one replica
	made    int     // bytes of tensors made since the last collection
}

// collectAfter is how many bytes of tensors are made before the garbage
// collector is called: it does not see TensorFlow's memory.
const collectAfter = 64 << 20

// tensor returns the epoch's order, [batch, replica, size]: of each replica a
// permutation that depends on its seed and the epoch alone. What fills up the
// last batch has no weight.
func (o *batchOrder) tensor(epoch int) (*tf.Tensor, error) {
	for r, seed := range o.seeds {
		for i := range o.order {
			o.order[i] = int32(i)
		}
		if o.shuffle {
			random := rand.New(rand.NewPCG(uint64(seed), uint64(epoch)))
			random.Shuffle(o.rows, func(i, j int) { o.order[i], o.order[j] = o.order[j], o.order[i] })
		}
		for b := range o.batches {
			at := (b*len(o.seeds) + r) * o.size
			copy(o.values[at:at+o.size], o.order[b*o.size:])
		}
	}
	o.made += 4 * len(o.values)
	if o.made > collectAfter {
		runtime.GC()
		o.made = 0
	}
	return graph.NewTensor(o.values, []int64{int64(o.batches), int64(len(o.seeds)), int64(o.size)})
}

func newBatchOrder(rows, size, batches int, seeds []uint32, shuffle bool) *batchOrder {
	return &batchOrder{
		rows: rows, size: size, seeds: seeds, shuffle: shuffle, batches: batches,
		values: make([]int32, batches*len(seeds)*size),
		order:  make([]int32, rows),
	}
}
