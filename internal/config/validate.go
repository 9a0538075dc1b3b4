package config

import (
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gradwatch/internal/dataset"
	"gradwatch/internal/invalid"
)

// Limits that keep a request within what one machine can hold; far above what
// the tool is useful for.
const (
	// MaxLayers is the largest number of hidden layers, MaxUnits of units in one.
	MaxLayers  = 1000
	MaxUnits   = 1 << 20
	maxEpochs  = 100_000_000
	maxRepeats = 10_000
	maxThreads = 1024
)

// GradientDataNames are the names that Run.GradientData accepts.
func GradientDataNames() []string { return []string{"test", "train"} }

// PrecisionNames are the names that Run.Precision accepts.
func PrecisionNames() []string { return []string{Float32, Bfloat16} }

// TrainMetricsNames are the names that Run.TrainMetrics accepts.
func TrainMetricsNames() []string { return []string{ExactMetrics, RunningMetrics} }

// Validate returns an [*invalid.Error] for the first field that is wrong, without
// looking at any file.
func (r *Run) Validate() error {
	for _, check := range []func() error{
		r.checkData, r.checkModel, r.checkTraining, r.checkRegularization, r.checkStopping, r.checkClassWeight, r.checkOutput, r.checkStreaming,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (r *Run) checkData() error {
	switch {
	case r.Dataset == "" || strings.ContainsRune(r.Dataset, 0):
		return invalid.New("dataset", r.Dataset, "a generator's name or a CSV file")
	case !isPath(r.Dataset):
		return invalid.New("dataset", r.Dataset, wantedPath)
	case r.Samples < 2 || r.Samples > dataset.MaxSamples:
		return invalid.New("samples", strconv.Itoa(r.Samples), fmt.Sprintf("an integer from 2 to %d", dataset.MaxSamples))
	case !(r.Noise >= 0) || r.Noise > math.MaxFloat32:
		return numberError("noise", r.Noise, "a number of at least 0")
	case !(r.TestFraction > 0 && r.TestFraction < 1):
		return numberError("test-fraction", r.TestFraction, "a number above 0 and below 1")
	}
	if err := oneOf("scale", r.Scale, dataset.ScaleNames()); err != nil {
		return err
	}
	return r.checkTable()
}

func (r *Run) checkModel() error {
	if len(r.Layers) == 0 || len(r.Layers) > MaxLayers {
		return integerError("hidden-layers", len(r.Layers), 1, MaxLayers)
	}
	for _, units := range r.Layers {
		if units < 1 || units > MaxUnits {
			return integerError("units", units, 1, MaxUnits)
		}
	}
	if n := len(r.Activations); n != 1 && n != len(r.Layers) {
		return invalid.New(
			"activation", strings.Join(r.Activations, ","),
			fmt.Sprintf("one for all hidden layers, or one for each of the %d", len(r.Layers)),
		)
	}
	for _, name := range r.Activations {
		if err := oneOf("activation", name, ActivationNames()); err != nil {
			return err
		}
	}
	if r.KernelInitializer != "" {
		if _, err := ParseInitializer(r.KernelInitializer); err != nil {
			return invalid.Of(err, "kernel-initializer", r.KernelInitializer)
		}
	}
	if _, err := ParseInitializer(r.OutputInitializer); err != nil {
		return invalid.Of(err, "output-initializer", r.OutputInitializer)
	}
	if _, err := ParseBiasInitializer(r.BiasInitializer); err != nil {
		return invalid.Of(err, "bias-initializer", r.BiasInitializer)
	}
	return nil
}

func (r *Run) checkTraining() error {
	if err := oneOf("optimizer", r.Optimizer, OptimizerNames()); err != nil {
		return err
	}
	switch {
	case !(r.LearningRate >= 0) || r.LearningRate > math.MaxFloat32:
		return numberError("learning-rate", r.LearningRate, "a number above 0")
	case r.LearningRate != 0 && r.LearningRate < leastFloat32:
		return numberError("learning-rate", r.LearningRate, wantedFloat32)
	case !(r.Momentum >= 0 && float32(r.Momentum) < 1): // as it trains
		return numberError("momentum", r.Momentum, "a number of at least 0 and below 1")
	case r.Nesterov && r.Optimizer != "sgd":
		return invalid.New("optimizer", r.Optimizer, "sgd with --nesterov")
	case r.Epochs < 1 || r.Epochs > maxEpochs:
		return integerError("epochs", r.Epochs, 1, maxEpochs)
	case r.BatchSize < 1 || r.BatchSize > math.MaxInt32:
		return integerError("batch-size", r.BatchSize, 1, math.MaxInt32)
	case r.Repeats < 1 || r.Repeats > maxRepeats:
		return integerError("repeats", r.Repeats, 1, maxRepeats)
	case uint64(r.Seed)+uint64(r.Repeats)-1 > MaxSeed:
		return invalid.New(
			"seed", strconv.FormatUint(uint64(r.Seed), 10),
			fmt.Sprintf("one that leaves %d seeds up to %d", r.Repeats, uint32(MaxSeed)),
		)
	}
	if err := r.checkClipping(); err != nil {
		return err
	}
	if err := oneOf("precision", r.Precision, PrecisionNames()); err != nil {
		return err
	}
	return oneOf("train-metrics", r.TrainMetrics, TrainMetricsNames())
}

// bound is a field that clips gradients.
type bound struct {
	field string
	value float64
}

func (r *Run) clipping() []bound {
	return []bound{{"clip-norm", r.ClipNorm}, {"global-clip-norm", r.GlobalClipNorm}, {"clip-value", r.ClipValue}}
}

// checkClipping refuses bounds that are none, and a second one beside the first,
// as Keras does.
func (r *Run) checkClipping() error {
	set := ""
	for _, bound := range r.clipping() {
		switch {
		case !(bound.value >= 0) || bound.value > math.MaxFloat32:
			return numberError(bound.field, bound.value, "a number above 0, or 0 for none")
		case bound.value == 0:
		case bound.value < leastFloat32: // it would divide 0 by 0
			return numberError(bound.field, bound.value, wantedFloat32)
		case set != "":
			return numberError(bound.field, bound.value, "it without --"+set+": at most one of the three bounds")
		default:
			set = bound.field
		}
	}
	return nil
}

func (r *Run) checkOutput() error {
	switch {
	case r.LogDir == "" || strings.ContainsRune(r.LogDir, 0):
		return invalid.New("logdir", r.LogDir, "a folder")
	case !isPath(r.LogDir):
		return invalid.New("logdir", r.LogDir, wantedPath)
	case !isPath(r.InitialWeights):
		return invalid.New("initial-weights", r.InitialWeights, wantedPath)
	case r.Name != "" && !nameIsLocal(r.Name):
		return invalid.New("run", r.Name, "the name of a folder inside the log folder")
	case r.HistogramFreq < 0:
		return integerError("histogram-freq", r.HistogramFreq, 0, maxEpochs)
	case r.HistogramReplica < AllReplicas || r.HistogramReplica >= r.Repeats:
		return invalid.New("histogram-replica", strconv.Itoa(r.HistogramReplica), replicasWanted(r.Repeats))
	case !pairOrNone(r.DecisionColumns):
		return invalid.New("decision-columns", strings.Join(r.DecisionColumns, ","), "the names of two inputs, such as x1,x2")
	case r.GradientRows < AutoGradientRows || r.GradientRows > math.MaxInt32:
		return integerError("gradient-rows", r.GradientRows, 0, math.MaxInt32)
	case r.GradientBatch < FollowBatchSize || r.GradientBatch > math.MaxInt32:
		return integerError("gradient-batch", r.GradientBatch, 0, math.MaxInt32)
	case r.DiagnoseFreq < AutoDiagnose || r.DiagnoseFreq > maxEpochs:
		return invalid.New("diagnose-freq", strconv.Itoa(r.DiagnoseFreq), "auto or an integer of at least 0")
	case r.CheckpointFreq < 0 || r.CheckpointFreq > maxEpochs:
		return integerError("checkpoint-freq", r.CheckpointFreq, 0, maxEpochs)
	case r.Keep < 1 || r.Keep > maxEpochs:
		return integerError("keep", r.Keep, 1, maxEpochs)
	case r.Threads < 0 || r.Threads > maxThreads:
		return invalid.New("threads", strconv.Itoa(r.Threads), fmt.Sprintf("auto or an integer from 1 to %d", maxThreads))
	case !deviceForm.MatchString(r.Device):
		return invalid.New("device", r.Device, "one of auto, cpu, gpu, gpu:N")
	}
	return oneOf("gradient-data", r.GradientData, GradientDataNames())
}

// replicasWanted names the values of HistogramReplica.
func replicasWanted(repeats int) string {
	if repeats == 1 {
		return "all or 0"
	}
	return fmt.Sprintf("all or an integer from 0 to %d", repeats-1)
}

var deviceForm = regexp.MustCompile(`^(auto|cpu|gpu(:[0-9]{1,3})?)$`)

// nameIsLocal reports whether name, which may have inner slashes, stays inside
// the folder it is joined to and names a folder there.
func nameIsLocal(name string) bool {
	return filepath.IsLocal(name) && filepath.Clean(name) == name && name != "." && isPath(name) &&
		!strings.ContainsFunc(name, func(c rune) bool { return c < ' ' || c == '\\' || c == 0x7f }) &&
		!slices.ContainsFunc(strings.Split(name, "/"), func(part string) bool { return len(part) > maxName })
}

// maxName leaves room for what is put before and after a folder's name; file systems
// take 255 bytes.
const maxName = 200

// isPath reports whether a path is one that the front can hand to the engine as text.
func isPath(path string) bool { return utf8.ValidString(path) && !strings.ContainsRune(path, 0) }

const wantedPath = "a path in UTF-8"

// leastFloat32 is the smallest number above 0 that training can hold: TensorFlow takes
// those that float32 holds with less precision for 0.
const leastFloat32 = 0x1p-126

const wantedFloat32 = "a number of at least 1.2e-38, float32's smallest"

func oneOf(field, value string, accepted []string) error {
	if slices.Contains(accepted, value) {
		return nil
	}
	return invalid.New(field, value, "one of "+strings.Join(accepted, ", "))
}

func integerError(field string, value, low, high int) error {
	want := fmt.Sprintf("an integer from %d to %d", low, high)
	if high >= math.MaxInt32 || high >= maxEpochs {
		want = fmt.Sprintf("an integer of at least %d", low)
		if value > high {
			want = fmt.Sprintf("an integer of at most %d", high)
		}
	}
	return invalid.New(field, strconv.Itoa(value), want)
}

func numberError(field string, value float64, want string) error {
	return invalid.New(field, strconv.FormatFloat(value, 'g', -1, 64), want)
}

func joinInts(values []int) string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = strconv.Itoa(value)
	}
	return strings.Join(texts, ",")
}

// pairOrNone reports whether names are two different ones, or none.
func pairOrNone(names []string) bool {
	return len(names) == 0 || len(names) == 2 && names[0] != "" && names[1] != "" && names[0] != names[1]
}
