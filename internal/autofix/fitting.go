package autofix

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gradwatch/internal/config"
	"gradwatch/internal/diagnose"
	"gradwatch/internal/study"
)

// rule returns fixes of one sort that a configuration leaves to try, best guess
// first.
type rule func(run *config.Run) []Fix

// fitting names the rules that fit what was found, best guess first. A kind without a row
// of its own, such as no-signal, gets a broad search: that a model has found no signal does
// not prove that there is none.
func fitting(kind diagnose.Kind) []rule {
	switch kind {
	case diagnose.Divergence, diagnose.Exploding, diagnose.Oscillation:
		return []rule{scaledTarget, scaling, smallerRate, initial, output, clipping, normalization, activation, adam, bias, fewerLayers}
	case diagnose.UnscaledInputs:
		return []rule{scaling, standardized, normalization, smallerRate, clipping}
	case diagnose.UnscaledTarget:
		return []rule{scaledTarget, scaling, smallerRate, clipping}
	case diagnose.SymmetricUnits:
		return []rule{fresh, initial, output, bias}
	case diagnose.DeadUnits:
		return []rule{scaling, fresh, bias, initial, activation, normalization, shortcuts, adam, fewerLayers, smallerRate}
	case diagnose.SaturatedUnits:
		return []rule{scaling, fresh, bias, initial, output, activation, normalization, shortcuts, adam, fewerLayers, smallerRate}
	case diagnose.Vanishing:
		return []rule{fresh, initial, output, bias, activation, normalization, shortcuts, adam, fewerLayers, largerRate}
	case diagnose.RateTooSmall:
		return []rule{largerRate, adam, momentum, fresh, initial, normalization, longer}
	case diagnose.TooShort:
		return []rule{longer, largerRate, adam, momentum}
	case diagnose.StoppedEarly:
		return []rule{laterStop, largerRate, adam}
	case diagnose.Unstable:
		return []rule{smallerRate, decay, largerBatch, withoutNormalization, clipping}
	case diagnose.MinorityIgnored:
		return []rule{longer, adam, largerRate, balanced}
	case diagnose.LinearModel:
		return []rule{hidden, activation, longer, largerRate, adam}
	case diagnose.UnchangedWeights:
		return []rule{largerRate, fresh, initial, activation, normalization, adam, momentum}
	case diagnose.Overfitting:
		return []rule{penalty, dropout, earlyStop, fewerLayers}
	case diagnose.Regularization:
		return []rule{noPenalty, noDropout}
	case diagnose.SortedRows:
		return []rule{shuffled, smallerRate}
	case diagnose.StalledLoss:
		return stalled()
	default:
		return append([]rule{longer, adam, largerRate}, stalled()...)
	}
}

func stalled() []rule {
	return []rule{
		scaledTarget, scaling, fresh, initial, output, bias, activation, normalization, shortcuts, adam, largerRate, momentum, fewerLayers,
	}
}

// Fitting returns the fixes that fit what was found wrong with a run, given worst
// first: best guess first, and none that is in force already.
func Fitting(run *config.Run, kinds []diagnose.Kind) []Fix {
	var all []Fix
	for _, kind := range kinds {
		all = add(all, run, fitting(kind))
	}
	return all
}

// Unexplained returns those for a run that has not learned though nothing was found
// wrong with it.
func Unexplained(run *config.Run) []Fix {
	return Fitting(run, []diagnose.Kind{diagnose.Unexplained})
}

// add adds the rules' fixes that are not there yet: the first of each rule,
// then the second of each, and so on, for there may be no time for all.
func add(all []Fix, run *config.Run, rules []rule) []Fix {
	lists := make([][]Fix, len(rules))
	longest := 0
	for i, of := range rules {
		lists[i] = of(run)
		longest = max(longest, len(lists[i]))
	}
	for place := range longest {
		for _, list := range lists {
			if place < len(list) && !slices.ContainsFunc(all, list[place].equal) {
				all = append(all, list[place])
			}
		}
	}
	return all
}

// shuffled is for rows that are trained in the order of the file.
func shuffled(run *config.Run) []Fix {
	if run.Shuffle {
		return nil
	}
	return []Fix{one("rows shuffled", "shuffle", "true", "A batch of neighbouring rows of one class pulls the weights to that class.")}
}

// scaling is for inputs that are taken as they are.
func scaling(run *config.Run) []Fix {
	if run.Scale != "none" {
		return nil
	}
	const why = "Inputs between -1 and 1 keep the first layer's units within their range."
	return append(standardized(run), atUsualRate(run, one("inputs in [-1, 1]", "scale", "minmax", why))...)
}

