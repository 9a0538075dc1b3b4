package diagnose

import "slices"

// rule is one kind of finding.
type rule struct {
	kind Kind
	// find adds a finding where there is the evidence for it.
	find func(a *analyzer)
	// causes are the kinds that it may follow from, the likeliest first: where one of them is
	// an error too, there is one error, and this is its consequence. Of two that may each follow from the other the
	// one that began first is the cause.
	causes []Kind
}

// rules returns the table of all findings. They are looked for in this order: causes before what
// may follow from them, and what is only said where nothing else explains a failure last.
func rules() []rule {
	output := []Kind{ConstantOutput, LossMismatch, OutputRange}
	data := slices.Concat(output, []Kind{UnscaledTarget, UnscaledInputs, SortedRows, Regularization}) // what is wrong before a step is made
	all := []rule{
		{ConstantOutput, (*analyzer).constantOutput, nil},
		{LossMismatch, (*analyzer).lossMismatch, nil},
		{OutputRange, (*analyzer).outputRange, []Kind{LossMismatch}},
		{UnscaledInputs, (*analyzer).inputs, nil},
		{UnscaledTarget, (*analyzer).target, nil},
		{SortedRows, (*analyzer).sorted, nil},
		{SingleClass, (*analyzer).singleClass, nil},
		{ShiftedTest, (*analyzer).shifted, nil},
		{DuplicateRows, (*analyzer).duplicates, nil},
		{LeakedTarget, (*analyzer).leaked, nil},
		{IdentifierColumn, (*analyzer).identifiers, nil},
		{TooFewRows, (*analyzer).fewRows, nil},
		{ConstantColumn, (*analyzer).constants, nil},
		{DuplicateColumn, (*analyzer).sameColumns, nil},
		{Regularization, (*analyzer).regularization, output},
		{Divergence, (*analyzer).divergence, data},
		{SymmetricUnits, (*analyzer).symmetric, nil},
		{Exploding, (*analyzer).exploding, slices.Concat(data, []Kind{Divergence})},
		{Oscillation, (*analyzer).oscillation, slices.Concat(data, []Kind{Divergence, Exploding})},
		{Unstable, (*analyzer).unstable, slices.Concat(data, []Kind{Exploding})},
		{DeadUnits, (*analyzer).dead, slices.Concat(data, []Kind{Divergence, SymmetricUnits, Exploding, Oscillation, Unstable})},
		{SaturatedUnits, (*analyzer).saturated, slices.Concat(data, []Kind{Divergence, Exploding, Oscillation, Unstable, Vanishing})},
		{LinearModel, (*analyzer).linear, nil},
		{Vanishing, (*analyzer).vanishing, slices.Concat(data, []Kind{Divergence, SymmetricUnits, DeadUnits, SaturatedUnits, Exploding, Oscillation, Unstable, LinearModel})},
		{RateTooSmall, (*analyzer).smallRate, data},
		{UnchangedWeights, (*analyzer).unchanged, slices.Concat(
			data, []Kind{Divergence, SymmetricUnits, DeadUnits, SaturatedUnits, Vanishing, Exploding, Unstable, RateTooSmall, LinearModel})},
		{NoSignal, (*analyzer).signal, nil},
		{Overfitting, (*analyzer).overfitting, []Kind{ShiftedTest, TooFewRows}},
		{StoppedEarly, (*analyzer).stoppedEarly, nil},
		{TooShort, (*analyzer).tooShort, nil},
		{MinorityIgnored, (*analyzer).minority, []Kind{StoppedEarly, TooShort}},
		{StalledLoss, (*analyzer).stalled, nil},
		{WorseThanLinear, (*analyzer).belowLinear, nil},
		{Unexplained, (*analyzer).unexplained, nil},
	}
	for i, r := range all {
		if r.kind == StalledLoss || r.kind == WorseThanLinear { // it follows from whatever was found
			for _, before := range all[:i] {
				all[i].causes = append(all[i].causes, before.kind)
			}
		}
	}
	return all
}

// Kinds returns all kinds, causes before what follows from them.
func Kinds() []Kind {
	var kinds []Kind
	for _, r := range rules() {
		kinds = append(kinds, r.kind)
	}
	return kinds
}
