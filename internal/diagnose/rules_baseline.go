package diagnose

import (
	"fmt"

	"gradwatch/internal/record"
)

// belowLinear: a linear model is better on the test rows, beyond chance.
func (a *analyzer) belowLinear() {
	const (
		least = 0.01 // of accuracy or R²: a smaller difference matters little, however sure it is
		most  = 0.5  // of what the linear model is better than guessing by
	)
	b, d := a.run.Baseline, a.Difference
	if b == nil || b.Linear == nil || d == nil || !a.run.Ended {
		return
	}
	score, linear, guessing := float64(d.Score), float64(*b.Linear), float64(b.Guessing)
	if difference := float64(d.Mean); !(difference >= least && difference > probeCertain*float64(d.StandardError) && linear > score) {
		return
	}
	severity := Warning
	if linear-score >= most*(linear-guessing) && a.run.ClassWeights == nil { // these cost accuracy, of which guessing loses nothing
		severity = Error
	}
	measure, method := "accuracy", "logistic regression"
	if a.run.Target.Regression {
		measure, method = "R²", "ridge regression"
	}
	remedy := "More epochs, another learning rate or wider layers may help; or take the linear model (--hidden-layers 0)."
	if len(a.run.Activations) == 0 {
		remedy = "It is linear, too, so training has not come to its end: more epochs, another learning rate or no penalty may help."
	}
	a.find(Finding{
		Kind: WorseThanLinear, Severity: severity, Last: len(a.History) - 1,
		Quantity: "difference between the " + measure + " of a linear model and that of the model, on the test rows",
		Value:    record.Number(linear - score), Threshold: record.Number(max(least, probeCertain*float64(d.StandardError))), Tag: a.run.metricTag(),
		Message: fmt.Sprintf("The model is worse than a linear model, by more than chance explains: its %s on the test rows is %s; a linear model (%s) reaches %s, guessing %s. %s",
			measure, decimals(score), method, decimals(linear), decimals(guessing), remedy),
	})
}

// decimals writes a score, as the result has it.
func decimals(score float64) string {
	if score > -0.0005 && score < 0.0005 {
		return "0.000" // not -0.000
	}
	return fmt.Sprintf("%.3f", score)
}
