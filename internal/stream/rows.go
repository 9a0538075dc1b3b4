package stream

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"gradwatch/internal/dataset"
	"gradwatch/internal/runfolder"
)

// Segments returns the number of files of rows, Segment the path of one, from 0.
func (c *Cache) Segments() int { return (c.Rows()-1)/c.manifest.Segment + 1 }

// Segment returns the path of file i of rows.
func (c *Cache) Segment(i int) string { return segmentPath(c.folder, i) }

// SegmentRows returns the number of rows of each segment but the last, a power of two.
func (c *Cache) SegmentRows() int { return c.manifest.Segment }

// rowsIn returns the number of rows of segment i.
func (c *Cache) rowsIn(i int) int { return min(c.manifest.Segment, c.Rows()-i*c.manifest.Segment) }

// SegmentBytes returns the size of file i of rows.
func (c *Cache) SegmentBytes(i int) int64 { return int64(c.rowsIn(i)) * c.manifest.rowBytes() }

// Folder is the cache's.
func (c *Cache) Folder() string { return c.folder }

// Rows returns the number of rows.
func (c *Cache) Rows() int { return c.manifest.Rows }

// Width returns the number of float32 values of a row: the inputs, then the target.
func (c *Cache) Width() int { return c.manifest.width() }

// Columns returns the inputs' names.
func (c *Cache) Columns() []string {
	return slices.Delete(slices.Clone(c.manifest.Columns), c.manifest.Target, c.manifest.Target+1)
}

// Dialect returns how the first source is written; nil for a cache of an older version.
func (c *Cache) Dialect() *dataset.Dialect { return c.manifest.Dialect }

// Target returns the name of the target.
func (c *Cache) Target() string { return c.manifest.Columns[c.manifest.Target] }

// Sources returns the files that it was made from.
func (c *Cache) Sources() []Source { return c.manifest.Sources }

// Statistics returns those of each column's first count rows, the target's last. They
// are of the doubles in the sources; where count divides a part, of that part's float32.
func (c *Cache) Statistics(count int) ([]Statistics, error) {
	sums := make([]Statistics, c.Width())
	left := count
	for i := range c.parts {
		p := &c.parts[i]
		if left < p.rows {
			break
		}
		for k := range sums {
			sums[k] = sums[k].with(p.columns[k].statistics(p.rows))
		}
		left -= p.rows
	}
	if left == 0 {
		return sums, nil
	}
	rows, err := c.read(count-left, left)
	if err != nil {
		return nil, err
	}
	for k := range sums {
		of := newColumn(float64(rows[k]))
		for at := k; at < len(rows); at += c.Width() {
			of.add(float64(rows[at]))
		}
		sums[k] = sums[k].with(of.statistics(left))
	}
	return sums, nil
}

// labelCounts returns how many of the first count rows have each of the targets.
func (c *Cache) labelCounts(count int) (map[float64]int, error) {
	counts := make(map[float64]int)
	left := count
	for i := range c.parts {
		p := &c.parts[i]
		if left < p.rows {
			break
		}
		for y, n := range p.labels {
			counts[y] += n
		}
		left -= p.rows
	}
	if left == 0 {
		return counts, nil
	}
	rows, err := c.read(count-left, left)
	if err != nil {
		return nil, err
	}
	rounded := make(map[float32]float64, len(c.manifest.Labels))
	for _, y := range c.manifest.Labels {
		rounded[float32(y)] = y
	}
	for at := c.Width() - 1; at < len(rows); at += c.Width() {
		counts[rounded[rows[at]]]++
	}
	return counts, nil
}

// read returns rows, [count, width].
func (c *Cache) read(first, count int) ([]float32, error) {
	r := c.reader()
	defer r.close()
	rows := make([]float32, count*c.Width())
	return rows, r.read(rows, first)
}

// rowReader reads rows of a cache, wherever they lie. It keeps one segment open.
type rowReader struct {
	cache   *Cache
	file    *os.File
	segment int
}

func (c *Cache) reader() *rowReader { return &rowReader{cache: c} }

func (r *rowReader) close() {
	if r.file != nil {
		_ = r.file.Close() // it was only read
	}
}

// read fills rows, [count, width], with those from first on.
func (r *rowReader) read(rows []float32, first int) error {
	width := r.cache.Width()
	for len(rows) > 0 {
		segment := first / r.cache.manifest.Segment
		if r.file == nil || segment != r.segment {
			r.close()
			var err error
			if r.file, err = runfolder.OpenInput(r.cache.Segment(segment)); err != nil {
				return err
			}
			r.segment = segment
		}
		within := first - segment*r.cache.manifest.Segment
		count := min(len(rows)/width, r.cache.manifest.Segment-within)
		if _, err := r.file.ReadAt(bytesOf(rows[:count*width]), int64(within)*r.cache.manifest.rowBytes()); err != nil {
			return fmt.Errorf("read %s: %w", r.file.Name(), noEOF(err))
		}
		rows, first = rows[count*width:], first+count
	}
	return nil
}

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Sample returns count of the rows from first up to end, evenly spaced: all where they
// are no more.
func (c *Cache) Sample(first, end, count int) (*dataset.Examples, error) {
	count = min(count, end-first)
	p := &dataset.Examples{Columns: c.Columns()}
	r, row := c.reader(), make([]float32, c.Width())
	defer r.close()
	for i := range count {
		if err := r.read(row, first+dataset.SpacedRow(i, count, end-first)); err != nil {
			return nil, err
		}
		for _, x := range row[:len(row)-1] {
			p.X = append(p.X, float64(x))
		}
		p.Y = append(p.Y, float64(row[len(row)-1]))
	}
	return p, nil
}
