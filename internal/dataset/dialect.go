package dataset

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"gradwatch/internal/invalid"
)

// Automatic is the choice of a separator, a decimal mark, an encoding or an order of dates
// that stands for what the file's text shows.
const Automatic = "auto"

// Values of Reading.Separator.
const (
	commaSeparator = "comma"
	semicolon      = "semicolon"
	tab            = "tab"
	bar            = "bar"
)

// Values of Reading.Decimal: the mark before a number's decimals. The other of both may stand
// between groups of three digits.
const (
	decimalPoint = "point"
	decimalComma = "comma"
)

// separators are the choices, in the order in which equally good ones are taken.
var separators = []struct {
	name string
	char byte
}{{commaSeparator, ','}, {semicolon, ';'}, {tab, '\t'}, {bar, '|'}}

// SeparatorNames returns the choices of a separator.
func SeparatorNames() []string { return []string{Automatic, commaSeparator, semicolon, tab, bar} }

// DecimalNames returns the choices of a decimal mark.
func DecimalNames() []string { return []string{Automatic, decimalPoint, decimalComma} }

// Reading says how a file of records is read. The zero value recognizes all.
type Reading struct {
	Header    string // one of HeaderNames
	Separator string // one of SeparatorNames
	Decimal   string // one of DecimalNames
	Encoding  string // one of EncodingNames
	// Ignore names the columns that are left out, by their names or numbers from 1, separated
	// by commas; "" for none.
	Ignore string
	// Missing are texts that stand for no value, beside the usual ones.
	Missing []string
	// Like is the dialect of a file of the same origin, for what this file does not show.
	Like *Dialect
}

// Dialect is how a file of records is written.
type Dialect struct {
	Separator string `json:"separator"`
	// Decimal is empty where no number shows it. A point is then read as a decimal mark, and
	// a number such as 1,234 is refused.
	Decimal  string `json:"decimal,omitempty"`
	Encoding string `json:"encoding"`
}

// char returns the separator.
func (d *Dialect) char() byte {
	for _, s := range separators {
		if s.name == d.Separator {
			return s.char
		}
	}
	return ','
}

// String names what is not the usual: "" for commas, decimal points and UTF-8.
func (d *Dialect) String() string {
	var parts []string
	if d.Separator != commaSeparator {
		parts = append(parts, "separator "+d.Separator)
	}
	if d.Decimal == decimalComma {
		parts = append(parts, "decimal comma")
	}
	if d.Encoding != utf8Text {
		parts = append(parts, "encoding "+d.Encoding)
	}
	return strings.Join(parts, ", ")
}

// newReader returns a reader of records.
func (d *Dialect) newReader(source io.Reader) *csv.Reader {
	r := csv.NewReader(source)
	r.Comma = rune(d.char())
	r.FieldsPerRecord = -1                  // counted by Records, for an error that names the columns
	r.TrimLeadingSpace = d.Separator != tab // it takes tabs for space
	return r
}

// blank reports whether a record is a line of nothing but spaces.
func blank(record []string) bool { return len(record) == 1 && strings.TrimSpace(record[0]) == "" }

// split is a sample's records, as one separator makes them.
type split struct {
	dialect Dialect
	records [][]string
	lines   []int // where each record begins
	broken  bool  // by a quote
}

// newSplit splits a sample, of which the last record may be cut off unless it is complete.
func newSplit(sample []byte, complete bool, separator string) *split {
	s := &split{dialect: Dialect{Separator: separator}}
	r := s.dialect.newReader(bytes.NewReader(sample))
	for {
		record, err := r.Read()
		if err != nil {
			s.broken = !errors.Is(err, io.EOF)
			break
		}
		if blank(record) {
			continue
		}
		line, _ := r.FieldPos(0)
		s.records, s.lines = append(s.records, record), append(s.lines, line)
	}
	switch n := len(s.records); {
	case complete:
	case s.broken && r.InputOffset() == int64(len(sample)):
		s.broken = false // a quote that is closed behind the sample
	case !s.broken && n > 1:
		s.records, s.lines = s.records[:n-1], s.lines[:n-1]
	}
	return s
}

// usualWidth returns the commonest number of fields above 1, and the share of records that have it.
func (s *split) usualWidth() (width int, share float64) {
	counts := make(map[int]int)
	for _, record := range s.records {
		if n := len(record); n > 1 {
			counts[n]++
			if counts[n] > counts[width] {
				width = n
			}
		}
	}
	if width == 0 {
		return 0, 0
	}
	return width, float64(counts[width]) / float64(len(s.records))
}

// rows returns the records, without the first of several: it may be a header.
func (s *split) rows() [][]string { return s.records[max(0, min(1, len(s.records)-1)):] }

