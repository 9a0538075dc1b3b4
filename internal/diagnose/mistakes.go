package diagnose

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"gradwatch/internal/config"
	"gradwatch/internal/printable"
	"gradwatch/internal/record"
)

// mistake is what is wrong with the output layer and the loss of a run, as they are asked for: known before an epoch is
// trained.
type mistake struct {
	kind Kind
	// severity is Error of what no training makes good, Warning of what may keep a model from learning, Note of what costs
	// little.
	severity Severity
	text     string // whole sentences
	remedy   string // the flags that mend it
	// quantity is what value is, and threshold what it was compared with; "" where nothing was measured before training.
	quantity         string
	value, threshold float64
}

// Mistakes returns a line for each mistake that a run begins with, by its summary before the first epoch: what is wrong,
// and the flags that mend it.
func Mistakes(summary *record.Summary) []string {
	run, err := newRun(summary)
	if err != nil {
		return nil
	}
	var lines []string
	for _, m := range run.mistakes() {
		if m.severity != Note {
			lines = append(lines, fmt.Sprintf("%s: %s %s", m.kind, m.text, m.remedy))
		}
	}
	return lines
}

// mistakes returns the mistakes of a run; behind an error no others, which may be its consequences.
func (r *Run) mistakes() []mistake {
	if r.Target.Output.Units == 0 {
		return nil
	}
	var all []mistake
	for _, find := range []func(r *Run) *mistake{(*Run).alwaysOne, (*Run).wrongLoss, (*Run).outOfReach} {
		if m := find(r); m != nil {
			all = append(all, *m)
			if m.severity == Error {
				break
			}
		}
	}
	return all
}

// mistakeOf returns that of a kind; nil for none.
func (r *Run) mistakeOf(kind Kind) *mistake {
	for _, m := range r.mistakes() {
		if m.kind == kind {
			return &m
		}
	}
	return nil
}

// outputLayer returns the output layer's name.
func (r *Run) outputLayer() string { return layerName(len(r.Activations)) }

// alwaysOne: a softmax of one unit.
func (r *Run) alwaysOne() *mistake {
	t, o := &r.Target, &r.Target.Output
	if !o.Constant() {
		return nil
	}
	m := mistake{
		kind: ConstantOutput, severity: Error, remedy: r.byDefault(),
		quantity: "outputs that depend on the inputs", value: 0, threshold: 1,
	}
	m.text = fmt.Sprintf("softmax over the one unit of %s is 1 for every row, whatever the weights are", r.outputLayer())
	if !t.Regression && len(t.ClassNames) > 1 {
		m.text += fmt.Sprintf(": all rows are answered with class %q, and the accuracy is the share of that class (%s of the training rows)",
			t.ClassNames[1], percent(r.shares()[1]))
	}
	m.text += ". "
	switch {
	case o.FromLogits() && o.Loss == config.BinaryCrossentropy:
		m.text += "The loss falls all the same, because binary_crossentropy takes the unit before softmax, as it does before a sigmoid: it says nothing about the output."
	case o.FromLogits():
		m.text += "The loss is 0, so no weight changes."
	default:
		m.text += "No gradient comes back through it, so no weight changes."
	}
	return &m
}

