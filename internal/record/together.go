package record

import (
	"cmp"
	"slices"
)

// Together puts the findings of replicas together, by kind, severity and layer. Each says in how many replicas it was
// found, and has the numbers of the clearest. It follows from what it follows from in most of them. Of alike findings
// those of more seeds come first, then those whose kind does.
func Together(replicas [][]Finding, kinds []Kind) []Finding {
	all := []Finding{}
	place := func(f *Finding) int {
		return slices.IndexFunc(all, func(g Finding) bool {
			return g.Kind == f.Kind && g.Severity == f.Severity && g.Layer == f.Layer
		})
	}
	for _, findings := range replicas {
		for i := range findings {
			f := findings[i]
			at := place(&f)
			if at < 0 {
				all = append(all, f)
				continue
			}
			g := &all[at]
			if !slices.Contains(g.InSeeds, f.Seed) {
				g.InSeeds = append(g.InSeeds, f.Seed)
			}
			if seeds := g.InSeeds; clearer(&f, g) {
				*g = f
				g.InSeeds = seeds
			}
			g.Seeds = len(g.InSeeds)
		}
	}
	votes := make([]map[int]int, len(all)) // for each cause
	for _, findings := range replicas {
		for i := range findings {
			f, cause := &findings[i], -1
			if f.Cause != nil {
				cause = place(&findings[*f.Cause])
			}
			at := place(f)
			if votes[at] == nil {
				votes[at] = make(map[int]int)
			}
			votes[at][cause]++
		}
	}
	causes := make([]int, len(all))
	for i, of := range votes {
		causes[i] = -1
		for cause := range all { // in their order, so that the same is found each time
			if of[cause] > of[causes[i]] {
				causes[i] = cause
			}
		}
	}
	for i := range causes { // what is a cause in some replicas and a consequence in others is a cause
		if slices.Contains(causes, i) {
			causes[i] = -1
		}
	}
	return Arranged(all, causes, func(a, b *Finding) int {
		return cmp.Or(b.Severity.Weight()-a.Severity.Weight(), b.Seeds-a.Seeds, slices.Index(kinds, a.Kind)-slices.Index(kinds, b.Kind))
	})
}

// clearer reports whether a finding shows more than another one of its kind and layer: in more units, else
// by a number that is further from the threshold, else earlier.
func clearer(f, than *Finding) bool {
	if len(f.Units) != len(than.Units) {
		return len(f.Units) > len(than.Units)
	}
	threshold := float64(f.Threshold)
	a, b := distance(float64(f.Value), threshold), distance(float64(than.Value), threshold)
	return a > b || a == b && f.Epoch < than.Epoch
}

// distance returns how far a value is from a threshold, on either side.
func distance(value, threshold float64) float64 {
	if value < threshold {
		return threshold - value
	}
	return value - threshold
}

// Arranged sorts findings, those without a cause among themselves, each followed by what follows from it,
// and sets their causes.
func Arranged(findings []Finding, causes []int, compare func(a, b *Finding) int) []Finding {
	order := make([]int, len(findings))
	for i := range order {
		order[i] = i
	}
	root := func(i int) int {
		if causes[i] >= 0 {
			return causes[i]
		}
		return i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		if a, b := root(i), root(j); a != b {
			return cmp.Or(compare(&findings[a], &findings[b]), a-b)
		}
		return cmp.Or(cmp.Compare(min(causes[i], 0), min(causes[j], 0)), compare(&findings[i], &findings[j]))
	})
	sorted := []Finding{}
	for _, i := range order {
		f := findings[i]
		f.Cause = nil
		if causes[i] >= 0 {
			at := slices.Index(order, causes[i])
			f.Cause = &at
		}
		sorted = append(sorted, f)
	}
	return sorted
}
