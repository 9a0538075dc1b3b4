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
)

// Source says where a data set comes from and how it is read. Start from [DefaultSource].
type Source struct {
	// Dataset is a generator's name (see [Kinds]), whose arguments are Samples, Noise and
	// Seed, or the path of a CSV file, to which the fields after them apply.
	Dataset string
	Samples int
	Noise   float64
	Seed    uint32 // of the generator, or of the rows' order
	// TestFraction is the share of the rows that are test rows; see [TrainRows].
	TestFraction float64
	// ValidationFraction is the share of the other rows that validate; 0 for none.
	ValidationFraction float64
	// Folds is the number of parts of a cross-validation, of which part Fold, from 1, tests in
	// TestFraction's place; 0 for none.
	Folds, Fold int
	// Test is the path of a second file, whose rows are the test rows instead.
	Test string
	// Target is the column to predict: its name, or its number from 1; "" for the last.
	Target string
	// Ignore names the columns that are left out, by their names or numbers from 1, separated
	// by commas; "" for none.
	Ignore string
	// Header is one of HeaderNames, Separator one of SeparatorNames, Decimal one of
	// DecimalNames, Encoding one of EncodingNames, Task one of TaskNames.
	Header, Separator, Decimal, Encoding string
	Task                                 Task
	// ShuffleRows draws the rows' order before they are split, Stratify so that the
	// classes, of a target that has them, have the same shares in all parts.
	ShuffleRows, Stratify bool
	// Missing is one of MissingNames. MissingValues are texts that stand for no value, beside
	// the usual ones, separated by commas.
	Missing, MissingValues string
	// Date names the columns of dates, by their names or numbers from 1, separated by commas.
	// DateOrder is one of DateOrderNames.
	Date, DateOrder string
	// OneHot names the columns of categories, separated by commas, or is [AllWords]; "" for
	// none.
	OneHot string
	// Scale is one of ScaleNames, ScaleTarget one of ScaleTargetNames.
	Scale, ScaleTarget string
	// Fits returns an error where there is not enough memory for so many rows, or more, of
	// so many inputs. It is asked while a file is read, before more of it is kept. nil takes all.
	Fits func(rows, inputs int) error
}

// fits asks Fits, where there is one.
func (s *Source) fits(rows, inputs int) error {
	if s.Fits == nil {
		return nil
	}
	return s.Fits(rows, inputs)
}

// fitsAgain asks Fits whenever the number of rows has doubled.
func (s *Source) fitsAgain(rows, inputs int) error {
	if rows&(rows-1) != 0 {
		return nil
	}
	return s.fits(rows, inputs)
}

// DefaultSource returns a source with the default choices.
func DefaultSource() Source {
	return Source{
		Seed: 1, TestFraction: 0.5, Header: HeaderAuto, Separator: Automatic, Decimal: Automatic, Encoding: Automatic,
		Task: Auto, Missing: RefuseMissing, DateOrder: Automatic,
		Scale: "none", ScaleTarget: StandardTarget,
	}
}

// Values of Source.ScaleTarget: the scaling of a regression's target.
const (
	StandardTarget = "standard" // to mean 0 and variance 1 over the training rows
	RawTarget      = "none"
)

// ScaleTargetNames returns the choices for the target of a regression.
func ScaleTargetNames() []string { return []string{StandardTarget, RawTarget} }

// Dataset is a data set that is ready to be split and scaled.
type Dataset struct {
	// Examples are not scaled: the training rows, the validation rows, the test rows. Y is
	// the class, from 0, or a regression's value.
	Examples   *Examples
	Train      int // rows
	Validation int // rows; 0 for none
	Schema     *Schema
	// Unknown counts the test rows with a category that no training row has.
	Unknown int
	// Filled names the columns in which a missing value was replaced.
	Filled []string
}

// TestFirst returns the index of the first test row.
func (s *Dataset) TestFirst() int { return s.Train + s.Validation }

// Open generates or reads a data set. Errors are an [*invalid.Error] of a choice or of a
// file, or wrap an [*fs.PathError].
func Open(s *Source) (*Dataset, error) {
	if slices.Contains(Names(), s.Dataset) {
		return generate(s)
	}
	t, err := openTable(s.Dataset, s)
	if err != nil {
		return nil, err
	}
	return t.set(s)
}

