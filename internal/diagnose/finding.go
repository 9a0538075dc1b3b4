package diagnose

import "gradwatch/internal/record"

// Kind names what is wrong.
type Kind = record.Kind

// The kinds of findings; docs/verdicts.md defines each.
const (
	ConstantOutput   Kind = "constant-output"
	LossMismatch     Kind = "loss-mismatch"
	OutputRange      Kind = "output-range"
	UnscaledInputs   Kind = "unscaled-inputs"
	UnscaledTarget   Kind = "unscaled-target"
	SortedRows       Kind = "sorted-rows"
	SingleClass      Kind = "single-class"
	ShiftedTest      Kind = "shifted-test"
	DuplicateRows    Kind = "duplicate-rows"
	LeakedTarget     Kind = "leaked-target"
	IdentifierColumn Kind = "identifier-column"
	TooFewRows       Kind = "too-few-rows"
	ConstantColumn   Kind = "constant-column"
	DuplicateColumn  Kind = "duplicate-column"
	Regularization   Kind = "strong-regularization"
	Divergence       Kind = "divergence"
	SymmetricUnits   Kind = "symmetric-units"
	Exploding        Kind = "exploding"
	Oscillation      Kind = "oscillation"
	DeadUnits        Kind = "dead-units"
	SaturatedUnits   Kind = "saturated-units"
	Vanishing        Kind = "vanishing"
	RateTooSmall     Kind = "rate-too-small"
	UnchangedWeights Kind = "unchanged-weights"
	LinearModel      Kind = "linear-model"
	NoSignal         Kind = "no-signal"
	MinorityIgnored  Kind = "minority-ignored"
	Overfitting      Kind = "overfitting"
	Unstable         Kind = "unstable"
	StoppedEarly     Kind = "stopped-early"
	TooShort         Kind = "too-short"
	WorseThanLinear  Kind = "worse-than-linear"
	StalledLoss      Kind = "stalled-loss"
	Unexplained      Kind = "unexplained"
)

// Severity says how bad a finding is.
type Severity = record.Severity

// The severities.
const (
	Note    = record.Note
	Warning = record.Warning
	Error   = record.Error
)

// Finding is one thing that is wrong.
type Finding = record.Finding

// Verdict is what is said of one replica.
type Verdict struct {
	Seed     uint32
	Progress Progress
	// Findings come worst first; behind each what follows from it.
	Findings []Finding
}

// Severity returns that of the worst finding; empty if there is none.
func (v *Verdict) Severity() Severity {
	if len(v.Findings) == 0 {
		return ""
	}
	return v.Findings[0].Severity
}
