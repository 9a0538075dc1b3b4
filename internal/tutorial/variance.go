package tutorial

import (
	"fmt"
	"strconv"

	"gradwatch/internal/format"
	"gradwatch/internal/printable"
	"gradwatch/internal/record"
	"gradwatch/internal/study"
)

// seedResults are what a model's seeds reached: test accuracies, as many draws from what
// the model may reach.
type seedResults struct {
	study.Spread
	Model
	name     string // of the run that is looked at closely
	seeds    int
	values   []float64 // of those that did not diverge
	diverged int
}

func newSeedResults(l result) seedResults {
	_, _, test, diverged := record.Accuracies(l.seeds.Summary.Result)
	return seedResults{
		Spread: study.NewSpread(test), Model: l.Model, name: l.one.Name, seeds: len(l.seeds.Summary.Seeds),
		values: test, diverged: diverged,
	}
}

// center returns mean and deviation as the table has them.
func (d *seedResults) center() string {
	if d.N == 0 {
		return "all diverged"
	}
	return format.Mean(d.Spread)
}

// extremes returns the worst and the best.
func (d *seedResults) extremes() string {
	if d.N == 0 {
		return ""
	}
	return fmt.Sprintf("%.3f–%.3f", d.Worst, d.Best)
}

// referenceText writes the tutorial's figure with the digits that it gives.
func (m *Model) referenceText() string { return strconv.FormatFloat(m.reference, 'f', m.digits, 64) }

// variance says in sentences how far the results are luck, from the numbers alone. The
// last two models are compared. With asReference they were trained as long as the
// tutorial's and the reference.
func variance(all []seedResults, asReference bool) []string {
	var sentences []string
	for i := range all {
		if d := &all[i]; d.diverged > 0 {
			sentences = append(sentences, fmt.Sprintf("%d of the %d seeds of %s diverged: left out.", d.diverged, d.seeds, d.name))
		}
	}
	if d := farthest(all); d != nil {
		sentences = append(sentences, fmt.Sprintf("Seeds differ: %s ends between %.3f and %.3f.", d.name, d.Worst, d.Best))
	}
	if text := compare(&all[len(all)-2], &all[len(all)-1]); text != "" {
		sentences = append(sentences, text)
	}
	if asReference {
		sentences = append(sentences, reference(all))
	}
	return sentences
}

// farthest returns the model whose worst and best lie furthest apart, nil where
// none do.
func farthest(all []seedResults) *seedResults {
	var most *seedResults
	for i := range all {
		if d := &all[i]; d.Best > d.Worst && (most == nil || d.Best-d.Worst > most.Best-most.Worst) {
			most = d
		}
	}
	return most
}

// compare says how often a seed of each tells which model is better; nothing where
// there is none of either.
func compare(a, b *seedResults) string {
	wins, losses, pairs := 0, 0, len(a.values)*len(b.values)
	for _, x := range a.values {
		for _, y := range b.values {
			switch {
			case y > x:
				wins++
			case y < x:
				losses++
			}
		}
	}
	if wins < losses {
		a, b, wins, losses = b, a, losses, wins
	}
	switch {
	case pairs == 0:
		return ""
	case wins == pairs:
		return fmt.Sprintf("%s beats %s in all %d pairs of a seed of each.", b.name, a.name, pairs)
	case losses == 0:
		return fmt.Sprintf("%s beats %s in %d of the %d pairs of a seed of each, and is even with it in the others.", b.name, a.name, wins, pairs)
	default:
		return fmt.Sprintf("%s beats %s in %d of the %d pairs of a seed of each, and loses in %d.", b.name, a.name, wins, pairs, losses)
	}
}

// reference says what another framework reached.
func reference(all []seedResults) string {
	texts := make([]string, len(all))
	for i := range all {
		texts[i] = fmt.Sprintf("%.3f ± %.3f", all[i].mean, all[i].deviation)
	}
	return fmt.Sprintf("Mean ± std of %d seeds in another framework, by the same rules: %s.", referenceSeeds, printable.List(texts))
}
