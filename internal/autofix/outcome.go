package autofix

import (
	"cmp"
	"math"
	"slices"

	"gradwatch/internal/study"
)

// Outcome is what a combination of fixes came to.
type Outcome struct {
	Combination []int // of the fixes, rising; none for the run as it is
	Changes     int   // flags that it sets
	// Scores are the metric of all seeds as it is compared: more is better, and one that diverged
	// has the least that there is. Reached are the values of the seeds that did not diverge, as
	// they are.
	Scores, Reached []float64
	// Learned is how many seeds have learned; Sound how many of them leave nothing to mend besides;
	// Diverged how many diverged.
	Learned, Sound, Diverged int
	// ValLoss is the mean loss of the seeds that did not diverge, on the rows that judge.
	ValLoss float64
	// Falling: the loss on the training rows still falls, with most seeds.
	Falling bool
}

// Spread returns that of the scores.
func (o *Outcome) Spread() study.Spread { return study.NewSpread(o.Scores) }

// Suffices reports whether nearly all seeds have learned and are sound.
func (o *Outcome) Suffices() bool {
	const nearlyAll = 0.9
	return len(o.Scores) > 0 && float64(o.Sound) >= nearlyAll*float64(len(o.Scores))
}

// Noise returns the standard error of the difference between two means. One seed
// tells none: then it is 0.
func Noise(a, b *Outcome) float64 {
	variance := func(o *Outcome) float64 {
		s := o.Spread()
		if s.N < 2 {
			return 0
		}
		return s.Std * s.Std / float64(s.N)
	}
	return math.Sqrt(variance(a) + variance(b))
}

// helpful is how many standard errors a gain must have to be called one: with two,
// one in 40 of those that change nothing seems to help.
const helpful = 2

// Helps reports whether an outcome is better than that of the run as it is, beyond
// noise: by the means, or by how often a seed of one beats a seed of the other (Mann and
// Whitney 1947), which sees that a few bad seeds are gone.
func Helps(o, before *Outcome) bool {
	gain := o.Spread().Mean - before.Spread().Mean
	return gain > 0 && (gain > helpful*Noise(o, before) || wins(o.Scores, before.Scores) > helpful)
}

// wins returns by how many standard deviations more pairs than half are won by the
// first; ties count as half won.
func wins(a, b []float64) float64 {
	won := 0.0
	for _, x := range a {
		for _, y := range b {
			won += float64(1+cmp.Compare(x, y)) / 2
		}
	}
	n, m := float64(len(a)), float64(len(b))
	return (won - n*m/2) / math.Sqrt(n*m*(n+m+1)/12)
}

// Standing returns how it stands among others.
func (o *Outcome) Standing() study.Standing {
	return study.Standing{Scores: o.Scores, Lost: o.Diverged}
}

// Rank orders outcomes as study.Standing does; of equals the smaller change comes first,
// then the one that came first.
func Rank(outcomes []*Outcome) []*Outcome {
	return slices.SortedStableFunc(slices.Values(outcomes), func(a, b *Outcome) int {
		return cmp.Or(a.Standing().Compare(b.Standing()), a.Changes-b.Changes)
	})
}

// Recommended returns the best outcome with which a seed has learned, or nil where that is
// not better than the run as it is.
func Recommended(outcomes []*Outcome, before *Outcome) *Outcome {
	learned := slices.DeleteFunc(slices.Clone(outcomes), func(o *Outcome) bool { return o.Learned == 0 })
	if best := Best(learned); best != nil && Helps(best, before) {
		return best
	}
	return nil
}

// Best returns the outcome of the smallest change among those within a standard error
// of the highest mean (the rule of Breiman et al. 1984); of equals the one with the
// higher mean. Nil for none.
func Best(outcomes []*Outcome) *Outcome {
	if len(outcomes) == 0 {
		return nil
	}
	ranked := Rank(outcomes)
	best := ranked[0]
	for _, o := range ranked[1:] {
		behind := ranked[0].Spread().Mean - o.Spread().Mean
		if behind <= Noise(ranked[0], o) && o.Changes < best.Changes {
			best = o
		}
	}
	return best
}

// Shares divides what a whole gains over nothing among its parts, given the value of
// each set of them, bit i for part i: a part's share is what it adds, on the average
// over all orders in which the parts can be added (Shapley 1953). Shares add up to the
// gain.
func Shares(parts int, value func(set uint) float64) []float64 {
	shares := make([]float64, parts)
	for i := range parts {
		own := uint(1) << i
		for set := range uint(1) << parts {
			if set&own == 0 {
				shares[i] += weight(set, parts) * (value(set|own) - value(set))
			}
		}
	}
	return shares
}

// weight returns the part of all orders in which just the set comes before a given
// part: |S|! (n-|S|-1)! / n!.
func weight(set uint, parts int) float64 {
	size := 0
	for ; set > 0; set &= set - 1 {
		size++
	}
	w := 1 / float64(parts)
	for k := 1; k <= size; k++ { // over (n-1 choose size)
		w *= float64(k) / float64(parts-size-1+k)
	}
	return w
}
