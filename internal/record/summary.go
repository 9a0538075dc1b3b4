package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/numeric"
	"gradwatch/internal/probe"
	"gradwatch/internal/profile"
	"gradwatch/internal/runfolder"
)

// State says how a run ended.
type State string

// The states of a run.
const (
	Running  State = "running"
	Done     State = "done"
	Stopped  State = "stopped"  // by a signal
	Diverged State = "diverged" // NaN or Inf
)

// Summary is summary.json.
type Summary struct {
	State State `json:"state"`
	// Configuration is what was asked for, where 0, -1, "" and auto may stand for a
	// default; Effective is what was in force, nil in a summary older than it.
	Configuration config.Run        `json:"configuration"`
	Effective     *config.Effective `json:"effective,omitempty"`
	Seeds         []uint32          `json:"seeds"`
	Plan          config.Plan       `json:"plan"`
	Device        string            `json:"device"`
	Versions      Versions          `json:"versions"`
	Parameters    int               `json:"parameters"` // of one replica
	TrainRows     int               `json:"train-rows"`
	TestRows      int               `json:"test-rows"`
	// ValidationRows is the number of rows that are neither: val_ values are of these, where
	// there are any.
	ValidationRows int `json:"validation-rows,omitempty"`
	// GradientRows is the number of rows on which gradients were measured.
	GradientRows int `json:"gradient-rows"`
	// Columns names the inputs; Scaling is what was done to them.
	Columns []string       `json:"columns"`
	Scaling dataset.Scaler `json:"scaling"`
	Data    Data           `json:"data"`
	// Schema says how new rows become inputs; nil in a summary of an older version.
	Schema *dataset.Schema `json:"schema,omitempty"`
	// UnknownRows is the number of test rows with a category that no training row has.
	UnknownRows int     `json:"rows-of-unknown-category,omitempty"`
	Epochs      int     `json:"epochs"` // done
	Timings     Timings `json:"timings"`
	// Result is each replica's last record.
	Result []Result `json:"result"`
	// Evaluation is that of the test rows at the run's end, where the data set was read from
	// a file.
	Evaluation *Evaluation `json:"evaluation,omitempty"`
	// Validation is that of the validation rows, by which fixes are compared; nil unless it was asked for.
	Validation *Evaluation `json:"validation,omitempty"`
	// Baseline is what simpler models reach on the test rows of a table; nil for other data, and where it was not asked for.
	Baseline *Baseline `json:"baseline,omitempty"`
	// Divergence says where NaN or Inf began, in a run that diverged.
	Divergence *Divergence `json:"divergence,omitempty"`
	// Verdict is nil for a run without checks and for one that is still running.
	Verdict *Report `json:"verdict,omitempty"`
}

// Measured returns which rows the val_ values are of, "validation" or "test", and how many these are.
func (s *Summary) Measured() (rows string, count int) {
	if rows = s.Configuration.MeasuredName(); s.ValidationRows > 0 {
		return rows, s.ValidationRows
	}
	return rows, s.TestRows
}

// RowSchema returns the schema by which new rows become inputs: Schema or, for a summary of
// an older version, that of columns of numbers and two classes.
func (s *Summary) RowSchema() *dataset.Schema {
	if s.Schema != nil {
		return s.Schema
	}
	schema := dataset.PlainSchema(s.Columns, s.Scaling)
	for i, name := range s.Columns {
		schema.Named = schema.Named || name != "x"+strconv.Itoa(i+1) // the name of a column without one
	}
	return schema
}

// Data is what a verdict needs to know of the training rows.
type Data struct {
	Class1 float64 `json:"class-1-share"`
	// Classes are the shares of more than two classes, Variance that of the target of a
	// regression, as the model has it.
	Classes  []float64 `json:"class-shares,omitempty"`
	Variance Number    `json:"target-variance,omitempty"`
	// TargetRMS is the root mean square of that target.
	TargetRMS Number `json:"target-rms,omitempty"`
	// Order says how much neighbouring training rows have the same target: 0 in a random order, 1 if they are sorted.
	Order    Number `json:"target-order,omitempty"`
	InputRMS Number `json:"input-rms"` // root mean square of the scaled inputs
	InputMax Number `json:"input-max"` // the largest size among them
	// ClassWeights are the classes' in the training loss, where they have any.
	ClassWeights []float64 `json:"class-weights,omitempty"`
	// Guess is what guessing is worth by a loss that is not the target's default; nil for that one.
	Guess *Guess `json:"guess,omitempty"`
	// Labels describe the labels of an output that stands for a number; nil of other outputs and in a summary older than it.
	Labels *Labels `json:"labels,omitempty"`
	// SHA256 is the hash of all rows, as dataset.Dataset has it; "" of a stream.
	SHA256 string `json:"sha256,omitempty"`
	// Probe is what methods other than the model reach; nil unless a replica seems not to
	// have learned.
	Probe *probe.Result `json:"probe,omitempty"`
	// Profile describes the rows of a table; nil of generated data and in a summary older than it.
	Profile *profile.Table `json:"profile,omitempty"`
}

// Guess is the loss of the best constant outputs on the training rows, and the least loss that any outputs could
// have. With weights of classes, TrainLoss and TrainLeast have them, as the training loss does.
type Guess struct {
	Loss       Number `json:"loss"`
	Least      Number `json:"least"`
	TrainLoss  Number `json:"train-loss"`
	TrainLeast Number `json:"train-least"`
}

