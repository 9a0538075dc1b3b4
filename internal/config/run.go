package config

import (
	"math"
	"slices"
)

// Run is one training run, or several replicas of it that differ by their seed.
// The zero value is not useful; start from [Default]. Field names in JSON are
// those of the command's flags.
type Run struct {
	// Dataset is a generator's name (circles, moons, xor, spirals, blobs) or the path of a
	// CSV file. Table says how the file is read.
	Dataset string `json:"dataset"`
	Table
	// Samples is the number of generated rows, at least 2. The tutorial's 1000.
	Samples int `json:"samples"`
	// Noise is the standard deviation of the Gaussian noise added to generated
	// points, at least 0. The tutorial's 0.1.
	Noise float64 `json:"noise"`
	// DataSeed seeds the generator, as scikit-learn's random_state, or the order of a
	// file's rows. The tutorial's 1.
	DataSeed uint32 `json:"data-seed"`
	// TestFraction is the share of the rows, above 0 and below 1, that is kept for
	// testing: the last rows. The tutorial's 0.5.
	TestFraction float64 `json:"test-fraction"`
	// ValidationFraction is the share of the other rows that validate: they decide what early
	// stopping, the best weights and plateaus go by, so that the test rows decide nothing. 0 for
	// none: then the test rows do.
	ValidationFraction float64 `json:"validation-fraction,omitempty"`
	// Scale names how inputs are scaled: minmax (to [-1, 1] over all rows, the
	// tutorial's), minmax-train or standard (fitted on the training rows), none.
	Scale string `json:"scale"`

	// Layers is the width of each hidden layer, from the input on, each of at least 1 unit; none for
	// a linear model. The tutorial's deep models: five of five.
	Layers []int `json:"layers"`
	// Activations names the activation of the hidden layers: one for all, or
	// one for each. See [Activations].
	Activations []string `json:"activation"`
	// KernelInitializer initializes the hidden layers' kernels; empty means by
	// activation, see [Activation].
	KernelInitializer string `json:"kernel-initializer"`
	// OutputInitializer initializes the output layer's kernel. Keras's default,
	// glorot_uniform.
	OutputInitializer string `json:"output-initializer"`
	// BiasInitializer initializes the hidden layers' biases; the output layer's
	// starts at 0. Keras's default, zeros.
	BiasInitializer string `json:"bias-initializer"`
	// OutputActivation is one of [OutputActivationNames], auto by default; UnitsOutput is the number of the
	// output layer's units, 0 for one that follows from the target. See [Run.Output].
	OutputActivation string `json:"output-activation"`
	UnitsOutput      int    `json:"units-output"`
	// InitialWeights is the path of a weights.json to start from instead;
	// empty for none.
	InitialWeights string `json:"initial-weights,omitempty"`
	// BatchNorm puts batch normalization (Ioffe and Szegedy 2015) between the
	// product and the activation of each hidden layer, with Keras's defaults:
	// momentum 0.99 of the moving statistics, epsilon 0.001.
	BatchNorm bool `json:"batch-norm"`
	// LayerNorm puts layer normalization (Ba, Kiros and Hinton 2016) there, with Keras's
	// default: epsilon 0.001. Not beside BatchNorm.
	LayerNorm bool `json:"layer-norm"`
	// Residual gives hidden layers an identity shortcut (He et al. 2016): the output of the
	// hidden layer below is added to a hidden layer's activation where both have the same
	// width. Keras's layers.Add.
	Residual bool `json:"residual"`

	// Loss is one of [LossNames], auto by default. See [Run.Output].
	Loss string `json:"loss"`
	// Optimizer is one of [Optimizers]. The tutorial's sgd.
	Optimizer string `json:"optimizer"`
	// LearningRate is above 0; 0 stands for the optimizer's default.
	LearningRate float64 `json:"learning-rate"`
	// Momentum is the momentum of sgd, at least 0 and below 1. The tutorial's 0.9.
	Momentum float64 `json:"momentum"`
	// Nesterov makes sgd use Nesterov's momentum.
	Nesterov bool `json:"nesterov"`
	Constants
	// Decay divides the rate of step i, from 0, by 1 + Decay i; 0 for none. The argument
	// decay of Keras's optimizers before 2.11. Not beside a LearningRateSchedule.
	Decay float64 `json:"decay,omitempty"`
	// LearningRateSchedule is one of [Schedules] and says how the rate changes from
	// LearningRate on. By default constant.
	LearningRateSchedule string `json:"learning-rate-schedule"`
	// L1 and L2 are the factors of the sum of sizes and of the sum of squares of all
	// kernels' weights, biases not counted, that are added to the loss; 0 for none.
	// Keras's kernel_regularizer L1L2, of every layer.
	L1 float64 `json:"l1"`
	L2 float64 `json:"l2"`
	// Dropout is the share of each hidden layer's outputs that a training step sets to 0,
	// at least 0 and below 1: one number for all layers, or one for each; nil for no
	// dropout. The other outputs are divided by 1 minus the share. Keras's layers.Dropout
	// after the activation.
	Dropout []float64 `json:"dropout,omitempty"`
	// ClassWeight weighs each point of the training loss by its class: none,
	// balanced, or CLASS=WEIGHT,..., see [ClassWeights]. Keras's class_weight.
	ClassWeight string `json:"class-weight"`
	// ClipNorm bounds the L2 norm of each variable's gradient: a longer gradient is scaled
	// down to it. A layer's kernel and its bias are two variables. 0 for no bound. Keras's
	// clipnorm; at most one of the three bounds is set.
	ClipNorm float64 `json:"clip-norm"`
	// GlobalClipNorm bounds the L2 norm of the gradients of all variables
	// together; 0 for no bound. Keras's global_clipnorm.
	GlobalClipNorm float64 `json:"global-clip-norm"`
	// ClipValue bounds the absolute value of each element of the gradients; 0 for no bound.
	// Keras's clipvalue.
	ClipValue float64 `json:"clip-value"`

	// Epochs is the number of passes over the training rows, at least 1. The
	// tutorial's 500.
	Epochs int `json:"epochs"`
	// BatchSize is the number of rows a step, at least 1; the last batch of an
	// epoch holds what remains. Keras's default, 32.
	BatchSize int `json:"batch-size"`
	// EarlyStopping ends a replica after so many epochs without an improvement of
	// EarlyStoppingMonitor, one of [Monitors], by more than EarlyStoppingMinDelta; 0
	// for never. Keras's EarlyStopping.
	EarlyStopping         int     `json:"early-stopping"`
	EarlyStoppingMonitor  string  `json:"early-stopping-monitor"`
	EarlyStoppingMinDelta float64 `json:"early-stopping-min-delta"`
	// RestoreBestWeights gives a replica the weights of its best epoch, by
	// EarlyStoppingMonitor, when it ends, whether it was stopped early or not.
	RestoreBestWeights bool `json:"restore-best-weights"`
	// Shuffle draws a fresh order of the training rows each epoch, as Keras does.
	Shuffle bool `json:"shuffle"`
	// Seed decides the initial weights and the shuffles: the same seed gives
	// the same bits. Replica r uses Seed + r.
	Seed uint32 `json:"seed"`
	// Repeats is the number of replicas, at least 1.
	Repeats int `json:"repeats"`
	// TrainMetrics says which loss and accuracy are recorded for the training rows: exact,
	// those of the model at the epoch's end, or running, the mean over the epoch's batches
	// while the model learns, as Keras's fit reports. Running saves a pass over the rows.
	TrainMetrics string `json:"train-metrics"`

	// Precision is float32, or bfloat16 for the wide products of training steps,
	// those of layers of at least 128 inputs and units: at least twice as fast where the
	// processor or GPU has instructions for it. Weights, measurements and all else are
	// float32.
	Precision string `json:"precision,omitempty"`

	// LogDir is the folder that holds the runs' folders.
	LogDir string `json:"logdir"`
	// Name is the run's folder inside LogDir; empty means made from the
	// configuration, see [Run.FolderName].
	Name string `json:"run"`
	// Overwrite replaces a run of the same name instead of taking the next
	// free name.
	Overwrite bool `json:"overwrite,omitempty"`
	// HistogramFreq is the number of epochs between histograms; 0 writes none.
	// The tutorial's 1.
	HistogramFreq int `json:"histogram-freq"`
	// HistogramReplica is the replica whose values histograms show; [AllReplicas]
	// pools those of all.
	HistogramReplica int `json:"histogram-replica"`
	// LogReplicas writes an event file for each replica, in addition to that of their mean
	// and spread.
	LogReplicas bool `json:"log-replicas,omitempty"`
	// GradientData says on which rows gradients are measured: test (as Keras
	// 2.3 did with the validation data) or train.
	GradientData string `json:"gradient-data"`
	// GradientRows is the number of these rows, evenly spaced, on which gradients are
	// measured; 0 means all, [AutoGradientRows] a number that follows from the training
	// rows (see [Run.MeasuredRows]).
	GradientRows int `json:"gradient-rows"`
	// GradientBatch is the number of those rows in each batch whose gradient is a value of
	// the histogram; 0 means one batch of all rows, [FollowBatchSize] batches of BatchSize.
	GradientBatch int `json:"gradient-batch"`

	// DiagnoseFreq is the number of epochs between the checks that the verdict needs;
	// [AutoDiagnose] means about 20 checks a run, 0 no checks and no verdict.
	DiagnoseFreq int `json:"diagnose-freq"`

	// CheckpointFreq is the number of epochs between checkpoints; 0 for only the last one,
	// which is written at every end of a run.
	CheckpointFreq int `json:"checkpoint-freq"`
	// MaxCheckpoints is the number of checkpoints to keep, at least 1: the newest ones. By
	// default 3, so that an older one remains where the newest is damaged.
	MaxCheckpoints int `json:"keep"`

	// DecisionColumns names the two inputs whose plane decision.png shows where there are
	// more than two; empty for the plane of the first two principal components.
	DecisionColumns []string `json:"decision-columns,omitempty"`

	Streaming

	// Device is auto, cpu, gpu or gpu:N.
	Device string `json:"device"`
	// Threads is the number of threads inside one TensorFlow op; 0 means a number that
	// follows from the model's size, see [Run.Plan].
	Threads int `json:"threads"`
}

