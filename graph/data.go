package graph

import (
	"fmt"

	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	tg "github.com/galeone/tfgo"

	"gradwatch/internal/dataset"
)

// tensor returns values in that shape, without copying them through nested
// slices.
func tensor[T float32 | int32](s *op.Scope, values []T, shape []int64) *tf.Tensor {
	t, err := NewTensor(values, shape)
	if err != nil {
		s.UpdateErr("tensor", err)
	}
	return t
}

// NewTensor returns values, in row-major order, as a tensor of that shape.
func NewTensor[T float32 | int32](values []T, shape []int64) (*tf.Tensor, error) {
	t, err := tf.NewTensor(values)
	if err != nil {
		return nil, fmt.Errorf("make a tensor of %d values: %w", len(values), err)
	}
	if err := t.Reshape(shape); err != nil {
		return nil, fmt.Errorf("give %d values the shape %v: %w", len(values), shape, err)
	}
	return t, nil
}

// rowsTable returns the points as rows for gathering batches: inputs, a one and
// the label, [rows, inputs+2].
func rowsTable(p *dataset.Points) []float32 {
	table := make([]float32, 0, p.Len()*(p.Features()+2))
	for i := range p.Len() {
		for _, x := range p.Row(i) {
			table = append(table, float32(x))
		}
		table = append(table, 1, float32(p.Y[i]))
	}
	return table
}

// columnBlocks returns the points as columns in blocks of size points: inputs,
// ones, labels and weights, [block, inputs+3, size]. The last block is filled
// up with points of weight 0; weight(n) is that of a point in a block that
// holds n.
func columnBlocks(p *dataset.Points, size int, weight func(n int) float32) []float32 {
	rows, inputs := p.Len(), p.Features()
	blocks := blockCount(rows, size)
	values := make([]float32, blocks*(inputs+3)*size)
	for b := range blocks {
		block := values[b*(inputs+3)*size : (b+1)*(inputs+3)*size]
		n := min(size, rows-b*size)
		for j := range n {
			i := b*size + j
			for f, x := range p.Row(i) {
				block[f*size+j] = float32(x)
			}
			block[(inputs+1)*size+j] = float32(p.Y[i])
			block[(inputs+2)*size+j] = weight(n)
		}
		for j := range size {
			block[inputs*size+j] = 1
		}
	}
	return values
}

// batchWeights returns each point's weight in its batch, 1 over the batch's
// number of points and 0 for those that fill up the last one, once for each
// replica: [batch, replica, 1, size].
func batchWeights(rows, size, replicas int) []float32 {
	batches := blockCount(rows, size)
	values := make([]float32, 0, batches*replicas*size)
	for b := range batches {
		n := min(size, rows-b*size)
		for range replicas {
			for j := range size {
				w := float32(0)
				if j < n {
					w = 1 / float32(n)
				}
				values = append(values, w)
			}
		}
	}
	return values
}

// blockCount returns the number of blocks of size that rows fill, the last one
// perhaps in part.
func blockCount(rows, size int) int { return (rows + size - 1) / size }

// split takes the columns [group, inputs+3, points] apart.
func splitColumns(s *op.Scope, columns tf.Output, inputs, count int) points {
	sizes := tg.Const(s.SubScope("sizes"), []int32{int32(inputs) + 1, 1, 1})
	parts := op.SplitV(s, columns, sizes, tg.Const(s.SubScope("axis"), int32(-2)), 3)
	if s.Err() != nil {
		return points{count: count}
	}
	return points{x: parts[0], labels: parts[1], weights: parts[2], count: count}
}
