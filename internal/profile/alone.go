package profile

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"gradwatch/internal/dataset"
	"gradwatch/internal/numeric"
	"gradwatch/internal/probe"
)

// NearlyAll is the score of a column from which on the others are tried without it.
const NearlyAll = 0.98

// alone returns the column that tells most about the target by itself; nil where there are fewer than 3 columns, since
// of two one often tells nearly all, or fewer than 50 test rows, of which one less or more would change the score by
// more than 0.02.
func (s *sample) alone(skip func(*column) bool) *Alone {
	const leastColumns, leastRows = 3, 50
	if len(s.columns) < leastColumns || len(s.target.values)-s.train < leastRows {
		return nil
	}
	var best *column
	found := &Alone{Score: math.Inf(-1), Others: 1}
	for _, c := range s.chosen(skip, s.relation) {
		if score, ok := s.score(c); ok && score > found.Score {
			best, found.Column, found.Score = c, c.name, score
		}
	}
	if best == nil {
		return nil
	}
	if found.Score >= NearlyAll {
		found.Others = s.without(best)
	}
	return found
}

// relation returns the part of the variance of a column that is between the classes, or its squared correlation with the
// target.
func (s *sample) relation(c *column) float64 {
	x, y := c.values[:s.train], s.target.values[:s.train]
	if s.target.categories == nil {
		r := stat.Correlation(x, y, nil)
		return r * r // NaN comes last
	}
	sums, counts := make([]float64, len(s.target.categories)), make([]float64, len(s.target.categories))
	for i, class := range y {
		sums[int(class)] += x[i]
		counts[int(class)]++
	}
	mean, variance := stat.PopMeanVariance(x, nil)
	between := 0.0
	for k, n := range counts {
		if n > 0 {
			between += (sums[k]/n - mean) * (sums[k]/n - mean) * n
		}
	}
	return between / (variance * float64(len(x)))
}

// group is the training rows of one value of a column.
type group struct {
	x    float64
	y    float64 // the mean target, or the most frequent class
	rows int
}

// score returns what the column tells of the target: see Alone. ok is false where the test rows are all alike.
func (s *sample) score(c *column) (score float64, ok bool) {
	groups := s.groups(c)
	guess, of := s.target.values[:s.train], s.target.values[s.train:]
	if len(groups) == 0 || len(of) == 0 || alike(of) {
		return 0, false
	}
	answer := func(x float64) float64 { return nearest(groups, x) }
	if s.target.categories == nil {
		if c.categories == nil {
			answer = func(x float64) float64 { return between(groups, x) }
		}
		mean := stat.Mean(guess, nil)
		wrong, all := 0.0, 0.0
		for i, y := range of {
			miss := y - answer(c.values[s.train+i])
			wrong, all = wrong+miss*miss, all+(y-mean)*(y-mean)
		}
		score = 1 - wrong/all
		return score, numeric.Finite(score)
	}
	right, counts := 0.0, make([]float64, len(s.target.categories))
	for i, y := range of {
		if answer(c.values[s.train+i]) == y {
			right++
		}
		counts[int(y)]++
	}
	largest := floats.Max(counts)
	return (right - largest) / (float64(len(of)) - largest), true
}

// groups returns the training rows by the column's value, in ascending order.
func (s *sample) groups(c *column) []group {
	rows := make([]group, s.train)
	for i := range rows {
		rows[i] = group{x: c.values[i], y: s.target.values[i], rows: 1}
	}
	slices.SortFunc(rows, func(a, b group) int { return cmp.Or(cmp.Compare(a.x, b.x), cmp.Compare(a.y, b.y)) })
	var groups []group
	for i := 0; i < len(rows); {
		g := rows[i]
		most, run := 0, 0
		sum := 0.0
		k := i
		for ; k < len(rows) && rows[k].x == g.x; k++ {
			if run++; k > i && rows[k].y != rows[k-1].y {
				run = 1
			}
			if run > most {
				most, g.y = run, rows[k].y
			}
			sum += rows[k].y
		}
		if g.rows = k - i; s.target.categories == nil {
			g.y = sum / float64(g.rows)
		}
		groups = append(groups, g)
		i = k
	}
	return groups
}

// nearest returns the answer of the group whose value is the nearest.
func nearest(groups []group, x float64) float64 {
	at, found := slices.BinarySearchFunc(groups, x, func(g group, x float64) int { return cmp.Compare(g.x, x) })
	if !found && (at == len(groups) || at > 0 && x-groups[at-1].x <= groups[at].x-x) {
		at--
	}
	return groups[at].y
}

// between returns the answer on the straight line between the two groups around a value.
func between(groups []group, x float64) float64 {
	at, found := slices.BinarySearchFunc(groups, x, func(g group, x float64) int { return cmp.Compare(g.x, x) })
	if found || at == 0 || at == len(groups) {
		return groups[min(at, len(groups)-1)].y
	}
	a, b := groups[at-1], groups[at]
	part := (x - a.x) / (b.x - a.x)
	return a.y + part*(b.y-a.y)
}

// without returns what the better of nearest neighbours and a linear model reaches with all columns but one, on fewer rows:
// it says only whether the others tell nearly as much.
func (s *sample) without(c *column) float64 {
	const train, test = 400, 200
	inputs := max(1, len(c.categories))
	part := func(first, end, most int) *dataset.Examples {
		columns := slices.Delete(slices.Clone(s.set.Examples.Columns), c.first, c.first+inputs)
		p := &dataset.Examples{Columns: columns}
		most = min(most, end-first)
		for i := range most {
			row := first + dataset.SpacedRow(i, most, end-first)
			p.X = append(p.X, s.set.Examples.Row(row)[:c.first]...)
			p.X = append(p.X, s.set.Examples.Row(row)[c.first+inputs:]...)
			p.Y = append(p.Y, s.set.Examples.Y[row])
		}
		return p
	}
	r := probe.Look(part(0, s.set.Train, train), part(s.set.TestFirst(), s.set.Examples.Len(), test), len(s.target.categories))
	switch {
	case r == nil:
		return 1 // nothing is known of them
	case s.target.categories == nil:
		return r.Best().Explained
	}
	return (max(r.Neighbors.Accuracy, r.Linear.Accuracy) - r.Guess) / max(1e-9, 1-r.Guess)
}