// Labels are those of the training rows, as the model has them.
type Labels struct {
	Low  Number `json:"low"`
	High Number `json:"high"`
	// Outside is the share of them that the output's activation can't reach, and Floor the least mean loss of outputs that
	// it can.
	Outside Number `json:"outside"`
	Floor   Number `json:"floor"`
	// Unsuited is the share of them that the loss has no meaning for.
	Unsuited Number `json:"unsuited"`
	// Values is how many different ones there are if these are few and whole numbers in the target's own unit; else 0.
	Values int `json:"values,omitempty"`
}

// Suited reports whether the loss has a meaning for the labels, but for a few outliers.
func (l *Labels) Suited() bool {
	const few = 0.01
	return l.Unsuited <= few
}

// Versions are those of the programs that made a run.
type Versions struct {
	Gradwatch  string `json:"gradwatch"`
	TensorFlow string `json:"tensorflow"`
	Bindings   string `json:"bindings"`
	Go         string `json:"go"`
}

// Timings are in seconds.
type Timings struct {
	Prepare float64 `json:"prepare"` // from the engine's start to the first step
	Train   float64 `json:"train"`   // steps, measuring and writing
	// Steps is the time in training steps alone, summed over the groups of
	// replicas that train at the same time: core seconds.
	Steps float64 `json:"steps"`
}

// Result is one replica's record of its last epoch.
type Result struct {
	Seed        uint32 `json:"seed"`
	Loss        Number `json:"loss"`
	Accuracy    Number `json:"accuracy"`
	ValLoss     Number `json:"val_loss"`
	ValAccuracy Number `json:"val_accuracy"`
	// Penalty is the part of both losses that is the penalty on the weights.
	Penalty Number `json:"penalty,omitempty"`
	// Test is the accuracy on the test rows, where the val_ values are of validation rows; else nil.
	Test *Number `json:"test_accuracy,omitempty"`
	// Stop says which epochs these are, of a run that may stop early or end with its
	// best weights.
	Stop *Stop `json:"stop,omitempty"`
	// Metric is what the accuracies are; JSON has them by its name.
	Metric Metric `json:"-"`
}

// Diverged reports whether the replica diverged.
func (r *Result) Diverged() bool {
	sum := float64(r.Loss + r.ValLoss)
	return !numeric.Finite(sum)
}

// Divergence says where a value that is not finite appeared first.
type Divergence struct {
	Replica int `json:"replica"`
	Epoch   int `json:"epoch"`
	// Step counts from the epoch's first batch, 0; -1 where it was not looked for,
	// in runs that trained side by side with others.
	Step int `json:"step"`
	// Tensor is the first that held NaN or Inf: dense_2 output, dense_1
	// gradient, dense_3 weights, ...
	Tensor string `json:"tensor"`
}

// String describes the place in words.
func (d *Divergence) String() string {
	if d.Step < 0 {
		return fmt.Sprintf("epoch %d", d.Epoch)
	}
	return fmt.Sprintf("epoch %d, step %d: %s is not finite", d.Epoch, d.Step, d.Tensor)
}

// Number is a float64 that JSON can hold whatever its value: NaN and the
// infinities are the strings "NaN", "Infinity" and "-Infinity".
type Number float64

// MarshalJSON writes 9 significant digits, a float32's.
func (n Number) MarshalJSON() ([]byte, error) {
	switch value := float64(n); {
	case math.IsNaN(value):
		return []byte(`"NaN"`), nil
	case math.IsInf(value, 1):
		return []byte(`"Infinity"`), nil
	case math.IsInf(value, -1):
		return []byte(`"-Infinity"`), nil
	default:
		return strconv.AppendFloat(nil, value, 'g', digits, 64), nil
	}
}

// UnmarshalJSON reads what MarshalJSON writes.
func (n *Number) UnmarshalJSON(data []byte) error {
	text := string(data)
	if unquoted, err := strconv.Unquote(text); err == nil {
		text = unquoted
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return fmt.Errorf("%s: want a number", data)
	}
	*n = Number(value)
	return nil
}

// ReadSummary reads a summary.json. What its version of gradwatch could not yet
// configure has its default.
func ReadSummary(path string) (*Summary, error) {
	data, err := runfolder.ReadFile(path)
	if err != nil {
		return nil, err
	}
	summary := Summary{Configuration: config.Default()}
	if err := json.Unmarshal(data, &summary); err != nil {
		return nil, fmt.Errorf("%s%s: %w", path, LineOf(data, err), err)
	}
	if v := summary.Verdict; v != nil && v.Schema == 0 {
		if summary.Verdict, err = oldReport(data); err != nil {
			return nil, fmt.Errorf("%s: verdict: %w", path, err)
		}
	}
	return &summary, nil
}

// LineOf returns ", line 3" where the error of reading JSON says at which byte it is,
// else nothing.
func LineOf(data []byte, err error) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	offset := int64(0)
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &kind):
		offset = kind.Offset
	default:
		return ""
	}
	return fmt.Sprintf(", line %d", 1+bytes.Count(data[:min(offset, int64(len(data)))], []byte("\n")))
}
