package dataset

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gradwatch/internal/invalid"
	"gradwatch/internal/numeric"
	"gradwatch/internal/printable"
)

// fieldError is what is wrong with a field of a row: an [*invalid.Error] of its column, to
// which Records.Wrap adds the file and the line.
type fieldError struct {
	wrong *invalid.Error
	field int // its place in the row, from 0
	// missing: there is no value, and the schema doesn't say what stands for it.
	missing bool
}

func (e *fieldError) Error() string { return fmt.Sprint(e.wrong) }

func (e *fieldError) Unwrap() error { return e.wrong }

func newFieldError(field int, column, text, want string) *fieldError {
	return &fieldError{wrong: &invalid.Error{Column: column, Value: strings.TrimSpace(text), Want: want}, field: field}
}

// Encoder applies a schema to the rows of one file, whose columns may have another order
// and of which there may be more. It must not be used by several goroutines at once.
type Encoder struct {
	schema  *Schema
	parser  fieldParser
	columns []encoderColumn
	target  int            // its field; -1 where the file has none
	classes map[string]int // of a classification
	width   int            // fields of a row
	// Unknown counts, for each column, the rows whose category no training row had.
	Unknown []int
}

type encoderColumn struct {
	field      int // in the row
	first      int // input
	factor     float64
	offset     float64
	categories map[string]int // nil for numbers
}

// Encoder returns an encoder for the rows of a file. Where both the schema and the header have names, columns are found by their
// names and other columns are ignored; else columns are found by their places, and the
// target's may be missing. The error is an [*invalid.Error].
func (s *Schema) Encoder(r *Records) (*Encoder, error) {
	header, width := r.Header(), r.Width()
	e := &Encoder{
		schema: s, parser: newFieldParser(r.dialect.Decimal, s.MissingValues), width: width, target: -1, Unknown: make([]int, len(s.Columns)),
	}
	places, err := s.places(header, width)
	if err != nil {
		return nil, err
	}
	first := 0
	for i := range s.Columns {
		c := &s.Columns[i]
		to := encoderColumn{field: places[i], first: first, factor: s.Scaling.Factor[first], offset: s.Scaling.Offset[first]}
		if c.Categories != nil {
			to.categories = indexOf(c.Categories)
		}
		e.columns = append(e.columns, to)
		first += c.inputs()
	}
	e.target = places[len(s.Columns)]
	if s.Target.Task == Classification {
		e.classes = indexOf(s.Target.Classes)
	}
	return e, nil
}

func indexOf(texts []string) map[string]int {
	index := make(map[string]int, len(texts))
	for i, text := range texts {
		index[text] = i
	}
	return index
}

// names returns all columns', the target's in its place.
func (s *Schema) names() []string {
	var names []string
	for i := range s.Columns {
		names = append(names, s.Columns[i].Name)
	}
	return slices.Insert(names, s.Target.Place, s.Target.Name)
}

// places returns where each column's field is in a row and, last, the target's; -1
// where the file has no target.
func (s *Schema) places(header []string, width int) ([]int, error) {
	all := s.names()
	places := make([]int, 0, len(all))
	if header == nil || !s.Named || SameColumns(header, all) {
		if width != len(all) && width != len(all)-1 {
			return nil, &invalid.Error{
				Problem: printable.Count(width, "column"),
				Want:    fmt.Sprintf("%d (%s), or %d with the target, %q", len(all)-1, inputsText(s), len(all), s.Target.Name),
			}
		}
		for i := range s.Columns {
			if i >= s.Target.Place && width == len(all) {
				i++
			}
			places = append(places, i)
		}
		target := -1
		if width == len(all) {
			target = s.Target.Place
		}
		return append(places, target), nil
	}
	for i := range s.Columns {
		at, err := Find(header, s.Columns[i].Name)
		if err != nil {
			return nil, err
		}
		places = append(places, at)
	}
	if !slices.Contains(header, s.Target.Name) {
		return append(places, -1), nil
	}
	target, err := Find(header, s.Target.Name)
	return append(places, target), err
}

// SameColumns reports whether a file with that header has the columns of those names in
// that order. An empty name in the header matches any.
func SameColumns(header, columns []string) bool {
	return slices.EqualFunc(header, columns, func(name, column string) bool { return name == column || name == "" })
}

// inputsText names the first columns.
func inputsText(s *Schema) string {
	const most = 5
	var names []string
	for i := range s.Columns[:min(most, len(s.Columns))] {
		names = append(names, s.Columns[i].Name)
	}
	if len(s.Columns) > most {
		names = append(names, "...")
	}
	return strings.Join(names, ", ")
}

// Find returns the place of the only column of that name in a header, or an
// [*invalid.Error].
func Find(header []string, name string) (int, error) {
	at := slices.Index(header, name)
	switch {
	case at < 0:
		return 0, &invalid.Error{Problem: fmt.Sprintf("no column %q", name), Want: wantedColumn}
	case slices.Contains(header[at+1:], name):
		return 0, &invalid.Error{Problem: fmt.Sprintf("two columns %q", name), Want: wantedColumn}
	}
	return at, nil
}