func generate(s *Source) (*Dataset, error) {
	points, err := Generate(s.Dataset, s.Samples, s.Noise, s.Seed)
	if err != nil {
		return nil, err
	}
	set := &Dataset{Examples: points}
	if set.Train, err = TrainRows(points.Len(), s.TestFraction); err != nil {
		return nil, err
	}
	if set.Validation, err = s.validationRows(set.Train); err != nil {
		return nil, err
	}
	set.Train -= set.Validation
	if labels := points.Y[:set.Train]; slices.Min(labels) == slices.Max(labels) {
		return nil, invalid.New("samples", strconv.Itoa(s.Samples), fmt.Sprintf("more: all that train (%d) are of class %g", set.Train, labels[0]))
	}
	scaling, err := FitScaler(s.Scale, points, set.Train)
	if err != nil {
		return nil, err
	}
	set.Schema = PlainSchema(points.Columns, scaling)
	return set, nil
}

func openTable(path string, s *Source) (*table, error) {
	r, err := openWhole(path, s.Reading())
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return readTable(r, s)
}

// HeaderOf returns the choice of a header: Header, or yes where it is auto and the target is
// given by its name.
func (s *Source) HeaderOf() string {
	if s.Header == HeaderAuto && s.Target != "" && strings.Trim(s.Target, "0123456789") != "" {
		return HeaderYes
	}
	return s.Header
}

// Reading returns how the files are read.
func (s *Source) Reading() Reading {
	return Reading{
		Header: s.HeaderOf(), Separator: s.Separator, Decimal: s.Decimal, Encoding: s.Encoding, Missing: s.missingValues(), Ignore: s.Ignore,
	}
}

// missingValues returns the texts of MissingValues.
func (s *Source) missingValues() []string {
	if s.MissingValues == "" {
		return nil
	}
	return strings.Split(s.MissingValues, ",")
}

// ReadCSV reads the points of a CSV file; see ParseCSV for what it may hold.
func ReadCSV(path string) (*Examples, error) {
	s := DefaultSource()
	t, err := openTable(path, &s)
	if err != nil {
		return nil, err
	}
	return t.all(&s)
}

// ParseCSV reads points: any number of numeric inputs, then the label, separated by
// commas, by the choices of DefaultSource. name stands for the file in errors, which are
// [*invalid.Error] unless reading itself fails.
func ParseCSV(r io.Reader, name string) (*Examples, error) {
	s := DefaultSource()
	records, err := NewRecords(r, name, s.Reading())
	if err != nil {
		return nil, err
	}
	t, err := readTable(records, &s)
	if err != nil {
		return nil, err
	}
	return t.all(&s)
}

// all returns all rows in their order.
func (t *table) all(s *Source) (*Examples, error) {
	schema := &Schema{}
	var err error
	if schema.Target, err = t.fitTarget(s.Task); err != nil {
		return nil, err
	}
	order := inOrder(t.rows())
	if schema.Columns, err = t.fitColumns(order, s.Missing); err != nil {
		return nil, err
	}
	return t.points(order, schema), nil
}

// set returns the table as a data set.
func (t *table) set(s *Source) (*Dataset, error) {
	set := &Dataset{Schema: &Schema{Named: t.named, Missing: s.Missing, MissingValues: s.missingValues(), Dialect: t.dialect}}
	schema := set.Schema
	var err error
	if schema.Target, err = t.fitTarget(s.Task); err != nil {
		return nil, err
	}
	order, train, validation, err := t.split(s, &schema.Target)
	if err != nil {
		return nil, err
	}
	set.Train, set.Validation = train, validation
	if schema.Columns, err = t.fitColumns(order[:train], s.Missing); err != nil {
		return nil, err
	}
	if err := s.fits(len(order), schema.Inputs()); err != nil { // a column of words may have become many inputs
		return nil, err
	}
	set.Examples = t.points(order, schema)
	if fills(s.Missing) {
		set.Filled = t.filled()
	}
	if schema.Target.Task == Classification {
		counts := make([]int, len(schema.Target.Classes))
		for _, y := range set.Examples.Y[:train] {
			counts[int(y)]++
		}
		if err := s.CheckClasses(&schema.Target, counts, false); err != nil {
			return nil, err
		}
	}
	if s.Test == "" {
		set.Unknown = t.countUnknown(order[train+validation:], schema)
	} else if err := set.readTest(s); err != nil {
		return nil, err
	}
	return set, set.scale(s)
}

