package dataset

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"gradwatch/internal/invalid"
	"gradwatch/internal/printable"
	"gradwatch/internal/runfolder"
)

const byteOrderMark = "\ufeff"

// Values of the header choice: whether a file's first record names its columns.
const (
	HeaderAuto = "auto" // as the record looks
	HeaderYes  = "yes"
	HeaderNo   = "no"
)

// HeaderNames returns the header choices.
func HeaderNames() []string { return []string{HeaderAuto, HeaderYes, HeaderNo} }

// Records reads the records of a CSV file one by one: fields separated by one character, quoted
// or not, with or without spaces around them. Blank lines are skipped; lines end with LF,
// CRLF or CR; a byte order mark and gzip (recognized by its first bytes) are accepted. The
// separator, the decimal mark and the encoding are recognized by the first 64 KB.
type Records struct {
	name    string
	path    string // "" for a reader that is no file
	text    *text
	parser  fieldParser
	dialect Dialect
	bound   *bound
	reader  *csv.Reader
	close   []func() error
	names   []string   // of all columns of the file; nil for one without a header
	header  []string   // of those that Next returns
	width   int        // fields of each record in the file
	kept    []int      // places of the fields that Next returns
	fields  []string   // that Next returned, where some are left out
	line    int        // where the first begins
	first   [][]string // read in advance, to recognize a header
	lines   [][]int    // of their fields
	at      []int      // lines of the record's fields that Next returned; nil for ask the reader
}

// OpenRecords opens a file, which may be larger than memory. What fails reading is an
// [*fs.PathError], what is wrong in the file an [*invalid.Error].
func OpenRecords(path string, how Reading) (*Records, error) { return openRecords(path, how, os.Open) }

// openWhole opens a file of which all rows will be kept in memory.
func openWhole(path string, how Reading) (*Records, error) {
	return openRecords(path, how, runfolder.OpenWhole)
}

func openRecords(path string, how Reading, open func(path string) (*os.File, error)) (*Records, error) {
	f, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("read data set: %w", err)
	}
	r := &Records{name: path, path: path}
	if err := r.open(f, how); err != nil {
		_ = f.Close() // the first error is the one reported
		return nil, err
	}
	r.close = append(r.close, f.Close)
	return r, nil
}

// NewRecords reads from source; name stands for the file in errors.
func NewRecords(source io.Reader, name string, how Reading) (*Records, error) {
	r := &Records{name: name}
	return r, r.open(source, how)
}

func (r *Records) open(source io.Reader, how Reading) error {
	buffered := bufio.NewReaderSize(source, sampleBytes)
	if magic, _ := buffered.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unpacked, err := gzip.NewReader(buffered)
		if err != nil {
			return r.readError(err)
		}
		r.close = append(r.close, unpacked.Close)
		buffered = bufio.NewReaderSize(unpacked, sampleBytes)
		r.path = "" // a command would need the unpacked file
	}
	start, _ := buffered.Peek(1 << 12)
	if err := checkType(start, r.name, r.path); err != nil {
		return err
	}
	r.text = newText(buffered, how.Encoding)
	sample, err := r.text.Peek(sampleBytes)
	found, wrong := how.recognize(sample, err != nil)
	if wrong != nil {
		return invalid.At(wrong, r.name, 0)
	}
	if err := found.checkStart(r.name, r.path); err != nil {
		return err
	}
	r.dialect = found.dialect
	r.parser = newFieldParser(r.dialect.Decimal, how.Missing)
	r.bound = &bound{source: r.text}
	r.reader = r.dialect.newReader(r.bound)
	r.reader.ReuseRecord = true
	if err := r.begin(how.Header); err != nil {
		return err
	}
	return r.ignore(how.Ignore)
}

// Dialect returns how the file is written, as far as it was read.
func (r *Records) Dialect() Dialect {
	d := r.dialect
	d.Encoding = r.text.encoding()
	return d
}

