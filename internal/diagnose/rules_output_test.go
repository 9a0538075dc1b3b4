package diagnose

import (
	"math"
	"strings"
	"testing"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/record"
)

// ofClasses gives a run the output layer of a target of so many classes, of the same size.
func ofClasses(classes int, loss, activation string, units int) func(r *Run) {
	return func(r *Run) {
		target := dataset.Target{Task: dataset.Classification, Classes: []string{"a", "b", "c", "d", "e", "f"}[:classes]}
		r.Target.ClassNames = target.Classes
		if classes > 2 {
			r.Target.Classes = make([]float64, classes)
			for k := range r.Target.Classes {
				r.Target.Classes[k] = 1 / float64(classes)
			}
		}
		setOutput(r, &target, loss, activation, units)
		r.Target.Guess, r.Target.TrainGuess = 0.69, 0.69
	}
}

// ofNumber gives a run the output layer of a number of mean 0 and variance 1, with these labels.
func ofNumber(loss, activation string, labels record.Labels) func(r *Run) {
	return func(r *Run) {
		target := dataset.Target{Task: dataset.Regression, Name: "price"}
		r.Target = Target{
			Regression: true, Variance: 1, RMS: 1, Name: "price", Std: 1, Labels: &labels, Scaled: true,
			LowValue: 3e5 + 1e5*float64(labels.Low), HighValue: 3e5 + 1e5*float64(labels.High), Guess: 1, TrainGuess: 1,
		}
		setOutput(r, &target, loss, activation, 0)
		r.Target.NoLoss = r.Target.OtherLoss && !labels.Suited()
	}
}

// values gives a number these ends in its own unit.
func values(low, high float64) func(r *Run) {
	return func(r *Run) { r.Target.LowValue, r.Target.HighValue = low, high }
}

func setOutput(r *Run, target *dataset.Target, loss, activation string, units int) {
	c := config.Default()
	c.Loss, c.OutputActivation, c.UnitsOutput = loss, activation, units
	r.Target.Output = c.Output(target)
	r.Target.OtherLoss = !r.Target.Output.IsDefault()
	for i := range r.Replicas {
		for j := range r.Replicas[i].Checks {
			top := &r.Replicas[i].Checks[j].Layers[len(r.Activations)]
			for len(top.Units) < r.Target.Output.Units {
				top.Units = append(top.Units, top.Units[0])
			}
		}
	}
}

// unlearned makes a run stay at the loss of guessing, and its accuracy at a half.
func unlearned(r *Run) {
	losses(r, func(int) float64 { return r.Target.Guess })
	accuracies(r, 0.5, 0.5)
}

// deadOutput makes units of the output layer negative on all rows, from a check on.
func deadOutput(from int, units ...int) func(r *Run) {
	return func(r *Run) {
		layerAt(r, len(r.Activations), between(from, math.MaxInt), func(l *record.LayerFlow) {
			for _, u := range units {
				l.Units[u].Active = 0
			}
		})
	}
}

