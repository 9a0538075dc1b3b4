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
	// Quantity says what Value is, Threshold what it was held against.
	Quantity  string `json:"quantity"`
	Value     Number `json:"value"`
	Threshold Number `json:"threshold"`
	// Tag is what to look at in TensorBoard.
	Tag string `json:"tag"`
	// Message is a sentence with all that.
	Message string `json:"message"`
}

// Report is what is said of a run as a whole: summary.json has it, and gradwatch
// diagnose prints it.
type Report struct {
	// Verdict is the severity of the worst finding of any replica: error or warning;
	// ok where there are notes at most.
	Verdict string `json:"verdict"`
	// Learned is how many of the replicas have learned.
	Learned  int       `json:"learned"`
	Replicas int       `json:"replicas"`
	Findings []Finding `json:"findings"`
	// Epoch is the check that Layers are of: where the worst finding began, or the
	// last one; -1 where there was none.
	Epoch  int          `json:"layers-epoch"`
	Layers []LayerState `json:"layers"`
}

// OK is the verdict where nothing worse than a note was found.
const OK = "ok"

// LayerState is a layer at a check; of several replicas the median.
type LayerState struct {
	Layer string `json:"layer"`
	// Gradient is the root mean square of the kernel's gradient, Update the norm of
	// a step's change over the kernel's norm.
	Gradient Number `json:"gradient-rms"`
	Update   Number `json:"update-ratio"`
	// Signal is the layer's error signal over the output layer's, Keeps over that of
	// the layer above: Activation times Weights, what the activation's derivative and
	// the weights above leave of it. 1 for the output layer.
	Signal     Number `json:"signal"`
	Keeps      Number `json:"keeps"`
	Activation Number `json:"keeps-activation"`
	Weights    Number `json:"keeps-weights"`
	// Units is how many there are, Idle how many of them are dead or nearly so,
	// Saturated how many are saturated.
	Units     int    `json:"units"`
	Idle      Number `json:"idle"`
	Saturated Number `json:"saturated"`
}
