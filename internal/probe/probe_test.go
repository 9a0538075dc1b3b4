package probe

import (
	"math"
	"math/rand/v2"
	"testing"

	"gradwatch/internal/dataset"
)

// points draws rows of uniform inputs from -1 to 1 and labels them.
func points(seed uint64, n, inputs int, label func(r *rand.Rand, x []float64) float64) *dataset.Examples {
	r := rand.New(rand.NewPCG(seed, 1))
	p := &dataset.Examples{Columns: make([]string, inputs)}
	for range n {
		from := len(p.X)
		for range inputs {
			p.X = append(p.X, 2*r.Float64()-1)
		}
		p.Y = append(p.Y, label(r, p.X[from:]))
	}
	return p
}

func class(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// TestLook has data of which it is known what either method can find.
func TestLook(t *testing.T) {
	ring := func(_ *rand.Rand, x []float64) float64 { return class(x[0]*x[0]+x[1]*x[1] > 0.6) }
	for _, tc := range []struct {
		name             string
		inputs, classes  int
		label            func(r *rand.Rand, x []float64) float64
		finds            bool
		neighbors        bool // find it
		linear           bool
		least, most      float64 // accuracy of the best; explained, in a regression
		trainRows, tests int
	}{
		{"a line", 2, 2, func(_ *rand.Rand, x []float64) float64 { return class(x[0] > x[1]) }, true, true, true, 0.9, 1, 800, 400},
		{"a ring", 2, 2, ring, true, true, false, 0.9, 1, 800, 400},
		{"a coin", 2, 2, func(r *rand.Rand, _ []float64) float64 { return class(r.Float64() < 0.5) }, false, false, false, 0.4, 0.6, 800, 400},
		{"a biased coin", 5, 2, func(r *rand.Rand, _ []float64) float64 { return class(r.Float64() < 0.04) }, false, false, false, 0.9, 1, 800, 400},
		{"a rare class", 3, 2, func(r *rand.Rand, x []float64) float64 { return class(r.Float64() < 0.04+0.1*x[0]) }, true, false, true, 0.9, 1, 800, 400},
		{"one class", 2, 2, func(*rand.Rand, []float64) float64 { return 0 }, false, false, false, 1, 1, 800, 400},
		{"ten classes", 2, 10, func(_ *rand.Rand, x []float64) float64 { return math.Floor(5 * (x[0] + 1) * 0.999) }, true, true, true, 0.8, 1, 3000, 3000},
		{"a wide table", 300, 2, func(_ *rand.Rand, x []float64) float64 { return class(x[0]+x[1]+x[2] > 0) }, true, true, true, 0.6, 1, 200, 400},
		{"a sum", 3, 0, func(_ *rand.Rand, x []float64) float64 { return 1e6 * (x[0] + x[1]) }, true, true, true, 0.9, 1, 800, 400},
		{"a square", 1, 0, func(_ *rand.Rand, x []float64) float64 { return x[0] * x[0] }, true, true, false, 0.9, 1, 800, 400},
		{"noise", 3, 0, func(r *rand.Rand, _ []float64) float64 { return r.NormFloat64() }, false, false, false, -1, 0.02, 800, 400},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := Look(points(1, tc.trainRows, tc.inputs, tc.label), points(2, tc.tests, tc.inputs, tc.label), tc.classes)
			reached := r.Best().Accuracy
			if tc.classes == 0 {
				reached = r.Best().Explained
			}
			if r.Finds() != tc.finds || reached < tc.least || reached > tc.most || (r.Linear.Sigmas >= Certain) != tc.linear {
				t.Errorf("got %+v, want finds %t, linear %t, %g to %g", *r, tc.finds, tc.linear, tc.least, tc.most)
			}
			if tc.neighbors && tc.inputs < 10 && r.Neighbors.Sigmas < Certain {
				t.Errorf("got %+v, want the neighbours to find it", *r)
			}
			if r.TrainRows > maxTrain || r.TestRows > maxTest {
				t.Errorf("got %d and %d rows, want at most %d and %d", r.TrainRows, r.TestRows, maxTrain, maxTest)
			}
		})
	}
}