// wrongLoss: a loss that does not fit the labels or the outputs.
func (r *Run) wrongLoss() *mistake {
	t, o := &r.Target, &r.Target.Output
	loss, _ := config.LookupLoss(o.Loss)
	low, high := o.Range()
	m := mistake{kind: LossMismatch, severity: Warning}
	switch one := o.Units == 1; {
	case loss.Categorical && one:
		m.severity, m.remedy = Error, r.byDefault()
		m.text = fmt.Sprintf("the loss %s compares the outputs of a row with each other, and %s has one: it is 0 whatever the output is, so no weight changes.", o.Loss, r.outputLayer())
		m.quantity, m.value, m.threshold = "units of the output layer", 1, 2
	case t.Labels != nil && !t.Labels.Suited():
		m.severity, m.remedy = Error, r.otherLoss(&loss)
		m.text = r.unsuitedText(&loss)
		m.quantity, m.value, m.threshold = "share of the training labels that the loss has no meaning for", float64(t.Labels.Unsuited), 0.01
	case one && o.Classes > 2:
		m.severity, m.remedy = Error, r.byDefault()
		m.text = fmt.Sprintf("one output stands for %d classes: the labels are their numbers, 0 to %d, and an output is class 0 or, above 0.5, class 1. The others (%s) are never answered.",
			o.Classes, o.Classes-1, namesText(t.ClassNames[2:]))
		m.quantity, m.value, m.threshold = "units of the output layer", 1, float64(o.Classes)
	case loss.CrossEntropy && r.clips(&loss):
		m.remedy = fmt.Sprintf("Train with --output-activation %s.", o.Suited())
		clips := "it clips them"
		if o.Loss == config.CategoricalCrossentropy {
			clips = "it divides them by their sum, which may be 0 or less, and clips them"
		}
		m.text = fmt.Sprintf("the loss %s takes probabilities, and %s outputs are %s: %s to 1e-07 and 1 - 1e-07, and a row whose output is clipped sends no gradient back.",
			o.Loss, o.Activation, rangeText(low, high), clips)
	case loss.Margin && low > -1:
		m.remedy = fmt.Sprintf("Train with --output-activation %s.", o.Suited())
		m.text = fmt.Sprintf("the loss %s wants outputs of -1 and 1, and %s outputs are %s: rows with the label -1 keep a loss of at least 1.", o.Loss, o.Activation, rangeText(low, high))
	case o.Loss == config.Poisson && low < 0:
		m.remedy = fmt.Sprintf("Train with --output-activation %s.", o.Suited())
		m.text = fmt.Sprintf("the loss poisson takes the logarithm of the output, and %s outputs are %s: below 0 it is NaN.", o.Activation, rangeText(low, high))
	case o.OneHot && o.FromLogits() && (o.Loss == config.BinaryCrossentropy) != (o.Activation == config.Sigmoid):
		m.severity = Note
		m.text = fmt.Sprintf("the loss %s is computed as of %s outputs, but those of %s are %s: the classes are learned, the probabilities are others than those that were trained.",
			o.Loss, map[bool]string{true: "sigmoid", false: "softmax"}[o.Loss == config.BinaryCrossentropy], r.outputLayer(), o.Activation)
		m.remedy = r.byDefault()
	case !o.Regression() && !loss.CrossEntropy && !loss.Margin:
		m.severity, m.remedy = Note, r.byDefault()
		m.text = fmt.Sprintf("the loss %s is for numbers: classes are learned by it too, often more slowly than by a cross-entropy.", o.Loss)
	case o.Regression() && t.fewNumbers():
		m.severity = Note
		m.text = fmt.Sprintf("the target%s has only %d values, whole numbers from %s to %s, and %s treats them as quantities.",
			quoted(t.Name), t.Labels.Values, short(t.LowValue), short(t.HighValue), o.Loss)
		m.remedy = "If they name classes, train with --task classification; if their order counts, as of grades, a number is right."
		m.quantity, m.value, m.threshold = "values of the target", float64(t.Labels.Values), 10
	default:
		return nil
	}
	return &m
}

// fewNumbers reports whether a number has few values, so that these may be classes, and the loss is of distances.
func (t *Target) fewNumbers() bool {
	loss, _ := config.LookupLoss(t.Output.Loss)
	return t.Labels != nil && t.Labels.Values > 2 && !loss.CrossEntropy && !loss.Margin && loss.Name != config.Poisson
}

// clips reports whether a cross-entropy clips outputs.
func (r *Run) clips(loss *config.Loss) bool {
	o := &r.Target.Output
	if o.FromLogits() {
		return false
	}
	low, high := o.Range()
	if loss.Name == config.CategoricalCrossentropy { // it divides by their sum first
		return low < 0 || strings.HasPrefix(o.Activation, "relu")
	}
	return low < 0 || high > 1
}

// unsuitedText says that labels are no labels of a loss.
func (r *Run) unsuitedText(loss *config.Loss) string {
	t := &r.Target
	want, why := "numbers from 0 to 1", "For these it has no least value, and falls without end."
	switch {
	case loss.Margin:
		want, why = "labels -1 and 1", "Of other numbers it tells the sign at most."
	case loss.Name == config.Poisson:
		want, why = "counts, which are at least 0", "For these it is least at an output of 0, whatever they are."
	}
	labels := "training targets" + quoted(t.Name)
	if !t.Regression {
		labels = fmt.Sprintf("labels of %d classes on one output, their numbers,", t.Output.Classes)
	}
	return fmt.Sprintf("the loss %s is for %s, and %s of the %s are not (%s). %s", loss.Name, want, percent(float64(t.Labels.Unsuited)), labels, r.labelsText(), why)
}