// standardized is for inputs whose scaling leaves them large.
func standardized(run *config.Run) []Fix {
	if run.Scale == "standard" {
		return nil
	}
	return atUsualRate(run, one("inputs standardized", "scale", "standard", "Inputs of mean 0 and deviation 1 keep the first layer's units within their range."))
}

// scaledTarget is for a regression's target that is taken as it is. Other data refuse it.
func scaledTarget(run *config.Run) []Fix {
	if run.ScaleTarget != "none" {
		return nil
	}
	return atUsualRate(run, one("target standardized", "scale-target", "standard", "A target of mean 0 and deviation 1 is within reach of the first steps."))
}

// atUsualRate returns a fix that scales, and, where the run's rate is not the usual one, the
// same with the usual rate: the run's was chosen for unscaled data.
func atUsualRate(run *config.Run, r Fix) []Fix {
	usual := usualRate(run)
	if run.Rate() == usual {
		return []Fix{r}
	}
	rated := r.with("learning-rate", number(usual))
	rated.Name += ", rate " + number(usual)
	return []Fix{r, rated}
}

// initial is the initializer that suits the activation, unless the run has one of the
// same variance, and for deep models an orthogonal one.
func initial(run *config.Run) []Fix {
	if run.InitialWeights != "" {
		return nil // they take its place
	}
	var all []Fix
	first, _ := config.LookupActivation(run.LayerActivation(0))
	if !alike(run.LayerInitializer(0), first.Initializer) {
		all = append(all, one(first.Initializer+" kernels", "kernel-initializer", first.Initializer,
			"Weights of that variance keep signal and gradient at one size through layers of "+first.Name+"."))
	}
	const deep = 3
	if len(run.Layers) >= deep && run.LayerInitializer(0) != "orthogonal" {
		all = append(all, one("orthogonal kernels", "kernel-initializer", "orthogonal",
			"Orthogonal weights neither stretch nor shrink what passes through them (Saxe et al. 2014)."))
	}
	return all
}

// alike reports whether two initializers draw with the same variance.
func alike(a, b string) bool {
	x, errX := config.ParseInitializer(a)
	y, errY := config.ParseInitializer(b)
	return a == b || errX == nil && errY == nil && x.Fan != config.NoFan && x.Fan == y.Fan && x.Scale == y.Scale
}

func output(run *config.Run) []Fix {
	now, err := config.ParseInitializer(run.OutputInitializer)
	if run.InitialWeights != "" || err == nil && (now.Fan != config.NoFan || now.Distribution == config.Orthogonal) {
		return nil
	}
	return []Fix{one("glorot_uniform output", "output-initializer", config.Default().OutputInitializer,
		"Weights around 0 keep the first answers away from the ends, and send layers below an error of both signs.")}
}

func bias(run *config.Run) []Fix {
	zeros := config.Default().BiasInitializer
	if run.InitialWeights != "" || run.BiasInitializer == zeros {
		return nil
	}
	return []Fix{one("biases 0", "bias-initializer", zeros, "Units begin in the middle of their range.")}
}

// fresh takes initial weights away.
func fresh(run *config.Run) []Fix {
	if run.InitialWeights == "" {
		return nil
	}
	return []Fix{one("fresh weights", "initial-weights", "", "The weights it starts from may be where learning has stopped.")}
}

// activation tries others, each with the initializer that suits it.
func activation(run *config.Run) []Fix {
	var all []Fix
	if len(run.Layers) == 0 {
		return nil // no layer has one
	}
	for _, name := range alternatives(run) {
		row, ok := config.LookupActivation(name)
		if !ok || len(run.Activations) == 1 && name == run.Activations[0] {
			continue
		}
		r := one(name, "activation", name, reason(name))
		if run.InitialWeights == "" && run.KernelInitializer != "" && !alike(run.KernelInitializer, row.Initializer) {
			r = r.with("kernel-initializer", row.Initializer)
			r.Name += " with " + row.Initializer
		}
		all = append(all, r)
	}
	return all
}

// hidden gives a model without hidden layers some.
func hidden(run *config.Run) []Fix {
	if len(run.Layers) > 0 {
		return nil
	}
	return []Fix{one("2 hidden layers", "hidden-layers", "2", "Without hidden layers a model is linear.")}
}