// FollowBatchSize is the GradientBatch that stands for BatchSize.
const FollowBatchSize = -1

// AutoGradientRows is the GradientRows that stands for a number by [Run.MeasuredRows].
const AutoGradientRows = -1

// AllReplicas is the HistogramReplica that stands for the values of all replicas together.
const AllReplicas = -1

// MaxSeed is the largest seed; the same range as NumPy's.
const MaxSeed = math.MaxUint32

// Default returns the tutorial's problem with its five-layer ReLU network.
func Default() Run {
	return Run{
		Dataset:      "circles",
		Table:        defaultTable(),
		Samples:      1000,
		Noise:        0.1,
		DataSeed:     1,
		TestFraction: 0.5,
		Scale:        "minmax",

		Layers:            Repeat(5, 5),
		Activations:       []string{"relu"},
		OutputInitializer: "glorot_uniform",
		BiasInitializer:   "zeros",
		OutputActivation:  AutoOutput,

		Loss:                 AutoOutput,
		Optimizer:            "sgd",
		Momentum:             0.9,
		LearningRateSchedule: ConstantSchedule,
		ClassWeight:          NoClassWeight,
		EarlyStoppingMonitor: "val_loss",

		Epochs:       500,
		BatchSize:    32,
		Shuffle:      true,
		Seed:         1,
		Repeats:      1,
		TrainMetrics: ExactMetrics,
		Precision:    Float32,

		LogDir:           "logs",
		HistogramFreq:    1,
		HistogramReplica: AllReplicas,
		GradientData:     "test",
		GradientRows:     AutoGradientRows,
		GradientBatch:    FollowBatchSize,
		DiagnoseFreq:     AutoDiagnose,
		MaxCheckpoints:   3,
		Streaming:        defaultStreaming(),

		Device: "auto",
	}
}

