package record

// Stop is how a replica ended that may stop early, or end with its best weights.
type Stop struct {
	Epochs int `json:"epochs"` // that it trained
	// Early says that it stopped before the last epoch.
	Early bool `json:"early"`
	// Best is the epoch, from 0, that was best by the monitor.
	Best int `json:"best-epoch"`
	// Restored says that the weights and the result are those of Best.
	Restored bool `json:"restored,omitempty"`
}
