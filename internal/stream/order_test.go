package stream

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

// rowsOf returns the rows of each batch of an epoch, a stratum's blocks in the order of
// its pieces.
func rowsOf(t *testing.T, o Order, e *Epoch) [][]int {
	t.Helper()
	batches := make([][]int, o.Steps())
	rows := func(p Piece) []int {
		var list []int
		for _, segment := range p.Segments {
			if p.First < 0 || p.First+p.Rows > o.Segment {
				t.Fatalf("piece %+v: beyond a segment of %d rows", p, o.Segment)
			}
			for i := range p.Rows {
				list = append(list, segment*o.Segment+p.First+i)
			}
		}
		return list
	}
	for s, block := range o.Blocks() {
		step := 0
		for _, p := range e.Strata[s].Pieces {
			if p.Rows%block != 0 {
				t.Fatalf("piece %+v: want blocks of %d", p, block)
			}
			for list := rows(p); len(list) > 0; list = list[block:] {
				batches[step] = append(batches[step], list[:block]...)
				if o.Shuffle || len(batches[step]) == o.Batch {
					step++
				}
			}
		}
	}
	for _, p := range e.Rest {
		last := len(batches) - 1
		batches[last] = append(batches[last], rows(p)...)
	}
	return batches
}

func TestOrder(t *testing.T) {
	for _, o := range []Order{
		{1000, 32, false, 128},
		{1000, 32, true, 128},
		{1024, 32, true, 64},
		{100_003, 1024, true, 4096},
		{100_003, 999, true, 4096},
		{20, 32, true, 128},
		{1, 1, true, 8},
		{50, 1, true, 8},
		{64 * 1024, 1024, true, 1024},
		{1025, 1024, true, 256},
		{2048, 1000, true, 128},
		{999, 100, true, 16},
		{999, 100, false, 16},
		{999, 7, false, 16},
		{999, 512, false, 16},
		{130, 512, true, 4},
	} {
		t.Run(fmt.Sprint(o), func(t *testing.T) {
			for epoch := range 20 {
				batches := rowsOf(t, o, o.Epoch(3, epoch))
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
					if row != i {
						t.Fatalf("epoch %d: row %d of all: got %d: want each once", epoch, i, row)
					}
				}
			}
		})
	}
}

func TestSweep(t *testing.T) {
	o := Order{Segment: 64}
	for _, tt := range [][3]int{{0, 1000, 16}, {5, 995, 16}, {70, 3, 16}, {63, 2, 64}, {64, 64, 64}, {30, 20, 8}} {
		next := tt[0]
		for _, p := range o.EvalChunks(tt[0], tt[1], tt[2]) {
			for _, segment := range p.Segments {
				if got := segment*o.Segment + p.First; got != next || p.First+p.Rows > o.Segment || p.Rows > tt[2] && p.Rows%tt[2] != 0 {
					t.Fatalf("%v: got piece %+v, want one from row %d on", tt, p, next)
				}
				next += p.Rows
			}
		}
		if next != tt[0]+tt[1] {
			t.Errorf("%v: got rows up to %d, want %d", tt, next, tt[0]+tt[1])
		}
	}
}

func TestOrderIsOfSeedAndEpoch(t *testing.T) {
	o := Order{100_003, 1024, true, 4096}
	if !reflect.DeepEqual(o.Epoch(1, 5), o.Epoch(1, 5)) {
		t.Error("the same seed and epoch: got another order")
	}
	if reflect.DeepEqual(o.Epoch(1, 5), o.Epoch(1, 6)) || reflect.DeepEqual(o.Epoch(1, 5), o.Epoch(2, 5)) {
		t.Error("another seed or epoch: got the same order")
	}
}

// TestSortedFile compares batches of a file sorted by its class with batches drawn at
// random: shares of a class must not vary more.
func TestSortedFile(t *testing.T) {
	o := Order{200_000, 1024, true, 4096}
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
		batches := rowsOf(t, o, o.Epoch(1, epoch))
		if got, want := spread(batches[:len(batches)-1]), spread(drawn); got > want {
			t.Errorf("epoch %d: variance of the class's share: got %g, want at most that of random batches, %g", epoch, got, want)
		}
	}
}
