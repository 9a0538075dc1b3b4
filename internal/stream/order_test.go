package stream

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// rowsOf returns the rows of each batch of an epoch, blocks in the order of the pieces.
func rowsOf(o Order, strata []Stratum) [][]int {
	batches := make([][]int, o.Steps())
	for _, s := range strata {
		step := 0
		for _, p := range append(s.Blocks[:], s.Last) {
			for b := range p.Count {
				for i := range p.Rows {
					batches[step] = append(batches[step], p.First+b*p.Rows+i)
				}
				step++
			}
		}
	}
	return batches
}

func TestOrder(t *testing.T) {
	for _, o := range []Order{
		{Range{0, 1000}, 32, false}, {Range{0, 1000}, 32, true}, {Range{5, 1024}, 32, true}, {Range{0, 100_003}, 1024, true},
		{Range{7, 20}, 32, true}, {Range{0, 1}, 1, true}, {Range{0, 50}, 1, true}, {Range{3, 64 * 1024}, 1024, true},
		{Range{0, 1025}, 1024, true}, {Range{0, 2048}, 1000, true}, {Range{0, 999}, 100, true},
	} {
		t.Run(fmt.Sprint(o), func(t *testing.T) {
			for epoch := range 20 {
				batches := rowsOf(o, o.Epoch(3, epoch))
				var all []int
				for i, rows := range batches {
					want := o.Batch
					if i == len(batches)-1 {
						want = o.last()
					}
					if len(rows) != want {
						t.Fatalf("epoch %d, batch %d: got %d rows, want %d", epoch, i, len(rows), want)
					}
					all = append(all, rows...)
				}
				if !o.Shuffle && !slices.IsSorted(all) {
					t.Fatal("not in order without a shuffle")
				}
				slices.Sort(all)
				for i, row := range all {
					if row != o.First+i {
						t.Fatalf("epoch %d: row %d of all: got %d, want %d: each once", epoch, i, row, o.First+i)
					}
				}
			}
		})
	}
}

func TestOrderIsOfSeedAndEpoch(t *testing.T) {
	o := Order{Range{0, 100_003}, 1024, true}
	if !slices.Equal(o.Epoch(1, 5), o.Epoch(1, 5)) {
		t.Error("the same seed and epoch: got another order")
	}
	if slices.Equal(o.Epoch(1, 5), o.Epoch(1, 6)) || slices.Equal(o.Epoch(1, 5), o.Epoch(2, 5)) {
		t.Error("another seed or epoch: got the same order")
	}
}

// TestSortedFile compares batches of a file sorted by its class with batches drawn at
// random: shares of a class must not vary more.
func TestSortedFile(t *testing.T) {
	o := Order{Range{0, 200_000}, 1024, true}
	const ones = 0.3
	spread := func(batches [][]int) float64 {
		sum := 0.0
		for _, rows := range batches {
			share := 0.0
			for _, row := range rows {
				if float64(row) < ones*float64(o.Rows) {
					share += 1 / float64(len(rows))
				}
			}
			sum += (share - ones) * (share - ones) / float64(len(batches))
		}
		return sum
	}
	random := rand.New(rand.NewPCG(1, 1)).Perm(o.Rows)
	var drawn [][]int
	for i := range o.Steps() - 1 {
		drawn = append(drawn, random[i*o.Batch:(i+1)*o.Batch])
	}
	for epoch := range 5 {
		batches := rowsOf(o, o.Epoch(1, epoch))
		if got, want := spread(batches[:len(batches)-1]), spread(drawn); got > want {
			t.Errorf("epoch %d: variance of the class's share: got %g, want at most that of random batches, %g", epoch, got, want)
		}
	}
}
