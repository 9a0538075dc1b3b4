package profile

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/dataset"
)

// open reads a table of so many rows, of which row returns each, by the choices that change makes.
func open(t *testing.T, header string, rows int, row func(r *rand.Rand, i int) string, change func(s *dataset.Source)) *dataset.Dataset {
	t.Helper()
	var text strings.Builder
	text.WriteString(header + "\n")
	r := rand.New(rand.NewPCG(1, 2))
	for i := range rows {
		text.WriteString(row(r, i) + "\n")
	}
	s := dataset.DefaultSource()
	s.Dataset, s.OneHot, s.Header = filepath.Join(t.TempDir(), "table.csv"), dataset.AllWords, dataset.HeaderYes
	if err := os.WriteFile(s.Dataset, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&s)
	}
	set, err := dataset.Open(&s)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func shuffled(s *dataset.Source) { s.ShuffleRows = true }

// plain is a row of two numbers and a class that they tell in part.
func plain(r *rand.Rand, _ int) string {
	a, b := r.NormFloat64(), r.NormFloat64()
	return fmt.Sprintf("%g,%g,%c", a, b, "xy"[class(a+b+r.NormFloat64() > 0)])
}

func class(is bool) int {
	if is {
		return 1
	}
	return 0
}

// clearOf returns the columns of differences that no random split has.
func clearOf(t *Table) []string {
	var names []string
	for _, d := range t.Differences {
		if d.P*float64(t.Compared) < 1e-4 {
			names = append(names, d.Column)
		}
	}
	return names
}

