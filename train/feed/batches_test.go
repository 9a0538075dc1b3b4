//go:build tensorflow

package feed

import (
	"slices"
	"testing"

	tf "github.com/galeone/tensorflow/tensorflow/go"

	"gradwatch/graph"
	"gradwatch/internal/dataset"
)

// TestBatches checks that an epoch's batches hold each row once, each replica by
// an order of its own, and that the last is filled up with weight 0.
func TestBatches(t *testing.T) {
	points := &dataset.Examples{Columns: []string{"a", "b"}}
	for row := range 11 {
		points.X = append(points.X, float64(row), float64(100+row))
		points.Y = append(points.Y, float64(row%2))
	}
	replicas := []Replica{{Seed: 1, Shuffle: true}, {Seed: 2, Shuffle: true}, {Seed: 3}}
	const size = 4
	b, err := NewBatches(points, graph.Model{}, size, replicas)
	if err != nil {
		t.Fatal(err)
	}
	orders := make(map[int][][]int) // by replica, an epoch each
	for epoch := range 2 {
		b.Shuffle(epoch)
		seen := make([][]int, len(replicas))
		for batch := range b.Count {
			var values [3][]float32
			for i, tensor := range b.Load(batch) {
				values[i] = contents(t, tensor)
			}
			for r := range replicas {
				filled := min(size, 11-batch*size)
				for j := range size {
					weight := values[2][r*size+j]
					if j >= filled {
						if weight != 0 {
							t.Errorf("batch %d, replica %d, point %d: got weight %v, want 0", batch, r, j, weight)
						}
						continue
					}
					row := values[0][(r*3+0)*size+j]
					if other := values[0][(r*3+1)*size+j]; other != 100+row {
						t.Errorf("batch %d, replica %d: got inputs %v and %v of different rows", batch, r, row, other)
					}
					if one := values[0][(r*3+2)*size+j]; one != 1 {
						t.Errorf("batch %d, replica %d: got %v, want a row of ones", batch, r, one)
					}
					if label := values[1][r*size+j]; label != float32(int(row)%2) {
						t.Errorf("batch %d, replica %d, row %v: got label %v", batch, r, row, label)
					}
					if want := 1 / float32(filled); weight != want {
						t.Errorf("batch %d, replica %d: got weight %v, want %v", batch, r, weight, want)
					}
					seen[r] = append(seen[r], int(row))
				}
			}
		}
		for r, order := range seen {
			orders[r] = append(orders[r], order)
		}
	}
	inOrder := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	for r, epochs := range orders {
		for epoch, order := range epochs {
			if !slices.Equal(slices.Sorted(slices.Values(order)), inOrder) {
				t.Errorf("replica %d, epoch %d: got rows %v, want each once", r, epoch, order)
			}
		}
	}
	if slices.Equal(orders[0][0], orders[1][0]) || slices.Equal(orders[0][0], orders[0][1]) {
		t.Errorf("got the same order for two seeds or two epochs: %v", orders)
	}
	if !slices.Equal(orders[2][1], inOrder) {
		t.Errorf("got %v without shuffling, want the rows in order", orders[2][1])
	}
}

func contents(t *testing.T, tensor *tf.Tensor) []float32 {
	t.Helper()
	values, err := graph.Floats(tensor)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(values)
}
