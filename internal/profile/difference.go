package profile

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// worthNoting is the probability below which a difference is kept. What is called different has a far smaller one.
const worthNoting = 0.05

// compare sets how the training rows and the test rows differ, and how many copies there are by chance. All columns
// count as compared: of many, those whose means differ most are tested.
func (s *sample) compare(t *Table, skip func(*column) bool) {
	t.Compared = 1
	for j := range s.columns {
		if !skip(&s.columns[j]) {
			t.Compared++
		}
	}
	t.Chance = float64(s.set.Train)
	for _, c := range append(s.chosen(skip, s.apart), &s.target) {
		d, equal := s.difference(c)
		d.Target = c == &s.target
		t.Chance *= equal
		if d.P < worthNoting {
			t.Differences = append(t.Differences, d)
		}
	}
	t.Chance = min(1, t.Chance)
	slices.SortStableFunc(t.Differences, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(a.P, b.P), cmp.Compare(b.Distance, a.Distance))
	})
	t.Differences = t.Differences[:min(len(t.Differences), listed)]
}

// apart returns how many standard deviations the means of a column are apart in the two parts; of categories, their
// distance.
func (s *sample) apart(c *column) float64 {
	train, test := c.values[:s.train], c.values[s.train:]
	if c.categories != nil {
		return distance(shares(train, len(c.categories)), shares(test, len(c.categories)))
	}
	a, ofA := stat.MeanVariance(train, nil)
	b, ofB := stat.MeanVariance(test, nil)
	size := math.Abs(a-b) / math.Sqrt(ofA+ofB)
	if math.IsNaN(size) {
		return 0
	}
	return size
}

// difference compares a column's training rows with its test rows. equal is the part of the pairs of training rows that
// have the same value.
func (s *sample) difference(c *column) (d Difference, equal float64) {
	d = Difference{Column: c.name, P: 1}
	train, test := slices.Clone(c.values[:s.train]), slices.Clone(c.values[s.train:])
	slices.Sort(train)
	equal = pairs(train)
	if len(train) == 0 || len(test) == 0 {
		return d, equal
	}
	if c.categories != nil {
		d.ofCategories(c.categories, train, test)
		return d, equal
	}
	slices.Sort(test)
	d.Train, d.Test = middle(train), middle(test)
	d.Distance = stat.KolmogorovSmirnov(train, nil, test, nil)
	n, m := float64(len(train)), float64(len(test))
	d.P = kolmogorov(d.Distance, n*m/(n+m))
	return d, equal
}

// pairs returns the part of all pairs of sorted values that are equal.
func pairs(sorted []float64) float64 {
	count, run := 0.0, 0.0
	for i := 1; i < len(sorted); i++ {
		if run++; sorted[i] != sorted[i-1] {
			run = 0
		}
		count += run
	}
	n := float64(len(sorted))
	return count / max(1, n*(n-1)/2)
}

// middle returns a median of sorted values.
func middle(sorted []float64) float64 { return sorted[(len(sorted)-1)/2] }

// kolmogorov returns the probability of so large a distance between two samples of one distribution, of which n is the
// product of their sizes over the sum: Kolmogorov's limit with the correction of Stephens (1970). Equal values make the
// true probability smaller.
func kolmogorov(distance, n float64) float64 {
	lambda := (math.Sqrt(n) + 0.12 + 0.11/math.Sqrt(n)) * distance
	if lambda < 0.3 { // the probability is 1 to 5 digits, and the series converges slowly
		return 1
	}
	p, sign := 0.0, 2.0
	for j := 1.0; j <= 100; j++ {
		p += sign * math.Exp(-2*j*j*lambda*lambda)
		sign = -sign
	}
	return min(1, max(0, p))
}

// ofCategories compares the shares of categories, by a chi-square test. Those of which fewer than 5 rows are to be
// expected in a part are put together, as usual (Cochran 1954), with the values that are none of the categories: only the
// test rows have those, so that they would always differ.
func (d *Difference) ofCategories(categories []string, train, test []float64) {
	p, q := shares(train, len(categories)), shares(test, len(categories))
	d.Distance = distance(p, q)
	most := 0
	for k := range categories {
		if math.Abs(p[k]-q[k]) > math.Abs(p[most]-q[most]) {
			most = k
		}
	}
	d.Category, d.Train, d.Test = categories[most], p[most], q[most]
	n, m := float64(len(train)), float64(len(test))
	const least = 5
	var observed, expected []float64
	rest := [4]float64{}
	for k := range p {
		a, b := p[k]*n, q[k]*m
		cells := [4]float64{a, b, (a + b) * n / (n + m), (a + b) * m / (n + m)}
		if min(cells[2], cells[3]) < least || k == len(categories) {
			floats.Add(rest[:], cells[:])
			continue
		}
		observed, expected = append(observed, cells[:2]...), append(expected, cells[2:]...)
	}
	if min(rest[2], rest[3]) >= least {
		observed, expected = append(observed, rest[:2]...), append(expected, rest[2:]...)
	}
	if len(observed) > 2 {
		d.P = distuv.ChiSquared{K: float64(len(observed)/2 - 1)}.Survival(stat.ChiSquare(observed, expected))
	}
}

// shares returns the categories' shares of the values and, last, that of none of them.
func shares(values []float64, categories int) []float64 {
	of := make([]float64, categories+1)
	for _, v := range values {
		if v < 0 {
			v = float64(categories)
		}
		of[int(v)] += 1 / float64(len(values))
	}
	return of
}

// distance returns half of the sum of the differences.
func distance(p, q []float64) float64 { return floats.Distance(p, q, 1) / 2 }
