package diagnose

import (
	"cmp"
	"slices"

	"gradwatch/internal/record"
)

// linked returns the findings of one replica with their causes: the worst cause first, and behind each
// what follows from it, which is no error of its own. A cause is never a consequence itself.
func linked(findings []Finding) []Finding {
	of := make([]int, len(findings)) // each one's cause, -1 for none
	for i := range findings {
		of[i] = causeOf(findings, i)
	}
	for i := range of { // the first cause
		for of[i] >= 0 && of[of[i]] >= 0 {
			of[i] = of[of[i]]
		}
	}
	for i := range findings {
		if of[i] >= 0 && findings[i].Severity == Error {
			findings[i].Severity = Warning
		}
	}
	kinds := Kinds()
	return record.Arranged(findings, of, func(a, b *Finding) int {
		return cmp.Or(b.Severity.Weight()-a.Severity.Weight(), slices.Index(kinds, a.Kind)-slices.Index(kinds, b.Kind))
	})
}

// causeOf returns the place of the error that a finding follows from; -1 for none.
func causeOf(findings []Finding, i int) int {
	f := &findings[i]
	if f.Severity == Note {
		return -1
	}
	kinds := Kinds()
	for _, kind := range causesOf(f.Kind) {
		mutual := slices.Contains(causesOf(kind), f.Kind)
		later := func(g *Finding) bool { // it began after what may follow from it
			return g.Epoch > f.Epoch || g.Epoch == f.Epoch && slices.Index(kinds, g.Kind) > slices.Index(kinds, f.Kind)
		}
		at := slices.IndexFunc(findings, func(g Finding) bool {
			return g.Kind == kind && g.Severity == Error && (!mutual || !later(&g))
		})
		if at >= 0 {
			return at
		}
	}
	return -1
}

// causesOf returns the kinds that one may follow from.
func causesOf(kind Kind) []Kind {
	for _, r := range rules() {
		if r.kind == kind {
			return r.causes
		}
	}
	return nil
}