// split returns the rows' order, and how many of them, the first, train, and how many after
// these validate.
func (t *table) split(s *Source, target *Target) (order []int, train, validation int, err error) {
	switch order = inOrder(t.rows()); {
	case s.Test != "":
		train = len(order)
	case t.train > 0:
		train = t.train
	case s.Folds > 0:
		if order, train, err = t.fold(s, target); err != nil {
			return nil, 0, 0, err
		}
	default:
		if train, err = TrainRows(len(order), s.TestFraction); err != nil {
			return nil, 0, 0, err
		}
		order = t.draw(s, target, order, len(order)-train)
	}
	if validation, err = s.validationRows(train); validation > 0 {
		copy(order, t.draw(s, target, order[:train], validation))
	}
	return order, train - validation, validation, err
}

// draw returns the rows in the order in which they are split: count of them, the last, are kept apart.
func (t *table) draw(s *Source, target *Target, rows []int, count int) []int {
	var order []int
	switch {
	case s.Stratify && target.Task == Classification:
		classes := make([]int, len(rows))
		for i, row := range rows {
			classes[i] = int(t.row(row)[t.target])
		}
		order = Stratify(classes, len(target.Classes), count, s.Seed)
	case s.ShuffleRows, s.Stratify:
		order = Shuffle(len(rows), s.Seed)
	default:
		return rows
	}
	for i, k := range order {
		order[i] = rows[k]
	}
	return order
}

// fold returns the rows with those of a fold at the end, and how many others there are.
func (t *table) fold(s *Source, target *Target) (order []int, train int, err error) {
	if s.Fold == 0 {
		return nil, 0, invalid.New("fold", "0", fmt.Sprintf("one of 1 to %d; a study trains with all of them by --vary fold=1:%d", s.Folds, s.Folds))
	}
	if n := t.rows(); s.Folds > n {
		return nil, 0, invalid.New("cross-validate", strconv.Itoa(s.Folds), fmt.Sprintf("at most as many folds as rows (%d)", n))
	}
	rows := inOrder(t.rows())
	if s.ShuffleRows || s.Stratify {
		rows = Shuffle(len(rows), s.Seed)
	}
	classes := make([]int, len(rows))
	if s.Stratify && target.Task == Classification {
		for i, row := range rows {
			classes[i] = int(t.row(row)[t.target])
		}
	}
	var tests []int
	for i, fold := range Folds(classes, s.Folds) {
		if fold == s.Fold-1 {
			tests = append(tests, rows[i])
		} else {
			order = append(order, rows[i])
		}
	}
	return append(order, tests...), len(order), nil
}

// validationRows returns how many of the rows that don't test validate: as scikit-learn's
// train_test_split, rounded up. The [*invalid.Error] is of a fraction that leaves no row to train with.
func (s *Source) validationRows(rows int) (int, error) {
	count := int(math.Ceil(float64(rows) * s.ValidationFraction))
	if count >= rows && count > 0 {
		return 0, invalid.New("validation-fraction", strconv.FormatFloat(s.ValidationFraction, 'g', -1, 64),
			fmt.Sprintf("one that leaves at least 1 of %d rows to train with", rows))
	}
	return count, nil
}

func inOrder(n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	return order
}

// CheckClasses returns an [*invalid.Error] where a class has no training row, given the
// number of training rows of each: it can't be learned, and the file is most likely sorted
// by class. streamed is for rows that are read in their order.
func (s *Source) CheckClasses(target *Target, counts []int, streamed bool) error {
	k := slices.Index(counts, 0)
	if k < 0 {
		return nil
	}
	rows := 0
	for _, n := range counts {
		rows += n
	}
	want := "a row of each class among them"
	switch {
	case s.Test != "":
	case s.Stratify:
		want = "more rows of it, or a smaller --test-fraction"
	case streamed:
		want += ": another order of the file's rows, or a second file, --test"
	case s.ShuffleRows:
		want += ", by --stratify or a second file, --test"
	default:
		want += ", by --shuffle-rows, --stratify or a second file, --test"
	}
	return &invalid.Error{
		File: s.Dataset, Column: target.Name,
		Problem: fmt.Sprintf("class %q: none of the %d training rows is of it", target.Classes[k], rows), Want: want,
	}
}

