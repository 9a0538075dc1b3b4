package stream

import (
	"hash/crc32"
	"unsafe"

	"gradwatch/internal/numeric"
)

// chunk is some whole lines of a source, and what they say.
type chunk struct {
	text  []byte // ends with a line's end
	rows  []float32
	part  part
	lines int // of the text
	err   error
}

// part is what is known of some rows, one after the other in the cache.
type part struct {
	rows     int
	checksum uint32 // CRC-32C of the rows' bytes
	columns  []column
	labels   labels
}

// labels has the number of a part's rows with each value of the target, as long as there are
// few enough values to be classes.
type labels map[float64]int

// mostClasses is the largest number of different targets that are counted; one more means
// that there are others.
const mostClasses = 1000

func (l labels) add(y float64) {
	if n := l[y]; n > 0 || len(l) <= mostClasses {
		l[y] = n + 1 // 0 and -0 are one key
	}
}

// layout says how a line's fields become a row of the cache.
type layout struct {
	width  int // of a row
	target int // the field
	// place is each field's place in a row: the inputs in their order, the target last; -1
	// for a field that no row has.
	place []int
	marks
}

// newLayout returns the layout of a file of those fields, the target's name among them,
// for rows of those columns.
func newLayout(fields []string, target int, columns []string) layout {
	l := layout{width: len(columns), target: target, place: make([]int, len(fields))}
	places := make(map[string]int, len(columns))
	for _, name := range columns {
		if name != fields[target] {
			places[name] = len(places)
		}
	}
	places[fields[target]] = len(columns) - 1
	for i, name := range fields {
		place, ok := places[name]
		if !ok {
			place = -1
		}
		l.place[i] = place
	}
	return l
}

// parse reads the chunk's lines. It calls slow for a line that the fast reader can't read,
// with the line's number within the chunk, from 0. slow returns the cells in the order of
// the fields, valid until its next call, or nil for a line without a row.
func (c *chunk) parse(l *layout, slow func(line []byte, number int) ([]float64, error)) {
	row := make([]float64, len(l.place)) // in the order of the fields
	text := c.text
	c.rows, c.lines = c.rows[:0], 0
	c.part = part{columns: c.part.columns[:0]}
	for at := 0; at < len(text); c.lines++ {
		next, ok := fields(text, at, row, l.marks)
		if !ok {
			end := at
			for text[end] != '\n' {
				end++
			}
			var cells []float64
			if cells, c.err = slow(text[at:end+1], c.lines); c.err != nil {
				return
			}
			next = end + 1
			if cells == nil {
				at = next
				continue
			}
			copy(row, cells)
		}
		if c.err = c.add(l, row); c.err != nil {
			return
		}
		at = next
	}
	c.seal()
}

// seal sets the checksum, when all rows are there.
func (c *chunk) seal() { c.part.checksum = crc32.Checksum(bytesOf(c.rows), castagnoli) }

// castagnoli is the polynomial that processors have an instruction for.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// fields reads a line of len(row) plain numbers and returns where the next line begins.
func fields(text []byte, at int, row []float64, m marks) (next int, ok bool) {
	last := len(row) - 1
	for i := range row {
		value, end, ok := number(text, at, m)
		if !ok {
			return 0, false
		}
		row[i] = value
		if text[end] == '\r' {
			end++
		}
		if i == last {
			return end + 1, text[end] == '\n'
		}
		if text[end] != m.separator {
			return 0, false
		}
		at = end + 1
	}
	return 0, false
}

// A rangeError is a number that a float32 can't hold.
type rangeError struct {
	field int
	value float64
	line  int // within the chunk
}

func (e *rangeError) Error() string { return "beyond a float32" }

// add takes a row, in the order of the fields.
func (c *chunk) add(l *layout, row []float64) error {
	p := &c.part
	if p.rows == 0 {
		p.columns = grown(p.columns, l.width)
		p.labels = make(labels)
		for i, x := range row {
			if place := l.place[i]; place >= 0 {
				p.columns[place] = newColumn(x)
			}
		}
	}
	begin := len(c.rows)
	c.rows = grown(c.rows, begin+l.width)
	to := c.rows[begin : begin+l.width : begin+l.width]
	columns := p.columns[:l.width]
	for i, x := range row {
		place := l.place[i]
		if place < 0 {
			continue
		}
		f := float32(x)
		if !numeric.FitsFloat32(x) {
			return &rangeError{field: i, value: x, line: c.lines}
		}
		to[place] = f
		columns[place].add(x)
	}
	p.labels.add(row[l.target])
	p.rows++
	return nil
}

// grown returns values with a length of n, and room for as many again where it had to
// be moved.
func grown[T any](values []T, n int) []T {
	if n <= cap(values) {
		return values[:n]
	}
	larger := make([]T, n, 2*n)
	copy(larger, values)
	return larger
}

// bytesOf returns the memory of values. The cache is of the machine's byte order, as
// TensorFlow's decode_raw reads it; gradwatch runs only on little-endian machines.
func bytesOf(values []float32) []byte {
	if len(values) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&values[0])), 4*len(values))
}