func alternatives(run *config.Run) []string {
	if len(run.Activations) > 1 {
		return []string{"relu", "elu", "tanh"}
	}
	switch run.Activations[0] {
	case "relu":
		return []string{"leaky_relu", "elu", "silu", "tanh"}
	case "tanh":
		return []string{"relu", "elu"}
	default:
		return []string{"relu", "elu", "tanh"}
	}
}

func reason(activation string) string {
	switch activation {
	case "relu":
		return "Its derivative is 1 wherever a unit is active, so the gradient passes unchanged."
	case "tanh":
		return "It is centred on 0, with a derivative of 1 there."
	default:
		return "Its derivative is not 0 below 0, so no unit dies, and near 1 above."
	}
}

// adam with its own rate, and with a larger one.
func adam(run *config.Run) []Fix {
	if run.Optimizer == "adam" {
		return nil
	}
	const large = 0.01
	row, _ := config.LookupOptimizer("adam")
	r := one("adam", "optimizer", "adam", "It gives each weight a step of its own, however small its gradient.")
	if run.Nesterov {
		r = r.with("nesterov", "")
	}
	for _, name := range run.Asked() { // which were meant for another rule
		if name != "weight-decay" {
			r = r.with(name, "")
		}
	}
	faster := r.with("learning-rate", number(large))
	faster.Name += " at " + number(large)
	if run.LearningRate != 0 { // it was meant for another rule
		r = r.with("learning-rate", number(row.LearningRate))
	}
	return []Fix{r, faster}
}

// rates returns fixes of learning rates.
func rates(why string, values ...float64) []Fix {
	var all []Fix
	for _, value := range values {
		text := number(value)
		if !slices.ContainsFunc(all, func(r Fix) bool { return r.Settings[0].Value == text }) {
			all = append(all, one("learning rate "+text, "learning-rate", text, why))
		}
	}
	return all
}

// farOff is the factor by which a rate differs from the usual one so far that to go on
// in that direction is no fix.
const farOff = 10

func largerRate(run *config.Run) []Fix {
	rate, usual := run.Rate(), usualRate(run)
	if rate >= farOff*usual {
		return nil
	}
	values := []float64{10 * rate, 3 * rate}
	if rate < usual {
		values = append([]float64{usual}, values...)
	}
	return rates("Larger steps come further in the same epochs.", values...)
}

func smallerRate(run *config.Run) []Fix {
	rate, usual := run.Rate(), usualRate(run)
	if rate <= usual/farOff {
		return nil
	}
	values := []float64{rate / 3, rate / 10}
	if rate > usual {
		values = append([]float64{usual}, values...)
	}
	return rates("Smaller steps do not overshoot.", values...)
}

func usualRate(run *config.Run) float64 {
	row, _ := config.LookupOptimizer(run.Optimizer)
	return row.LearningRate
}

// number writes a number with three significant digits.
func number(x float64) string {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 3, 64), 64)
	return strconv.FormatFloat(rounded, 'g', -1, 64)
}

func momentum(run *config.Run) []Fix {
	usual := config.Default().Momentum
	if run.Optimizer != "sgd" || run.Momentum >= usual {
		return nil
	}
	return []Fix{one("momentum "+number(usual), "momentum", number(usual), "Steps in one direction add up, to ten times a gradient's own.")}
}

func normalization(run *config.Run) []Fix {
	if run.BatchNorm || run.InitialWeights != "" { // which hold none
		return nil
	}
	return []Fix{one("batch norm", "batch-norm", "true", "Each layer gets inputs of mean 0 and deviation 1, whatever the weights below (Ioffe and Szegedy 2015).")}
}

func shortcuts(run *config.Run) []Fix {
	equal := false
	for i := 1; i < len(run.Layers); i++ {
		equal = equal || run.Layers[i] == run.Layers[i-1]
	}
	if run.Residual || !equal {
		return nil
	}
	return []Fix{one("residual", "residual", "true", "Around each layer the gradient has a way on which nothing is lost (He et al. 2016).")}
}

func clipping(run *config.Run) []Fix {
	if run.ClipNorm != 0 || run.GlobalClipNorm != 0 || run.ClipValue != 0 {
		return nil
	}
	return []Fix{one("gradients clipped at 1", "global-clip-norm", "1", "A gradient however large makes no larger step (Pascanu et al. 2013).")}
}