// outputCases have each mistake and, beside it, what is just none.
func outputCases() []ruleCase {
	labels := func(low, high, outside, floor, unsuited float64) record.Labels {
		return record.Labels{
			Low: record.Number(low), High: record.Number(high), Outside: record.Number(outside), Floor: record.Number(floor), Unsuited: record.Number(unsuited),
		}
	}
	plain := labels(-2, 2, 0, 0, 0)
	few := plain
	few.Values = 6
	two := plain
	two.Values = 2
	stalls := func(first string) []string {
		return []string{first, "warning stalled-loss <- " + strings.Fields(first)[1]}
	}
	return []ruleCase{
		{"softmax on one unit, whose loss falls", of("tanh", 2, ofClasses(2, "binary_crossentropy", "softmax", 1), func(r *Run) { accuracies(r, 0.5, 0.5) }), []string{
			"error constant-output dense_3",
		}},
		{"softmax on one unit, without a gradient", of("tanh", 2, ofClasses(2, "mse", "softmax", 1), unlearned), stalls("error constant-output dense_3")},
		{"softmax on one unit of three classes", of("tanh", 2, ofClasses(3, "categorical_crossentropy", "softmax", 1), unlearned), stalls("error constant-output dense_3")},
		{"softmax of a number", of("tanh", 2, ofNumber("mse", "softmax", plain), unlearned), stalls("error constant-output dense_3")},
		{"softmax on two units", of("tanh", 2, ofClasses(2, "categorical_crossentropy", "softmax", 2)), nil},
		{"softmax on one unit before the first epoch", of("tanh", 2, ofClasses(2, "mse", "softmax", 1), func(r *Run) { r.Replicas[0].History, r.Replicas[0].Checks = nil, nil }), nil},

		{"the default by name", of("tanh", 2, ofClasses(2, "binary_crossentropy", "sigmoid", 1)), nil},
		{"hinge of tanh", of("tanh", 2, ofClasses(2, "hinge", "tanh", 1)), nil},
		{"hinge of three linear outputs", of("tanh", 2, ofClasses(3, "hinge", "linear", 3)), nil},
		{"cross-entropy of exponential outputs, which is that of a softmax", of("tanh", 2, ofClasses(3, "categorical_crossentropy", "exponential", 3)), nil},
		{"binary cross-entropy of several sigmoids", of("tanh", 2, ofClasses(3, "binary_crossentropy", "sigmoid", 3)), nil},
		{"counts by poisson", of("tanh", 2, ofNumber("poisson", "softplus", labels(0, 9, 0, 0, 0)), flat(0.1)), nil},
		{"relu of targets of at least 0", of("tanh", 2, ofNumber("mse", "relu", labels(0, 3, 0, 0, 0)), flat(0.1)), nil},
		{"cross-entropy of shares", of("tanh", 2, ofNumber("binary_crossentropy", "sigmoid", labels(0, 1, 0, 0, 0)), flat(0.1)), nil},

		{"a categorical loss of one output", of("tanh", 2, ofClasses(2, "categorical_crossentropy", "sigmoid", 1), unlearned), stalls("error loss-mismatch dense_3")},
		{"cross-entropy of a scaled number", of("tanh", 2, ofNumber("binary_crossentropy", "sigmoid", labels(-2, 2, 0.8, 0.5, 0.8)), flat(-40)), []string{"error loss-mismatch dense_3"}},
		{"the same of a target that is a share", of("tanh", 2, ofNumber("binary_crossentropy", "sigmoid", labels(-2, 2, 0.8, 0.5, 0.8)), values(0, 1), flat(-40)), []string{"error loss-mismatch dense_3"}},
		{"cross-entropy of shares, but for an outlier", of("tanh", 2, ofNumber("binary_crossentropy", "sigmoid", labels(0, 1.1, 0.009, 0.001, 0.009)), flat(0.1)), nil},
		{"hinge of a number", of("tanh", 2, ofNumber("hinge", "linear", labels(-2, 2, 0, 0, 1)), flat(0.1)), []string{"error loss-mismatch dense_3"}},
		{"poisson of a scaled count", of("tanh", 2, ofNumber("poisson", "exponential", labels(-1, 4, 0.6, 1, 0.6)), values(0, 9), flat(0.1)), []string{"error loss-mismatch dense_3"}},
		{"poisson of numbers below 0", of("tanh", 2, ofNumber("poisson", "exponential", labels(-1, 4, 0.6, 1, 0.6)), values(-5, 9), flat(0.1)), []string{"error loss-mismatch dense_3"}},
		{"poisson of linear outputs", of("tanh", 2, ofNumber("poisson", "linear", labels(0, 9, 0, 0, 0)), flat(0.1)), []string{"warning loss-mismatch dense_3"}},
		{"poisson of linear outputs, which is NaN", of("tanh", 2, ofNumber("poisson", "linear", labels(0, 9, 0, 0, 0)), flat(math.NaN())), []string{
			"error loss-mismatch dense_3", "warning divergence <- loss-mismatch",
		}},
		{"six classes on one output", of("tanh", 2, ofClasses(6, "mse", "linear", 1)), []string{"error loss-mismatch dense_3"}},
		{"cross-entropy of linear outputs, learned", of("tanh", 2, ofClasses(2, "binary_crossentropy", "linear", 1)), []string{"warning loss-mismatch dense_3"}},
		{"cross-entropy of linear outputs, all clipped", of("tanh", 2, ofClasses(2, "binary_crossentropy", "linear", 1), unlearned, flat(7.6)), []string{
			"error loss-mismatch dense_3", "warning exploding <- loss-mismatch", "warning stalled-loss <- loss-mismatch",
		}},
		{"what a penalty does to weights without a gradient", of("tanh", 2, ofClasses(2, "binary_crossentropy", "linear", 1), unlearned, penalty(1, 0.1)), []string{
			"error loss-mismatch dense_3", "warning strong-regularization <- loss-mismatch", "warning stalled-loss <- loss-mismatch",
		}},
		{"categorical cross-entropy of relu outputs", of("tanh", 2, ofClasses(3, "categorical_crossentropy", "relu", 3)), []string{"warning loss-mismatch dense_3"}},
		{"sparse cross-entropy of exponential outputs, which it clips", of("tanh", 2, ofClasses(3, "sparse_categorical_crossentropy", "exponential", 3)), []string{"warning loss-mismatch dense_3"}},
		{"hinge of a sigmoid, learned", of("tanh", 2, ofClasses(2, "hinge", "sigmoid", 1)), []string{"warning loss-mismatch dense_3"}},
		{"hinge of a sigmoid, not learned", of("tanh", 2, ofClasses(2, "hinge", "sigmoid", 1), unlearned), stalls("error loss-mismatch dense_3")},
		{"binary cross-entropy of softmax outputs", of("tanh", 2, ofClasses(3, "binary_crossentropy", "softmax", 3)), []string{"note loss-mismatch dense_3"}},
		{"mse of classes", of("tanh", 2, ofClasses(2, "mse", "sigmoid", 1)), []string{"note loss-mismatch dense_3"}},
		{"mse of classes, not learned", of("tanh", 2, ofClasses(2, "mse", "sigmoid", 1), unlearned), []string{"error stalled-loss", "warning loss-mismatch dense_3"}},
		{"a number of six values", of("tanh", 2, ofNumber("auto", "auto", few), flat(0.1)), []string{"note loss-mismatch dense_3"}},
		{"a number of six values, by poisson", of("tanh", 2, ofNumber("poisson", "exponential", few), flat(0.1)), nil},
		{"a number of two values", of("tanh", 2, ofNumber("auto", "auto", two), flat(0.1)), nil},

		{"relu of a scaled target", of("tanh", 2, ofNumber("mse", "relu", labels(-2, 2, 0.5, 0.5, 0)), flat(0.55)), []string{"error output-range dense_3"}},
		{"relu of a scaled target that is at least 0 as it is", of("tanh", 2, ofNumber("mse", "relu", labels(-2, 2, 0.5, 0.5, 0)), values(0, 5), flat(0.55)), []string{"error output-range dense_3"}},
		{"sigmoid of a raw target", of("tanh", 2, ofNumber("mse", "sigmoid", labels(2e5, 4e5, 1, 1, 0)), func(r *Run) { r.Target.Scaled, r.Target.RMS = false, 3e5 }, unlearned), []string{
			"error output-range dense_3", "warning stalled-loss <- output-range", "error unscaled-target",
		}},
		{"tanh of a scaled target", of("tanh", 2, ofNumber("mse", "tanh", labels(-2, 2, 0.3, 0.099, 0)), flat(0.12)), []string{"warning output-range dense_3"}},
		{"the same, of which little more is out of reach", of("tanh", 2, ofNumber("mse", "tanh", labels(-2, 2, 0.3, 0.1, 0)), flat(0.12)), []string{"error output-range dense_3"}},
		{"selu, which reaches all but a few", of("tanh", 2, ofNumber("mse", "selu", labels(-2, 2, 0.02, 0.0049, 0)), flat(0.02)), nil},
		{"outliers out of reach", of("tanh", 2, ofNumber("mse", "tanh", labels(-9, 2, 0.009, 0.3, 0)), flat(0.3)), nil},

		{"a relu output that is dead", of("tanh", 2, ofClasses(2, "mse", "relu", 1), deadOutput(0, 0), unlearned), []string{
			"error output-range dense_3 [0]", "warning stalled-loss <- output-range", "warning loss-mismatch dense_3",
		}},
		{"a relu output that has just died", of("tanh", 2, ofClasses(2, "mse", "relu", 1), deadOutput(18, 0)), []string{"note loss-mismatch dense_3"}},
		{"a relu output of three that is dead, learned", of("tanh", 2, ofClasses(3, "mse", "relu", 3), deadOutput(0, 1)), []string{
			"warning output-range dense_3 [1]", "note loss-mismatch dense_3",
		}},
		{"relu outputs that stand for no class", of("tanh", 2, ofClasses(3, "mse", "relu", 5), deadOutput(0, 3, 4)), []string{"note loss-mismatch dense_3"}},
		{"a dead relu output of a scaled target", of("tanh", 2, ofNumber("mse", "relu", labels(-2, 2, 0.5, 0.5, 0)), deadOutput(0, 0), unlearned), stalls("error output-range dense_3")},
		{"a tanh output below 0", of("tanh", 2, ofClasses(2, "hinge", "tanh", 1), deadOutput(0, 0)), nil},
	}
}

