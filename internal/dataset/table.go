package dataset

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"gradwatch/internal/invalid"
	"gradwatch/internal/printable"
)

// table is a CSV file in memory.
type table struct {
	name    string
	named   bool
	columns []string // all, the target among them
	target  int
	cells   []float64 // [row, column]: a number, or the index of a word; NaN for none
	words   []*words  // of each column; nil where it holds numbers
	lines   []int     // where each row begins
	train   int       // rows that train, the first ones; 0 where the source says how many
	dialect *Dialect  // of the file, if there is one
	parser  fieldParser
	orders  []string // of each column of dates, once it is known
	truths  []bool   // the columns of yes and no
	// inexact has, for each column that may turn out to hold words, the error of its first
	// number that no double is equal to: other numbers are read as the same double. nil for
	// none.
	inexact []*invalid.Error
}

// words are the different texts of a column.
type words struct {
	texts []string
	index map[string]float64
}

func newWords() *words { return &words{index: make(map[string]float64)} }

// add returns the index of a text, as p reads it.
func (w *words) add(text string, p *fieldParser) float64 {
	if at, ok := w.index[text]; ok {
		return at
	}
	text = p.canonical(text)
	at, ok := w.index[text]
	if !ok {
		text = strings.Clone(text) // a record's fields share its memory
		at = float64(len(w.texts))
		w.texts, w.index[text] = append(w.texts, text), at
	}
	return at
}

// rows returns the number of rows.
func (t *table) rows() int { return len(t.lines) }

// row returns the cells of row i.
func (t *table) row(i int) []float64 { return t.cells[i*len(t.columns) : (i+1)*len(t.columns)] }

// tableReader reads a table by the choices of a source.
type tableReader struct {
	*table
	source *Source
	// mayBeWords: the columns that become columns of words with the first word in them.
	mayBeWords []bool
	numbers    []bool        // the columns that hold a number
	dates      []*dateColumn // nil for others
}

// readTable reads a file of records into memory.
func readTable(r *Records, source *Source) (*table, error) {
	t := &tableReader{table: &table{name: r.Name(), named: r.Header() != nil}, source: source}
	if err := t.choose(r); err != nil {
		return nil, err
	}
	for {
		fields, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if err := t.add(r, fields); err != nil {
			return nil, r.Wrap(err)
		}
		if err := source.fitsAgain(t.rows(), r.Width()-1); err != nil {
			return nil, err
		}
	}
	dialect := r.Dialect()
	t.dialect = &dialect
	if t.rows() == 0 {
		switch {
		case source.Missing == DropMissing && t.lines != nil:
			return nil, &invalid.Error{File: t.name, Problem: "no row without missing values", Want: "at least one"}
		case t.named:
			return nil, NoRows(t.name)
		}
		return nil, &invalid.Error{File: t.name, Problem: "no rows", Want: wantedRow}
	}
	return t.table, t.orderDates()
}

// orderDates finds the order of each column's dates.
func (t *tableReader) orderDates() error {
	for i, c := range t.dates {
		if c == nil {
			continue
		}
		var err error
		if t.orders[i], err = c.order(t.name, t.columns[i], t.source.DateOrder); err != nil {
			return err
		}
		if t.orders[i] == monthFirst {
			for row, days := range c.others {
				t.row(row)[i] = days
			}
		}
	}
	return nil
}

// NoRows returns the error of a file that has only a header.
func NoRows(file string) error {
	return &invalid.Error{File: file, Problem: "a header and no rows", Want: wantedRow}
}

