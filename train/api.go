//go:build tensorflow

package train

import (
	"strings"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/invalid"
	"gradwatch/internal/record"
	"gradwatch/train/data"
	"gradwatch/train/serving"
	"gradwatch/train/session"
)

// What a configuration, a result and an error are made of is declared in packages that a
// program of another module can't import. These are their names here.
type (
	// Config says what is trained, on what, and what is recorded. Start from [DefaultConfig].
	Config = config.Run
	// Plan says how a run uses the machine.
	Plan = config.Plan
	// Versions are those of the programs and libraries that a run was made with.
	Versions = record.Versions

	// Data is a data set in memory, see [Options].
	Data = data.Memory
	// Rows are the rows of [Data] that train, or those that test.
	Rows = data.Rows

	// Summary says what a run was and what it ended with: summary.json.
	Summary = record.Summary
	// State is how a run ended.
	State = record.State
	// SeedResult is what one replica ended with.
	SeedResult = record.Result
	// Number is a float64 that may be NaN or infinite, also in JSON.
	Number = record.Number
	// Row is what is recorded of one replica in one epoch.
	Row = record.Row
	// Layer is a layer's trained weights.
	Layer = record.Layer
	// Norm is the trained variables of a layer's batch or layer normalization.
	Norm = record.Norm
	// Divergence is where a run's first NaN or Inf appeared.
	Divergence = record.Divergence
	// Verdict is what a run's checks say of it.
	Verdict = record.Report
	// Finding is one thing that a [Verdict] says.
	Finding = record.Finding
	// Schema says how a row becomes a model's inputs, and what its predictions mean.
	Schema = dataset.Schema
	// Plane is a plane of a model's inputs, see [Decision].
	Plane = dataset.Plane

	// InvalidError is wrong input: a value of a [Config]'s field, a file, rows of [Data].
	InvalidError = invalid.Error
	// Cluster says how the servers of TensorFlow's runtime take part in training.
	Cluster = session.Cluster
	// ClusterError is a failure of a call in which a cluster's servers take part.
	ClusterError = session.ClusterError

	// Predictor predicts with one replica of a run that has ended.
	Predictor = serving.Predictor
	// Predictions are what a model makes of rows.
	Predictions = serving.Predictions
)

// How a run ended.
const (
	Done     = record.Done     // it went through all epochs, or its replicas stopped early
	Stopped  = record.Stopped  // the context was done before
	Diverged = record.Diverged // a value became NaN or infinite
)

// Values of a [Config]'s fields that aren't numbers of something.
const (
	AllReplicas      = config.AllReplicas      // HistogramReplica: values of all replicas together
	FollowBatchSize  = config.FollowBatchSize  // GradientBatch: as BatchSize
	AutoGradientRows = config.AutoGradientRows // GradientRows: by the number of rows
	AutoDiagnose     = config.AutoDiagnose     // DiagnoseFreq: about 20 checks a run
	AutoEpochs       = config.AutoEpochs       // Epochs: by the number of training rows
	AutoSchedule     = config.AutoSchedule     // LearningRateSchedule: cosine over all epochs
	AutoL2           = config.AutoL2           // L2: by the number of training rows
)

// DefaultConfig returns the tutorial's problem, two circles, with its five-layer ReLU network.
func DefaultConfig() Config { return config.Default() }

// FileConfig returns the defaults of the command train for a data set that is read from this file.
func FileConfig(file string) Config {
	c := config.Defaults(&config.Run{Dataset: file})
	c.Dataset = file
	return c
}

// Preset returns the configuration of one of the tutorial's models: tanh-1, tanh-5, relu-5,
// relu-15 or relu-20. It returns an [*InvalidError] for another name.
func Preset(name string) (Config, error) {
	preset, ok := config.LookupPreset(name)
	if !ok {
		return Config{}, invalid.New("preset", name, "one of "+strings.Join(config.PresetNames(), ", "))
	}
	return preset.Apply(config.Default()), nil
}

// Repeat returns the widths of so many hidden layers of so many units each: Repeat(2, 5) is
// [5 5].
func Repeat(layers, units int) []int { return config.Repeat(layers, units) }

// NewPredictor loads a replica, from 0, of the run in a folder, to run on so many threads of
// the CPU. It returns an [*InvalidError] for a replica that the run doesn't have. Close the
// predictor after use.
func NewPredictor(folder string, replica, threads int) (*Predictor, error) {
	return serving.NewPredictor(folder, replica, Plan{Threads: threads})
}

// Export writes a replica, from 0, of the run in a folder as a SavedModel into the folder out,
// complete or not at all; see [serving.Export].
func Export(folder string, replica int, out string, overwrite bool) error {
	return serving.Export(folder, replica, out, overwrite)
}
