package config

import (
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gradwatch/internal/dataset"
)

// Error is a wrong value in a [Run].
type Error struct {
	Field string // the field's name in JSON, which is its flag's
	Value string
	Want  string // what is accepted
}

// Error returns one line: field, value, what is accepted.
func (e *Error) Error() string {
	return fmt.Sprintf("%s %q: want %s", e.Field, e.Value, e.Want)
}

// Limits that keep a request within what one machine can hold; far above what
// the tool is useful for.
const (
	// MaxLayers is the largest number of hidden layers, MaxUnits of units in one.
	MaxLayers  = 1000
	MaxUnits   = 1 << 20
	maxEpochs  = 100_000_000
	maxRepeats = 10_000
	maxThreads = 1024
	// MaxParameters bounds the float32 numbers of one model times its replicas
	// (4 GiB of them), which an optimizer holds up to four times.
	MaxParameters = 1 << 30
)

// GradientDataNames are the names that Run.GradientData accepts.
func GradientDataNames() []string { return []string{"test", "train"} }

// TrainMetricsNames are the names that Run.TrainMetrics accepts.
func TrainMetricsNames() []string { return []string{ExactMetrics, RunningMetrics} }

// Validate returns an [*Error] for the first field that is wrong, without
// looking at any file.
func (r *Run) Validate() error {
	for _, check := range []func() error{r.checkData, r.checkModel, r.checkTraining, r.checkOutput, r.checkStreaming} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (r *Run) checkData() error {
	switch {
	case r.Dataset == "":
		return &Error{"dataset", "", "a generator's name or a CSV file"}
	case r.Samples < 2 || r.Samples > dataset.MaxSamples:
		return &Error{"samples", strconv.Itoa(r.Samples), fmt.Sprintf("an integer from 2 to %d", dataset.MaxSamples)}
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
		return &Error{
			"activation", strings.Join(r.Activations, ","),
			fmt.Sprintf("one for all hidden layers, or one for each of the %d", len(r.Layers)),
		}
	}
	for _, name := range r.Activations {
		if err := oneOf("activation", name, ActivationNames()); err != nil {
			return err
		}
	}
	if r.KernelInitializer != "" {
		if _, err := ParseInitializer(r.KernelInitializer); err != nil {
			return initializerError("kernel-initializer", r.KernelInitializer, err)
		}
	}
	if _, err := ParseInitializer(r.OutputInitializer); err != nil {
		return initializerError("output-initializer", r.OutputInitializer, err)
	}
	if _, err := ParseBiasInitializer(r.BiasInitializer); err != nil {
		return initializerError("bias-initializer", r.BiasInitializer, err)
	}
	return r.checkSize()
}

// checkSize refuses models that no machine can hold, counting the kernels
// between hidden layers; the first layer's depends on the data.
func (r *Run) checkSize() error {
	parameters := 0.0
	for i := 1; i < len(r.Layers); i++ {
		parameters += float64(r.Layers[i-1]+1) * float64(r.Layers[i])
	}
	if total := parameters * float64(max(r.Repeats, 1)); total > MaxParameters {
		return &Error{
			"layers", joinInts(r.Layers),
			fmt.Sprintf("at most %d parameters in all replicas together, this would be %.3g (%.3g GiB)",
				MaxParameters, total, total*4/(1<<30)),
		}
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
	case !(r.Momentum >= 0 && r.Momentum < 1):
		return numberError("momentum", r.Momentum, "a number of at least 0 and below 1")
	case r.Nesterov && r.Optimizer != "sgd":
		return &Error{"optimizer", r.Optimizer, "sgd with --nesterov"}
	case r.Epochs < 1 || r.Epochs > maxEpochs:
		return integerError("epochs", r.Epochs, 1, maxEpochs)
	case r.BatchSize < 1 || r.BatchSize > math.MaxInt32:
		return integerError("batch-size", r.BatchSize, 1, math.MaxInt32)
	case r.Repeats < 1 || r.Repeats > maxRepeats:
		return integerError("repeats", r.Repeats, 1, maxRepeats)
	case uint64(r.Seed)+uint64(r.Repeats)-1 > MaxSeed:
		return &Error{
			"seed", strconv.FormatUint(uint64(r.Seed), 10),
			fmt.Sprintf("one that leaves %d seeds up to %d", r.Repeats, uint32(MaxSeed)),
		}
	}
	if err := r.checkClipping(); err != nil {
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
	case r.LogDir == "":
		return &Error{"logdir", "", "a folder"}
	case r.Name != "" && !nameIsLocal(r.Name):
		return &Error{"run", r.Name, "the name of a folder inside the log folder"}
	case r.HistogramFreq < 0:
		return integerError("histogram-freq", r.HistogramFreq, 0, maxEpochs)
	case r.HistogramReplica < AllReplicas || r.HistogramReplica >= r.Repeats:
		return &Error{"histogram-replica", strconv.Itoa(r.HistogramReplica), replicasWanted(r.Repeats)}
	case r.GradientBatch < FollowBatchSize || r.GradientBatch > math.MaxInt32:
		return integerError("gradient-batch", r.GradientBatch, 0, math.MaxInt32)
	case r.DiagnoseFreq < AutoDiagnose || r.DiagnoseFreq > maxEpochs:
		return &Error{"diagnose-freq", strconv.Itoa(r.DiagnoseFreq), "auto or an integer of at least 0"}
	case r.CheckpointFreq < 0 || r.CheckpointFreq > maxEpochs:
		return integerError("checkpoint-freq", r.CheckpointFreq, 0, maxEpochs)
	case r.Keep < 1 || r.Keep > maxEpochs:
		return integerError("keep", r.Keep, 1, maxEpochs)
	case r.Threads < 0 || r.Threads > maxThreads:
		return &Error{"threads", strconv.Itoa(r.Threads), fmt.Sprintf("auto or an integer from 1 to %d", maxThreads)}
	case !deviceForm.MatchString(r.Device):
		return &Error{"device", r.Device, "one of auto, cpu, gpu, gpu:N"}
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
	return filepath.IsLocal(name) && filepath.Clean(name) == name && name != "." &&
		!strings.ContainsFunc(name, func(c rune) bool { return c < ' ' || c == '\\' || c == 0x7f })
}

func oneOf(field, value string, accepted []string) error {
	if slices.Contains(accepted, value) {
		return nil
	}
	return &Error{field, value, "one of " + strings.Join(accepted, ", ")}
}

func integerError(field string, value, low, high int) error {
	want := fmt.Sprintf("an integer from %d to %d", low, high)
	if high >= math.MaxInt32 || high >= maxEpochs {
		want = fmt.Sprintf("an integer of at least %d", low)
		if value > high {
			want = fmt.Sprintf("an integer of at most %d", high)
		}
	}
	return &Error{field, strconv.Itoa(value), want}
}

func numberError(field string, value float64, want string) error {
	return &Error{field, strconv.FormatFloat(value, 'g', -1, 64), want}
}

func initializerError(field, value string, err error) error {
	return &Error{field, value, strings.TrimPrefix(err.Error(), "want ")}
}

func joinInts(values []int) string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = strconv.Itoa(value)
	}
	return strings.Join(texts, ",")
}
