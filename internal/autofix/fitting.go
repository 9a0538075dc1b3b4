package autofix

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
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
	case diagnose.ConstantOutput:
		return []rule{usualOutput, outputByLoss, longer, adam}
	case diagnose.LossMismatch, diagnose.OutputRange:
		return []rule{outputAndTarget, usualOutput, outputByLoss, rawTarget, longer, adam}
	case diagnose.Divergence, diagnose.Exploding, diagnose.Oscillation:
		return []rule{
			scaledTarget, scaling, smallerRate, usualMomentum, initial, output, clipping, normalization, activation, adam, bias, fewerLayers,
		}
	case diagnose.UnscaledInputs:
		return []rule{scaling, scalingBoth, standardized, normalization, smallerRate, clipping}
	case diagnose.UnscaledTarget:
		return []rule{scaledTarget, scalingBoth, scaling, smallerRate, clipping}
	case diagnose.SymmetricUnits:
		return []rule{fresh, initial, output, bias}
	case diagnose.DeadUnits:
		return []rule{scaling, fresh, bias, initial, activation, normalization, shortcuts, adam, fewerLayers, smallerRate}
	case diagnose.SaturatedUnits:
		return []rule{scaling, fresh, bias, initial, output, activation, normalization, shortcuts, adam, fewerLayers, smallerRate}
	case diagnose.Vanishing:
		return []rule{fresh, initial, output, bias, activation, normalization, shortcuts, adam, fewerLayers, largerRate}
	case diagnose.RateTooSmall:
		return []rule{largerRate, constantRate, adam, momentum, noClipping, fresh, initial, normalization, longer}
	case diagnose.TooShort:
		return []rule{longer, largerRate, adam, constantRate, momentum, usualBatch}
	case diagnose.StoppedEarly:
		return []rule{laterStop, largerRate, adam}
	case diagnose.Unstable:
		return []rule{smallerRate, usualMomentum, decay, largerBatch, withoutNormalization, clipping}
	case diagnose.MinorityIgnored:
		return []rule{balanced, longer, adam, largerRate, usualBatch}
	case diagnose.LinearModel:
		return []rule{hidden, activation, longer, largerRate, adam}
	case diagnose.UnchangedWeights:
		return []rule{largerRate, noClipping, fresh, initial, activation, normalization, adam, momentum}
	case diagnose.Overfitting:
		return []rule{earlyStop, penalty, dropout, narrower, fewerLayers}
	case diagnose.Regularization:
		return []rule{noPenalty, noDropout}
	case diagnose.SortedRows:
		return []rule{shuffled, rowsShuffled, smallerRate}
	case diagnose.ShiftedTest, diagnose.SingleClass:
		return []rule{rowsShuffled}
	case diagnose.TooFewRows:
		return fitting(diagnose.Overfitting)
	case diagnose.WorseThanLinear:
		return append([]rule{longer, adam, largerRate, smallerRate, scaledTarget, scaling, wider, linearModel}, fitting(diagnose.Overfitting)...)
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

// broad names the rules for a run that nothing mends which fits what was found: the likelier
// causes first.
func broad() []rule {
	return []rule{
		usual, usualOutput, adam, longer, scalingBoth, largerRate, smallerRate, standardized, scaledTarget, scaling, fresh, initial, output, bias, activation,
		wider, normalization, noPenalty, noDropout, constantRate, usualMomentum, momentum, noClipping, clipping, shuffled, usualBatch, largerBatch,
		laterStop, balanced, fewerLayers, moreLayers, shortcuts, withoutNormalization, rowsShuffled,
	}
}

// Fitting returns the fixes that fit what was found wrong with a run, given worst
// first: best guess first, and none that is in force already.
func Fitting(run *config.Run, kinds []diagnose.Kind) []Fix {
	var all []Fix
	for _, kind := range kinds {
		all = add(all, run, fitting(kind))
	}
	return add(all, run, []rule{usual}) // what was found may not be the only fault
}

// ForColumns returns, in front of fixes, that which leaves the columns out that name or number the rows, if that was found.
func ForColumns(run *config.Run, kinds []diagnose.Kind, columns []string, fixes []Fix) []Fix {
	if !slices.Contains(kinds, diagnose.IdentifierColumn) {
		return fixes
	}
	return append(withoutColumns(run, columns), fixes...)
}