// Values of Run.TrainMetrics.
const (
	ExactMetrics   = "exact"
	RunningMetrics = "running"
)

// Values of Run.Precision.
const (
	Float32  = "float32"
	Bfloat16 = "bfloat16"
)

// Repeat returns the widths of layers hidden layers of units units each.
func Repeat(layers, units int) []int {
	widths := make([]int, max(layers, 0))
	for i := range widths {
		widths[i] = units
	}
	return widths
}

// Even reports whether all hidden layers have the same width. A model without hidden layers is even.
func (r *Run) Even() bool { return len(slices.Compact(slices.Clone(r.Layers))) <= 1 }

// widest returns the width of the widest hidden layer; 0 without any.
func (r *Run) widest() int {
	widest := 0
	for _, units := range r.Layers {
		widest = max(widest, units)
	}
	return widest
}

// Seeds returns the seed of each replica: Seed, Seed+1, ...
func (r *Run) Seeds() []uint32 {
	seeds := make([]uint32, r.Repeats)
	for i := range seeds {
		seeds[i] = r.Seed + uint32(i)
	}
	return seeds
}

// Rate returns the learning rate: LearningRate, or the optimizer's default.
func (r *Run) Rate() float64 {
	if r.LearningRate != 0 {
		return r.LearningRate
	}
	if o, ok := LookupOptimizer(r.Optimizer); ok {
		return o.LearningRate
	}
	return 0
}

