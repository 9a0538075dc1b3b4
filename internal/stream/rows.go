package stream

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"gradwatch/internal/dataset"
)

// Path is that of the file of rows.
func (c *Cache) Path() string { return filepath.Join(c.folder, rowsFile) }

// Bytes is the size of the file of rows.
func (c *Cache) Bytes() int64 { return int64(c.Rows()) * c.manifest.rowBytes() }

// CheckBinary returns an error unless all targets are 0 or 1.
func (c *Cache) CheckBinary() error {
	for _, y := range c.manifest.Labels {
		if y != 0 && y != 1 {
			return &dataset.FormatError{File: c.manifest.Sources[0].Path, Reason: fmt.Sprintf("column %q: %g: want classes 0 and 1", c.Target(), y)}
		}
	}
	if c.manifest.Labels == nil {
		return &dataset.FormatError{File: c.manifest.Sources[0].Path, Reason: fmt.Sprintf("column %q: more than %d values: want classes 0 and 1", c.Target(), mostClasses)}
	}
	return nil
}

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

// Target returns the name of the target.
func (c *Cache) Target() string { return c.manifest.Columns[c.manifest.Target] }

// Labels returns the different targets in ascending order; nil where they are more than
// classes can be.
func (c *Cache) Labels() []float64 { return c.manifest.Labels }

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

// read returns rows, [count, width].
func (c *Cache) read(first, count int) ([]float32, error) {
	f, err := os.Open(c.Path())
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows := make([]float32, count*c.Width())
	if _, err := f.ReadAt(bytesOf(rows), int64(first)*c.manifest.rowBytes()); err != nil {
		return nil, fmt.Errorf("read %s: %w", c.Path(), noEOF(err))
	}
	return rows, nil
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Sample returns count of the rows from first up to end, evenly spaced: all where they
// are no more.
func (c *Cache) Sample(first, end, count int) (*dataset.Points, error) {
	f, err := os.Open(c.Path())
	if err != nil {
		return nil, err
	}
	defer f.Close()
	count = min(count, end-first)
	p := &dataset.Points{Columns: c.Columns()}
	row := make([]float32, c.Width())
	for i := range count {
		at := int64(first) + int64(i)*int64(end-first)/int64(count)
		if _, err := f.ReadAt(bytesOf(row), at*c.manifest.rowBytes()); err != nil {
			return nil, fmt.Errorf("read %s: %w", c.Path(), noEOF(err))
		}
		for _, x := range row[:len(row)-1] {
			p.X = append(p.X, float64(x))
		}
		p.Y = append(p.Y, float64(row[len(row)-1]))
	}
	return p, nil
}