// choose finds the target and what the columns may hold.
func (t *tableReader) choose(r *Records) error {
	width := r.Width()
	if width < 2 {
		return &invalid.Error{
			File: t.name, Line: r.line, Problem: "1 column", Want: "at least one input and the label, separated by " + separatorsText(r.dialect.Separator),
		}
	}
	err := t.source.fits(1, width-1)
	if err != nil {
		return err
	}
	if t.target, err = findTarget(t.source.Target, r); err != nil {
		return err
	}
	t.columns = columnNames(r.Header(), width, t.target)
	if err := checkNames(t.name, r, t.columns); err != nil {
		return err
	}
	t.words, t.mayBeWords, t.inexact = make([]*words, width), make([]bool, width), make([]*invalid.Error, width)
	t.numbers, t.truths, t.orders = make([]bool, width), make([]bool, width), make([]string, width)
	t.parser = r.parser
	if err := t.chooseDates(r); err != nil {
		return err
	}
	t.mayBeWords[t.target] = t.source.Task != Regression
	switch t.source.OneHot {
	case "":
	case AllWords:
		for i := range t.mayBeWords {
			t.mayBeWords[i] = t.mayBeWords[i] || i != t.target && t.dates[i] == nil
		}
	default:
		for _, name := range strings.Split(t.source.OneHot, ",") {
			at := slices.Index(t.columns, strings.TrimSpace(name))
			if at < 0 || at == t.target || t.dates[at] != nil {
				return invalid.New("one-hot", t.source.OneHot, fmt.Sprintf("%s, or names of input columns such as %s",
					AllWords, someOf(slices.Delete(slices.Clone(t.columns), t.target, t.target+1))))
			}
			t.words[at] = newWords()
		}
	}
	return nil
}

// chooseDates finds the columns of dates.
func (t *tableReader) chooseDates(r *Records) error {
	t.dates = make([]*dateColumn, len(t.columns))
	places, err := r.places("date", t.source.Date)
	if err != nil {
		return err
	}
	for _, place := range places {
		at := slices.Index(r.kept, place)
		if at < 0 || at == t.target {
			return invalid.New("date", t.source.Date, "input columns: neither the target nor one that --ignore leaves out")
		}
		t.dates[at] = &dateColumn{}
	}
	return nil
}

// checkNames refuses a header that gives two columns the same name: in another file nobody
// could know which is which.
func checkNames(file string, r *Records, columns []string) error {
	if r.Header() == nil {
		return nil
	}
	sorted := slices.Sorted(slices.Values(columns))
	for i := 1; i < len(sorted); i++ {
		if sorted[i] == sorted[i-1] {
			return &invalid.Error{
				File: file, Line: r.line, Problem: fmt.Sprintf("two columns %q", sorted[i]),
				Want: "a name of its own for each, or --header no for a first line of values",
			}
		}
	}
	return nil
}

// findTarget returns the place of the column that target names, or whose number in the file, from
// 1, it is; the last for "".
func findTarget(target string, r *Records) (int, error) {
	header, width := r.Header(), r.Width()
	if target == "" {
		return width - 1, nil
	}
	if at := slices.Index(header, target); at >= 0 {
		if slices.Contains(header[at+1:], target) {
			return 0, invalid.New("target", target, "the number of one of the columns of that name")
		}
		return at, nil
	}
	if n, err := strconv.Atoi(target); err == nil && n >= 1 && n <= r.width {
		if at := slices.Index(r.kept, n-1); at >= 0 {
			return at, nil
		}
		return 0, invalid.New("target", target, "a column that --ignore does not leave out")
	}
	if places, err := r.places("target", target); err == nil && len(places) > 1 {
		return 0, invalid.New("target", target, fmt.Sprintf("one column, not %d: a model predicts one target", len(places)))
	}
	if header == nil {
		return 0, invalid.New("target", target, fmt.Sprintf("a column's number, from 1 to %d: the file has no header", r.width))
	}
	return 0, invalid.New("target", target, fmt.Sprintf("a column's name, such as %s, or its number, from 1 to %d", someOf(header), r.width))
}

