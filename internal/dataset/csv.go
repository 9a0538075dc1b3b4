package dataset

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"gradwatch/internal/runfolder"
)

const (
	labelColumn   = "label"
	byteOrderMark = "\ufeff"
)

// A FormatError says which line of a CSV file is wrong, and how.
type FormatError struct {
	File   string
	Line   int // from 1; 0 when it is about the file as a whole
	Reason string
}

func (e *FormatError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.Reason)
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Reason)
}

// Load generates the data set that source names (see Kinds), or reads the CSV
// file whose path it is, to which the other arguments mean nothing.
func Load(source string, samples int, noise float64, seed uint32) (*Points, error) {
	if slices.Contains(Names(), source) {
		return Generate(source, samples, noise, seed)
	}
	return ReadCSV(source)
}

// ReadCSV reads the points of a CSV file; see ParseCSV for what it may hold.
func ReadCSV(path string) (*Points, error) {
	f, err := runfolder.OpenInput(path)
	if err != nil {
		return nil, fmt.Errorf("read data set: %w", err)
	}
	defer f.Close()
	return ParseCSV(f, path)
}

// ParseCSV reads points: any number of numeric inputs, then the label, 0 or 1,
// separated by commas. The first record may be a header; without one the
// inputs are called x1, x2, ... Quoted fields, blank lines, spaces around a
// field, CRLF line ends and a byte order mark are accepted. name stands for the
// file in errors, which are *FormatError unless reading itself fails.
func ParseCSV(r io.Reader, name string) (*Points, error) {
	b := bufio.NewReader(r)
	if mark, _ := b.Peek(len(byteOrderMark)); bytes.Equal(mark, []byte(byteOrderMark)) {
		_, _ = b.Discard(len(byteOrderMark)) // cannot fail: just peeked
	}
	records := csv.NewReader(b)
	records.FieldsPerRecord = -1 // counted here, for an error that names the columns
	records.TrimLeadingSpace = true
	records.ReuseRecord = true

	parser := csvParser{name: name, points: new(Points)}
	for {
		record, err := records.Read()
		if err == io.EOF {
			return parser.finish()
		}
		if err != nil {
			return nil, readError(err, name)
		}
		if len(record) == 1 && strings.TrimSpace(record[0]) == "" {
			continue // a line of nothing but spaces
		}
		parser.line, _ = records.FieldPos(0)
		if err := parser.record(record, records.FieldPos); err != nil {
			return nil, err
		}
	}
}

// readError turns a broken quote into a FormatError and gives other errors,
// those of the file system, some context.
func readError(err error, name string) error {
	var syntax *csv.ParseError
	if errors.As(err, &syntax) {
		return &FormatError{File: name, Line: syntax.Line, Reason: syntax.Err.Error()}
	}
	return fmt.Errorf("read %s: %w", name, err)
}

// csvParser collects the records of one file.
type csvParser struct {
	name   string
	line   int // where the current record begins
	points *Points
}

// record takes the header or a row. position gives a field's line and column.
func (c *csvParser) record(fields []string, position func(field int) (line, column int)) error {
	p := c.points
	if p.Columns == nil {
		if len(fields) < 2 {
			return c.errorf("1 column: want at least one input and the label, separated by commas")
		}
		header := isHeader(fields)
		p.Columns = columnNames(fields[:len(fields)-1], header)
		if header {
			return nil
		}
	}
	if want := p.Features() + 1; len(fields) != want {
		return c.errorf("%s: want %d (%s and the label)", count(len(fields), "field"), want, count(p.Features(), "input"))
	}
	if p.Len() == MaxSamples {
		return c.errorf("more than %d rows: want at most that many", MaxSamples)
	}
	for i, column := range p.Columns {
		v, err := parseNumber(fields[i])
		if err != nil {
			c.line, _ = position(i)
			return c.errorf("column %q: %q: want a finite number", column, fields[i])
		}
		p.X = append(p.X, v)
	}
	label := fields[p.Features()]
	y, err := parseNumber(label)
	if err != nil || (y != 0 && y != 1) {
		c.line, _ = position(p.Features())
		return c.errorf("column %q: %q: want 0 or 1", labelColumn, label)
	}
	p.Y = append(p.Y, math.Abs(y)) // a label of -0 is a 0
	return nil
}

// finish returns the points, or says what is missing.
func (c *csvParser) finish() (*Points, error) {
	switch {
	case c.points.Columns == nil:
		return nil, &FormatError{File: c.name, Reason: "empty: want a row of inputs and a label for each point"}
	case c.points.Len() == 0:
		return nil, &FormatError{File: c.name, Reason: "a header and no rows: want a row of inputs and a label for each point"}
	}
	return c.points, nil
}

func (c *csvParser) errorf(format string, args ...any) error {
	return &FormatError{File: c.name, Line: c.line, Reason: fmt.Sprintf(format, args...)}
}

// isHeader tells a header from a first row: its label is no number. A row with
// a mistake in one of its inputs is still a row, so that the mistake is
// reported, not taken for a name.
func isHeader(fields []string) bool {
	_, err := parseNumber(fields[len(fields)-1])
	return err != nil
}

// columnNames returns a name for each input: the header's, where there is one
// and it names the column, else x1, x2, ...
func columnNames(fields []string, header bool) []string {
	names := make([]string, len(fields))
	for i, field := range fields {
		if header {
			// One line of plain text, so that it can be written and read again.
			names[i] = strings.Join(strings.Fields(strings.ReplaceAll(field, byteOrderMark, " ")), " ")
		}
		if names[i] == "" {
			names[i] = "x" + strconv.Itoa(i+1)
		}
	}
	return names
}

// parseNumber reads a finite decimal number. strconv.ParseFloat alone would
// also take hexadecimal digits, infinities and NaN.
func parseNumber(field string) (float64, error) {
	field = strings.TrimSpace(field)
	if strings.Trim(field, "0123456789+-.eE") != "" {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseFloat(field, 64)
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// WriteCSV writes a header and a row for each point: the inputs, then the
// label, with the 17 significant digits that give the same double when read.
func (p *Points) WriteCSV(w io.Writer) error {
	b := bufio.NewWriter(w)
	header := csv.NewWriter(b)
	if err := header.Write(append(slices.Clone(p.Columns), labelColumn)); err != nil {
		return fmt.Errorf("write CSV header: %w", err)
	}
	header.Flush()
	var line []byte
	for i, y := range p.Y {
		line = line[:0]
		for _, v := range p.Row(i) {
			line = strconv.AppendFloat(line, v, 'g', 17, 64)
			line = append(line, ',')
		}
		line = strconv.AppendFloat(line, y, 'g', -1, 64)
		line = append(line, '\n')
		if _, err := b.Write(line); err != nil {
			return fmt.Errorf("write CSV row %d: %w", i+1, err)
		}
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}
