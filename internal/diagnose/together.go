package diagnose

import (
	"cmp"
	"slices"
)

// together puts the findings of several replicas together, by kind, severity and layer. Each says in how
// many replicas it was found, and has the numbers of the clearest. It follows from what it follows from in
// most of them.
func together(verdicts []Verdict) []Finding {
	all := []Finding{}
	place := func(f *Finding) int {
		return slices.IndexFunc(all, func(g Finding) bool {
			return g.Kind == f.Kind && g.Severity == f.Severity && g.Layer == f.Layer
		})
	}
	for _, v := range verdicts {
		for i := range v.Findings {
			f := v.Findings[i]
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
	for _, v := range verdicts {
		for i := range v.Findings {
			f, cause := &v.Findings[i], -1
			if f.Cause != nil {
				cause = place(&v.Findings[*f.Cause])
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
	kinds := Kinds()
	return arranged(all, causes, func(a, b *Finding) int {
		return cmp.Or(weight(b.Severity)-weight(a.Severity), b.Seeds-a.Seeds, slices.Index(kinds, a.Kind)-slices.Index(kinds, b.Kind))
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