// numbers returns the share of the fields that are numbers, or missing ones.
func (s *split) numbers(missing []string) float64 {
	parsers := []fieldParser{newFieldParser(decimalPoint, missing), newFieldParser(decimalComma, missing)}
	found, all := 0, 0
	for _, record := range s.rows() {
		for _, field := range record {
			all++
			if slices.ContainsFunc(parsers, func(p fieldParser) bool {
				_, kind := p.parse(field)
				return kind == numberField || kind == missingField
			}) {
				found++
			}
		}
	}
	return float64(found) / float64(all)
}

// recognize returns the separator and the decimal mark of a file from the beginning of its
// text, complete or not. The error is an [*invalid.Error] of a file that can be read in two ways.
//
// A separator is one that splits each record into the same number of fields, at least two. Of
// several, which only a file without a header or with one of many words can have, it is the one
// that makes the largest share of the fields numbers.
func (how *Reading) recognize(sample []byte, complete bool) (*split, error) {
	if chosen := how.Separator; chosen != Automatic && chosen != "" {
		s := newSplit(sample, complete, chosen)
		s.dialect.Decimal = how.decimal(s)
		return s, nil
	}
	var sound []*split
	var fallback *split
	best := 0.0
	for _, separator := range separators {
		if separator.char != ',' && bytes.IndexByte(sample, separator.char) < 0 {
			continue
		}
		s := newSplit(sample, complete, separator.name)
		_, share := s.usualWidth()
		if share == 1 && !s.broken {
			sound = append(sound, s)
		}
		if fallback == nil || share > best {
			fallback, best = s, share
		}
	}
	s := fallback
	if len(sound) > 0 {
		var err error
		if s, err = how.choose(sound); err != nil {
			return nil, err
		}
	}
	s.dialect.Decimal = how.decimal(s)
	return s, nil
}

// choose returns the one of some sound splits that has most numbers.
func (how *Reading) choose(sound []*split) (*split, error) {
	if len(sound) == 1 {
		return sound[0], nil
	}
	shares := make([]float64, len(sound))
	for i, s := range sound {
		shares[i] = s.numbers(how.Missing)
	}
	most := slices.Max(shares)
	at := slices.Index(shares, most)
	if slices.Contains(shares[at+1:], most) {
		if at = slices.IndexFunc(sound, func(s *split) bool { return s.dialect.Separator == tab }); at >= 0 && shares[at] == most {
			return sound[at], nil // text has commas, but hardly tabs
		}
		var ways []string
		for _, s := range sound {
			width, _ := s.usualWidth()
			ways = append(ways, fmt.Sprintf("%d by %s", width, s.dialect.Separator))
		}
		return nil, &invalid.Error{
			Problem: "the separator is not clear: columns: " + strings.Join(ways, ", "), Want: "--separator " + strings.Join(SeparatorNames()[1:], ", "),
		}
	}
	return sound[at], nil
}

// decimal returns the decimal mark that the columns of numbers show; "" where none does.
func (how *Reading) decimal(s *split) string {
	if how.Decimal != Automatic && how.Decimal != "" {
		return how.Decimal
	}
	point, comma := newFieldParser(decimalPoint, how.Missing), newFieldParser(decimalComma, how.Missing)
	width, _ := s.usualWidth()
	var points, commas bool
	for column := range max(width, 1) {
		points = points || s.shows(column, &point)
		commas = commas || s.shows(column, &comma)
	}
	switch {
	case points:
		return decimalPoint
	case commas:
		return decimalComma
	case how.Like != nil:
		return how.Like.Decimal
	}
	return ""
}

// shows reports whether a column holds only numbers of that decimal mark, at least one of which
// can't be read with the other.
func (s *split) shows(column int, p *fieldParser) bool {
	other := fieldParser{point: p.group, group: p.point}
	shown := false
	for _, record := range s.rows() {
		if column >= len(record) {
			continue
		}
		switch _, kind := p.parse(record[column]); kind {
		case missingField:
		case numberField:
			_, kind := other.parse(record[column])
			shown = shown || kind != numberField
		default:
			return false
		}
	}
	return shown
}

// checkStart returns an [*invalid.Error] where the file begins with lines that are not of the
// table: a title, comments. path is the file's; "" where a command can't read it.
func (s *split) checkStart(file, path string) error {
	width, _ := s.usualWidth()
	if len(s.records) < 3 || width == 0 || len(s.records[0]) > 1 {
		return nil
	}
	first := slices.IndexFunc(s.records, func(record []string) bool { return len(record) == width })
	if first == 0 || first >= len(s.records)-1 || len(s.records[first+1]) != width {
		return nil
	}
	line := s.lines[first]
	wrong := &invalid.Error{
		File: file, Line: s.lines[0], Problem: fmt.Sprintf("1 field, and from line %d on %d", line, width), Want: "no title or comments before the table",
	}
	if path != "" {
		wrong.Want += fmt.Sprintf(", as made by: tail -n +%d %s", line, shellPath(path))
	}
	return wrong
}
