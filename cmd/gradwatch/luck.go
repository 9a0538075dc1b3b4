package main

import (
	"fmt"
	"strconv"

	"gradwatch/internal/format"
	"gradwatch/internal/record"
	"gradwatch/internal/study"
)

// draws are what a model's seeds reached: test accuracies, as many draws from what
// the model may reach.
type draws struct {
	study.Spread
	lesson
	name     string // of the run that is looked at closely
	seeds    int
	values   []float64 // of those that did not diverge
	diverged int
}

func newDraws(l taught) draws {
	_, test, diverged := record.Accuracies(l.seeds.Summary.Result)
	return draws{
		Spread: study.NewSpread(test), lesson: l.lesson, name: l.one.Name, seeds: len(l.seeds.Summary.Seeds),
		values: test, diverged: diverged,
	}
}

// center returns mean and deviation as the table has them.
func (d *draws) center() string {
	if d.N == 0 {
		return "all diverged"
	}
	return format.Mean(d.Spread)
}

// extremes returns the worst and the best.
func (d *draws) extremes() string {
	if d.N == 0 {
		return ""
	}
	return fmt.Sprintf("%.3f–%.3f", d.Worst, d.Best)
}

// toldText writes the tutorial's figure with the digits that it gives.
func (l *lesson) toldText() string { return strconv.FormatFloat(l.told, 'f', l.digits, 64) }

// luck says in sentences how far the results are luck, from the numbers alone. The
// last two models are compared. With asTold they were trained as long as the
// tutorial's and the reference.
func luck(all []draws, asTold bool) []string {
	var sentences []string
	for i := range all {
		if d := &all[i]; d.diverged > 0 {
			sentences = append(sentences, fmt.Sprintf("%d of the %d seeds of %s diverged: left out.", d.diverged, d.seeds, d.name))
		}
	}
	if d := luckiest(all); d != nil {
		sentences = append(sentences, fmt.Sprintf("Seeds differ: %s ends between %.3f and %.3f.", d.name, d.Worst, d.Best))
	}
	if text := compare(&all[len(all)-2], &all[len(all)-1]); text != "" {
		sentences = append(sentences, text)
	}
	if asTold {
		sentences = append(sentences, reference(all))
	}
	return sentences
}

// luckiest returns the model whose worst and best lie furthest apart, nil where
// none do.
func luckiest(all []draws) *draws {
	var most *draws
	for i := range all {
		if d := &all[i]; d.Best > d.Worst && (most == nil || d.Best-d.Worst > most.Best-most.Worst) {
			most = d
		}
	}
	return most
}

// compare says how often a seed of each tells which model is better; nothing where
// there is none of either.
func compare(a, b *draws) string {
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
func reference(all []draws) string {
	texts := make([]string, len(all))
	for i := range all {
		texts[i] = fmt.Sprintf("%.3f ± %.3f", all[i].mean, all[i].deviation)
	}
	return fmt.Sprintf("Mean ± std of %d seeds in another framework, by the same rules: %s.", referenceSeeds, format.List(texts))
}
