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

// Records reads the records of a CSV file one by one: fields separated by commas, quoted or
// not, with or without spaces around them. Blank lines are skipped; lines end with LF or
// CRLF; a byte order mark and gzip (recognized by its first bytes) are accepted.
type Records struct {
	name   string
	bound  *bound
	reader *csv.Reader
	close  []func() error
	header []string
	width  int        // fields of each record in the file
	kept   []int      // places of the fields that Next returns
	fields []string   // that Next returned, where some are left out
	line   int        // where the first begins
	first  [][]string // read in advance, to recognize a header
	lines  [][]int    // of their fields
	at     []int      // lines of the record's fields that Next returned; nil for ask the reader
}

// OpenRecords opens a file, which may be larger than memory; header is one of
// HeaderNames. What fails reading is an [*fs.PathError], what is wrong in the file an
// [*invalid.Error].
func OpenRecords(path, header string) (*Records, error) { return openRecords(path, header, os.Open) }

// openWhole opens a file of which all rows will be kept in memory.
func openWhole(path, header string) (*Records, error) {
	return openRecords(path, header, runfolder.OpenWhole)
}

func openRecords(path, header string, open func(path string) (*os.File, error)) (*Records, error) {
	f, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("read data set: %w", err)
	}
	r, err := NewRecords(f, path, header)
	if err != nil {
		_ = f.Close() // the first error is the one reported
		return nil, err
	}
	r.close = append(r.close, f.Close)
	return r, nil
}

// NewRecords reads from source; name stands for the file in errors.
func NewRecords(source io.Reader, name, header string) (*Records, error) {
	r := &Records{name: name}
	buffered := bufio.NewReaderSize(source, 1<<16)
	if magic, _ := buffered.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unpacked, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, r.readError(err)
		}
		r.close = append(r.close, unpacked.Close)
		buffered = bufio.NewReaderSize(unpacked, 1<<16)
	}
	mark, _ := buffered.Peek(len(byteOrderMark))
	switch {
	case bytes.HasPrefix(mark, []byte("\xff\xfe")), bytes.HasPrefix(mark, []byte("\xfe\xff")):
		return nil, &invalid.Error{File: name, Problem: "UTF-16 text", Want: "UTF-8, as made by: iconv -f UTF-16 -t UTF-8"}
	case string(mark) == byteOrderMark:
		_, _ = buffered.Discard(len(byteOrderMark)) // cannot fail: just peeked
	}
	r.bound = &bound{source: buffered}
	r.reader = csv.NewReader(r.bound)
	r.reader.FieldsPerRecord = -1 // counted here, for an error that names the columns
	r.reader.TrimLeadingSpace = true
	r.reader.ReuseRecord = true
	return r, r.begin(header)
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
	if header == HeaderAuto {
		named = true
		for _, field := range r.first[0] {
			if _, kind := parseField(field); kind == numberField {
				named = false
			}
		}
		if !named {
			// Columns may be called by numbers, such as years, if the last is called by
			// a word and holds numbers.
			if _, kind := parseField(r.first[0][r.width-1]); kind == wordField {
				if err := r.keepOne(); err != nil && !errors.Is(err, io.EOF) {
					return err
				}
				if len(r.first) > 1 {
					_, kind := parseField(r.first[1][len(r.first[1])-1])
					named = kind == numberField
				}
			}
		} else {
			named = slices.ContainsFunc(r.first[0], func(field string) bool {
				_, kind := parseField(field)
				return kind == wordField
			})
		}
	}
	if !named {
		return nil
	}
	r.header = make([]string, r.width)
	for i, field := range r.first[0] {
		r.header[i] = trimmed(field)
	}
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
		if len(record) == 1 && strings.TrimSpace(record[0]) == "" {
			continue // a line of nothing but spaces
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
	Problem: "a NUL byte", Want: "UTF-8 text; of UTF-16 it is made by: iconv -f UTF-16LE -t UTF-8",
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

// ignore leaves out the columns of those names, or numbers from 1, separated by commas. The
// error is an [*invalid.Error] of the choice.
func (r *Records) ignore(columns string) error {
	if columns == "" {
		return nil
	}
	for name := range strings.SplitSeq(columns, ",") {
		name = strings.TrimSpace(name)
		at := slices.Index(r.header, name)
		if n, err := strconv.Atoi(name); at < 0 && err == nil {
			at = n - 1
		}
		if at < 0 || at >= r.width {
			want := fmt.Sprintf("numbers of columns, from 1 to %d", r.width)
			if r.header != nil {
				want = fmt.Sprintf("names of columns, such as %s, or their numbers, from 1 to %d", someOf(r.header), r.width)
			}
			return invalid.New("ignore", columns, want)
		}
		r.kept = slices.DeleteFunc(r.kept, func(place int) bool { return place == at })
	}
	if r.header != nil {
		r.header = r.keep(r.header, nil)
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