// TestLookWithin has test rows of which the training rows tell nothing, though they tell of one another.
func TestLookWithin(t *testing.T) {
	coin := func(r *rand.Rand, _ []float64) float64 { return class(r.Float64() < 0.5) }
	line := func(_ *rand.Rand, x []float64) float64 { return class(x[0] > 0) }
	if r := Look(points(1, 400, 2, line), points(2, 400, 2, coin), 2); r.Finds() || !r.FindsWithin() {
		t.Errorf("got %+v, want a pattern among the training rows only", *r)
	}
	if r := Look(points(1, 400, 2, coin), points(2, 400, 2, coin), 2); r.Finds() || r.FindsWithin() {
		t.Errorf("got %+v, want no pattern", *r)
	}
}

// TestRecalls has rare classes: one that an input sets apart, and one that none does. Of neither do the nearest
// neighbours get a majority.
func TestRecalls(t *testing.T) {
	apart := func(r *rand.Rand, x []float64) float64 { return class(x[0] > 0.9 && r.Float64() < 0.6) }
	coin := func(r *rand.Rand, _ []float64) float64 { return class(r.Float64() < 0.03) }
	for _, tc := range []struct {
		name        string
		label       func(r *rand.Rand, x []float64) float64
		least, most float64 // recall of the rare class
	}{{"apart", apart, 0.6, 1}, {"noise", coin, 0, 0.2}} {
		r := Look(points(1, 1000, 2, tc.label), points(2, 500, 2, tc.label), 2)
		if len(r.Recalls) != 2 || r.Recalls[1] < tc.least || r.Recalls[1] > tc.most {
			t.Errorf("%s: got recalls %v, want %g to %g of the second", tc.name, r.Recalls, tc.least, tc.most)
		}
	}
}

// TestRecall has values of which it is known how many can be answered.
func TestRecall(t *testing.T) {
	for _, tc := range []struct {
		values, class []float64
		want          float64
	}{
		{[]float64{0.9, 0.8, 0.1}, []float64{1, 1, 0}, 1},
		{[]float64{0.4, 0.3, 0.2, 0.1}, []float64{1, 1, 0, 1}, 2.0 / 3}, // all would be 3 of 4 right, the share of the class
		{[]float64{0.4, 0.3, 0.2, 0.1}, []float64{0, 0, 1, 0}, 0},
		{[]float64{0.5, 0.5, 0.5, 0.1}, []float64{1, 1, 1, 0}, 1},
		{[]float64{0.5, 0.5, 0.5, 0.1}, []float64{1, 0, 1, 0}, 0}, // equal values can't be told apart
		{[]float64{0.5}, []float64{0}, 0},
	} {
		if got := recall(tc.values, tc.class); got != tc.want {
			t.Errorf("%v of %v: got %g, want %g", tc.values, tc.class, got, tc.want)
		}
	}
}

// TestLookSeldomErs looks at many data sets that hold nothing.
func TestLookSeldomErs(t *testing.T) {
	coin := func(r *rand.Rand, _ []float64) float64 { return class(r.Float64() < 0.5) }
	found := 0
	for seed := range uint64(100) {
		if Look(points(2*seed, 200, 3, coin), points(2*seed+1, 100, 3, coin), 2).Finds() {
			found++
		}
	}
	if found > 5 {
		t.Errorf("something was found in %d of 100 data sets without a signal, want about 1", found)
	}
}

// TestLookCannot has data on which nothing can be said.
func TestLookCannot(t *testing.T) {
	coin := func(r *rand.Rand, _ []float64) float64 { return class(r.Float64() < 0.5) }
	infinite := points(1, 100, 2, coin)
	infinite.X[7] = math.Inf(1)
	for name, train := range map[string]*dataset.Examples{"few rows": points(1, 10, 2, coin), "infinite": infinite} {
		if r := Look(train, points(2, 100, 2, coin), 2); r != nil {
			t.Errorf("%s: got %+v, want nothing", name, *r)
		}
	}
}

// BenchmarkLookWide looks at a table that is as wide as allowed by its work.
func BenchmarkLookWide(b *testing.B) {
	coin := func(r *rand.Rand, _ []float64) float64 { return class(r.Float64() < 0.5) }
	train, test := points(1, 1000, 5000, coin), points(2, 1000, 5000, coin)
	for b.Loop() {
		Look(train, test, 2)
	}
}
