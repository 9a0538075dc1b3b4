package study

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
)

// ReadResults reads a study.csv; see ParseResults. A file that is missing is an
// error that wraps fs.ErrNotExist.
func ReadResults(path string, axes []Axis, repeats func(Configuration) int) ([]Result, error) {
	return Tables{Axes: axes}.ReadResults(path, repeats)
}

// ReadResults does so for tables of a measure.
func (t Tables) ReadResults(path string, repeats func(Configuration) int) ([]Result, error) {
	data, err := runfolder.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return t.parseResults(data, path, repeats)
}

// ParseResults reads the content of a study.csv, also of a study that was killed: an
// incomplete last line, and a last configuration without all its replicas, are left out.
// repeats returns the number of replicas of a configuration. The results are in the grid's
// order; of a configuration that occurs twice it is the later one. Errors name the file (by
// name), the line and the field.
//
// Before rows are appended to the file of a killed process, it must be written again with
// WriteResults: an incomplete last line would make the next row unreadable.
func ParseResults(data []byte, name string, axes []Axis, repeats func(Configuration) int) ([]Result, error) {
	return Tables{Axes: axes}.parseResults(data, name, repeats)
}

func (t Tables) parseResults(data []byte, name string, repeats func(Configuration) int) ([]Result, error) {
	p, err := newResultParser(name, t, repeats)
	if err != nil {
		return nil, err
	}
	whole := data[:bytes.LastIndexByte(data, '\n')+1]
	if len(whole) == 0 {
		return nil, nil // killed before the header was written
	}
	lines := csv.NewReader(bytes.NewReader(whole))
	for first := true; ; first = false {
		fields, err := lines.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, p.syntaxError(err)
		}
		p.line, _ = lines.FieldPos(0)
		if first {
			err = p.header(fields)
		} else {
			err = p.row(fields)
		}
		if err != nil {
			return nil, fmt.Errorf("%s, line %d, %w", name, p.line, err)
		}
	}
	return ordered(p.results), nil
}

// resultParser puts the rows of a study.csv together.
type resultParser struct {
	name    string
	measure record.Metric
	columns []string
	grid    []Configuration
	repeats func(Configuration) int
	index   map[string]int // of a configuration, by its values
	line    int

	results []Result
	place   map[int]int // of a configuration's result in results
	block   *Result     // a configuration that has not all its replicas yet
}

func newResultParser(name string, tables Tables, repeats func(Configuration) int) (*resultParser, error) {
	axes := tables.Axes
	grid, err := Grid(axes)
	if err != nil {
		return nil, err
	}
	t := &resultParser{
		name: name, measure: tables.Measure, columns: columns(axes, tables.named(replicaColumns())), grid: grid, repeats: repeats,
		index: make(map[string]int, len(grid)), place: make(map[int]int),
	}
	for _, c := range grid {
		values := make([]string, len(c.Settings))
		for i, s := range c.Settings {
			values[i] = s.Value
		}
		t.index[strings.Join(values, "\x00")] = c.Index
	}
	return t, nil
}

func (t *resultParser) syntaxError(err error) error {
	var wrong *csv.ParseError
	if errors.As(err, &wrong) {
		return fmt.Errorf("%s, line %d, column %d: %w", t.name, wrong.Line, wrong.Column, wrong.Err)
	}
	return fmt.Errorf("%s: %w", t.name, err)
}

func (t *resultParser) header(fields []string) error {
	if !slices.Equal(fields, t.columns) {
		return fmt.Errorf("header %q: want %q", strings.Join(fields, ","), strings.Join(t.columns, ","))
	}
	return nil
}

// row takes a row in; the number of its fields is the header's.
func (t *resultParser) row(fields []string) error {
	varied := len(fields) - len(replicaColumns()) - 1
	values := fields[1 : 1+varied]
	index, ok := t.index[strings.Join(values, "\x00")]
	if !ok {
		return fmt.Errorf("configuration %q: want one of this study's, not one of %q", fields[0], values)
	}
	if fields[0] == "" || strings.ContainsFunc(fields[0], unicode.IsControl) {
		return fmt.Errorf("configuration %q: want the name of a folder", fields[0])
	}
	row := fieldReader{fields: fields[1+varied:], columns: t.columns[1+varied:]}
	if row.text(0) == "" {
		return t.failure(index, fields[0], &row)
	}
	return t.replica(index, fields[0], &row)
}

