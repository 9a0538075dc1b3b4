package dataset

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"gradwatch/internal/invalid"
	"gradwatch/internal/numeric"
	"gradwatch/internal/printable"
	"gradwatch/internal/runfolder"
)

// Rows reads a table of numbers row by row, by the same rules and with the same errors as
// [Open], which holds tables in memory. Of a source's choices it uses Target, Header and
// Task; missing values are refused.
type Rows struct {
	records *Records
	table   *tableReader
	cells   []float64
}

// OpenRows opens a file. Close it after use.
func OpenRows(path string, source *Source) (*Rows, error) {
	records, err := openRecords(path, source.Reading(), runfolder.OpenInput)
	if err != nil {
		return nil, err
	}
	r := &Rows{records: records}
	r.table = &tableReader{table: &table{name: path, named: records.Header() != nil}, source: source}
	if err := r.table.choose(records); err != nil {
		_ = records.Close() // the first error is the one reported
		return nil, err
	}
	r.table.mayBeWords, r.table.truths = make([]bool, records.Width()), nil // a column of yes and no is known after the last row
	r.cells = make([]float64, records.Width())
	return r, nil
}

// Name returns the file's path.
func (r *Rows) Name() string { return r.table.name }

// Columns returns all columns' names, the target's among them.
func (r *Rows) Columns() []string { return r.table.columns }

// Target returns the target's place among the columns.
func (r *Rows) Target() int { return r.table.target }

// Named reports whether the columns have the names of the file's header.
func (r *Rows) Named() bool { return r.table.named }

// Next returns the next row's numbers, [columns], valid until the next call, and the
// line where it begins; io.EOF at the end.
func (r *Rows) Next() (cells []float64, line int, err error) {
	fields, err := r.records.Next()
	if err != nil {
		return nil, 0, err
	}
	return r.cells, r.records.Line(0), r.records.Wrap(r.fill(fields))
}

// fill sets the cells. The error is an [*invalid.Error].
func (r *Rows) fill(fields []string) error {
	for i, field := range fields {
		var err error
		if r.cells[i], err = r.table.cell(i, field); err != nil {
			return err
		}
	}
	return nil
}

// Line returns the cells of a single line of text without quotes, nil for a blank one. line
// is its number in the file, from 1. The cells are valid until the next call.
func (r *Rows) Line(text []byte, line int) ([]float64, error) {
	one := &Records{name: r.records.name, width: r.records.width, kept: r.records.kept, bound: &bound{source: bytes.NewReader(text)}}
	one.reader = r.records.dialect.newReader(one.bound)
	fields, err := one.Next()
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err == nil {
		err = one.Wrap(r.fill(fields))
	}
	var wrong *invalid.Error
	if errors.As(err, &wrong) {
		err = invalid.At(wrong, wrong.File, wrong.Line+line-1)
	}
	return r.cells, err
}

// Clone returns another reader of lines, for use beside the first.
func (r *Rows) Clone() *Rows {
	t := *r.table
	t.numbers = make([]bool, len(r.cells))
	return &Rows{records: r.records, table: &t, cells: make([]float64, len(r.cells))}
}

// Marks returns the bytes between fields and before decimals.
func (r *Rows) Marks() (separator, point byte) {
	return r.records.dialect.char(), r.records.parser.point
}

// Dialect returns how the file is written, as far as it was read.
func (r *Rows) Dialect() Dialect { return r.records.Dialect() }

// Close closes the file.
func (r *Rows) Close() error { return r.records.Close() }

// CheckSame returns an [*invalid.Error] where a file's columns are not those of the first.
func (r *Rows) CheckSame(first *Rows) error {
	wrong := func(problem, format string, args ...any) error {
		return &invalid.Error{File: r.table.name, Line: 1, Problem: problem, Want: fmt.Sprintf(format, args...)}
	}
	other := first.table.name
	if got, want := len(r.table.columns), len(first.table.columns); got != want {
		return wrong(printable.Count(got, "column"), "%d, as in %s", want, other)
	}
	if r.table.named != first.table.named {
		return wrong("", "a header in both or in neither of it and %s", other)
	}
	for i, name := range r.table.columns {
		if name != first.table.columns[i] {
			return wrong(fmt.Sprintf("column %q", name), "%q, as in %s", first.table.columns[i], other)
		}
	}
	if r.table.target != first.table.target {
		return &invalid.Error{File: r.table.name, Line: 1, Problem: "another target than in " + other}
	}
	return nil
}

