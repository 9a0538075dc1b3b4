//go:build tensorflow

package graph

import (
	"errors"
	"fmt"
	"unsafe"

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

// NewScalar returns a tensor of one value.
func NewScalar[T int32 | int64 | float32 | string](value T) (*tf.Tensor, error) {
	t, err := tf.NewTensor(value)
	if err != nil {
		return nil, fmt.Errorf("make a tensor: %w", err)
	}
	return t, nil
}

// Floats returns the values of a float32 tensor in row-major order, without
// copying them: what is written there is in the tensor. It is valid as long as
// the tensor is.
func Floats(t *tf.Tensor) ([]float32, error) {
	if t.DataType() != tf.Float {
		return nil, fmt.Errorf("tensor of type %v: want float32", t.DataType())
	}
	var memory view
	if _, err := t.WriteContentsTo(&memory); err != nil {
		return nil, fmt.Errorf("read a tensor: %w", err)
	}
	if len(memory) == 0 {
		return nil, nil
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&memory[0])), len(memory)/4), nil
}

// view keeps what is written to it: of a tensor, which writes all of its memory
// at once, that memory itself.
type view []byte

func (v *view) Write(p []byte) (int, error) {
	if *v != nil {
		return 0, errors.New("a tensor came in parts")
	}
	*v = p
	return len(p), nil
}

// columnBlocks returns the points as columns in blocks of size points: inputs,
// ones, labels and weights, [block, Model.columnRows, size]. The last block is filled
// up with points of weight 0; weight(n) is that of a point in a block that
// holds n.
func (m Model) columnBlocks(p *dataset.Examples, size int, weight func(n int) float32) []float32 {
	rows, inputs, each := p.Len(), p.Features(), m.columnRows()
	blocks := blockCount(rows, size)
	values := make([]float32, blocks*each*size)
	for b := range blocks {
		block := values[b*each*size : (b+1)*each*size]
		labels := block[(inputs+1)*size : (each-1)*size]
		n := min(size, rows-b*size)
		for j := range n {
			i := b*size + j
			for f, x := range p.Row(i) {
				block[f*size+j] = float32(x)
			}
			m.PutLabel(labels, size, j, p.Y[i])
			block[(each-1)*size+j] = weight(n)
		}
		for j := range size {
			block[inputs*size+j] = 1
		}
	}
	return values
}

// columnRows returns the rows of points as columns: inputs, ones, labels, weights.
func (m Model) columnRows() int { return m.Inputs + 1 + m.Labels() + 1 }

// blockCount returns the number of blocks of size that rows fill, the last one
// perhaps in part.
func blockCount(rows, size int) int { return (rows + size - 1) / size }

// splitColumns takes the columns [group, Model.columnRows, points] apart.
func (m Model) splitColumns(s *op.Scope, columns tf.Output, count int) points {
	sizes := tg.Const(s.SubScope("sizes"), []int32{int32(m.Inputs) + 1, int32(m.Labels()), 1})
	parts := op.SplitV(s, columns, sizes, tg.Const(s.SubScope("axis"), int32(-2)), 3)
	if s.Err() != nil {
		return points{count: count}
	}
	return points{x: parts[0], labels: parts[1], weights: parts[2], count: count}
}