// begin reads the first record, and the second where the first alone does not show whether
// it is a header, and keeps those that are data.
func (r *Records) begin(header string) error {
	if err := r.keepOne(); err != nil {
		if errors.Is(err, io.EOF) {
			return &invalid.Error{File: r.name, Problem: "empty", Want: wantedRow}
		}
		return err
	}
	r.width, r.line = len(r.first[0]), r.lines[0][0]
	r.kept = inOrder(r.width)
	named := header == HeaderYes
	if header == HeaderAuto || header == "" {
		named = true
		for _, field := range r.first[0] {
			if _, kind := r.parser.parse(field); kind == numberField {
				named = false
			}
		}
		if !named {
			// Columns may be called by numbers, such as years, if the last is called by
			// a word and holds numbers.
			if _, kind := r.parser.parse(r.first[0][r.width-1]); kind == wordField {
				if err := r.keepOne(); err != nil && !errors.Is(err, io.EOF) {
					return err
				}
				if len(r.first) > 1 {
					_, kind := r.parser.parse(r.first[1][len(r.first[1])-1])
					named = kind == numberField
				}
			}
		} else {
			named = slices.ContainsFunc(r.first[0], func(field string) bool {
				_, kind := r.parser.parse(field)
				return kind == wordField
			})
		}
	}
	if !named {
		return nil
	}
	r.names = make([]string, r.width)
	for i, field := range r.first[0] {
		r.names[i] = trimmed(field)
	}
	r.header = r.names
	r.first, r.lines = r.first[1:], r.lines[1:]
	return nil
}

// keepOne reads a record that Next will return later.
func (r *Records) keepOne() error {
	record, err := r.read()
	if err != nil {
		return err
	}
	lines := make([]int, len(record))
	for i := range record {
		lines[i], _ = r.reader.FieldPos(i)
	}
	r.first, r.lines = append(r.first, slices.Clone(record)), append(r.lines, lines)
	return nil
}

// read returns the next record that is not blank.
func (r *Records) read() ([]string, error) {
	for {
		r.bound.left = longestRecord
		record, err := r.reader.Read()
		if err != nil {
			if errors.Is(err, io.EOF) && err == io.EOF {
				return nil, io.EOF
			}
			return nil, r.readError(err)
		}
		if blank(record) {
			continue
		}
		return record, nil
	}
}

// wantedRow is what a file without rows lacks.
const wantedRow = "a row of inputs and a label for each point"

// readError turns a broken quote or gzip into an [*invalid.Error] and gives other errors,
// those of the file system, some context.
func (r *Records) readError(err error) error {
	var syntax *csv.ParseError
	var packed flate.CorruptInputError
	switch {
	case errors.Is(err, errLongRecord):
		return invalid.At(errLongRecord, r.name, 0)
	case errors.Is(err, errNUL):
		return invalid.At(errNUL, r.name, r.bound.lines+1)
	case errors.As(err, &syntax):
		return &invalid.Error{File: r.name, Line: syntax.Line, Problem: fmt.Sprint(syntax.Err)}
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &packed):
		return &invalid.Error{File: r.name, Problem: fmt.Sprintf("broken gzip: %v", err)}
	}
	return fmt.Errorf("read %s: %w", r.name, err)
}

// longestRecord bounds a record's bytes: millions of columns have room.
const longestRecord = 64 << 20

var errLongRecord error = &invalid.Error{
	Problem: fmt.Sprintf("a row of more than %d MB", longestRecord>>20), Want: "line ends, and quotes that are closed",
}

var errNUL error = &invalid.Error{
	Problem: "a NUL byte", Want: "text, or --encoding utf-16le or utf-16be",
}

// bound stops reading where a record is too long: a file without line ends, or with a quote
// that isn't closed, would be read into memory as a whole. It also stops at a NUL byte,
// which no text has.
type bound struct {
	source io.Reader
	left   int // of the record's bytes
	lines  int // that have ended
	failed error
}

func (b *bound) Read(p []byte) (int, error) {
	switch {
	case b.failed != nil:
		return 0, b.failed
	case b.left <= 0:
		return 0, errLongRecord
	}
	n, err := b.source.Read(p)
	if at := bytes.IndexByte(p[:n], 0); at >= 0 {
		n, err, b.failed = at, nil, errNUL // what stands before it is read first
	}
	b.lines += bytes.Count(p[:n], []byte("\n"))
	b.left -= n
	return n, err
}