// failure takes in the row of a configuration that failed as a whole.
func (t *resultParser) failure(index int, folder string, row *fieldReader) error {
	if err := t.begin(index, folder, row); err != nil {
		return err
	}
	row.want(2, row.text(2) == string(Failed), string(Failed)+", where no replica is named")
	for _, i := range []int{1, 3, 4, 5, 6, 7} {
		row.want(i, row.text(i) == "", "nothing where the configuration failed")
	}
	if row.err == nil {
		t.end()
	}
	return row.err
}

// replica takes in a replica's row.
func (t *resultParser) replica(index int, folder string, row *fieldReader) error {
	number := row.whole(0, math.MaxInt32)
	if row.err == nil && number == 0 {
		if err := t.begin(index, folder, row); err != nil {
			return err
		}
	}
	switch {
	case row.err != nil:
		return row.err
	case t.block == nil || t.block.Configuration.Index != index:
		row.want(0, false, "0, the configuration's first")
		return row.err
	}
	want := len(t.block.Replicas)
	row.want(0, number == want, strconv.Itoa(want))
	p := row.replica()
	p.Metric = t.measure
	t.block.Replicas = append(t.block.Replicas, p)
	if row.err == nil && len(t.block.Replicas) == t.repeats(t.grid[index]) {
		t.end()
	}
	return row.err
}

// begin starts a configuration.
func (t *resultParser) begin(index int, folder string, row *fieldReader) error {
	if t.block != nil {
		return fmt.Errorf("configuration %q: want the other replicas of %q first, of which there are %d",
			folder, t.block.Folder, len(t.block.Replicas))
	}
	t.block = &Result{Configuration: t.grid[index], Folder: folder, Seconds: row.seconds(8), Message: row.text(9)}
	return row.err
}

// end keeps the configuration, which is whole.
func (t *resultParser) end() {
	index := t.block.Configuration.Index
	if place, ok := t.place[index]; ok {
		t.results[place] = *t.block
	} else {
		t.place[index] = len(t.results)
		t.results = append(t.results, *t.block)
	}
	t.block = nil
}

// fieldReader reads the fields from the column replica on and keeps the first
// error, which names the column.
type fieldReader struct {
	fields, columns []string
	err             error
}

func (f *fieldReader) text(i int) string { return f.fields[i] }

func (f *fieldReader) want(i int, ok bool, want string) {
	if !ok && f.err == nil {
		f.err = fmt.Errorf("%s %q: want %s", f.columns[i], f.fields[i], want)
	}
}

func (f *fieldReader) whole(i int, most uint64) int {
	n, err := strconv.ParseUint(f.fields[i], 10, 32)
	f.want(i, err == nil && n <= most, fmt.Sprintf("an integer from 0 to %d", most))
	return int(n)
}

func (f *fieldReader) number(i int) float64 {
	x, err := strconv.ParseFloat(f.fields[i], 64)
	f.want(i, err == nil, "a number")
	return x
}

func (f *fieldReader) seconds(i int) float64 {
	x, err := strconv.ParseFloat(f.fields[i], 64)
	f.want(i, err == nil && x >= 0 && !math.IsInf(x, 1), "a number of at least 0")
	return x
}

// replica reads the columns seed to val_accuracy.
func (f *fieldReader) replica() Replica {
	p := Replica{State: record.State(f.text(2))}
	p.Seed = uint32(f.whole(1, math.MaxUint32))
	f.want(2, severity(p.State) >= 0, "done, stopped, diverged or failed")
	if p.State == Failed {
		for i, number := range p.numbers() {
			f.want(4+i, f.text(4+i) == "", "nothing where the replica failed")
			*number = record.Number(math.NaN())
		}
		f.want(3, f.text(3) == "", "nothing where the replica failed")
		return p
	}
	p.Epochs = f.whole(3, math.MaxInt32)
	for i, number := range p.numbers() {
		*number = record.Number(f.number(4 + i))
	}
	return p
}
