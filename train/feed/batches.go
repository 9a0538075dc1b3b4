//go:build tensorflow

package feed

import (
	"math/rand/v2"
	"slices"

	tf "github.com/galeone/tensorflow/tensorflow/go"

	"gradwatch/graph"
	"gradwatch/internal/dataset"
)

// Replica is what decides what one replica is fed.
type Replica struct {
	Seed         uint32
	Shuffle      bool // draws an order of the rows for each epoch
	LearningRate float64
}

// Batches makes the batches of training rows that steps are fed, all in the same tensors.
type Batches struct {
	Count, size  int // batches of an epoch, and rows of each but the last
	rows, inputs int
	replicas     []Replica
	model        graph.Model
	x            []float32 // [row, inputs]
	y            []float64 // [row]
	orders       [][]int32 // by replica, [batch, size]; the last batch is filled up with row 0
	random       *rand.PCG

	fedInputs, fedLabels *tf.Tensor
	inputValues          []float32    // of fedInputs, [replica, inputs+1, size], the last row ones
	labelValues          []float32    // of fedLabels, [replica, labels, size]
	fed                  []*tf.Tensor // what Load returns
	streamed             bool         // the graph reads the rows
	// fullWeights and lastWeights are each point's weight, [replica, 1, size]: 1
	// over the number of points, 0 for those that fill up the last batch.
	fullWeights, lastWeights *tf.Tensor
}

// NewBatches returns the batches of points in memory, so many rows each, for a model's replicas.
func NewBatches(points *dataset.Examples, m graph.Model, size int, replicas []Replica) (*Batches, error) {
	rows, inputs := points.Len(), points.Features()
	b := &Batches{
		Count: (rows + size - 1) / size, size: size, rows: rows, inputs: inputs, replicas: replicas, model: m,
		random: rand.NewPCG(0, 0), fed: make([]*tf.Tensor, 0, 3),
	}
	for _, x := range points.X {
		b.x = append(b.x, float32(x))
	}
	b.y = points.Y
	for range replicas {
		order := make([]int32, b.Count*size)
		for i := range rows {
			order[i] = int32(i)
		}
		b.orders = append(b.orders, order)
	}
	return b, b.makeTensors()
}

// NewStreamedBatches returns the batches of a stream of that many training rows. The graph reads these,
// so only their weights are fed.
func NewStreamedBatches(rows, size int, replicas []Replica) (*Batches, error) {
	b := &Batches{Count: (rows + size - 1) / size, size: size, rows: rows, replicas: replicas, streamed: true}
	b.fed = make([]*tf.Tensor, 0, 1) // the weights
	return b, b.makeWeights()
}

func (b *Batches) makeTensors() error {
	if err := b.makeWeights(); err != nil {
		return err
	}
	replicas := len(b.replicas)
	ones := slices.Repeat([]float32{1}, replicas*(b.inputs+1)*b.size)
	var err error
	if b.fedInputs, err = graph.NewTensor(ones, b.shape(b.inputs+1)); err != nil {
		return err
	}
	if b.fedLabels, err = graph.NewTensor(make([]float32, replicas*b.model.Labels()*b.size), b.shape(b.model.Labels())); err != nil {
		return err
	}
	if b.inputValues, err = graph.Floats(b.fedInputs); err != nil {
		return err
	}
	b.labelValues, err = graph.Floats(b.fedLabels)
	return err
}

// shape returns the shape of a batch's tensor of so many rows.
func (b *Batches) shape(rows int) []int64 {
	if len(b.replicas) == 1 {
		return []int64{int64(rows), int64(b.size)}
	}
	return []int64{int64(len(b.replicas)), int64(rows), int64(b.size)}
}

func (b *Batches) makeWeights() error {
	weights := func(n int) []float32 {
		replica := append(slices.Repeat([]float32{1 / float32(n)}, n), make([]float32, b.size-n)...)
		return slices.Repeat(replica, len(b.replicas))
	}
	var err error
	if b.fullWeights, err = graph.NewTensor(weights(b.size), b.shape(1)); err != nil {
		return err
	}
	b.lastWeights, err = graph.NewTensor(weights(b.rows-(b.Count-1)*b.size), b.shape(1))
	return err
}

// Shuffle draws the order of an epoch's rows: for each replica, a permutation that depends only on its
// seed and the epoch.
func (b *Batches) Shuffle(epoch int) {
	for r, order := range b.orders {
		if !b.replicas[r].Shuffle {
			continue
		}
		order = order[:b.rows]
		for i := range order {
			order[i] = int32(i)
		}
		b.random.Seed(uint64(b.replicas[r].Seed), uint64(epoch))
		random := rand.New(b.random)
		for i := uint64(len(order)) - 1; i > 0; i-- {
			j := random.Uint64N(i + 1)
			order[i], order[j] = order[j], order[i]
		}
	}
}

// Load returns the tensors of a batch: inputs, labels and weights; of a stream only the weights. They
// are valid until the next call.
func (b *Batches) Load(batch int) []*tf.Tensor {
	weights := b.fullWeights
	if batch == b.Count-1 {
		weights = b.lastWeights
	}
	if b.streamed {
		return append(b.fed[:0], weights)
	}
	for r, order := range b.orders {
		order = order[batch*b.size : (batch+1)*b.size]
		each := b.model.Labels() * b.size
		labels := b.labelValues[r*each : (r+1)*each]
		if each > b.size {
			clear(labels)
		}
		for j, row := range order {
			b.model.PutLabel(labels, b.size, j, b.y[row])
		}
		for f := range b.inputs {
			at := (r*(b.inputs+1) + f) * b.size
			values := b.inputValues[at : at+b.size]
			for j, row := range order {
				values[j] = b.x[int(row)*b.inputs+f]
			}
		}
	}
	return append(b.fed[:0], b.fedInputs, b.fedLabels, weights)
}
