package diagnose

import (
	"fmt"
	"strings"

	"gradwatch/internal/config"
	"gradwatch/internal/record"
)

// Said of the output layer and the loss: what was wrong before an epoch was trained, with what came of it.

// constantOutput: all outputs are equal.
func (a *analyzer) constantOutput() { a.findMistake(ConstantOutput, "") }

// lossMismatch: the loss does not fit the labels or the outputs.
func (a *analyzer) lossMismatch() { a.findMistake(LossMismatch, "") }

// outputRange: the output can't reach all targets; or units of it are dead.
func (a *analyzer) outputRange() {
	dead := a.deadOutputs()
	if dead == nil {
		a.findMistake(OutputRange, "")
		return
	}
	if a.run.mistakeOf(OutputRange) != nil && dead.Severity == Error {
		a.findMistake(OutputRange, " "+dead.Message)
		return
	}
	dead.Message += fmt.Sprintf(" Train with --output-activation %s.", a.run.Target.Output.Suited())
	a.find(*dead)
}

// findMistake adds a finding of a mistake, as bad as what came of it.
func (a *analyzer) findMistake(kind Kind, more string) {
	m := a.run.mistakeOf(kind)
	if m == nil || len(a.History) == 0 {
		return
	}
	f := Finding{
		Kind: kind, Severity: m.severity, Layer: a.run.outputLayer(), Last: len(a.History) - 1, Tag: "loss",
		Quantity: m.quantity, Value: record.Number(m.value), Threshold: record.Number(m.threshold),
	}
	few := a.run.Target.Regression && a.run.Target.fewNumbers() // which may well be right
	switch {
	case m.severity == Warning:
		f.Severity = a.unlessLearned()
	case m.severity == Note && !a.progress.Learned && !few:
		f.Severity = Warning
	}
	p := &a.progress
	right, guess := a.run.right(p.ValAccuracy, p.ValLoss), a.run.guessRight()
	if m.quantity == "" {
		f.Quantity, f.Value, f.Threshold = a.run.rightWords(), record.Number(right), record.Number(guess)
	}
	f.Message = strings.ToUpper(m.text[:1]) + m.text[1:] + more
	if f.Severity != Note && !a.run.Target.Regression {
		f.Message += fmt.Sprintf(" %s is %s; that of always answering the largest class is %s.",
			strings.Replace(a.run.rightWords(), "t", "T", 1), short(right), short(guess))
	}
	f.Message += " " + m.remedy
	a.find(f)
}

// deadOutputs returns a finding of outputs that are 0 on every row, through which no gradient comes back; nil for none.
// An output that stands for no class is rightly so.
func (a *analyzer) deadOutputs() *Finding {
	o := &a.run.Target.Output
	if o.Units == 0 || len(a.Checks) == 0 || len(a.History) == 0 || below(o.Activation) != config.Zero {
		return nil
	}
	k := len(a.run.Activations)
	units, s := a.lasting(k, func(u *record.UnitFlow) bool { return u.Active <= 0 })
	for len(units) > 0 && o.Classes > 0 && o.OneHot && units[len(units)-1] >= o.Classes {
		units = units[:len(units)-1]
	}
	if len(units) == 0 {
		return nil
	}
	all := max(1, min(o.Units, max(o.Classes, 1)))
	if !o.OneHot {
		all = o.Units
	}
	f := a.when(Finding{
		Kind: OutputRange, Severity: a.unlessLearned(), Layer: layerName(k), Units: units,
		Quantity: "share of the output layer's units that are dead", Value: record.Number(float64(len(units)) / float64(all)), Threshold: 0,
		Tag: layerName(k) + "_out",
	}, s)
	if len(units) == all {
		f.Severity = Error
	}
	f.Message = fmt.Sprintf("The output of %s is 0 on every row since epoch %d: %s passes no gradient back below 0, so no weight changes any more.",
		layerName(k), a.Checks[s.first].Epoch, o.Activation)
	if len(units) < all {
		f.Message = fmt.Sprintf("In %s %s %s 0 on every row since epoch %d: %s passes no gradient back below 0, so %s learns nothing more.",
			layerName(k), unitsText(units, all), verb(len(units), "is", "are"), a.Checks[s.first].Epoch, o.Activation, verb(len(units), "it", "each of them"))
	}
	return &f
}
