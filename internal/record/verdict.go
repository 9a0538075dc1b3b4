package record

// Kind names what is wrong with a run; package diagnose has the kinds.
type Kind string

// Severity says how bad a finding is.
type Severity string

// The severities: a note costs the model nothing that shows, a warning may, an
// error keeps it from learning.
const (
	Note    Severity = "note"
	Warning Severity = "warning"
	Error   Severity = "error"
)

// Weight orders severities: more is worse.
func (s Severity) Weight() int {
	switch s {
	case Error:
		return 3
	case Warning:
		return 2
	case Note:
		return 1
	default:
		return 0
	}
}

// Finding is one thing that is wrong: with one replica, or in a [Report] with several. Its
// JSON, and that of a Report, is described in docs/json.md.
type Finding struct {
	Kind     Kind     `json:"kind"`
	Severity Severity `json:"severity"`
	// Layer is where it shows most (dense_3), empty for the model as a whole; Origin,
	// of vanishing, the layer where most of the gradient is lost.
	Layer  string `json:"layer"`
	Origin string `json:"origin"`
	// Units are those of the layer, from 0.
	Units []int `json:"units"`
	// Epoch is where it began, Last where it was seen last; Cleared: it has gone.
	Epoch   int  `json:"epoch"`
	Last    int  `json:"last_epoch"`
	Cleared bool `json:"cleared"`
	// Quantity says what Value is, Threshold what it was compared with.
	Quantity  string `json:"quantity"`
	Value     Number `json:"value"`
	Threshold Number `json:"threshold"`
	// Tag is what to look at in TensorBoard; "" if it shows nothing of the finding.
	Tag string `json:"tag"`
	// Seeds is how many replicas have it, InSeeds their seeds, and Seed the one that the
	// numbers and the message are of: the clearest.
	Seeds   int      `json:"seeds"`
	InSeeds []uint32 `json:"in_seeds"`
	Seed    uint32   `json:"seed"`
	// Cause is the place, from 0, of the finding in the same list that it follows from;
	// nil where it follows from none.
	Cause *int `json:"cause"`
	// Message is a sentence with all that.
	Message string `json:"message"`
}

// Schema is the version of a report's JSON. It changes when a key is renamed, goes, or
// changes its meaning; new keys leave it as it is.
const Schema = 1

// Report is what is said of a run as a whole: summary.json has it, and gradwatch
// diagnose prints it.
type Report struct {
	Schema int `json:"schema"`
	// Verdict is the severity of the worst finding of any replica: error or warning;
	// ok where there are notes at most.
	Verdict string `json:"verdict"`
	// Learned is how many of the replicas have learned.
	Learned  int `json:"learned"`
	Replicas int `json:"replicas"`
	// Findings begin with the cause of the most; what follows from a finding comes behind it.
	Findings []Finding `json:"findings"`
	// EachSeed has every replica's own findings, where asked for.
	EachSeed []SeedReport `json:"each_seed,omitempty"`
	// Epoch is the check that Layers are of: where the worst finding began, the last one, or
	// of a run that diverged the last one before; -1 where there is none.
	Epoch  int          `json:"layers_epoch"`
	Layers []LayerState `json:"layers"`
}

// SeedReport is what is said of one replica.
type SeedReport struct {
	Seed     uint32    `json:"seed"`
	Learned  bool      `json:"learned"`
	Findings []Finding `json:"findings"`
}

// OK is the verdict where nothing worse than a note was found.
const OK = "ok"

// LayerState is a layer at a check; of several replicas the median.
type LayerState struct {
	Layer string `json:"layer"`
	// Gradient is the root mean square of the kernel's gradient, Update the norm of
	// a step's change over the kernel's norm.
	Gradient Number `json:"gradient_rms"`
	Update   Number `json:"update_ratio"`
	// Signal is the layer's error signal over the output layer's, Keeps over that of
	// the layer above: Activation times Weights, what the activation's derivative and
	// the weights above leave of it. 1 for the output layer.
	Signal     Number `json:"signal"`
	Keeps      Number `json:"keeps"`
	Activation Number `json:"keeps_activation"`
	Weights    Number `json:"keeps_weights"`
	// Units is how many there are, Idle how many of them are dead or nearly so,
	// Saturated how many are saturated.
	Units     int    `json:"units"`
	Idle      Number `json:"idle"`
	Saturated Number `json:"saturated"`
}