// Body returns where a file's rows begin: the numbers of bytes and of lines of what stands
// before them, which is a byte order mark, blank lines and a header, if any. plain is false
// for a compressed file, for UTF-16 and for lines that end with CR only.
func (r *Rows) Body() (offset int64, lines int, plain bool, err error) {
	if r.records.text.changed {
		return 0, 0, false, nil
	}
	f, err := runfolder.OpenInput(r.table.name)
	if err != nil {
		return 0, 0, false, fmt.Errorf("read data set: %w", err)
	}
	defer f.Close()
	start := make([]byte, len(byteOrderMark))
	n, err := io.ReadFull(f, start)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return 0, 0, false, fmt.Errorf("read data set: %w", err)
	}
	if bytes.HasPrefix(start[:n], []byte{0x1f, 0x8b}) {
		return 0, 0, false, nil
	}
	if string(start[:n]) == byteOrderMark {
		offset = int64(n)
	}
	if !r.table.named {
		return offset, 0, true, nil
	}
	if _, err := f.Seek(offset, io.SeekStart); err != nil {
		return 0, 0, false, fmt.Errorf("read data set: %w", err)
	}
	counted := &lineCounter{}
	reader := r.records.dialect.newReader(io.TeeReader(f, counted))
	for {
		record, err := reader.Read()
		if err != nil {
			return 0, 0, false, r.records.readError(err)
		}
		if blank(record) {
			continue
		}
		end := reader.InputOffset()
		return offset + end, bytes.Count(counted.read[:end], []byte("\n")), true, nil
	}
}

// lineCounter keeps what was read.
type lineCounter struct{ read []byte }

func (c *lineCounter) Write(p []byte) (int, error) {
	c.read = append(c.read, p...)
	return len(p), nil
}

// NumberTarget returns the target of a table of numbers, by the same rules as [Open]. values
// are its different values in ascending order, nil where there are more than there may be
// classes; training is the summary of its training rows.
func NumberTarget(s *Source, name string, place int, values []float64, training ColumnSummary) (Target, error) {
	t := Target{Name: name, Place: place, Task: s.Task}
	whole := values != nil && !slices.ContainsFunc(values, func(v float64) bool { return v != math.Trunc(v) })
	wrong := func(problem, want string) error {
		return &invalid.Error{File: s.Dataset, Column: name, Problem: problem, Want: want}
	}
	if t.Task == Auto {
		switch {
		case whole && len(values) <= autoClasses:
			t.Task = Classification
		case values == nil, len(values) > autoClasses:
			t.Task = Regression
		default:
			i := slices.IndexFunc(values, func(v float64) bool { return v != math.Trunc(v) })
			return Target{}, &invalid.Error{File: s.Dataset, Column: name, Value: numberText(values[i]), Want: wantedLabels}
		}
	}
	if t.Task == Regression {
		return t, t.scale(s, &training)
	}
	switch {
	case values == nil:
		return Target{}, wrong(fmt.Sprintf("more than %d classes", maxClasses), fmt.Sprintf("2 to %d", maxClasses))
	case len(values) < 2:
		return Target{}, wrong(fmt.Sprintf("%s (%s)", printable.Count(len(values), "class"), numberText(values[0])), fmt.Sprintf("2 to %d", maxClasses))
	default:
		for i, v := range values {
			plain := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
			if math.Abs(v) >= 1<<53 {
				return Target{}, wrong("class "+plain(v), "whole numbers below 2^53, such as 0, 1, 2")
			}
			if i > 0 && float32(v) == float32(values[i-1]) {
				return Target{}, wrong(fmt.Sprintf("classes %s and %s", plain(values[i-1]), plain(v)), "numbers that a float32 tells apart, such as 0, 1, 2")
			}
			t.Classes = append(t.Classes, numberText(v))
		}
	}
	return t, nil
}

// scale sets a regression's scaling, fitted on the training rows.
func (t *Target) scale(s *Source, training *ColumnSummary) error {
	if err := t.checkSize(s.Dataset, training.Low, training.High); err != nil {
		return err
	}
	t.Mean, t.Variance, t.Scaling = training.Mean, training.Variance, identity(1)
	if s.ScaleTarget == StandardTarget {
		factor, offset := training.standard()
		t.Scaling = Scaler{Kind: StandardTarget, Factor: []float64{factor}, Offset: []float64{offset}}
	}
	return t.checkScaling(s.Dataset, training.Low, training.High)
}

// checkScaling refuses training values whose scaling a double can't hold.
func (t *Target) checkScaling(file string, low, high float64) error {
	if numeric.Finite(t.Scaling.Factor[0]) && numeric.Finite(t.Scaling.Offset[0]) && t.Scaling.Factor[0] != 0 && numeric.Finite(t.Variance) {
		return nil
	}
	return &invalid.Error{File: file, Column: t.Name, Problem: fmt.Sprintf("values from %g to %g are too far apart to regress on", low, high)}
}

// mostTarget bounds a regression's values: errors in their unit, and the sums of errors, must
// fit a float32.
const mostTarget = 1e30

// checkSize refuses values that are beyond.
func (t *Target) checkSize(file string, low, high float64) error {
	if max(-low, high) <= mostTarget {
		return nil
	}
	return &invalid.Error{
		File: file, Column: t.Name,
		Problem: fmt.Sprintf("values from %g to %g", low, high), Want: fmt.Sprintf("a size of at most %g to regress on", mostTarget),
	}
}

// ClassValue returns the number that is the name of a class.
func ClassValue(class string) float64 {
	v, _ := numeric.Parse(class, 64) // NumberTarget wrote it
	return v
}
