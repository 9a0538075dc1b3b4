package profile

import (
	"cmp"
	"math"
	"slices"

	"gradwatch/internal/dataset"
)

// Table is what is known of a table's rows.
type Table struct {
	// Classes are those of a classification, in the schema's order.
	Classes []Class `json:"classes,omitempty"`
	// Compared is the number of columns, the target among them, whose values among the training rows and among the test
	// rows were compared; Differences are those that differ most clearly, the clearest first.
	Compared    int          `json:"compared"`
	Differences []Difference `json:"differences,omitempty"`
	// Constant are the columns with one value in all training rows.
	Constant []string `json:"constant,omitempty"`
	// Same are pairs of columns that are equal in all rows; of words, up to their names.
	Same []Pair `json:"same,omitempty"`
	// Identifiers are the columns that name or number the rows.
	Identifiers []Identifier `json:"identifiers,omitempty"`
	// Alone is the column that tells most about the target by itself; nil if there are too few columns or rows to say so.
	Alone *Alone `json:"alone,omitempty"`
	// Copies is the number of test rows that are equal to a training row, the target included; Chance is the part of the
	// test rows that would be so if the columns were independent, at most 1.
	Copies int     `json:"copies"`
	Chance float64 `json:"chance"`
}

// Class is how many rows a class has.
type Class struct {
	Class string `json:"class"`
	Train int    `json:"train"`
	Test  int    `json:"test"`
}

// Difference is how much a column differs between the training rows and the test rows.
type Difference struct {
	Column string `json:"column"`
	Target bool   `json:"target,omitempty"`
	// Category is the one whose shares differ most, of a column of words or a target of classes. Train and Test are its
	// shares; of a column of numbers they are the medians.
	Category string  `json:"category,omitempty"`
	Train    float64 `json:"train"`
	Test     float64 `json:"test"`
	// Distance is the largest difference between the two distribution functions (Kolmogorov and Smirnov) or, of categories,
	// half of the sum of the differences of their shares: 0 for equal rows, 1 for rows that have nothing in common.
	Distance float64 `json:"distance"`
	// P is the probability of such a difference, or a larger one, in a random split.
	P float64 `json:"p"`
}

// Pair is two columns.
type Pair struct {
	Column string `json:"column"`
	Other  string `json:"other"`
}

// Identifier is a column of which each row has a value of its own.
type Identifier struct {
	Column string `json:"column"`
	Words  bool   `json:"words,omitempty"` // a word for each row; else whole numbers that follow one another
	// Score is what the column tells of the target by itself, as Alone.Score.
	Score float64 `json:"score"`
}

// Alone is what a column tells by itself, as its nearest value among the training rows has it.
type Alone struct {
	Column string `json:"column"`
	// Score is, on the test rows, the part of the errors of always answering the largest class that it puts right, or the part
	// of the squared error of answering the mean: 1 if it tells the target exactly.
	Score float64 `json:"score"`
	// Others is what the better of nearest neighbours and a linear model reaches with all other columns.
	// 1 unless Score is so high that this was tried.
	Others float64 `json:"others"`
}

const (
	// At most so many rows of each part, and columns, are looked at in full: 2,048 rows tell distributions apart whose
	// distance is 0.1.
	maxTrain, maxTest, maxColumns = 2048, 1024, 64
	// maxCells bounds time and memory: a table of more than 244 columns is looked at in fewer rows, at least 100.
	maxCells = 500_000
	// listed is how many of a sort are kept.
	listed = 8
)

// Of describes a data set that was read from a file or memory, not scaled.
func Of(set *dataset.Dataset) *Table {
	s := newSample(set)
	t := &Table{Classes: classes(set)}
	t.Constant = Constant(set)
	t.Same = s.same()
	t.Identifiers = s.identifiers()
	skip := func(c *column) bool {
		return slices.ContainsFunc(t.Identifiers, func(i Identifier) bool { return i.Column == c.name })
	}
	s.compare(t, skip)
	t.Copies = copies(set)
	t.Alone = s.alone(skip)
	return t
}

// OfSamples describes evenly spaced rows of a larger data set. It leaves out what only all rows tell.
func OfSamples(set *dataset.Dataset) *Table {
	s := newSample(set)
	none := func(*column) bool { return false }
	t := &Table{}
	t.Same = s.same()
	s.compare(t, none)
	t.Alone, t.Chance = s.alone(none), 0
	return t
}