// TestColumns has columns that say nothing, or name the rows, and beside each one that nearly does.
func TestColumns(t *testing.T) {
	const rows = 200
	for _, tc := range []struct {
		name string
		cell func(r *rand.Rand, i int) string
		want Table // its Constant, Same and Identifiers
	}{
		{"one number", func(*rand.Rand, int) string { return "7" }, Table{Constant: []string{"c"}}},
		{"one word", func(*rand.Rand, int) string { return "mm" }, Table{Constant: []string{"c"}}},
		{"two numbers", func(_ *rand.Rand, i int) string { return fmt.Sprint(7 + i%50/49) }, Table{}},
		{"row numbers", func(_ *rand.Rand, i int) string { return fmt.Sprint(1000 + i) }, Table{Identifiers: []Identifier{{Column: "c"}}}},
		{"years", func(_ *rand.Rand, i int) string { return fmt.Sprint(1801 + i) }, Table{}},
		{"larger row numbers", func(_ *rand.Rand, i int) string { return fmt.Sprint(18001 + i) }, Table{Identifiers: []Identifier{{Column: "c"}}}},
		{"row numbers with gaps", func(_ *rand.Rand, i int) string { return fmt.Sprint(i + i/10) }, Table{Identifiers: []Identifier{{Column: "c"}}}},
		{"row numbers, one of which comes back", func(_ *rand.Rand, i int) string { return fmt.Sprint(max(1, i)) }, Table{}},
		{"whole numbers far apart", func(_ *rand.Rand, i int) string { return fmt.Sprint(i * 2) }, Table{}},
		{"different fractions", func(_ *rand.Rand, i int) string { return fmt.Sprint(float64(i) + 0.5) }, Table{}},
		{"counts", func(r *rand.Rand, _ int) string { return fmt.Sprint(r.IntN(rows)) }, Table{}},
		{"names", func(_ *rand.Rand, i int) string { return fmt.Sprint("p", i) }, Table{Identifiers: []Identifier{{Column: "c", Words: true}}}},
		{"names of which a third is rare", func(r *rand.Rand, i int) string { return fmt.Sprint("p", max(0, i-130)) }, Table{}},
		{"names of which many come back", func(_ *rand.Rand, i int) string { return fmt.Sprint("p", i%60) }, Table{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			set := open(t, "a,b,c,target", rows, func(r *rand.Rand, i int) string {
				a, b := r.NormFloat64(), r.NormFloat64()
				return fmt.Sprintf("%g,%g,%s,%c", a, b, tc.cell(r, i), "xy"[class(a+b > 0)])
			}, shuffled)
			got := Of(set)
			for i := range got.Identifiers {
				got.Identifiers[i].Score = 0
			}
			if diff := cmp.Diff(tc.want, Table{Constant: got.Constant, Same: got.Same, Identifiers: got.Identifiers}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if names := clearOf(got); names != nil {
				t.Errorf("a random split differs in %v", names)
			}
		})
	}
}

// TestSame finds equal columns of numbers and of words, and none that differ in one row.
func TestSame(t *testing.T) {
	set := open(t, "a,b,c,d,e,f,target", 3000, func(r *rand.Rand, i int) string {
		a := r.NormFloat64()
		c := a
		if i == 1777 {
			c++
		}
		k := r.IntN(3)
		return fmt.Sprintf("%g,%g,%g,%c,%s,%c,%c", a, a, c, "xyz"[k], []string{"one", "two", "three"}[k], "xyz"[max(k, i%3000/2999)], "uv"[r.IntN(2)])
	}, shuffled)
	want := []Pair{{"b", "a"}, {"e", "d"}}
	if diff := cmp.Diff(want, Of(set).Same); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestIdentifierTells: in a file that is sorted by class, the row's number tells the class.
func TestIdentifierTells(t *testing.T) {
	row := func(r *rand.Rand, i int) string { return fmt.Sprintf("%d,%g,%c", i, r.NormFloat64(), "xy"[i/200]) }
	got := Of(open(t, "id,a,target", 400, row, shuffled)).Identifiers
	if len(got) != 1 || got[0].Score < 0.97 {
		t.Errorf("got %+v, want one that tells the class", got)
	}
	mixed := func(r *rand.Rand, i int) string { return fmt.Sprintf("%d,%g,%c", i, r.NormFloat64(), "xy"[r.IntN(2)]) }
	got = Of(open(t, "id,a,target", 400, mixed, shuffled)).Identifiers
	if len(got) != 1 || got[0].Score > 0.3 {
		t.Errorf("got %+v, want one that does not tell the class", got)
	}
}

// TestShifted sorts the same rows by class, by an input, by a category or not at all.
func TestShifted(t *testing.T) {
	sortedBy := func(column int) func(r *rand.Rand, i int) string {
		return func(r *rand.Rand, i int) string {
			a, b, k, y := r.NormFloat64(), r.NormFloat64(), r.IntN(3), r.IntN(2)
			switch column {
			case 0:
				a = float64(i) + a
			case 2:
				k = i * 3 / 600
			case 3:
				y = class(r.IntN(600) < i)
			}
			return fmt.Sprintf("%g,%g,%c,%c", a, b, "uvw"[k], "xy"[y])
		}
	}
	for _, tc := range []struct {
		name   string
		column int
		change func(s *dataset.Source)
		want   []string
	}{
		{"sorted by an input", 0, nil, []string{"a"}},
		{"sorted by a category", 2, nil, []string{"c"}},
		{"sorted by the target", 3, nil, []string{"target"}},
		{"sorted by the target, and shuffled", 3, shuffled, nil},
		{"sorted by the target, and stratified", 3, func(s *dataset.Source) { s.Stratify = true }, nil},
		{"in a random order", -1, nil, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := Of(open(t, "a,b,c,target", 600, sortedBy(tc.column), tc.change))
			if diff := cmp.Diff(tc.want, clearOf(got)); diff != "" {
				t.Errorf("(-want +got):\n%s%+v", diff, got)
			}
		})
	}
	set := open(t, "a,target", 100, func(_ *rand.Rand, i int) string {
		if i < 34 {
			return "1,x"
		}
		return fmt.Sprintf("%d,%c", i/2, "yz"[i%2])
	}, nil)
	var target Difference
	for _, d := range Of(set).Differences {
		if d.Target {
			target = d
		}
	}
	// The first 34 rows are of class x, and half of all train.
	if target.Category != "x" || math.Abs(target.Train-0.68) > 1e-9 || target.Test != 0 || math.Abs(target.Distance-0.68) > 1e-9 {
		t.Errorf("got %+v, want class x in 0.68 of the training rows and in none of the test rows", target)
	}
}

// TestRandomSplits draws hundreds of splits: none is clearly different, and of the smallest probabilities no more are
// small than there may be.
func TestRandomSplits(t *testing.T) {
	sets := map[string]*dataset.Source{}
	for _, name := range []string{"iris.csv", "wine.csv", "diabetes.csv", "breast_cancer.csv.gz"} {
		s := dataset.DefaultSource()
		s.Dataset = filepath.Join("..", "..", "train", "testdata", "tables", name)
		sets[name] = &s
	}
	const splits = 50
	for name, s := range sets {
		for _, fraction := range []float64{0.5, 0.2} {
			small := 0
			for seed := range splits {
				s.ShuffleRows, s.Seed, s.TestFraction = true, uint32(seed), fraction
				set, err := dataset.Open(s)
				if err != nil {
					t.Fatal(err)
				}
				got := Of(set)
				if names := clearOf(got); names != nil {
					t.Errorf("%s, seed %d: %v differ", name, seed, got.Differences)
				}
				if len(got.Identifiers) > 0 || len(got.Same) > 0 || len(got.Constant) > 0 {
					t.Errorf("%s, seed %d: %+v", name, seed, got)
				}
				if len(got.Differences) > 0 && got.Differences[0].P*float64(got.Compared) < 0.05 {
					small++
				}
			}
			if small > splits/8 {
				t.Errorf("%s, test fraction %g: %d of %d splits have a probability below 0.05, want 5 %% of them", name, fraction, small, splits)
			}
		}
	}
}

// TestRareCategories draws splits of a column of many rare categories, of which each split has some in the test rows only.
func TestRareCategories(t *testing.T) {
	for seed := range 100 {
		set := open(t, "name,a,target", 400, func(r *rand.Rand, _ int) string {
			return fmt.Sprintf("n%d,%g,%c", int(math.Exp(6*r.Float64())), r.NormFloat64(), "xy"[r.IntN(2)])
		}, func(s *dataset.Source) { s.ShuffleRows, s.Seed, s.TestFraction = true, uint32(seed), 0.2 })
		if got := Of(set); clearOf(got) != nil {
			t.Errorf("seed %d: %+v", seed, got.Differences)
		}
	}
}

// TestCopies counts test rows that are training rows, and knows when columns of few values have them by chance.
func TestCopies(t *testing.T) {
	const rows = 400
	kept := make([]string, rows)
	numbers := func(twice bool) func(r *rand.Rand, i int) string {
		return func(r *rand.Rand, i int) string {
			kept[i] = plain(r, i)
			if twice && i%4 == 3 && i >= rows/2 {
				return kept[i-rows/2]
			}
			return kept[i]
		}
	}
	few := func(r *rand.Rand, _ int) string {
		return fmt.Sprintf("%d,%d,%c", r.IntN(3), r.IntN(3), "xy"[r.IntN(2)])
	}
	for _, tc := range []struct {
		name   string
		row    func(r *rand.Rand, i int) string
		copies int
		chance float64 // at least
	}{
		{"none", numbers(false), 0, 0},
		{"a quarter", numbers(true), 50, 0},
		{"by chance", few, 200, 1},
	} {
		got := Of(open(t, "a,b,target", rows, tc.row, nil))
		if got.Copies != tc.copies || got.Chance < tc.chance || tc.chance == 0 && got.Chance > 1e-6 {
			t.Errorf("%s: got %d copies, %g by chance, want %d, %g", tc.name, got.Copies, got.Chance, tc.copies, tc.chance)
		}
	}
}

// TestAlone has a column that is the target in another form, and beside it targets that are merely easy.
func TestAlone(t *testing.T) {
	noise := func(r *rand.Rand) string {
		return fmt.Sprintf("%g,%g,%g", r.NormFloat64(), r.NormFloat64(), r.NormFloat64())
	}
	for _, tc := range []struct {
		name   string
		header string
		row    func(r *rand.Rand, i int) string
		column string // that tells the target; "" for none
		others bool   // tell nearly as much
	}{
		{"a code of the class", "a,b,c,code,target", func(r *rand.Rand, _ int) string {
			k := r.IntN(3)
			return fmt.Sprintf("%s,%d,%c", noise(r), 10*k, "xyz"[k])
		}, "code", false},
		{"a word for the class", "a,b,c,alive,target", func(r *rand.Rand, _ int) string {
			k := r.IntN(2)
			return fmt.Sprintf("%s,%s,%d", noise(r), []string{"no", "yes"}[k], k)
		}, "alive", false},
		{"the target in another unit", "a,b,c,euro,target", func(r *rand.Rand, _ int) string {
			y := math.Exp(r.NormFloat64())
			return fmt.Sprintf("%s,%.3f,%g", noise(r), 0.92*y, y)
		}, "euro", false},
		{"a curve of the target", "a,b,c,root,target", func(r *rand.Rand, _ int) string {
			y := 100 * r.Float64()
			return fmt.Sprintf("%s,%g,%g", noise(r), math.Sqrt(y), y)
		}, "root", false},
		{"two columns that tell it", "a,b,c,target", func(r *rand.Rand, _ int) string {
			k := r.IntN(2)
			x := float64(10*k) + r.NormFloat64()
			return fmt.Sprintf("%g,%g,%g,%c", x, r.NormFloat64(), x+r.NormFloat64(), "xy"[k])
		}, "a", true},
		{"a column that tells most of it", "a,b,c,d,target", func(r *rand.Rand, _ int) string {
			x := r.NormFloat64()
			return fmt.Sprintf("%s,%g,%c", noise(r), x, "xy"[class(x+0.2*r.NormFloat64() > 0)])
		}, "", false},
		{"a few columns", "a,b,target", func(r *rand.Rand, _ int) string {
			x := r.NormFloat64()
			return fmt.Sprintf("%g,%g,%c", x, r.NormFloat64(), "xy"[class(x > 0)])
		}, "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := Of(open(t, tc.header, 800, tc.row, shuffled)).Alone
			switch {
			case tc.column == "" && got != nil && got.Score >= NearlyAll:
				t.Errorf("got %+v, want none that tells nearly all", got)
			case tc.column != "" && (got == nil || got.Column != tc.column && !tc.others || got.Score < NearlyAll):
				t.Errorf("got %+v, want %s", got, tc.column)
			case tc.column != "" && (got.Others > 0.95) != tc.others:
				t.Errorf("got %+v, want others that tell as much: %t", got, tc.others)
			}
		})
	}
}

