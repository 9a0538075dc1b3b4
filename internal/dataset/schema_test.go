package dataset_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"gradwatch/internal/dataset"
	"gradwatch/internal/invalid"
)

// flowers has words, a missing number, quotes and a target in the middle.
const flowers = `width,species,color,length
1,virginica,red,10
2,"setosa",blue,20
3,versicolor,red,
4,setosa,,40
5,virginica,"green",50
6,versicolor,red,60
`

// write writes a file into the test's folder and returns its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// source returns the choices for a file of that text.
func source(t *testing.T, text string, change func(*dataset.Source)) *dataset.Source {
	t.Helper()
	s := dataset.DefaultSource()
	s.Dataset = write(t, "data.csv", text)
	change(&s)
	return &s
}

func open(t *testing.T, s *dataset.Source) *dataset.Dataset {
	t.Helper()
	set, err := dataset.Open(s)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestSchemaOfWordsAndGaps(t *testing.T) {
	set := open(t, source(t, flowers, func(s *dataset.Source) {
		s.Target, s.Missing, s.OneHot = "species", dataset.MeanOfTraining, dataset.AllWords
	}))
	schema := set.Schema
	if got, want := schema.Target.Classes, []string{"setosa", "versicolor", "virginica"}; !slices.Equal(got, want) {
		t.Errorf("classes: got %q, want %q", got, want)
	}
	if got, want := schema.InputNames(), []string{"width", "color=blue", "color=red", "length"}; !slices.Equal(got, want) {
		t.Errorf("inputs: got %q, want %q", got, want)
	}
	want := []float64{
		1, 0, 1, 10,
		2, 1, 0, 20,
		3, 0, 1, 15, // the mean of the training rows' 10 and 20
		4, 0, 1, 40, // red is the most frequent of the training rows
		5, 0, 0, 50, // green is in no training row
		6, 0, 1, 60,
	}
	if diff := cmp.Diff(want, set.Examples.X); diff != "" {
		t.Errorf("inputs (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]float64{2, 0, 1, 0, 2, 1}, set.Examples.Y); diff != "" {
		t.Errorf("classes of the rows (-want +got):\n%s", diff)
	}
	if set.Train != 3 || set.Unknown != 1 {
		t.Errorf("got %d training rows, %d test rows with an unknown category, want 3 and 1", set.Train, set.Unknown)
	}
}

func TestMissing(t *testing.T) {
	const text = "a,b,y\n1,1,0\n4,1,1\n,1,0\n4,1,1\n10,1,0\n,1,1\n"
	tests := []struct {
		missing string
		want    []float64 // column a
	}{
		{dataset.MeanOfTraining, []float64{1, 4, 4.75, 4, 10, 4.75}},
		{dataset.MedianOfTraining, []float64{1, 4, 4, 4, 10, 4}},
		{dataset.MostFrequentOfTrain, []float64{1, 4, 4, 4, 10, 4}},
		{dataset.DropMissing, []float64{1, 4, 4, 10}},
	}
	for _, tt := range tests {
		t.Run(tt.missing, func(t *testing.T) {
			set := open(t, source(t, text, func(s *dataset.Source) { s.Missing, s.TestFraction = tt.missing, 0.1 }))
			var got []float64
			for i := range set.Examples.Len() {
				got = append(got, set.Examples.Row(i)[0])
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("column a (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTasks(t *testing.T) {
	numbers := strings.Builder{}
	for i := range 40 {
		numbers.WriteString("1," + string(rune('0'+i%10)) + string(rune('0'+i/10)) + "\n")
	}
	tests := []struct {
		name, text  string
		task        dataset.Task
		want        dataset.Task
		wantClasses []string
	}{
		{"zeros and ones", "1,0\n2,1\n", dataset.Auto, dataset.Classification, []string{"0", "1"}},
		{"words that differ by their spaces", "1,x y\n2,x  y\n3,x\ty\n4,\"x\ny\"\n", dataset.Auto, dataset.Classification, []string{"x\ty", "x\ny", "x  y", "x y"}},
		{"numbers of 17 digits", "1,0.30000000000000004\n2,0.3\n", dataset.Classification, dataset.Classification, []string{"0.3", "0.30000000000000004"}},
		{"by value", "1,10\n2,9\n1,10.0\n2,-1\n", dataset.Auto, dataset.Classification, []string{"-1", "9", "10"}},
		{"words", "1,b\n2,a\n", dataset.Auto, dataset.Classification, []string{"a", "b"}},
		{"numbers and words", "1,10\n2,b\n1,9\n1,9.0\n", dataset.Auto, dataset.Classification, []string{"9", "10", "b"}},
		{"many whole numbers", numbers.String(), dataset.Auto, dataset.Regression, nil},
		{"many classes", numbers.String(), dataset.Classification, dataset.Classification, nil},
		{"fractions as classes", "1,0.5\n2,1\n", dataset.Classification, dataset.Classification, []string{"0.5", "1"}},
		{"numbers to regress on", "1,0\n2,1\n", dataset.Regression, dataset.Regression, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			target := open(t, source(t, strings.Repeat(tt.text, 3), func(s *dataset.Source) {
				s.Task, s.TestFraction, s.Stratify = tt.task, 0.3, tt.want == dataset.Classification
			})).Schema.Target
			if target.Task != tt.want {
				t.Errorf("task: got %s, want %s", target.Task, tt.want)
			}
			if tt.name == "many classes" {
				tt.wantClasses = target.Classes
				if len(target.Classes) != 40 {
					t.Errorf("got %d classes, want 40", len(target.Classes))
				}
			}
			if !slices.Equal(target.Classes, tt.wantClasses) {
				t.Errorf("classes: got %q, want %q", target.Classes, tt.wantClasses)
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	tests := []struct {
		name   string
		text   string
		change func(*dataset.Source)
		want   string // of the error, FILE for the file
	}{
		{"no such target", flowers, func(s *dataset.Source) { s.Target = "kind" }, `target "kind": want a column's name, such as width, species, color, length, or its number, from 1 to 4`},
		{"target beyond", flowers, func(s *dataset.Source) { s.Target = "5" }, `target "5": want a column's name, such as width, species, color, length, or its number, from 1 to 4`},
		{"two targets", flowers, func(s *dataset.Source) { s.Target = "width, length" }, `target "width, length": want one column, not 2: a model predicts one target`},
		{"two targets by numbers", flowers, func(s *dataset.Source) { s.Target, s.Header = "1,4", dataset.HeaderNo }, `target "1,4": want one column, not 2: a model predicts one target`},
		{"one of two targets unknown", flowers, func(s *dataset.Source) { s.Target = "width,kind" }, `target "width,kind": want a column's name, such as width, species, color, length, or its number, from 1 to 4`},
		{"words", flowers, func(s *dataset.Source) { s.Target = "species" }, `FILE:2: column "color": "red": want a finite number, or --one-hot for a column of words`},
		{"missing number", flowers, func(s *dataset.Source) { s.Target, s.OneHot = "2", "color" }, `FILE:4: column "length": "": want a value, or --missing mean, median, most-frequent, drop`},
		{"no such column of words", flowers, func(s *dataset.Source) { s.Target, s.OneHot = "species", "colour" }, `one-hot "colour": want all, or names of input columns such as width, color, length`},
		{"sorted", "1,a\n2,a\n3,b\n4,b\n", func(*dataset.Source) {}, `FILE: column "label": class "b": none of the 2 training rows is of it: want a row of each class among them, by --shuffle-rows, --stratify or a second file, --test`},
		{"sorted zeros and ones", "1,0\n2,0\n3,1\n4,1\n", func(*dataset.Source) {}, `FILE: column "label": class "1": none of the 2 training rows is of it: want a row of each class among them, by --shuffle-rows, --stratify or a second file, --test`},
		{"shuffled ill", "1,0\n2,1\n", func(s *dataset.Source) { s.ShuffleRows = true }, `FILE: column "label": class "0": none of the 1 training rows is of it: want a row of each class among them, by --stratify or a second file, --test`},
		{"stratified of two rows", "1,0\n2,1\n", func(s *dataset.Source) { s.Stratify = true }, `FILE: column "label": class "0": none of the 1 training rows is of it: want more rows of it, or a smaller --test-fraction`},
		{"generated rows of one class", "", func(s *dataset.Source) { s.Dataset, s.Samples = "blobs", 2 }, `samples "2": want more: all that train (1) are of class 1`},
		{"a target near a float32's end", "1,3e38\n2,-3e38\n", func(s *dataset.Source) { s.Task = dataset.Regression }, `FILE: column "label": values from -3e+38 to 3e+38: want a size of at most 1e+30 to regress on`},
		{"no fold", "1,0\n2,1\n", func(s *dataset.Source) { s.Folds = 2 }, `fold "0": want one of 1 to 2; a study trains with all of them by --vary fold=1:2`},
		{"more folds than rows", "1,0\n2,1\n", func(s *dataset.Source) { s.Folds, s.Fold = 3, 1 }, `cross-validate "3": want at most as many folds as rows (2)`},
		{"all validate", "1,0\n2,1\n3,1\n4,0\n", func(s *dataset.Source) { s.ValidationFraction = 0.9 }, `validation-fraction "0.9": want one that leaves at least 1 of 2 rows to train with`},
		{"all dropped", "1,a\n,a\n", func(s *dataset.Source) { s.Target, s.Header, s.Missing = "1", dataset.HeaderYes, dataset.DropMissing }, `FILE: no row without missing values: want at least one`},
		{"empty column", "a,b,c\n1,,0\n2,,1\n", func(s *dataset.Source) { s.Missing = dataset.MedianOfTraining }, `FILE: column "b": no training row has a value: want one, or a file without the column`},
		{"word to regress on", "1,2\n1,x\n", func(s *dataset.Source) { s.Task = dataset.Regression }, `FILE:2: column "label": "x": want a finite number`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := source(t, tt.text, tt.change)
			_, err := dataset.Open(s)
			checkError(t, err, strings.ReplaceAll(tt.want, "FILE", s.Dataset))
		})
	}
}

func TestSecondFile(t *testing.T) {
	tests := []struct {
		name, text string
		want       []float64
		wantError  string
	}{
		{"same columns", "a,b,y\n5,6,dog\n", []float64{5, 6}, ""},
		{"another order, and more", "y,c,b,a\ndog,1,6,5\n", []float64{5, 6}, ""},
		{"no header", "5,6,dog\n", []float64{5, 6}, ""},
		{"missing number", "a,b,y\n5,,dog\n", nil, `TEST:2: column "b": "": want a value, or --missing mean, median, most-frequent, drop`},
		{"two targets", "a,b,y,y\n5,6,dog,cat\n", nil, `TEST: two columns "y": want one of that name`},
		{"unknown class", "a,b,y\n5,6,dog\n5,6,cow\n", nil, `TEST:3: column "y": "cow": want one of the classes cat, dog`},
		{"word", "a,b,y\n5,six,dog\n", nil, `TEST:2: column "b": "six": want a finite number`},
		{"no target", "a,b\n5,6\n", nil, `TEST: no column "y": want the target, as in DATA`},
		{"no input", "a,y\n5,dog\n", nil, `TEST: no column "b": want one of that name`},
		{"no rows", "a,b,y\n", nil, `TEST: no rows: want at least one to test with`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := source(t, "a,b,y\n1,2,cat\n3,4,dog\n", func(s *dataset.Source) { s.Test = write(t, "test.csv", tt.text) })
			if tt.name == "no header" {
				s.Header = dataset.HeaderAuto
			}
			set, err := dataset.Open(s)
			if tt.wantError != "" {
				checkError(t, err, strings.NewReplacer("TEST", s.Test, "DATA", s.Dataset).Replace(tt.wantError))
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := set.Examples.Row(2); set.Train != 2 || !slices.Equal(got, tt.want) || set.Examples.Y[2] != 1 {
				t.Errorf("got %d training rows, test row %v of class %v, want 2, %v, 1", set.Train, got, set.Examples.Y[2], tt.want)
			}
		})
	}
}

func TestGzip(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write([]byte("\ufeffa,y\r\n1,0\r\n2,1\r\n3,0\r\n4,1\r\n")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	s := source(t, packed.String(), func(*dataset.Source) {})
	if got := open(t, s).Examples; !slices.Equal(got.X, []float64{1, 2, 3, 4}) || got.Columns[0] != "a" {
		t.Errorf("got %v of %q, want 1 to 4 of a", got.X, got.Columns)
	}
	broken := source(t, packed.String()[:packed.Len()-6], func(*dataset.Source) {})
	_, err := dataset.Open(broken)
	checkError(t, err, broken.Dataset+": broken gzip: unexpected EOF")
}

// TestEncoder checks that an encoder makes of a file's rows what the set made of them.
func TestEncoder(t *testing.T) {
	s := source(t, flowers, func(s *dataset.Source) {
		s.Target, s.Missing, s.OneHot, s.Scale = "species", dataset.MedianOfTraining, dataset.AllWords, "standard"
	})
	set := open(t, s)
	train, _, test := set.Split()
	text, err := json.Marshal(set.Schema)
	if err != nil {
		t.Fatal(err)
	}
	var schema dataset.Schema
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(set.Schema, &schema); diff != "" {
		t.Errorf("schema read back (-want +got):\n%s", diff)
	}
	if err := schema.Check(); err != nil {
		t.Fatal(err)
	}
	r, err := dataset.OpenRecords(s.Dataset, dataset.Reading{Header: dataset.HeaderAuto})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	e, err := schema.Encoder(r)
	if err != nil {
		t.Fatal(err)
	}
	row := make([]float32, schema.Inputs())
	for i := range set.Examples.Len() {
		fields, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Row(fields, row); err != nil {
			t.Fatal(err)
		}
		label, err := e.Label(fields)
		if err != nil {
			t.Fatal(err)
		}
		points, at := train, i
		if i >= set.Train {
			points, at = test, i-set.Train
		}
		var want []float32
		for _, v := range points.Row(at) {
			want = append(want, float32(v))
		}
		if !slices.Equal(row, want) || label != points.Y[at] {
			t.Errorf("row %d: got %v of class %v, want %v of %v", i, row, label, want, points.Y[at])
		}
	}
	if e.Unknown[1] != 1 {
		t.Errorf("unknown categories: got %v, want one of color", e.Unknown)
	}
	err = e.Row([]string{"1", "setosa", "red", "tall"}, row)
	var wrong *invalid.Error
	if want := (invalid.Error{Column: "length", Value: "tall", Want: "a finite number"}); !errors.As(err, &wrong) || *wrong != want {
		t.Errorf("a word for a number: got %v, want %v", err, &want)
	}
	if err := e.Row([]string{"1"}, row); err == nil {
		t.Error("a short row: got no error, want one")
	}
}

func TestRegressionTarget(t *testing.T) {
	const text = "1,0.5\n2,1.5\n3,2.5\n4,100\n"
	set := open(t, source(t, text, func(s *dataset.Source) { s.Task, s.TestFraction = dataset.Regression, 0.25 }))
	target := set.Schema.Target
	if target.Mean != 1.5 || target.Variance < 0.66666 || target.Variance > 0.66667 {
		t.Errorf("mean and variance: got %v and %v, want 1.5 and 2/3", target.Mean, target.Variance)
	}
	train, _, test := set.Split()
	const third = 1.224744871391589 // of a spread of 1 around the middle, the root of 3/2
	for i, want := range []float64{-third, 0, third} {
		if math.Abs(train.Y[i]-want) > 1e-15 {
			t.Errorf("scaled target %d: got %v, want %v", i, train.Y[i], want)
		}
	}
	if got := target.Unscale(test.Y[0]); got < 99.9999 || got > 100.0001 {
		t.Errorf("unscaled: got %v, want 100", got)
	}
	raw := open(t, source(t, text, func(s *dataset.Source) {
		s.Task, s.TestFraction, s.ScaleTarget = dataset.Regression, 0.25, dataset.RawTarget
	}))
	if train, _, _ := raw.Split(); !slices.Equal(train.Y, []float64{0.5, 1.5, 2.5}) {
		t.Errorf("raw target: got %v", train.Y)
	}
}

// TestParts checks that each row is in one part, that the parts have the classes' shares, and that the training
// rows alone decide the scaling.
func TestParts(t *testing.T) {
	var text strings.Builder
	for i := range 200 { // sorted by class: 160 of a, 40 of b
		fmt.Fprintf(&text, "%d,%s\n", i*i, []string{"a", "b"}[i/160])
	}
	drawn := open(t, source(t, text.String(), func(s *dataset.Source) {
		s.TestFraction, s.ValidationFraction, s.Stratify, s.Scale = 0.2, 0.25, true, "standard"
	}))
	if drawn.Train != 120 || drawn.Validation != 40 {
		t.Errorf("%d rows train and %d validate, want 120 and 40", drawn.Train, drawn.Validation)
	}
	if sorted := slices.Sorted(slices.Values(drawn.Examples.X)); len(slices.Compact(sorted)) != 200 {
		t.Errorf("%d rows are in a part, want 200", len(slices.Compact(sorted)))
	}
	train, validation, test := drawn.Split()
	for _, part := range []*dataset.Examples{train, validation, test} {
		if share := stat.Mean(part.Y, nil); math.Abs(share-0.2) > 1e-9 {
			t.Errorf("%g of %d rows are of class b, want 0.2", share, part.Len())
		}
	}
	if mean, variance := stat.PopMeanVariance(train.X, nil); math.Abs(mean) > 1e-9 || math.Abs(variance-1) > 1e-9 {
		t.Errorf("training rows of mean %g and variance %g, want 0 and 1", mean, variance)
	}
	kept := open(t, source(t, "1,a\n2,b\n3,a\n4,b\n5,a\n6,b\n7,a\n8,b\n", func(s *dataset.Source) { s.TestFraction, s.ValidationFraction = 0.25, 0.25 }))
	if !slices.IsSorted(kept.Examples.X) || kept.Train != 4 || kept.Validation != 2 {
		t.Errorf("without a draw: %v, %d train, %d validate; want the file's order, 4 and 2", kept.Examples.X, kept.Train, kept.Validation)
	}
	file := source(t, "7,a\n", func(*dataset.Source) {})
	second := open(t, source(t, text.String(), func(s *dataset.Source) {
		s.Test, s.ValidationFraction, s.Stratify = file.Dataset, 0.2, true
	}))
	if _, validation, test := second.Split(); second.Train != 160 || stat.Mean(validation.Y, nil) != 0.2 || test.Len() != 1 {
		t.Errorf("with a second file %d train, %d validate and %d test, want 160, 40 and 1", second.Train, validation.Len(), test.Len())
	}
}

// TestFolds checks that each row tests in one fold, and that the folds have the classes' shares.
func TestFolds(t *testing.T) {
	var text strings.Builder
	for i := range 103 { // sorted by class: 80 of a, 23 of b
		fmt.Fprintf(&text, "%d,%s\n", i, []string{"a", "b"}[i/80])
	}
	var tested []float64
	for fold := range 4 {
		set := open(t, source(t, text.String(), func(s *dataset.Source) { s.Folds, s.Fold, s.Stratify = 4, fold+1, true }))
		first := set.TestFirst()
		x, y := set.Examples.X[first:], set.Examples.Y[first:]
		tested = append(tested, x...)
		if ones := floats.Sum(y); len(y) < 25 || len(y) > 26 || ones < 5 || ones > 6 {
			t.Errorf("fold %d tests %d rows, %g of class b: want 25 or 26, 5 or 6", fold+1, len(y), ones)
		}
		if slices.IsSorted(x) {
			t.Errorf("fold %d: %v are in the file's order", fold+1, x)
		}
	}
	slices.Sort(tested)
	if len(slices.Compact(slices.Clone(tested))) != 103 || len(tested) != 103 {
		t.Errorf("%d rows test in all folds, want each of 103 once", len(tested))
	}
}

func TestStratify(t *testing.T) {
	classes := make([]int, 0, 100)
	for c, n := range []int{55, 30, 12, 3} {
		for range n {
			classes = append(classes, c)
		}
	}
	order := dataset.Stratify(classes, 4, 25, 7)
	if sorted := slices.Sorted(slices.Values(order)); !slices.Equal(sorted, inOrder(100)) {
		t.Fatalf("got no permutation: %v", order)
	}
	var got [4]int
	for _, row := range order[75:] {
		got[classes[row]]++
	}
	if want := [4]int{14, 7, 3, 1}; got != want { // 13.75, 7.5, 3, 0.75
		t.Errorf("test rows of each class: got %v, want %v", got, want)
	}
	if again := dataset.Stratify(classes, 4, 25, 7); !slices.Equal(order, again) {
		t.Error("the same seed: got another order")
	}
	if other := dataset.Stratify(classes, 4, 25, 8); slices.Equal(order, other) {
		t.Error("another seed: got the same order")
	}
	// Of two classes with one row each, both rows train, though 0.6 rows of each would test.
	few := append(slices.Repeat([]int{0}, 8), 1, 2)
	for seed := range uint32(20) {
		for _, row := range dataset.Stratify(few, 3, 6, seed)[4:] {
			if few[row] != 0 {
				t.Errorf("seed %d: the only row of class %d tests", seed, few[row])
			}
		}
	}
	if slices.Equal(dataset.Shuffle(100, 1), inOrder(100)) {
		t.Error("Shuffle: got the rows in their order")
	}
}

func inOrder(n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	return order
}

// BenchmarkEncoder measures rows of 29 numbers, with the CSV reader and without.
func BenchmarkEncoder(b *testing.B) {
	var text strings.Builder
	for range 1000 {
		for i := range 29 {
			text.WriteString([]string{"0.123456,", "-1.5,", "2.4387610912322998,", "17,"}[i%4])
		}
		text.WriteString("1\n")
	}
	path := filepath.Join(b.TempDir(), "data.csv")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	s := dataset.DefaultSource()
	s.Dataset, s.Scale = path, "standard"
	set, err := dataset.Open(&s)
	if err != nil {
		b.Fatal(err)
	}
	records, err := dataset.NewRecords(strings.NewReader(text.String()), path, dataset.Reading{Header: dataset.HeaderNo})
	if err != nil {
		b.Fatal(err)
	}
	e, err := set.Schema.Encoder(records)
	if err != nil {
		b.Fatal(err)
	}
	row := make([]float32, 29)
	b.Run("row", func(b *testing.B) {
		fields := strings.Split(strings.SplitN(text.String(), "\n", 2)[0], ",")
		for b.Loop() {
			if err := e.Row(fields, row); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("records", func(b *testing.B) {
		rows := 0
		for b.Loop() {
			r, err := dataset.NewRecords(strings.NewReader(text.String()), path, dataset.Reading{Header: dataset.HeaderNo})
			if err != nil {
				b.Fatal(err)
			}
			for {
				fields, err := r.Next()
				if err != nil {
					break
				}
				if err := e.Row(fields, row); err != nil {
					b.Fatal(err)
				}
				rows++
			}
		}
		b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
	})
}

// TestOpenAsksForMemory opens tables that are refused once a number of rows or inputs is known. What stands
// behind is damaged, and isn't reached; but that is so of categories, which are known at the end.
func TestOpenAsksForMemory(t *testing.T) {
	few := strings.Repeat("1,2,a\n3,4,b\n", 50)
	words := "word,label\n"
	for i := range 100 {
		words += fmt.Sprintf("w%d,%d\n", i, i%2)
	}
	errMemory := errors.New("too much")
	for _, tt := range []struct {
		name, text, test string
		rows, inputs     int // that are too many
	}{
		{"columns", "1,2,3,a\nx,x\n", "", 0, 3},
		{"rows", few + "x\n", "", 64, 2},
		{"rows of the second file", few, few + "x\n", 128, 2},
		{"categories", words, "", 100, 50},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := source(t, tt.text, func(s *dataset.Source) {
				if tt.test != "" {
					s.Test = write(t, "test.csv", tt.test)
				}
				if tt.name == "categories" {
					s.OneHot = dataset.AllWords
				}
			})
			s.Fits = func(rows, inputs int) error {
				if rows >= tt.rows && inputs >= tt.inputs {
					return errMemory
				}
				return nil
			}
			if _, err := dataset.Open(s); !errors.Is(err, errMemory) {
				t.Errorf("got %v, want %v", err, errMemory)
			}
		})
	}
}

// TestTargetWithComma predicts a column whose name has a comma, also where the parts of the name are columns, too.
func TestTargetWithComma(t *testing.T) {
	set := open(t, source(t, "a,b,\"a,b\"\n1,2,0\n3,4,1\n5,6,0\n7,8,1\n", func(s *dataset.Source) { s.Target = "a,b" }))
	if got := set.Schema.Target; got.Name != "a,b" || got.Place != 2 {
		t.Errorf("got target %q in place %d, want %q in place 2", got.Name, got.Place, "a,b")
	}
}

// TestIgnore leaves out columns by their names and by their numbers in the file.
func TestIgnore(t *testing.T) {
	const text = "id,a,note,b,y\n1,0.5,hello,2,0\n2,1.5,\"two\nlines\",4,1\n3,2.5,x,6,0\n4,3.5,,8,1\n"
	for _, ignore := range []string{"id,note", " note , 1", "3,id"} {
		set := open(t, source(t, text, func(s *dataset.Source) { s.Ignore, s.Target = ignore, "5" }))
		want := []float64{0.5, 2, 1.5, 4, 2.5, 6, 3.5, 8}
		if diff := cmp.Diff(want, set.Examples.X); diff != "" || !slices.Equal(set.Examples.Columns, []string{"a", "b"}) {
			t.Errorf("%q: got %v, %s", ignore, set.Examples.Columns, diff)
		}
	}
	for _, tc := range []struct{ text, ignore, target, want string }{
		{text, "nothing", "", `ignore "nothing": want names of columns, such as id, a, note, b, y, or their numbers, from 1 to 5`},
		{text, "6", "", `ignore "6": want names of columns, such as id, a, note, b, y, or their numbers, from 1 to 5`},
		{text, "note,5", "5", `target "5": want a column that --ignore does not leave out`},
		{text, "note,y", "y", `target "y": want a column's name, such as id, a, b, or its number, from 1 to 5`},
		{"1,2,0\n3,4,1\n", "x1", "", `ignore "x1": want numbers of columns, from 1 to 3`},
		{"1,2,0\n3\n", "1", "", `data.csv:2: 1 field: want 3, as in the first line`},
	} {
		_, err := dataset.Open(source(t, tc.text, func(s *dataset.Source) { s.Ignore, s.Target = tc.ignore, tc.target }))
		if err == nil || !strings.HasSuffix(fmt.Sprint(err), tc.want) {
			t.Errorf("%q: got %v, want %s", tc.ignore, err, tc.want)
		}
	}
	// The second file leaves out the same columns.
	set := open(t, source(t, text, func(s *dataset.Source) {
		s.Ignore, s.Test = "id,note", write(t, "test.csv", "id,a,note,b,y\n9,9.5,x,18,1\n")
	}))
	if got := set.Examples.Row(4); !slices.Equal(got, []float64{9.5, 18}) {
		t.Errorf("got %v, want the inputs of the second file", got)
	}
}