// add takes a row.
func (t *tableReader) add(r *Records, fields []string) error {
	if t.rows() == MaxSamples {
		return r.tooMany("")
	}
	begin := len(t.cells)
	if t.lines == nil {
		t.lines = []int{}
	}
	for i, field := range fields {
		cell, err := t.cell(i, field)
		if t.mayBeWords[i] && t.words[i] == nil && t.inexact[i] == nil && err == nil && !math.IsNaN(cell) && !t.parser.exact(field, cell) {
			t.inexact[i] = &invalid.Error{
				File: t.name, Line: r.Line(i), Column: t.columns[i], Value: strings.TrimSpace(field),
				Want: "a class of fewer digits, or a word: a double holds it as " + strconv.FormatFloat(cell, 'f', -1, 64),
			}
		}
		var wrong *fieldError
		if errors.As(err, &wrong) && wrong.missing && t.source.Missing == DropMissing {
			t.cells = t.cells[:begin]
			return nil
		}
		if err != nil {
			return err
		}
		t.cells = append(t.cells, cell)
	}
	t.lines = append(t.lines, r.Line(0))
	for i, c := range t.dates {
		if c != nil {
			d, ok := parseDate(fields[i])
			if !ok { // a missing value
				d = dateValue{math.NaN(), math.NaN()}
			}
			c.add(d, fields[i], r.Line(i))
		}
	}
	return nil
}

// cell returns what a field of column i holds: NaN for a missing one that will be
// filled. The error is an [*invalid.Error].
func (t *tableReader) cell(i int, field string) (float64, error) {
	v, kind := t.parser.parse(field)
	wrong := func(want string) *fieldError { return newFieldError(i, t.columns[i], field, want) }
	switch {
	case kind == missingField && i == t.target:
		err := wrong("a label")
		err.missing = true
		return 0, err
	case kind == missingField && (t.source.Missing == RefuseMissing || t.source.Missing == DropMissing):
		err := wrong(valueWanted())
		err.missing = true
		return 0, err
	case kind == missingField:
		return math.NaN(), nil
	case t.dates[i] != nil:
		d, ok := parseDate(field)
		if !ok {
			return 0, wrong(wantedDate)
		}
		return d.dayFirst, nil
	case kind == infiniteField:
		return 0, wrong("a finite number")
	case t.words[i] != nil:
		return t.words[i].add(field, &t.parser), nil
	case kind == wordField && t.mayBeWords[i]:
		if t.inexact[i] != nil {
			return 0, t.inexact[i]
		}
		t.turn(i)
		return t.words[i].add(field, &t.parser), nil
	case kind == wordField && i == t.target:
		return 0, wrong(t.parser.wantedNumber(field))
	case kind == wordField:
		if v, ok := truth(field); ok && t.truths != nil && !t.numbers[i] {
			t.truths[i] = true
			return v, nil
		}
		return 0, wrong(t.wantedInput(i, field))
	case t.truths != nil && t.truths[i]:
		return 0, wrong(wantedTruth + ", as in the rows before, or --one-hot for a column of words")
	}
	t.numbers[i] = true
	return v, nil
}

// wantedInput says what is wanted instead of a word in a column of numbers.
func (t *tableReader) wantedInput(i int, field string) string {
	want := t.parser.wantedNumber(field)
	if want != wantedFinite {
		return want
	}
	if _, ok := parseDate(field); ok {
		return fmt.Sprintf("%s: --date %s for days since 1970-01-01, or --ignore %[2]s to leave the column out", want, printable.ShellWord(t.columns[i]))
	}
	return want + ", or --one-hot for a column of words"
}

// turn makes a column of words of a column of numbers.
func (t *tableReader) turn(column int) {
	w := newWords()
	t.words[column] = w
	for at := column; at < len(t.cells); at += len(t.columns) {
		if !math.IsNaN(t.cells[at]) {
			t.cells[at] = w.add(numberText(t.cells[at]), &plainParser)
		}
	}
}

// plainParser reads what numberText writes.
var plainParser = newFieldParser("", nil)

// separatorsText names what the fields of a file with one column could have been separated by.
func separatorsText(separator string) string {
	if separator == commaSeparator {
		return "commas, semicolons, tabs or bars"
	}
	return separator
}
