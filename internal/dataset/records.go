package dataset

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"gradwatch/internal/runfolder"
)

const byteOrderMark = "\ufeff"

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

// Values of the header choice: whether a file's first record names its columns.
const (
	HeaderAuto = "auto" // as the record looks
	HeaderYes  = "yes"
	HeaderNo   = "no"
)

// HeaderNames returns the header choices.
func HeaderNames() []string { return []string{HeaderAuto, HeaderYes, HeaderNo} }

// Records reads the records of a CSV file one by one: fields separated by commas,
// quoted or not, with spaces around them or not; blank lines are skipped; lines end
// with LF or CRLF; a byte order mark and gzip (told by its first bytes) are accepted.
type Records struct {
	name   string
	bound  *bound
	reader *csv.Reader
	close  []func() error
	header []string
	width  int        // fields of each record
	line   int        // where the first begins
	first  [][]string // read already, to tell a header
	lines  [][]int    // of their fields
	at     []int      // lines of the record's fields that Next returned; nil for ask the reader
}

// OpenRecords opens a file, which may be larger than memory; header is one of
// HeaderNames. What fails reading is an *fs.PathError, what is wrong in the file a
// *FormatError.
func OpenRecords(path, header string) (*Records, error) { return openRecords(path, header, os.Open) }

// openWhole opens a file all of whose rows will be kept in memory.
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
		_ = f.Close() // the first error is the one to tell
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
		return nil, &FormatError{File: name, Reason: "UTF-16 text: want UTF-8, as made by: iconv -f UTF-16 -t UTF-8"}
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

// begin reads the first record, and the second where it has to tell what the first
// is, and keeps those that are data.
func (r *Records) begin(header string) error {
	if err := r.keepOne(); err != nil {
		if errors.Is(err, io.EOF) {
			return &FormatError{File: r.name, Reason: "empty: want a row of inputs and a label for each point"}
		}
		return err
	}
	r.width, r.line = len(r.first[0]), r.lines[0][0]
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

// keepOne reads a record that Next is to return later.
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

// readError turns a broken quote or gzip into a FormatError and gives other errors,
// those of the file system, some context.
func (r *Records) readError(err error) error {
	var syntax *csv.ParseError
	switch {
	case errors.Is(err, errLongRecord):
		return &FormatError{File: r.name, Reason: errLongRecord.Error()}
	case errors.Is(err, errNUL):
		return &FormatError{File: r.name, Line: r.bound.lines + 1, Reason: errNUL.Error()}
	case errors.As(err, &syntax):
		return &FormatError{File: r.name, Line: syntax.Line, Reason: syntax.Err.Error()}
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader), errors.Is(err, io.ErrUnexpectedEOF), strings.HasPrefix(err.Error(), "flate:"):
		return &FormatError{File: r.name, Reason: "broken gzip: " + err.Error()}
	}
	return fmt.Errorf("read %s: %w", r.name, err)
}

// longestRecord bounds a record's bytes: millions of columns have room.
const longestRecord = 64 << 20

var errLongRecord = fmt.Errorf("a row of more than %d MB: want line ends, and quotes that are closed", longestRecord>>20)

var errNUL = errors.New("a NUL byte: want UTF-8 text; of UTF-16 it is made by: iconv -f UTF-16LE -t UTF-8")

// bound reads no further than a record may be long: a file without line ends, or with
// a quote that isn't closed, would be kept in memory as a whole. Nor does it read beyond
// a NUL byte, which no text has.
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

// Header returns the columns' names as the file has them, empty where it has none
// for a column; nil for a file without.
func (r *Records) Header() []string { return r.header }

// Width returns the number of fields of the first record.
func (r *Records) Width() int { return r.width }

// Name returns what stands for the file in errors.
func (r *Records) Name() string { return r.name }

// Next returns the next row's fields, which are valid until the next call, or io.EOF
// at the end. A row of another width than the first is a *FormatError.
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
		return nil, &FormatError{File: r.name, Line: r.Line(0), Reason: r.widthReason(len(record))}
	}
	return record, nil
}

func (r *Records) widthReason(got int) string {
	return fmt.Sprintf("%s: want %d, as in the first line", count(got, "field"), r.width)
}

// Line returns the line of a field of the record that Next returned.
func (r *Records) Line(field int) int {
	if r.at != nil {
		return r.at[field]
	}
	line, _ := r.reader.FieldPos(field)
	return line
}

// Errorf returns a *FormatError about a field of the record that Next returned.
func (r *Records) Errorf(field int, format string, args ...any) error {
	return &FormatError{File: r.name, Line: r.Line(field), Reason: fmt.Sprintf(format, args...)}
}

// Wrap gives an error of the record that Next returned its file and line: a
// *FieldError those of its field.
func (r *Records) Wrap(err error) error {
	var field *FieldError
	if !errors.As(err, &field) {
		return err
	}
	return &FormatError{File: r.name, Line: r.Line(field.Field), Reason: field.Error()}
}

// Close closes the file.
func (r *Records) Close() error {
	var failures []error
	for _, c := range r.close {
		failures = append(failures, c())
	}
	return errors.Join(failures...)
}
