package diagnose

import "gradwatch/train/record"

// Kind names what is wrong.
type Kind = record.Kind

// The kinds of findings; docs/verdicts.md defines each.
const (
	Divergence       Kind = "divergence"
	Exploding        Kind = "exploding"
	Vanishing        Kind = "vanishing"
	DeadUnits        Kind = "dead-units"
	SaturatedUnits   Kind = "saturated-units"
	SymmetricUnits   Kind = "symmetric-units"
	UnscaledInputs   Kind = "unscaled-inputs"
	UnchangedWeights Kind = "unchanged-weights"
	RateTooSmall     Kind = "rate-too-small"
	Oscillation      Kind = "oscillation"
	NoSignal         Kind = "no-signal"
	Overfitting      Kind = "overfitting"
	StalledLoss      Kind = "stalled-loss"
)

// Kinds returns all kinds, causes before what follows from them.
func Kinds() []Kind {
	return []Kind{
		Divergence, UnscaledInputs, SymmetricUnits, Exploding, DeadUnits, SaturatedUnits, Vanishing,
		UnchangedWeights, RateTooSmall, Oscillation, NoSignal, Overfitting, StalledLoss,
	}
}

// Severity says how bad a finding is.
type Severity = record.Severity

// The severities.
const (
	Note    = record.Note
	Warning = record.Warning
	Error   = record.Error
)

// weight orders severities.
func weight(s Severity) int {
	switch s {
	case Error:
		return 2
	case Warning:
		return 1
	default:
		return 0
	}
}

// Finding is one thing that is wrong with one replica.
type Finding = record.Finding

// Verdict is what is said of one replica.
type Verdict struct {
	Seed     uint32
	Progress Progress
	// Findings come worst first, causes before what follows from them.
	Findings []Finding
}

// Severity returns that of the worst finding; empty if there is none.
func (v *Verdict) Severity() Severity {
	if len(v.Findings) == 0 {
		return ""
	}
	return v.Findings[0].Severity
}