// places returns the places of columns, given by their names, or numbers from 1, separated by
// commas. The error is an [*invalid.Error] of the choice of that name.
func (r *Records) places(choice, columns string) ([]int, error) {
	if columns == "" {
		return nil, nil
	}
	var places []int
	for name := range strings.SplitSeq(columns, ",") {
		name = strings.TrimSpace(name)
		at := slices.Index(r.names, name)
		if n, err := strconv.Atoi(name); at < 0 && err == nil {
			at = n - 1
		}
		if at < 0 || at >= r.width {
			want := fmt.Sprintf("numbers of columns, from 1 to %d", r.width)
			if r.header != nil {
				want = fmt.Sprintf("names of columns, such as %s, or their numbers, from 1 to %d", someOf(r.names), r.width)
			}
			return nil, invalid.New(choice, columns, want)
		}
		places = append(places, at)
	}
	return places, nil
}

// ignore leaves out columns; see places.
func (r *Records) ignore(columns string) error {
	places, err := r.places("ignore", columns)
	if err != nil || places == nil {
		return err
	}
	r.kept = slices.DeleteFunc(r.kept, func(place int) bool { return slices.Contains(places, place) })
	if r.header != nil {
		r.header = r.keep(r.names, nil)
	}
	return nil
}

// keep appends the fields that are not left out to a row.
func (r *Records) keep(fields, row []string) []string {
	for _, at := range r.kept {
		row = append(row, fields[at])
	}
	return row
}

// Header returns the columns' names as the file has them, empty where it has none
// for a column; nil for a file without.
func (r *Records) Header() []string { return r.header }

// Width returns the number of fields of each row that Next returns.
func (r *Records) Width() int { return len(r.kept) }

// Name returns the file's name in errors.
func (r *Records) Name() string { return r.name }

// Next returns the next row's fields, which are valid until the next call, or io.EOF
// at the end. A row of another width than the first is an [*invalid.Error].
func (r *Records) Next() ([]string, error) {
	var record []string
	if r.at = nil; len(r.first) > 0 {
		record, r.at = r.first[0], r.lines[0]
		r.first, r.lines = r.first[1:], r.lines[1:]
	} else {
		var err error
		if record, err = r.read(); err != nil {
			return nil, err
		}
	}
	if len(record) != r.width {
		if strings.HasPrefix(record[0], "#") {
			return nil, &invalid.Error{File: r.name, Line: r.lineOf(0), Problem: "a comment", Want: "rows only"}
		}
		return nil, &invalid.Error{
			File: r.name, Line: r.lineOf(0), Problem: printable.Count(len(record), "field"), Want: fmt.Sprintf("%d, as in the first line", r.width),
		}
	}
	if len(r.kept) == r.width {
		return record, nil
	}
	r.fields = r.keep(record, r.fields[:0])
	return r.fields, nil
}

// Line returns the line of a field of the row that Next returned.
func (r *Records) Line(field int) int { return r.lineOf(r.kept[field]) }

// lineOf returns the line of a field by its place in the file.
func (r *Records) lineOf(field int) int {
	if r.at != nil {
		return r.at[field]
	}
	line, _ := r.reader.FieldPos(field)
	return line
}

// Wrap gives an [*invalid.Error] of the record that Next returned its file and the line of
// the field that it is about; other errors, and one that has a file, as they are.
func (r *Records) Wrap(err error) error {
	var wrong *invalid.Error
	if !errors.As(err, &wrong) || wrong.File != "" {
		return err
	}
	at := 0
	var field *fieldError
	if errors.As(err, &field) {
		at = field.field
	}
	return invalid.At(wrong, r.name, r.Line(at))
}

// tooMany returns the error of a record beyond the largest number of rows.
func (r *Records) tooMany(where string) error {
	return &invalid.Error{
		File: r.name, Line: r.Line(0), Problem: fmt.Sprintf("more than %d rows%s", MaxSamples, where), Want: "at most that many",
	}
}

// Close closes the file.
func (r *Records) Close() error {
	var failures []error
	for _, c := range r.close {
		failures = append(failures, c())
	}
	return errors.Join(failures...)
}
