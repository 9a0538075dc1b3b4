package config

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

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
// looking at any file: of a field by itself, in the order of [Fields], then of fields that
// don't go together.
func (r *Run) Validate() error {
	for _, f := range fields() {
		if err := f.Check(r); err != nil {
			return err
		}
	}
	for _, check := range []func() error{
		r.checkTable, r.checkModel, r.checkTraining, r.checkConstants, r.checkClipping, r.checkHistogramReplica, r.checkStreaming,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (r *Run) checkModel() error {
	perLayer := fmt.Sprintf("one for all hidden layers, or one for each of the %d", len(r.Layers))
	if n := len(r.Activations); n != 1 && n != len(r.Layers) {
		return invalid.New("activation", strings.Join(r.Activations, ","), perLayer)
	}
	if r.LayerNorm && r.BatchNorm {
		return invalid.New("layer-norm", "true", "false with --batch-norm: at most one of the two")
	}
	if n := len(r.Dropout); n > 1 && n != len(r.Layers) {
		return invalid.New("dropout", joinNumbers(r.Dropout), perLayer)
	}
	return nil
}

func (r *Run) checkTraining() error {
	switch {
	case r.Nesterov && r.Optimizer != "sgd":
		return invalid.New("optimizer", r.Optimizer, "sgd with --nesterov")
	case r.Decay != 0 && r.LearningRateSchedule != ConstantSchedule:
		return invalid.New("learning-rate-schedule", r.LearningRateSchedule, ConstantSchedule+" with --decay")
	case r.Optimizer == "ftrl" && r.reachesRate0(): // it divides by the rate, as Keras's does, and makes NaN
		return invalid.New("learning-rate-schedule", r.LearningRateSchedule, "one whose rate is never 0 with ftrl")
	case uint64(r.Seed)+uint64(r.Repeats)-1 > MaxSeed:
		return invalid.New(
			"seed", strconv.FormatUint(uint64(r.Seed), 10),
			fmt.Sprintf("one that leaves %d seeds up to %d", r.Repeats, uint32(MaxSeed)),
		)
	}
	return nil
}

// reachesRate0 reports whether the schedule begins with a rate of 0 or has come to it before
// the last step.
func (r *Run) reachesRate0() bool {
	const steps = 1 << 20 // of an epoch: more than any has
	s := r.Schedule()
	return s.At(1, 0, steps) == 0 || s.At(1, r.Epochs*steps-1, steps) == 0
}

// bound is a field that clips gradients.
type bound struct {
	field string
	value float64
}

func (r *Run) clipping() []bound {
	return []bound{{"clip-norm", r.ClipNorm}, {"global-clip-norm", r.GlobalClipNorm}, {"clip-value", r.ClipValue}}
}

// checkClipping refuses a second bound beside the first, as Keras does.
func (r *Run) checkClipping() error {
	set := ""
	for _, bound := range r.clipping() {
		switch {
		case bound.value == 0:
		case set != "":
			return invalid.New(bound.field, formatNumber(bound.value), "it without --"+set+": at most one of the three bounds")
		default:
			set = bound.field
		}
	}
	return nil
}

func (r *Run) checkHistogramReplica() error {
	if r.HistogramReplica < AllReplicas || r.HistogramReplica >= r.Repeats {
		return invalid.New("histogram-replica", strconv.Itoa(r.HistogramReplica), replicasWanted(r.Repeats))
	}
	return nil
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

// leastFloat32 is the smallest number above 0 that training can hold: TensorFlow takes
// those that float32 holds with less precision for 0.
const leastFloat32 = 0x1p-126

const wantedFloat32 = "a number of at least 1.2e-38, float32's smallest"
