package engine

import (
	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/invalid"
	"gradwatch/internal/record"
)

// Request is a line that the front writes to the engine's standard input, as
// JSON: one of its fields. The engine does one after the other, and ends by
// itself when its standard input does.
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
	// Stop ends what is being done: finish the step, save, answer.
	Stop bool `json:"stop,omitempty"`
}

// Train asks for runs of one batch key, which train side by side.
type Train struct {
	Runs []config.Run `json:"runs"`
	Plan config.Plan  `json:"plan"`
	// Versions are what the front knows of them, for the summaries.
	Versions record.Versions `json:"versions"`
	// Decision asks for the probabilities on a grid, for decision.png.
	Decision bool `json:"decision,omitempty"`
	// Describe is a serialized Summary for each run, to be written into its event
	// file before the first epoch; none for nil.
	Describe [][]byte `json:"describe,omitempty"`
	// Paired is train.Options's.
	Paired bool `json:"paired,omitempty"`
	// Resume is the folder of the only run, absolute, where training is to go on
	// from its newest checkpoint.
	Resume string `json:"resume,omitempty"`
	// Cluster asks for training on a cluster's workers; nil for this process alone.
	Cluster *Cluster `json:"cluster,omitempty"`
}

// Decide asks for the probabilities on a grid of a run that has ended, as its summary
// has it, with the weights of that file.
type Decide struct {
	Summary record.Summary `json:"summary"`
	Weights string         `json:"weights"` // absolute
}

// Append asks for an event file more in the folder of a run, with one event: a
// serialized Summary at a step.
type Append struct {
	Folder  string `json:"folder"` // absolute
	Step    int    `json:"step"`
	Summary []byte `json:"summary"`
}

// Message is a line that the engine writes to its file descriptor 3, as JSON:
// one of its fields. Standard output and standard error stay TensorFlow's.
type Message struct {
	Started *Started `json:"started,omitempty"`
	// Made is the folder, absolute, of a run that is to train on a cluster, once its
	// summary is in it: if no Started follows, it can be resumed from there.
	Made string `json:"made,omitempty"`
	// Notice is a line for the user.
	Notice   string    `json:"notice,omitempty"`
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

// Ended is what one run ended with.
type Ended struct {
	Summary  record.Summary `json:"summary"`
	Decision *Decision      `json:"decision,omitempty"`
}

// Decision is what the models make of a grid on a plane of their inputs, the mean over
// the replicas; row j is at YMin + j (YMax-YMin)/(len-1).
type Decision struct {
	Plane                  *dataset.Plane
	XMin, XMax, YMin, YMax float64
	Probability            [][]float32   `json:",omitempty"` // of class 1 of two, [y, x]
	Classes                [][][]float32 `json:",omitempty"` // of each of more, [class, y, x]
}

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

// Failed ends a request that could not be done.
type Failed struct {
	Message string `json:"message"` // one line
	// Invalid is the wrong input where that is the reason: then nothing was written.
	Invalid *invalid.Error `json:"invalid,omitempty"`
	// NoCheckpoint is true where a run could not be resumed because none of its
	// checkpoints can be used.
	NoCheckpoint bool `json:"no_checkpoint,omitempty"`
	// Remote is true where it was the cluster that failed.
	Remote bool `json:"remote,omitempty"`
}
