package engine

import (
	"gradwatch/internal/config"
	"gradwatch/internal/invalid"
	"gradwatch/internal/record"
)

// Request is a line that the front writes to the engine's standard input, as JSON: one of its
// fields is set. The engine handles one after the other, and ends when its standard input
// ends.
type Request struct {
	Train *Train `json:"train,omitempty"`
	// Append asks for an event in a run that has ended.
	Append *Append `json:"append,omitempty"`
	// Decide asks for the probabilities that a run which has ended gives, on a grid.
	Decide *Decide `json:"decide,omitempty"`
	// Export asks for a SavedModel, Predict for predictions.
	Export  *Export  `json:"export,omitempty"`
	Predict *Predict `json:"predict,omitempty"`
	// Devices asks for the devices that the runtime sees.
	Devices bool `json:"devices,omitempty"`
	// Serve asks for a worker of a cluster, until it is asked to stop.
	Serve *Serve `json:"serve,omitempty"`
	// Stop ends the current request: the engine finishes the step, saves and answers.
	Stop bool `json:"stop,omitempty"`
}

// Train asks for runs of one batch key, which train side by side.
type Train struct {
	Runs []config.Run `json:"runs"`
	Plan config.Plan  `json:"plan"`
	// Versions are those that the front knows, for the summaries.
	Versions record.Versions `json:"versions"`
	// Decision asks for the probabilities on a grid, for decision.png.
	Decision bool `json:"decision,omitempty"`
	// Describe is a serialized Summary for each run, to be written into its event
	// file before the first epoch; none for nil.
	Describe [][]byte `json:"describe,omitempty"`
	// Paired is train.Options's.
	Paired bool `json:"paired,omitempty"`
	// Evaluate is train.Options's.
	Evaluate bool `json:"evaluate,omitempty"`
	// Resume is the absolute path of the only run's folder, whose training continues from its
	// newest checkpoint.
	Resume string `json:"resume,omitempty"`
	// Cluster asks for training on a cluster's workers; nil for training in this process.
	Cluster *Cluster `json:"cluster,omitempty"`
}

// Decide asks for the probabilities on a grid that a run that has ended gives with the
// weights in a file. The summary is the run's.
type Decide struct {
	Summary record.Summary `json:"summary"`
	Weights string         `json:"weights"` // absolute
}

// Append asks for another event file in the folder of a run, with one event: a serialized
// Summary at a step.
type Append struct {
	Folder  string `json:"folder"` // absolute
	Step    int    `json:"step"`
	Summary []byte `json:"summary"`
}

// Message is a line that the engine writes to its file descriptor 3, as JSON: one of its
// fields is set. Only TensorFlow writes to standard output and standard error.
type Message struct {
	Started *Started `json:"started,omitempty"`
	// Made is the absolute path of the folder of a run that will train on a cluster, once it
	// has a summary: the run can be resumed there if no Started follows.
	Made string `json:"made,omitempty"`
	// Notice is a line for the user.
	Notice string `json:"notice,omitempty"`
	// Mistakes are lines on what is wrong with a run that is about to begin.
	Mistakes []string  `json:"mistakes,omitempty"`
	Progress *Progress `json:"progress,omitempty"`
	Finished *Finished `json:"finished,omitempty"`
	Appended bool      `json:"appended,omitempty"`
	Decided  *Decided  `json:"decided,omitempty"`
	// Exported and Predicted end these requests.
	Exported  bool `json:"exported,omitempty"`
	Predicted bool `json:"predicted,omitempty"`
	// Serving says that a worker is ready, Served that it was asked to stop.
	Serving bool     `json:"serving,omitempty"`
	Served  bool     `json:"served,omitempty"`
	Devices []Device `json:"devices,omitempty"`
	Failed  *Failed  `json:"failed,omitempty"`
}

// Started says that a run's folder is made and its training begins.
type Started struct {
	Run    int    `json:"run"`    // of the request's
	Folder string `json:"folder"` // absolute
	Name   string `json:"name"`   // inside the log folder
	Device string `json:"device"`
}

// Progress is an epoch's record: the mean over all runs' replicas that have not
// diverged.
type Progress struct {
	Epoch       int           `json:"epoch"` // from 0
	Loss        record.Number `json:"loss"`
	Accuracy    record.Number `json:"accuracy"`
	ValLoss     record.Number `json:"val_loss"`
	ValAccuracy record.Number `json:"val_accuracy"`
	// Metric is what the accuracies are; the front knows it by the data.
	Metric record.Metric `json:"-"`
}

// Finished ends runs, whose files are complete.
type Finished struct {
	Runs []Ended `json:"runs"` // the request's
}

// Ended is the result of one run.
type Ended struct {
	Summary  record.Summary `json:"summary"`
	Decision *Decision      `json:"decision,omitempty"`
}

// Decision is what the models make of a plane of their inputs.
type Decision = record.Decision

// Decided answers Decide.
type Decided struct {
	Decision *Decision `json:"decision,omitempty"` // nil where all replicas diverged
}

// Device is one that the runtime sees.
type Device struct {
	Name   string `json:"name"` // cpu:0, gpu:0
	Type   string `json:"type"` // CPU, GPU
	Memory int64  `json:"memory"`
	// TensorFlow is the runtime's version, Bindings the Go module's.
	TensorFlow string `json:"tensorflow"`
}

// Failed ends a request that failed.
type Failed struct {
	Message string `json:"message"` // one line
	// Invalid is the wrong input where that is the reason: then nothing was written.
	Invalid *invalid.Error `json:"invalid,omitempty"`
	// NoCheckpoint is true where a run could not be resumed because none of its
	// checkpoints can be used.
	NoCheckpoint bool `json:"no_checkpoint,omitempty"`
	// Remote is true where the cluster failed.
	Remote bool `json:"remote,omitempty"`
}