// countUnknown counts the rows with a category that is none of the schema's.
func (t *table) countUnknown(rows []int, schema *Schema) int {
	unknown := 0
	for _, row := range rows {
		k := 0
		is := false
		for i := range t.columns {
			if i == t.target {
				continue
			}
			if cell := t.row(row)[i]; t.words[i] != nil && !math.IsNaN(cell) {
				is = is || !slices.Contains(schema.Columns[k].Categories, t.words[i].texts[int(cell)])
			}
			k++
		}
		if is {
			unknown++
		}
	}
	return unknown
}

// readTest appends the rows of the second file.
func (s *Dataset) readTest(source *Source) error {
	how := source.Reading()
	how.Like = s.Schema.Dialect
	r, err := openWhole(source.Test, how)
	if err != nil {
		return err
	}
	defer r.Close()
	s.Schema.Scaling = identity(s.Schema.Inputs())
	e, err := s.Schema.Encoder(r)
	if err != nil {
		return invalid.At(err, source.Test, 0)
	}
	if !e.HasTarget() {
		return &invalid.Error{
			File: source.Test, Problem: fmt.Sprintf("no column %q", s.Schema.Target.Name), Want: "the target, as in " + source.Dataset,
		}
	}
	row, before := make([]float64, s.Schema.Inputs()), s.Examples.Len()
	for {
		fields, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if s.Examples.Len() == MaxSamples {
			return r.tooMany(" in both files")
		}
		unknown := total(e.Unknown)
		y, err := e.Label(fields)
		if err == nil {
			err = e.values(fields, row)
		}
		var field *fieldError
		if errors.As(err, &field) && field.missing && source.Missing == DropMissing {
			continue
		}
		if field != nil && field.missing && field.field != e.target {
			field.wrong.Want = valueWanted()
		}
		if err != nil {
			return r.Wrap(err)
		}
		if total(e.Unknown) > unknown {
			s.Unknown++
		}
		s.Examples.X, s.Examples.Y = append(s.Examples.X, row...), append(s.Examples.Y, y)
		if err := source.fitsAgain(s.Examples.Len(), len(row)); err != nil {
			return err
		}
	}
	if s.Examples.Len() == before {
		return &invalid.Error{File: source.Test, Problem: "no rows", Want: "at least one to test with"}
	}
	return nil
}

func total(counts []int) int {
	sum := 0
	for _, n := range counts {
		sum += n
	}
	return sum
}

// identity returns a scaler that changes nothing.
func identity(inputs int) Scaler {
	return Scaler{Kind: "none", Factor: slices.Repeat([]float64{1}, inputs), Offset: make([]float64, inputs)}
}

// scale fits the scaling of the inputs and of the target. Categories stay 0 and 1.
func (s *Dataset) scale(source *Source) error {
	var err error
	if s.Schema.Scaling, err = FitScaler(source.Scale, s.Examples, s.Train); err != nil {
		return err
	}
	first := 0
	for i := range s.Schema.Columns {
		c := &s.Schema.Columns[i]
		for k := range c.Categories {
			s.Schema.Scaling.Factor[first+k], s.Schema.Scaling.Offset[first+k] = 1, 0
		}
		first += c.inputs()
	}
	t := &s.Schema.Target
	if t.Task != Regression {
		return nil
	}
	low, high := slices.Min(s.Examples.Y), slices.Max(s.Examples.Y)
	if err := t.checkSize(source.Dataset, low, high); err != nil {
		return err
	}
	training := summarize(t.Name, s.Examples.Y[:s.Train])
	return t.scale(source, &training)
}

// Split returns the scaled rows that train, those that validate, nil where there are none, and
// those that test. A regression's target is scaled too.
func (s *Dataset) Split() (train, validation, test *Examples) {
	scaled := s.Schema.Scaling.Apply(s.Examples)
	if s.Schema.Target.Task == Regression {
		scaled.Y = slices.Clone(scaled.Y)
		for i, y := range scaled.Y {
			scaled.Y[i] = s.Schema.Target.Scale(y)
		}
	}
	first := s.TestFirst()
	if s.Validation > 0 {
		validation = scaled.slice(s.Train, first)
	}
	return scaled.slice(0, s.Train), validation, scaled.slice(first, scaled.Len())
}