// labelsText says between what the labels are, as the model has them.
func (r *Run) labelsText() string {
	t := &r.Target
	text := fmt.Sprintf("they go from %s to %s", short(float64(t.Labels.Low)), short(float64(t.Labels.High)))
	if t.Scaled {
		text += ", scaled"
	}
	return text
}

// otherLoss says what mends labels that a loss has no meaning for: the target as it is, if the loss has one for that.
func (r *Run) otherLoss(loss *config.Loss) string {
	if t := &r.Target; t.Scaled && !loss.Margin && loss.Takes(t.LowValue) && loss.Takes(t.HighValue) {
		return fmt.Sprintf("The target itself goes from %s to %s: train with --scale-target none.", short(t.LowValue), short(t.HighValue))
	}
	return r.byDefault()
}

// outOfReach: an activation of the output layer that can't reach targets.
func (r *Run) outOfReach() *mistake {
	const (
		some   = 0.01  // of the targets
		little = 0.005 // of the loss of guessing
		much   = 0.1
	)
	t, o := &r.Target, &r.Target.Output
	if !o.Regression() || t.Labels == nil || t.NoLoss {
		return nil
	}
	left := float64(t.Labels.Floor) / r.guess()
	if o.Loss == config.Poisson {
		left = 1 // its loss is not counted from 0
	}
	if float64(t.Labels.Outside) < some || !(left >= little) {
		return nil
	}
	low, high := o.Range()
	m := mistake{
		kind: OutputRange, severity: Warning,
		quantity: "share of the training targets that the output can't reach", value: float64(t.Labels.Outside), threshold: some,
	}
	if left >= much {
		m.severity = Error
	}
	m.text = fmt.Sprintf("the %s outputs of %s are %s, and %s of the training targets%s are not (%s).",
		o.Activation, r.outputLayer(), rangeText(low, high), percent(float64(t.Labels.Outside)), quoted(t.Name), r.labelsText())
	if o.Loss != config.Poisson {
		m.text += fmt.Sprintf(" The best outputs in that range leave %s of the loss of %s.", percent(min(1, left)), r.guessing())
	}
	m.remedy = fmt.Sprintf("Train with --output-activation %s", o.Suited())
	if size := t.RMS; size > Default().LargeTarget && !t.Scaled {
		m.remedy += " --scale-target standard"
	}
	if t.Scaled && t.LowValue >= low && t.HighValue <= high && t.HighValue-t.LowValue < Default().LargeTarget {
		m.remedy += fmt.Sprintf(", or with --scale-target none: the target itself goes from %s to %s", short(t.LowValue), short(t.HighValue))
	}
	m.remedy += "."
	return &m
}

// byDefault names the flags that give the output layer and the loss that the target has by default.
func (r *Run) byDefault() string {
	o := &r.Target.Output
	var flags []string
	set := func(flag, now, want string) {
		if now != want {
			flags = append(flags, "--"+flag+" "+want)
		}
	}
	loss, activation, units := config.MSE, config.Linear, 1
	switch {
	case o.Classes == 2 && o.Units == 1:
		loss, activation = config.BinaryCrossentropy, config.Sigmoid
	case o.Classes > 0:
		loss, activation, units = config.CategoricalCrossentropy, config.Softmax, max(o.Units, o.Classes)
	}
	if o.Loss == config.SparseCategoricalCrossentropy && units > 1 {
		loss = o.Loss
	}
	set("loss", o.Loss, loss)
	set("output-activation", o.Activation, activation)
	set("units-output", strconv.Itoa(o.Units), strconv.Itoa(units))
	return "Train with " + strings.Join(flags, " ") + "."
}

// rangeText says where outputs are.
func rangeText(low, high float64) string {
	switch {
	case math.IsInf(low, -1) && math.IsInf(high, 1):
		return "any numbers"
	case math.IsInf(high, 1):
		return "at least " + short(low)
	}
	return fmt.Sprintf("between %s and %s", short(low), short(high))
}

// namesText names the first of some classes.
func namesText(names []string) string {
	const most = 3
	var texts []string
	for _, name := range names[:min(len(names), most)] {
		texts = append(texts, strconv.Quote(printable.Text(name)))
	}
	if len(names) > most {
		texts = append(texts, "...")
	}
	return strings.Join(texts, ", ")
}