// classes counts the rows of each class; nil of a regression.
func classes(set *dataset.Dataset) []Class {
	target := &set.Schema.Target
	if target.Task != dataset.Classification {
		return nil
	}
	counts := make([]Class, len(target.Classes))
	for k, name := range target.Classes {
		counts[k].Class = name
	}
	for i, y := range set.Examples.Y {
		switch {
		case i < set.Train:
			counts[int(y)].Train++
		case i >= set.TestFirst():
			counts[int(y)].Test++
		}
	}
	return counts
}

// sample is some of the rows of a data set, column by column.
type sample struct {
	set     *dataset.Dataset
	train   int // rows, the first
	columns []column
	target  column
}

// column is a column's values in the rows of a sample.
type column struct {
	name  string
	first int // of its inputs
	// categories are the texts of a column of words; nil for numbers. Values are then their places, -1 for another.
	categories []string
	values     []float64
}

func newSample(set *dataset.Dataset) *sample {
	n, fields := set.Examples.Len(), len(set.Schema.Columns)
	most := max(100, maxCells/max(1, fields))
	tests := n - set.TestFirst()
	train, test := min(set.Train, maxTrain, most), min(tests, maxTest, most)
	s := &sample{set: set, train: train, columns: make([]column, fields)}
	values := make([]float64, (fields+1)*(train+test))
	first := 0
	for j := range s.columns {
		c := &set.Schema.Columns[j]
		s.columns[j] = column{name: c.Name, first: first, categories: c.Categories, values: values[j*(train+test) : (j+1)*(train+test)]}
		first += max(1, len(c.Categories))
	}
	target := &set.Schema.Target
	s.target = column{name: target.Name, categories: target.Classes, values: values[fields*(train+test):]}
	for i := range train + test {
		row := dataset.SpacedRow(i, train, set.Train)
		if i >= train {
			row = set.TestFirst() + dataset.SpacedRow(i-train, test, tests)
		}
		inputs := set.Examples.Row(row)
		for j := range s.columns {
			c := &s.columns[j]
			c.values[i] = c.of(inputs)
		}
		s.target.values[i] = set.Examples.Y[row]
	}
	return s
}

// of returns the column's value in a row: a number, or the place of a category.
func (c *column) of(inputs []float64) float64 {
	if c.categories == nil {
		return inputs[c.first]
	}
	return float64(slices.Index(inputs[c.first:c.first+len(c.categories)], 1))
}

// Constant returns the columns of a data set with one value in all training rows.
func Constant(set *dataset.Dataset) []string {
	var names []string
	first := 0
	for i := range set.Schema.Columns {
		of := &set.Schema.Columns[i]
		c := column{name: of.Name, first: first, categories: of.Categories}
		value := c.of(set.Examples.Row(0))
		if everyRow(set.Train, func(row int) bool { return c.of(set.Examples.Row(row)) == value }) {
			names = append(names, c.name)
		}
		first += max(1, len(c.categories))
	}
	return names
}

func alike(values []float64) bool {
	return !slices.ContainsFunc(values, func(v float64) bool { return v != values[0] })
}

// everyRow reports whether something holds in the first rows, so many.
func everyRow(rows int, is func(row int) bool) bool {
	for i := range rows {
		if !is(i) {
			return false
		}
	}
	return true
}

// same returns pairs of columns that are equal in all rows. Columns with one value are left out.
func (s *sample) same() []Pair {
	var pairs []Pair
	seen := make(map[uint64]*column, len(s.columns))
	for j := range s.columns {
		c := &s.columns[j]
		if alike(c.values) {
			continue
		}
		key := c.hash()
		other := seen[key]
		if other == nil {
			seen[key] = c
			continue
		}
		if len(pairs) < listed && s.equal(c, other) {
			pairs = append(pairs, Pair{Column: c.name, Other: other.name})
		}
	}
	return pairs
}

// hash returns a hash of the column's values; of categories by the order in which they appear.
func (c *column) hash() uint64 {
	h, places := uint64(0), renumber{}
	for _, v := range c.values {
		if c.categories != nil {
			v = places.of(v)
		}
		h = mix(h, v)
	}
	return h
}