// MeasuredRows returns the number of rows on which gradients are measured, given the
// number of rows of the gradient data and that of the training rows. By default that is
// all rows, but not more than 1,024 or 1/64 of the training rows: a forward and a backward
// pass take three times as long as the forward pass of a test, and should take little time
// compared with an epoch.
func (r *Run) MeasuredRows(rows, train int) int {
	switch r.GradientRows {
	case AutoGradientRows:
		return min(rows, max(leastMeasuredRows, train/measuredPart))
	case 0:
		return rows
	default:
		return min(r.GradientRows, rows)
	}
}

// Gradients of a large data set are measured on one row for every measuredPart training
// rows, but on at least leastMeasuredRows.
const (
	measuredPart      = 64
	leastMeasuredRows = 1024
)

// GradientBatchSize returns the number of rows of each batch whose gradient is measured,
// given the number of rows on which gradients are measured.
func (r *Run) GradientBatchSize(rows int) int {
	switch r.GradientBatch {
	case FollowBatchSize:
		return min(r.BatchSize, rows)
	case 0:
		return rows
	default:
		return min(r.GradientBatch, rows)
	}
}

// LayerActivation returns the activation of hidden layer i, from 0.
func (r *Run) LayerActivation(i int) string {
	if len(r.Activations) == 1 {
		return r.Activations[0]
	}
	return r.Activations[i]
}

// Shortcut reports whether hidden layer i, from 0, has an identity shortcut. The first one
// never has one.
func (r *Run) Shortcut(i int) bool {
	return r.Residual && i > 0 && r.Layers[i] == r.Layers[i-1]
}

// LayerInitializer returns the initializer of hidden layer i, from 0: KernelInitializer or,
// where that is empty, the default of the layer's activation.
func (r *Run) LayerInitializer(i int) string {
	if r.KernelInitializer != "" {
		return r.KernelInitializer
	}
	if a, ok := LookupActivation(r.LayerActivation(i)); ok {
		return a.Initializer
	}
	return ""
}
