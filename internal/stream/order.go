package stream

import (
	"math/bits"
	"math/rand/v2"
)

const (
	// mostStrata is about the number of parts into which the training rows are divided. Each
	// part gives every batch the same number of rows. More parts mix better, but each takes a
	// file's buffer and a microsecond a step.
	mostStrata = 64
	// leastBlock is the least number of neighbouring rows that a part gives a batch, where
	// batches are small: taking one costs as much as taking a few.
	leastBlock = 2
)

// Order says in which order an epoch reads the training rows, the first rows of a cache.
//
// Without a shuffle, in their order. With one, the rows are divided into strata, about 64
// of equal length, one after the other. A batch takes a block of neighbouring rows of
// each stratum: 16 where it has 1024. Blocks begin at multiples of their length, a power
// of two. Each epoch draws anew: the order of a stratum's files (segments), the order of
// its blocks, within the reach of a buffer (TensorFlow's shuffle), and which strata give
// the last batch, which is shorter, a block. So
//
//   - every row comes exactly once an epoch,
//   - a full batch has the same share of each stratum: of a file that is sorted, by class
//     or by time, batches differ less from each other than random ones,
//   - the rows of a block stay together, in every epoch,
//   - which blocks of different strata meet is random.
//
// Where neighbours in the file are no more alike than others, that is as good as a full
// shuffle. Where they are (repeated measurements, a time series), a batch has the variety
// of as many rows as there are strata, at least.
type Order struct {
	Rows    int // that train
	Batch   int
	Shuffle bool
	Segment int // rows of a segment, a power of two
}

// Steps returns the number of an epoch's batches. All but the last are full.
func (o Order) Steps() int { return (o.Rows + o.Batch - 1) / o.Batch }

// last returns the number of rows in the last batch.
func (o Order) last() int { return o.Rows - (o.Steps()-1)*o.Batch }

// Blocks returns the number of rows that each stratum gives a full batch, the largest first.
// Without a shuffle there is one stratum, and its number is that of the rows of a block, of
// which a batch has several.
func (o Order) Blocks() []int {
	if !o.Shuffle {
		return []int{min(1<<bits.TrailingZeros(uint(o.Batch)), o.Segment)}
	}
	size := min(leastBlock, o.Batch)
	for size*mostStrata < o.Batch && size < o.Segment {
		size *= 2
	}
	var blocks []int
	for left := o.Batch; left > 0; left -= size {
		for size > left {
			size /= 2
		}
		blocks = append(blocks, size)
	}
	return blocks
}

// Piece is some rows of each of some segments.
type Piece struct {
	Segments    []int
	First, Rows int // within each
}

// Stratum has the rows that a stratum gives an epoch, as pieces in their order before blocks
// are shuffled. Last says that it gives the last batch a block too.
type Stratum struct {
	Pieces [3]Piece
	Last   bool
	Seed   [2]int64 // of the blocks' order
}

// Epoch is the order of one.
type Epoch struct {
	Strata []Stratum
	// Rest is the last of the rows, fewer than a block, which the last batch has.
	Rest [2]Piece
}

// Epoch returns an epoch's order, which depends only on the seed and the epoch.
func (o Order) Epoch(seed uint32, epoch int) *Epoch {
	blocks := o.Blocks()
	if !o.Shuffle {
		whole := o.Rows / blocks[0] * blocks[0]
		e := &Epoch{Strata: []Stratum{{Pieces: o.span(0, whole), Last: true}}}
		e.rest(o, whole)
		return e
	}
	random := rand.New(rand.NewPCG(uint64(seed), uint64(epoch)))
	e := &Epoch{Strata: make([]Stratum, len(blocks))}
	left := o.last()
	for _, s := range random.Perm(len(blocks)) {
		if blocks[s] <= left {
			e.Strata[s].Last = true
			left -= blocks[s]
		}
	}
	at := 0
	for s := range e.Strata {
		stratum := &e.Strata[s]
		rows := (o.Steps() - 1) * blocks[s]
		if stratum.Last {
			rows += blocks[s]
		}
		stratum.Pieces = o.span(at, rows)
		whole := stratum.Pieces[1].Segments
		random.Shuffle(len(whole), func(i, j int) { whole[i], whole[j] = whole[j], whole[i] })
		// Seeds of 0 and 0 would mean any.
		stratum.Seed = [2]int64{int64(random.Uint64()>>1) | 1, int64(random.Uint64() >> 1)}
		at += rows
	}
	e.rest(o, at)
	return e
}

// rest sets the rest to the rows from first on.
func (e *Epoch) rest(o Order, first int) {
	pieces := o.span(first, o.Rows-first) // of fewer rows than a segment, so at most two
	e.Rest = [2]Piece{pieces[0], pieces[2]}
	if len(pieces[1].Segments) > 0 {
		e.Rest[0] = pieces[1]
	}
}

// span returns consecutive rows as three pieces: rows of the segment in which they begin,
// whole segments, and rows of the segment in which they end.
func (o Order) span(first, rows int) [3]Piece {
	var pieces [3]Piece
	end := first + rows
	if within := first % o.Segment; within > 0 && rows > 0 {
		count := min(rows, o.Segment-within)
		pieces[0] = Piece{Segments: []int{first / o.Segment}, First: within, Rows: count}
		first += count
	}
	for ; first+o.Segment <= end; first += o.Segment {
		pieces[1].Segments = append(pieces[1].Segments, first/o.Segment)
		pieces[1].Rows = o.Segment
	}
	if first < end {
		pieces[2] = Piece{Segments: []int{first / o.Segment}, Rows: end - first}
	}
	return pieces
}

// EvalChunks returns so many rows from first on as pieces, to be read in order in chunks of
// at most the given number of rows, which divides a segment: full chunks, then what is left
// of a segment.
func (o Order) EvalChunks(first, rows, chunk int) []Piece {
	var pieces []Piece
	for _, p := range o.span(first, rows) {
		if len(p.Segments) == 0 {
			continue
		}
		full := p.Rows / chunk * chunk
		if full > 0 {
			pieces = append(pieces, Piece{p.Segments, p.First, full})
		}
		if left := p.Rows - full; left > 0 {
			pieces = append(pieces, Piece{p.Segments, p.First + full, left})
		}
	}
	return pieces
}
