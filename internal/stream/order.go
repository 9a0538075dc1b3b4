package stream

import (
	"math/rand/v2"
)

// Range is rows of a cache, one after the other.
type Range struct{ First, Rows int }

// Strata is into how many parts of equal length the training rows are divided, each of
// which gives every batch the same number of rows: at most this many. More parts mix
// better, and each takes a file's buffer and some microseconds a step.
const Strata = 64

// leastBlock is the least number of rows of a part in a batch, where the batch is small:
// taking one costs as much as taking a few.
const leastBlock = 2

// Order says how an epoch goes through the training rows.
//
// Without a shuffle, in their order. With one, the rows are divided into strata of equal
// length, one after the other on a circle that the epoch turns to another place. A
// batch takes a block of neighbouring rows of each stratum (of 16 where it has 1024 and
// there are 64 strata). In which order a stratum's blocks come is drawn by TensorFlow's
// shuffle through a buffer, after they were turned to another place, too. So
//
//   - every row comes exactly once an epoch,
//   - a batch has the same share of each 64th of the file: a file that is sorted, by
//     class or by time, gives batches that are less different than random ones,
//   - the rows of a block, neighbours in the file, stay together, and do in another
//     epoch but for where blocks begin, which a turn moves,
//   - which blocks of different strata meet is random; a stratum's blocks come in random
//     order within the buffer's reach, at a random turn.
//
// Where neighbours in the file are unlike each other, that is as good as a full shuffle.
// Where they are alike (twins, a time series), a batch of 1024 has the variety of at
// least as many rows as there are strata.
type Order struct {
	Range
	Batch   int
	Shuffle bool
}

// Steps returns the number of an epoch's batches. All but the last are full.
func (o Order) Steps() int { return (o.Rows + o.Batch - 1) / o.Batch }

// last returns the number of rows in the last batch.
func (o Order) last() int { return o.Rows - (o.Steps()-1)*o.Batch }

// Count returns the number of strata.
func (o Order) Count() int {
	if !o.Shuffle {
		return 1
	}
	return max(1, min(Strata, o.Batch/leastBlock))
}

// Block returns how many rows stratum s gives a full batch.
func (o Order) Block(s int) int { return share(o.Batch, o.Count(), s) }

// share returns the part s of total, divided as evenly as it goes into so many.
func share(total, parts, s int) int { return (s+1)*total/parts - s*total/parts }

// Piece is blocks of a stratum that lie one after the other: Count of them, of Rows rows
// each, from row First of the file on.
type Piece struct{ First, Rows, Count int }

// Stratum is what a stratum gives to an epoch: the blocks of both pieces, in the order of
// the pieces where that isn't drawn, then Last, one block for the last batch, of no rows
// where it has none.
type Stratum struct {
	Blocks [2]Piece
	Last   Piece
	Seed   [2]int64 // of the blocks' order
}

// Epoch returns an epoch's strata: a function of the seed and the epoch alone.
func (o Order) Epoch(seed uint32, epoch int) []Stratum {
	random := rand.New(rand.NewPCG(uint64(seed), uint64(epoch)))
	full, count := o.Steps()-1, o.Count()
	strata := make([]Stratum, count)
	lasts := o.lasts(random)
	if !o.Shuffle {
		strata[0] = Stratum{
			Blocks: [2]Piece{{o.First, o.Batch, full}, {o.First, o.Batch, 0}},
			Last:   Piece{o.First + full*o.Batch, lasts[0], 1},
		}
		return strata
	}
	// The circle of rows is cut before block `cut` of stratum `where`, so that no block
	// lies on both sides of the cut.
	where, cut := random.IntN(count), 0
	if full > 0 {
		cut = random.IntN(full)
	}
	at := o.Rows // of the circle, of stratum 0
	for s := range where {
		at -= full*o.Block(s) + lasts[s]
	}
	at -= cut * o.Block(where)
	for s := range strata {
		block, turn := o.Block(s), cut
		if s != where && full > 0 {
			turn = random.IntN(full)
		}
		place := func(offset int) int { return o.First + (at+offset)%o.Rows }
		strata[s] = Stratum{
			Blocks: [2]Piece{{place(turn * block), block, full - turn}, {place(0), block, turn}},
			Last:   Piece{place(full * block), lasts[s], min(1, lasts[s])},
			Seed:   [2]int64{int64(random.Uint64()>>1) | 1, int64(random.Uint64() >> 1)}, // not both 0, which means any
		}
		at += full*block + lasts[s]
	}
	return strata
}

// lasts returns how many rows of the last batch each stratum gives: at random, so that
// strata, and blocks, begin elsewhere in another epoch.
func (o Order) lasts(random *rand.Rand) []int {
	count := o.Count()
	lasts := make([]int, count)
	if count == 1 {
		lasts[0] = o.last()
		return lasts
	}
	for s := range lasts {
		lasts[s] = share(o.last(), count, s)
	}
	for s := range lasts { // move some rows from one to another
		other := random.IntN(count)
		moved := max(0, min(random.IntN(lasts[s]+1), o.Block(other)-lasts[other]))
		lasts[s] -= moved
		lasts[other] += moved
	}
	return lasts
}