// TestHealthyAlone: of scikit-learn's tables no column tells nearly all that the others don't.
func TestHealthyAlone(t *testing.T) {
	for _, name := range []string{"iris.csv", "wine.csv", "diabetes.csv", "breast_cancer.csv.gz", "digits.csv.gz"} {
		s := dataset.DefaultSource()
		s.Dataset, s.ShuffleRows = filepath.Join("..", "..", "train", "testdata", "tables", name), true
		set, err := dataset.Open(&s)
		if err != nil {
			t.Fatal(err)
		}
		if got := Of(set).Alone; got == nil || got.Score > 0.96 {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

// TestKolmogorov compares with scipy.stats.kstwobign.sf at the corrected distance.
func TestKolmogorov(t *testing.T) {
	for _, tc := range []struct{ lambda, want float64 }{
		{0.5, 0.9639452436648751},
		{0.8, 0.5441424115741981},
		{1, 0.26999967167735456},
		{1.36, 0.049485876755377876},
		{2, 0.0006709252557796953},
		{3, 3.0459959489425258e-08},
	} {
		const n = 100.0
		if got := kolmogorov(tc.lambda/(10+0.12+0.011), n); math.Abs(got-tc.want) > 1e-9*max(1, tc.want) && math.Abs(got/tc.want-1) > 1e-6 {
			t.Errorf("%g: got %g, want %g", tc.lambda, got, tc.want)
		}
	}
}

// TestWideTable finds a shift among more columns than are looked at in full, and none in random ones.
func TestWideTable(t *testing.T) {
	names := make([]string, 300)
	for j := range names {
		names[j] = fmt.Sprint("x", j)
	}
	row := func(shift float64) func(r *rand.Rand, i int) string {
		return func(r *rand.Rand, i int) string {
			var cells []string
			for j := range names {
				x := r.NormFloat64()
				if j == 123 && i >= 250 {
					x += shift
				}
				cells = append(cells, fmt.Sprintf("%.4g", x))
			}
			return strings.Join(cells, ",") + "," + string("xy"[r.IntN(2)])
		}
	}
	header := strings.Join(names, ",") + ",target"
	if got := Of(open(t, header, 500, row(2), nil)); !cmp.Equal(clearOf(got), []string{"x123"}) || got.Compared != 301 {
		t.Errorf("got %v of %d columns, want x123 of 301", clearOf(got), got.Compared)
	}
	if got := Of(open(t, header, 500, row(0), nil)); clearOf(got) != nil {
		t.Errorf("got %v, want none", clearOf(got))
	}
}

// TestExtremes describes rows that overflow sums, and parts of one row.
func TestExtremes(t *testing.T) {
	row := func(_ *rand.Rand, i int) string { return fmt.Sprintf("%de300,%d,%c", i%7-3, i%2, "xy"[i%2]) }
	for _, rows := range []int{4, 60} {
		got := Of(open(t, "a,b,target", rows, row, func(s *dataset.Source) { s.Scale = "none" }))
		for _, d := range got.Differences {
			if math.IsNaN(d.P+d.Distance+d.Train+d.Test) || math.IsInf(d.Train+d.Test, 0) {
				t.Errorf("%d rows: %+v is not finite", rows, d)
			}
		}
	}
}