// Others returns those of all fixes that are not among the given.
func Others(run *config.Run, fitting []Fix) []Fix {
	return add(slices.Clone(fitting), run, broad())[len(fitting):]
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

// usual sets all of training to what is usual: of several faults, no single change mends the
// run.
func usual(run *config.Run) []Fix {
	r := Fix{Name: "usual settings", Why: "Standardized data, ReLU units with He's weights, and Adam with its own rate suit most tables."}
	set := func(flag, value string, differs bool) {
		if differs {
			r = r.with(flag, value)
		}
	}
	for _, o := range usualOutput(run) {
		r.Settings = append(r.Settings, o.Settings...)
	}
	d := config.Default()
	set("scale", "standard", run.Scale != "standard")
	set("scale-target", "standard", run.ScaleTarget != "standard" && !run.Generated())
	set("activation", "relu", !slices.Equal(run.Activations, []string{"relu"}))
	set("kernel-initializer", "", run.KernelInitializer != "")
	set("output-initializer", d.OutputInitializer, run.OutputInitializer != d.OutputInitializer)
	set("bias-initializer", d.BiasInitializer, run.BiasInitializer != d.BiasInitializer)
	set("initial-weights", "", run.InitialWeights != "")
	set("optimizer", "adam", run.Optimizer != "adam")
	set("nesterov", "", run.Nesterov)
	set("learning-rate", "", run.LearningRate != 0)
	set("learning-rate-schedule", "", run.LearningRateSchedule != d.LearningRateSchedule)
	set("clip-norm", "", run.ClipNorm != 0)
	set("global-clip-norm", "", run.GlobalClipNorm != 0)
	set("clip-value", "", run.ClipValue != 0)
	set("l1", "", run.L1 != 0)
	set("l2", "", run.L2 != 0)
	set("dropout", "", run.DropsOut())
	set("batch-size", strconv.Itoa(d.BatchSize), run.BatchSize != d.BatchSize)
	set("shuffle", "true", !run.Shuffle)
	if len(r.Settings) < 2 {
		return nil // one change is a fix of its own
	}
	return []Fix{r}
}

// usualOutput lets the output layer and the loss follow from the target.
func usualOutput(run *config.Run) []Fix {
	r := Fix{Name: "output layer and loss by the target", Why: "Its activation then reaches all values of the target, and the loss suits it."}
	for _, name := range []string{"loss", "output-activation", "units-output"} {
		if f, ok := config.LookupField(name); ok && f.Text(run) != "auto" {
			r = r.with(name, "")
		}
	}
	if len(r.Settings) == 0 {
		return nil
	}
	return []Fix{r}
}

// outputByLoss keeps the loss, and lets the output layer follow from it.
func outputByLoss(run *config.Run) []Fix {
	if f, ok := config.LookupField("output-activation"); !ok || f.Text(run) == config.AutoOutput {
		return nil
	}
	return []Fix{one("output activation by the loss", "output-activation", "", "The best outputs by the loss are then within reach.")}
}

// outputAndTarget is for an output layer that would not suit the target as it is even by default: one that is not scaled.
func outputAndTarget(run *config.Run) []Fix {
	usual := usualOutput(run)
	if len(usual) == 0 || run.ScaleTarget != dataset.RawTarget {
		return nil
	}
	r := usual[0].with("scale-target", dataset.StandardTarget)
	r.Name, r.Why = "output layer and loss by the target, which is standardized", "A linear output reaches all values of the target, and the first steps those of a target of mean 0 and deviation 1."
	return []Fix{r}
}

// rawTarget is for an output layer or a loss that suits the target before it is scaled, such as counts.
func rawTarget(run *config.Run) []Fix {
	number := run.Task == string(dataset.Regression) || run.Loss == config.Poisson
	if !number || run.ScaleTarget == dataset.RawTarget || len(usualOutput(run)) == 0 {
		return nil
	}
	return []Fix{one("target as it is", "scale-target", dataset.RawTarget, "Counts and shares are at least 0 only before they are scaled.")}
}

// withoutColumns leaves columns out, beside those that are.
func withoutColumns(run *config.Run, columns []string) []Fix {
	if len(columns) == 0 || run.Stream || slices.ContainsFunc(columns, func(name string) bool { return strings.ContainsAny(name, ",\n") }) {
		return nil
	}
	all := strings.Join(columns, ",")
	if run.Ignore != "" {
		all = run.Ignore + "," + all
	}
	return []Fix{one("without "+all, "ignore", all, "What names or numbers the rows says nothing about others.")}
}

// scalingBoth standardizes inputs and target, with the usual rate.
func scalingBoth(run *config.Run) []Fix {
	if run.Scale == "standard" || run.ScaleTarget != "none" {
		return nil
	}
	r := one("inputs and target standardized", "scale", "standard", "Inputs and a target of mean 0 and deviation 1 suit the usual rate.")
	r = r.with("scale-target", "standard")
	return atUsualRate(run, r)
}

// shuffled is for rows that are trained in the order of the file.
func shuffled(run *config.Run) []Fix {
	if run.Shuffle {
		return nil
	}
	return []Fix{one("rows shuffled", "shuffle", "true", "A batch of neighbouring rows of one class pulls the weights to that class.")}
}

// rowsShuffled is for a file whose rows are sorted: its last rows, which test, are of another
// kind than the first.
func rowsShuffled(run *config.Run) []Fix {
	if run.Generated() || run.ShuffleRows || run.TestFile != "" {
		return nil
	}
	return []Fix{one("rows of the file shuffled", "shuffle-rows", "true", "Of a sorted file, the last rows, which test the model, differ from those before.")}
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

// linearModel takes the hidden layers away: what is worse than a linear model gains nothing by them.
func linearModel(run *config.Run) []Fix {
	if len(run.Layers) == 0 || run.InitialWeights != "" {
		return nil
	}
	r := one("no hidden layers", "hidden-layers", "0", "A linear model does better on these rows.")
	for _, name := range []string{"dropout", "activation"} { // of each hidden layer
		if f, ok := config.LookupField(name); ok && strings.Contains(f.Text(run), ",") {
			r = r.with(name, "")
		}
	}
	return []Fix{r}
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

// farthest is the factor by which a rate that is tried differs from the usual one at most.
const farthest = 100

func largerRate(run *config.Run) []Fix {
	rate, usual := run.Rate(), usualRate(run)
	if rate >= farOff*usual {
		return nil
	}
	values := []float64{10 * rate, 3 * rate, 100 * rate, 1000 * rate}
	if rate < usual {
		values = append([]float64{usual}, values...)
	}
	values = slices.DeleteFunc(values, func(x float64) bool { return x > farthest*usual })
	return rates("Larger steps come further in the same epochs.", values...)
}

func smallerRate(run *config.Run) []Fix {
	rate, usual := run.Rate(), usualRate(run)
	if rate <= usual/farOff {
		return nil
	}
	values := []float64{rate / 3, rate / 10, rate / 100, rate / 1000}
	if rate > usual {
		values = append([]float64{usual}, values...)
	}
	values = slices.DeleteFunc(values, func(x float64) bool { return x < usual/farthest })
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

// usualMomentum is for one so large that steps of long ago still count.
func usualMomentum(run *config.Run) []Fix {
	usual := config.Default().Momentum
	if run.Optimizer != "sgd" || run.Momentum <= usual {
		return nil
	}
	return []Fix{one("momentum "+number(usual), "momentum", number(usual), "Steps of long ago count less.")}
}

// constantRate is for a rate that may fall too soon.
func constantRate(run *config.Run) []Fix {
	if run.LearningRateSchedule == config.Default().LearningRateSchedule {
		return nil
	}
	return []Fix{one("constant rate", "learning-rate-schedule", "", "The rate may fall before the model has learned.")}
}

// noClipping is for a bound that leaves little of each gradient.
func noClipping(run *config.Run) []Fix {
	var r Fix
	for _, bound := range []study.Setting{
		{Flag: "clip-norm", Value: number(run.ClipNorm)},
		{Flag: "global-clip-norm", Value: number(run.GlobalClipNorm)},
		{Flag: "clip-value", Value: number(run.ClipValue)},
	} {
		if bound.Value != "0" {
			r = r.with(bound.Flag, "")
		}
	}
	if len(r.Settings) == 0 {
		return nil
	}
	r.Name, r.Why = "no clipping", "A small bound makes all steps small."
	return []Fix{r}
}

func normalization(run *config.Run) []Fix {
	if run.BatchNorm || run.LayerNorm || run.InitialWeights != "" { // which hold none
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
// quarter, and of very many two.
func fewerLayers(run *config.Run) []Fix {
	if run.InitialWeights != "" {
		return nil // they are of all layers
	}
	const many, few = 8, 2
	counts := []int{len(run.Layers) / 2}
	if len(run.Layers) >= many {
		counts = append(counts, len(run.Layers)/4)
	}
	if len(run.Layers) >= 2*many {
		counts = append(counts, few)
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

// wider gives the hidden layers four times the units, and many.
func wider(run *config.Run) []Fix {
	const times, many, most = 4, 64, 512
	if run.InitialWeights != "" || len(run.Layers) == 0 || slices.Max(run.Layers) >= most/times {
		return nil
	}
	layers, large := slices.Clone(run.Layers), slices.Clone(run.Layers)
	for i := range layers {
		layers[i] *= times
		large[i] = max(many, layers[i])
	}
	all := []Fix{layered(run, layers, "More units make a richer function.")}
	if !slices.Equal(layers, large) {
		all = append(all, layered(run, large, "More units make a richer function."))
	}
	return all
}

// narrower gives the hidden layers a quarter of the units.
func narrower(run *config.Run) []Fix {
	const least = 8
	if run.InitialWeights != "" || len(run.Layers) == 0 || slices.Max(run.Layers) <= least {
		return nil
	}
	layers := slices.Clone(run.Layers)
	for i, units := range layers {
		layers[i] = max(min(units, least), units/4)
	}
	return []Fix{layered(run, layers, "Fewer units can't learn rows one by one.")}
}

// moreLayers adds a layer to one, and two to more, like the last.
func moreLayers(run *config.Run) []Fix {
	if run.InitialWeights != "" || len(run.Layers) == 0 || len(run.Activations) > 1 || len(run.Dropout) > 1 || len(run.Layers) > 4 {
		return nil
	}
	last := run.Layers[len(run.Layers)-1]
	layers := append(slices.Clone(run.Layers), last)
	if len(run.Layers) > 1 {
		layers = append(layers, last)
	}
	return []Fix{layered(run, layers, "More layers make a richer function.")}
}

// layered returns a fix that has hidden layers of these widths.
func layered(run *config.Run, layers []int, why string) Fix {
	even := func(layers []int) bool { return slices.Max(layers) == slices.Min(layers) }
	switch {
	case !even(layers) || !even(run.Layers):
		return one("layers of "+widths(layers), "layers", widths(layers), why)
	case len(layers) == len(run.Layers):
		return one(fmt.Sprintf("%d units", layers[0]), "units", strconv.Itoa(layers[0]), why)
	default:
		return one(fmt.Sprintf("%d hidden layers", len(layers)), "hidden-layers", strconv.Itoa(len(layers)), why)
	}
}

// longer trains up to twenty times as long.
func longer(run *config.Run) []Fix {
	var all []Fix
	for _, times := range []int{3, 10, 20} {
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

// usualBatch is for batches so large that an epoch has few steps.
func usualBatch(run *config.Run) []Fix {
	usual := config.Default().BatchSize
	if run.BatchSize <= usual {
		return nil
	}
	n := strconv.Itoa(usual)
	return []Fix{one("batches of "+n, "batch-size", n, "Smaller batches make more steps in the same epochs.")}
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
	all := []Fix{one("l2 0.001", "l2", "0.001", why), one("l2 0.01", "l2", "0.01", why)}
	if run.L1 == 0 {
		all = append(all, one("l1 0.01", "l1", "0.01", "A penalty of sizes takes inputs away that tell nothing (Tibshirani 1996)."))
	}
	return append(all, one("l2 0.1", "l2", "0.1", why))
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

// earlyStop ends at the best weights, alone and with a penalty or dropout.
func earlyStop(run *config.Run) []Fix {
	if run.EarlyStopping != 0 {
		return nil
	}
	n := strconv.Itoa(max(1, run.Epochs/10))
	stop := one("early stopping", "early-stopping", n, "It ends with the weights of the best epoch, before the loss rises.").with("restore-best-weights", "true")
	all := []Fix{stop}
	for _, more := range slices.Concat(penalty(run), dropout(run)) {
		r := stop
		for _, s := range more.Settings {
			r = r.with(s.Flag, s.Value)
		}
		r.Name += ", " + more.Name
		all = append(all, r)
	}
	return all
}