// fewerLayers keeps half of the layers, those next to the input, and of many a
// quarter.
func fewerLayers(run *config.Run) []Fix {
	if run.InitialWeights != "" {
		return nil // they are of all layers
	}
	const many = 8
	counts := []int{len(run.Layers) / 2}
	if len(run.Layers) >= many {
		counts = append(counts, len(run.Layers)/4)
	}
	var all []Fix
	for _, n := range counts {
		if n < 1 {
			continue
		}
		r := Fix{Name: fmt.Sprintf("%d hidden layers", n), Why: "A gradient that passes fewer layers loses less."}
		if n == 1 {
			r.Name = "1 hidden layer"
		}
		if run.Even() {
			r.Settings = []study.Setting{{Flag: "hidden-layers", Value: strconv.Itoa(n)}}
		} else {
			r.Settings = []study.Setting{{Flag: "layers", Value: widths(run.Layers[:n])}}
		}
		if len(run.Activations) > 1 {
			r = r.with("activation", strings.Join(run.Activations[:n], ","))
		}
		all = append(all, r)
	}
	return all
}

func widths(layers []int) string {
	texts := make([]string, len(layers))
	for i, n := range layers {
		texts[i] = strconv.Itoa(n)
	}
	return strings.Join(texts, ",")
}

// longer trains three and ten times as long.
func longer(run *config.Run) []Fix {
	var all []Fix
	for _, times := range []int{3, 10} {
		n := strconv.Itoa(times * run.Epochs)
		all = append(all, one(n+" epochs", "epochs", n, "More epochs give it the time to learn."))
	}
	return all
}

// laterStop takes early stopping away, or lets it wait four times as long.
func laterStop(run *config.Run) []Fix {
	if run.EarlyStopping == 0 {
		return nil
	}
	const times = 4
	never := one("no early stopping", "early-stopping", "", "It was stopped before it had learned.")
	for _, flag := range []string{"early-stopping-monitor", "early-stopping-min-delta", "restore-best-weights"} {
		never = never.with(flag, "")
	}
	n := strconv.Itoa(times * run.EarlyStopping)
	return []Fix{never, one("early stopping after "+n, "early-stopping", n, "It waits longer for the loss to fall.")}
}

// decay lets the rate fall to 0 until the last epoch.
func decay(run *config.Run) []Fix {
	if run.Schedule().Changes() {
		return nil
	}
	return []Fix{one("decaying rate", "learning-rate-schedule", fmt.Sprintf("cosine:%d,0", run.Epochs),
		"Steps that become smaller let the weights settle (Loshchilov and Hutter 2017).")}
}

func largerBatch(run *config.Run) []Fix {
	const times = 4
	n := strconv.Itoa(times * run.BatchSize)
	return []Fix{one("batches of "+n, "batch-size", n, "The gradient of more rows has less noise.")}
}

func withoutNormalization(run *config.Run) []Fix {
	if !run.BatchNorm || run.InitialWeights != "" {
		return nil
	}
	return []Fix{one("without batch norm", "batch-norm", "", "Its moving statistics can lag behind the weights.")}
}

func balanced(run *config.Run) []Fix {
	if run.ClassWeight != config.Default().ClassWeight {
		return nil
	}
	return []Fix{one("balanced class weights", "class-weight", "balanced", "Each class counts as much as the others, however few its rows are.")}
}

func penalty(run *config.Run) []Fix {
	if run.L2 != 0 {
		return nil
	}
	const why = "A penalty keeps weights small, and the function smooth."
	return []Fix{one("l2 0.001", "l2", "0.001", why), one("l2 0.01", "l2", "0.01", why)}
}

func noPenalty(run *config.Run) []Fix {
	const why = "Weights that help may grow."
	switch l1, l2 := one("no penalty", "l1", "", why), one("no penalty", "l2", "", why); {
	case run.L1 != 0 && run.L2 != 0:
		return []Fix{l2.with("l1", "")}
	case run.L1 != 0:
		return []Fix{l1}
	case run.L2 != 0:
		return []Fix{l2}
	}
	return nil
}

func noDropout(run *config.Run) []Fix {
	if !run.DropsOut() {
		return nil
	}
	return []Fix{one("no dropout", "dropout", "", "All units learn in each step.")}
}

func dropout(run *config.Run) []Fix {
	if len(run.Dropout) > 0 {
		return nil
	}
	return []Fix{one("dropout 0.2", "dropout", "0.2", "Units that may be missing cannot rely on one another (Srivastava et al. 2014).")}
}

func earlyStop(run *config.Run) []Fix {
	if run.EarlyStopping != 0 {
		return nil
	}
	n := strconv.Itoa(max(1, run.Epochs/10))
	return []Fix{one("early stopping", "early-stopping", n, "It stops before the test loss rises.").with("restore-best-weights", "true")}
}