// TestMistakes has what is said before the first epoch: of a mistake, not of what costs little.
func TestMistakes(t *testing.T) {
	for _, tc := range []struct {
		name             string
		loss, activation string
		units            int
		want             string
	}{
		{"the default", "auto", "auto", 0, ""},
		{"the default by name", "binary_crossentropy", "sigmoid", 1, ""},
		{"mse of classes", "mse", "auto", 0, ""},
		{"softmax on one unit", "auto", "softmax", 1, "constant-output: softmax over the one unit of dense_2 is 1"},
		{"cross-entropy of linear outputs", "auto", "linear", 0, "loss-mismatch: the loss binary_crossentropy takes probabilities"},
	} {
		c := config.Default()
		c.Layers, c.Loss, c.OutputActivation, c.UnitsOutput = []int{5}, tc.loss, tc.activation, tc.units
		s := &record.Summary{
			Configuration: c, Seeds: []uint32{1}, Data: record.Data{Class1: 0.5},
			Schema: &dataset.Schema{Target: dataset.Target{Task: dataset.Classification, Classes: []string{"no", "yes"}}},
		}
		lines := Mistakes(s)
		switch {
		case tc.want == "" && len(lines) > 0:
			t.Errorf("%s: got %q, want none", tc.name, lines)
		case tc.want != "" && (len(lines) != 1 || !strings.HasPrefix(lines[0], tc.want) || !strings.Contains(lines[0], " Train with --output-activation ")):
			t.Errorf("%s: got %q, want a line that begins with %q and names the flag", tc.name, lines, tc.want)
		}
	}
}