// renumber numbers values in the order in which they appear.
type renumber map[float64]float64

func (r renumber) of(v float64) float64 {
	at, ok := r[v]
	if !ok {
		at = float64(len(r))
		r[v] = at
	}
	return at
}

// mix adds a value to a hash. 0 and -0 are one value.
func mix(h uint64, v float64) uint64 {
	h = (h ^ math.Float64bits(v+0)) * 0x9e3779b97f4a7c15
	return h ^ h>>29
}

// equal compares two columns in all rows.
func (s *sample) equal(a, b *column) bool {
	if (a.categories == nil) != (b.categories == nil) || len(a.categories) != len(b.categories) {
		return false
	}
	inA, inB := renumber{}, renumber{}
	return everyRow(s.set.Examples.Len(), func(row int) bool {
		inputs := s.set.Examples.Row(row)
		if a.categories == nil {
			return a.of(inputs) == b.of(inputs)
		}
		return inA.of(a.of(inputs)) == inB.of(b.of(inputs))
	})
}

// leastIdentified is the number of rows below which whole numbers in sequence prove nothing.
const leastIdentified = 20

// identifiers returns the columns that name the rows, by a word for each, or number them: whole numbers, no two equal,
// without large gaps, in any order.
func (s *sample) identifiers() []Identifier {
	var found []Identifier
	rows := s.set.Examples.Len()
	if rows < leastIdentified {
		return nil
	}
	const nearly = 0.95 // of the training rows: a name may come back
	for j := range s.columns {
		c := &s.columns[j]
		words := c.categories != nil
		if words && float64(len(c.categories)) < nearly*float64(s.set.Train) || !words && !s.numbers(c) {
			continue
		}
		id := Identifier{Column: c.name, Words: words}
		if !words {
			id.Score, _ = s.score(c)
		}
		found = append(found, id)
	}
	return found[:min(len(found), listed)]
}

// numbers reports whether a column numbers all rows. Years from 1500 to 2200 are no such numbers.
func (s *sample) numbers(c *column) bool {
	rows := s.set.Examples.Len()
	span := rows + rows/4 // rows may have been left out
	whole := func(v float64) bool { return v == math.Trunc(v) && math.Abs(v) < 1<<53 }
	if slices.ContainsFunc(c.values, func(v float64) bool { return !whole(v) || math.Abs(v-c.values[0]) > float64(span) }) {
		return false
	}
	low, high := math.Inf(1), math.Inf(-1)
	if !everyRow(rows, func(row int) bool {
		v := s.set.Examples.Row(row)[c.first]
		low, high = min(low, v), max(high, v)
		return whole(v)
	}) || low >= 1500 && high <= 2200 {
		return false
	}
	seen := make([]bool, span)
	return everyRow(rows, func(row int) bool {
		at := s.set.Examples.Row(row)[c.first] - low
		if at >= float64(span) || seen[int(at)] {
			return false
		}
		seen[int(at)] = true
		return true
	})
}

// copies counts the test rows that are equal to a training row.
func copies(set *dataset.Dataset) int {
	p := set.Examples
	hash := func(row int) uint64 {
		h := mix(0, p.Y[row])
		for _, v := range p.Row(row) {
			h = mix(h, v)
		}
		return h
	}
	rows := make(map[uint64]int, set.Train)
	for i := range set.Train {
		rows[hash(i)] = i
	}
	count := 0
	for i := set.TestFirst(); i < p.Len(); i++ {
		if of, ok := rows[hash(i)]; ok && p.Y[of] == p.Y[i] && slices.Equal(p.Row(of), p.Row(i)) {
			count++
		}
	}
	return count
}

// chosen returns the columns with the largest values of a measure, at most maxColumns, in their order; all of so few.
func (s *sample) chosen(skip func(*column) bool, measure func(*column) float64) []*column {
	var all []*column
	for j := range s.columns {
		if c := &s.columns[j]; !skip(c) {
			all = append(all, c)
		}
	}
	if len(all) <= maxColumns {
		return all
	}
	sizes := make(map[*column]float64, len(all))
	for _, c := range all {
		sizes[c] = measure(c)
	}
	slices.SortStableFunc(all, func(a, b *column) int { return cmp.Compare(sizes[b], sizes[a]) })
	return all[:maxColumns]
}
