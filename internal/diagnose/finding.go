package diagnose

// Kind names what is wrong.
type Kind string

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
type Severity string

// The severities: a note costs the model nothing that shows, a warning may, an
// error keeps it from learning.
const (
	Note    Severity = "note"
	Warning Severity = "warning"
	Error   Severity = "error"
)

// weight orders severities.
func (s Severity) weight() int {
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
type Finding struct {
	Kind     Kind     `json:"kind"`
	Severity Severity `json:"severity"`
	Seed     uint32   `json:"seed"` // of the replica
	// Layer is where it shows most (dense_3), empty for the model as a whole; Origin,
	// of vanishing, the layer where most of the gradient is lost.
	Layer  string `json:"layer,omitempty"`
	Origin string `json:"origin,omitempty"`
	// Units are those of the layer, from 0.
	Units []int `json:"units,omitempty"`
	// Epoch is where it began, Last where it was seen last; Cleared: it has gone.
	Epoch   int  `json:"epoch"`
	Last    int  `json:"last-epoch"`
	Cleared bool `json:"cleared,omitempty"`
	// Quantity says what Value is; it is worse than Threshold.
	Quantity  string  `json:"quantity"`
	Value     float64 `json:"value"`
	Threshold float64 `json:"threshold"`
	// Tag is what to look at in TensorBoard.
	Tag string `json:"tag"`
	// Message is a sentence with all that.
	Message string `json:"message"`
}

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