const wantedColumn = "one of that name"

// HasTarget reports whether the file has the target's column.
func (e *Encoder) HasTarget() bool { return e.target >= 0 }

// Row sets dst, of [Schema.Inputs] numbers, to the scaled inputs of a row. A category that
// no training row had gives zeros. The error is an [*invalid.Error], which
// [Records.Wrap] gives the file and the line.
func (e *Encoder) Row(fields []string, dst []float32) error {
	if len(fields) != e.width {
		return &invalid.Error{Problem: printable.Count(len(fields), "field"), Want: strconv.Itoa(e.width)}
	}
	for i := range e.columns {
		c := &e.columns[i]
		if c.categories != nil {
			inputs := dst[c.first : c.first+len(c.categories)]
			clear(inputs)
			at, err := e.category(i, fields[c.field])
			if err != nil {
				return err
			}
			if at >= 0 {
				inputs[at] = float32(e.schema.Scaling.Factor[c.first+at] + e.schema.Scaling.Offset[c.first+at])
			}
			continue
		}
		v, err := e.number(i, fields[c.field])
		if err != nil {
			return err
		}
		scaled := float64(v*c.factor) + c.offset
		if !numeric.FitsFloat32(scaled) {
			return e.fieldError(i, fields[c.field], "a number that is within a float32 when scaled")
		}
		dst[c.first] = float32(scaled)
	}
	return nil
}

// values sets dst to the inputs of a row as they are, without scaling.
func (e *Encoder) values(fields []string, dst []float64) error {
	for i := range e.columns {
		c := &e.columns[i]
		if c.categories == nil {
			v, err := e.number(i, fields[c.field])
			if err != nil {
				return err
			}
			dst[c.first] = v
			continue
		}
		clear(dst[c.first : c.first+len(c.categories)])
		at, err := e.category(i, fields[c.field])
		if err != nil {
			return err
		}
		if at >= 0 {
			dst[c.first+at] = 1
		}
	}
	return nil
}

// number returns the number of column i.
func (e *Encoder) number(i int, text string) (float64, error) {
	c := &e.schema.Columns[i]
	v, kind := e.parser.parse(text)
	switch {
	case kind == missingField: // below
	case c.Date != "":
		if d, ok := parseDate(text); ok {
			if days, ok := d.in(c.Date); ok {
				return days, nil
			}
		}
		return 0, e.fieldError(i, text, wantedDate+dateOrders[c.Date])
	case c.Truth:
		if v, ok := truth(text); ok {
			return v, nil
		}
		return 0, e.fieldError(i, text, wantedTruth)
	case kind == numberField:
		return v, nil
	}
	switch {
	case kind == missingField && c.Fill != nil:
		return *c.Fill, nil
	case kind == missingField:
		return 0, e.missing(i, text)
	default:
		return 0, e.fieldError(i, text, e.parser.wantedNumber(text))
	}
}

// category returns the place of a text among its column's categories, -1 for another text.
func (e *Encoder) category(i int, text string) (int, error) {
	known := e.columns[i].categories
	if at, ok := known[text]; ok {
		return at, nil
	}
	if _, kind := e.parser.parse(text); kind == missingField {
		fill := e.schema.Columns[i].FillCategory
		if fill == "" {
			return 0, e.missing(i, text)
		}
		return known[fill], nil
	}
	if at, ok := known[e.parser.canonical(text)]; ok {
		return at, nil
	}
	e.Unknown[i]++
	return -1, nil
}

func (e *Encoder) fieldError(i int, text, want string) *fieldError {
	return newFieldError(e.columns[i].field, e.schema.Columns[i].Name, text, want)
}

func (e *Encoder) missing(i int, text string) *fieldError {
	want := "a value: the model was trained without the rows that miss one (--missing drop)"
	if e.schema.Missing != DropMissing {
		want = "a value: the model was trained without --missing, which says what stands for one"
	}
	err := e.fieldError(i, text, want)
	err.missing = true
	return err
}

// Label returns a row's class, from 0, or its value in a regression, unscaled. The
// error is an [*invalid.Error], as Row's; the file must have the target's column.
func (e *Encoder) Label(fields []string) (float64, error) {
	t := &e.schema.Target
	text := fields[e.target]
	wrong := func(want string) *fieldError { return newFieldError(e.target, t.Name, text, want) }
	v, kind := e.parser.parse(text)
	if kind == missingField {
		err := wrong("a label")
		err.missing = true
		return 0, err
	}
	if t.Task == Regression {
		if kind != numberField {
			return 0, wrong("a finite number")
		}
		return v, nil
	}
	if class, ok := e.classes[text]; ok {
		return float64(class), nil
	}
	if class, ok := e.classes[e.parser.canonical(text)]; ok {
		return float64(class), nil
	}
	return 0, wrong("one of the classes " + someOf(t.Classes))
}

// someOf lists the first few texts.
func someOf(texts []string) string {
	const most = 8
	if len(texts) <= most {
		return strings.Join(texts, ", ")
	}
	return fmt.Sprintf("%s, ... (%d)", strings.Join(texts[:most], ", "), len(texts))
}
