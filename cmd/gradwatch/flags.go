package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/invalid"
)

// group is flags that a help text shows under one title.
type group struct {
	title string
	flags *pflag.FlagSet
}

func newGroup(title string) group {
	flags := pflag.NewFlagSet(title, pflag.ContinueOnError)
	flags.SortFlags = false
	return group{title, flags}
}

func (g group) add(v pflag.Value, name, usage string) {
	g.flags.Var(v, name, usage)
}

func (g group) addBool(target *bool, name, usage string) {
	g.flags.BoolVar(target, name, *target, usage)
}

// addTo gives the command the flags, with their title.
func (g group) addTo(c *cobra.Command) {
	g.flags.VisitAll(func(f *pflag.Flag) { f.Annotations = map[string][]string{grouped: {g.title}} })
	c.Flags().SortFlags = false
	c.Flags().AddFlagSet(g.flags)
}

// runFlags binds a run's configuration to flags.
type runFlags struct {
	run    config.Run
	preset string
	// hiddenLayers and units, or layers: two ways to say Run.Layers.
	hiddenLayers, units int
	layers              []int
	groups              []group
}

// newRunFlags returns the flags of a run, with the defaults of config.Default.
func newRunFlags() *runFlags {
	r := &runFlags{run: config.Default()}
	r.hiddenLayers, r.units = len(r.run.Layers), r.run.Layers[0]
	r.groups = []group{
		r.dataFlags(), r.streamFlags(), r.modelFlags(), r.trainingFlags(), r.regularizationFlags(), r.scheduleFlags(), r.recordFlags(),
		r.checkpointFlags(), r.machineFlags(),
	}
	return r
}

// addTo gives the command the flags.
func (r *runFlags) addTo(c *cobra.Command) {
	for _, g := range r.groups {
		g.addTo(c)
	}
}

func (r *runFlags) dataFlags() group {
	g := newGroup("Data")
	addGeneratorFlags(g, &r.run, "or a CSV file")
	g.add(numberValue("test-fraction", &r.run, func(c *config.Run) *float64 { return &c.TestFraction }),
		"test-fraction", "share of the rows that is kept for testing: the last rows")
	g.add(textValue("scale", "NAME", &r.run, func(c *config.Run) *string { return &c.Scale }),
		"scale", "scaling of the inputs: "+scaleHelp())
	addTableFlags(g, &r.run)
	return g
}

// addGeneratorFlags adds the flags that make a data set.
func addGeneratorFlags(g group, run *config.Run, orElse ...string) {
	g.add(textValue("dataset", "NAME", run, func(c *config.Run) *string { return &c.Dataset }),
		"dataset", strings.Join(append(dataset.Names(), orElse...), ", "))
	g.add(integerValue("samples", run, func(c *config.Run) *int { return &c.Samples }),
		"samples", "rows to generate")
	g.add(numberValue("noise", run, func(c *config.Run) *float64 { return &c.Noise }),
		"noise", "standard deviation of the Gaussian noise on generated points")
	g.add(seedValue("data-seed", &run.DataSeed),
		"data-seed", "seed of the generator, as scikit-learn's random_state")
}

func scaleHelp() string {
	names, summaries := dataset.ScaleNames(), dataset.ScaleSummaries()
	parts := make([]string, len(names))
	for i := range names {
		parts[i] = names[i] + " (" + summaries[i] + ")"
	}
	return strings.Join(parts, ", ")
}

func (r *runFlags) modelFlags() group {
	g := newGroup("Model")
	g.add(&value[string]{&r.preset, parsePreset, func(s string) string { return s }, "NAME"},
		"preset", "a model of the tutorial, which other flags change: "+strings.Join(config.PresetNames(), ", "))
	g.add(countValue("hidden-layers", &r.hiddenLayers, config.MaxLayers, func(c *config.Run) { c.Layers = nil }),
		"hidden-layers", "number of hidden layers")
	g.add(countValue("units", &r.units, config.MaxUnits, func(c *config.Run) { c.Layers = []int{0} }),
		"units", "units in each")
	g.add(widthsValue("layers", &r.layers),
		"layers", "widths of the hidden layers, such as 8,8,4; replaces --hidden-layers and --units")
	g.add(listValue(&r.run.Activations),
		"activation", "of all hidden layers, or a list with one for each: "+strings.Join(config.ActivationNames(), ", "))
	g.add(textValue("kernel-initializer", "NAME", &r.run, func(c *config.Run) *string { return &c.KernelInitializer }),
		"kernel-initializer", "of the hidden layers: "+strings.Join(config.InitializerNames(), ", ")+" (default by activation)")
	g.add(textValue("output-initializer", "NAME", &r.run, func(c *config.Run) *string { return &c.OutputInitializer }),
		"output-initializer", "of the output layer, by the same names")
	g.add(textValue("bias-initializer", "NAME", &r.run, func(c *config.Run) *string { return &c.BiasInitializer }),
		"bias-initializer", "of the hidden layers' biases, by the same names but orthogonal and identity")
	g.addBool(&r.run.BatchNorm, "batch-norm", "normalize each hidden layer's pre-activations by their batch's mean and variance, as Keras's BatchNormalization")
	g.addBool(&r.run.Residual, "residual", "add the output of the layer below to a hidden layer's output, where both have the same width (He et al. 2016)")
	g.add(&value[string]{&r.run.InitialWeights, parseFile, func(s string) string { return s }, "FILE"},
		"initial-weights", "start from the weights in this weights.json instead")
	return g
}

func parsePreset(text string) (string, error) {
	if _, ok := config.LookupPreset(text); !ok {
		return "", invalid.New("preset", text, "one of "+strings.Join(config.PresetNames(), ", "))
	}
	return text, nil
}

func parseFile(text string) (string, error) {
	if text == "" {
		return "", invalid.New("initial-weights", text, "a weights.json")
	}
	return text, nil
}

func (r *runFlags) trainingFlags() group {
	g := newGroup("Training")
	g.add(textValue("optimizer", "NAME", &r.run, func(c *config.Run) *string { return &c.Optimizer }),
		"optimizer", strings.Join(config.OptimizerNames(), ", "))
	g.add(r.rateValue(), "learning-rate", "step size (default "+rateHelp()+")")
	g.add(numberValue("momentum", &r.run, func(c *config.Run) *float64 { return &c.Momentum }),
		"momentum", "momentum of sgd")
	g.addBool(&r.run.Nesterov, "nesterov", "use Nesterov's momentum with sgd")
	g.add(numberValue("clip-norm", &r.run, func(c *config.Run) *float64 { return &c.ClipNorm }),
		"clip-norm", "scale each variable's gradient, kernels and biases by themselves, down to this L2 norm; 0 for none")
	g.add(numberValue("global-clip-norm", &r.run, func(c *config.Run) *float64 { return &c.GlobalClipNorm }),
		"global-clip-norm", "scale the gradient of all variables together down to this L2 norm; 0 for none")
	g.add(numberValue("clip-value", &r.run, func(c *config.Run) *float64 { return &c.ClipValue }),
		"clip-value", "cut each element of the gradients to this size; 0 for none")
	g.add(integerValue("epochs", &r.run, func(c *config.Run) *int { return &c.Epochs }),
		"epochs", "passes over the training rows")
	g.add(integerValue("batch-size", &r.run, func(c *config.Run) *int { return &c.BatchSize }),
		"batch-size", "rows in each training step")
	g.addBool(&r.run.Shuffle, "shuffle", "draw a fresh order of the training rows each epoch")
	g.add(seedValue("seed", &r.run.Seed),
		"seed", "decides initial weights and shuffles: the same seed gives the same bits")
	g.add(integerValue("repeats", &r.run, func(c *config.Run) *int { return &c.Repeats }),
		"repeats", "models to train side by side, with seeds from --seed on")
	return g
}

// rateValue reads a learning rate. 0, which no one can train with, is the
// field's word for the optimizer's default.
func (r *runFlags) rateValue() pflag.Value {
	v := numberValue("learning-rate", &r.run, func(c *config.Run) *float64 { return &c.LearningRate })
	parse := v.parse
	v.parse = func(text string) (float64, error) {
		rate, err := parse(text)
		if err == nil && rate == 0 {
			return 0, wrong("learning-rate", text, func(c *config.Run) { c.LearningRate = math.NaN() })
		}
		return rate, err
	}
	v.format = func(rate float64) string {
		if rate == 0 {
			return ""
		}
		return formatNumber(rate)
	}
	return v
}

// rateHelp names the default learning rates: 0.01 for sgd, 0.001 for the others.
func rateHelp() string {
	first, rest := config.Optimizers()[0], config.Optimizers()[1:]
	text := fmt.Sprintf("%g for %s", first.LearningRate, first.Name)
	for i, o := range rest {
		switch {
		case i == 0 && !slices.ContainsFunc(rest, func(p config.Optimizer) bool { return p.LearningRate != o.LearningRate }):
			return fmt.Sprintf("%s, %g for the others", text, o.LearningRate)
		default:
			text += fmt.Sprintf(", %g for %s", o.LearningRate, o.Name)
		}
	}
	return text
}

func (r *runFlags) recordFlags() group {
	g := newGroup("Records")
	addLogDir(g, &r.run)
	g.add(textValue("run", "NAME", &r.run, func(c *config.Run) *string { return &c.Name }),
		"run", "the run's folder in it (default from the configuration, such as relu-5x5; a name that is taken gets -2)")
	g.addBool(&r.run.Overwrite, "overwrite", "replace a run of that name")
	g.add(integerValue("histogram-freq", &r.run, func(c *config.Run) *int { return &c.HistogramFreq }),
		"histogram-freq", "epochs between histograms; 0 for none")
	g.add(r.histogramReplicaValue(),
		"histogram-replica", "with --repeats, the replica that histograms follow, from 0, or all, pooled")
	g.addBool(&r.run.LogReplicas, "log-replicas", "with --repeats, an event file for each replica too, not their mean and spread alone")
	g.add(textValue("gradient-data", "NAME", &r.run, func(c *config.Run) *string { return &c.GradientData }),
		"gradient-data", "rows on which gradients are measured: "+strings.Join(config.GradientDataNames(), ", "))
	g.add(r.unlessSaid("gradient-rows", config.AutoGradientRows, func(c *config.Run) *int { return &c.GradientRows }),
		"gradient-rows", "number of these rows that are used, evenly spaced; 0 for all (default 1/64 of the training rows, but at least 1024)")
	g.add(r.unlessSaid("gradient-batch", config.FollowBatchSize, func(c *config.Run) *int { return &c.GradientBatch }),
		"gradient-batch", "rows of each slice whose gradient goes into the histogram; 0 for all at once (default the batch size)")
	g.add(r.diagnoseFreqValue(),
		"diagnose-freq", "epochs between checks of layers and units for the verdict, or auto, about 20 a run; 0 for none and no verdict")
	g.add(textValue("train-metrics", "NAME", &r.run, func(c *config.Run) *string { return &c.TrainMetrics }),
		"train-metrics", "loss and accuracy on the training rows: exact (the model at the epoch's end) or running (mean over its batches, as Keras reports)")
	addDecisionFlag(g, &r.run)
	return g
}

// checkpointGroup is the title of the flags that keep a run from being lost.
const checkpointGroup = "Checkpoints"

func (r *runFlags) checkpointFlags() group {
	g := newGroup(checkpointGroup)
	g.add(integerValue("checkpoint-freq", &r.run, func(c *config.Run) *int { return &c.CheckpointFreq }),
		"checkpoint-freq", "epochs between checkpoints; 0 saves the last state only, which is always saved")
	g.add(integerValue("keep", &r.run, func(c *config.Run) *int { return &c.MaxCheckpoints }),
		"keep", "number of checkpoints to keep: the newest")
	return g
}

// diagnoseFreqValue reads a number of epochs, or auto.
func (r *runFlags) diagnoseFreqValue() pflag.Value {
	v := integerValue("diagnose-freq", &r.run, func(c *config.Run) *int { return &c.DiagnoseFreq })
	v.parse = func(text string) (int, error) {
		n, err := strconv.Atoi(text)
		switch {
		case text == autoDiagnose:
			return config.AutoDiagnose, nil
		case err != nil || n < 0:
			return 0, wrong("diagnose-freq", text, func(c *config.Run) { c.DiagnoseFreq = math.MinInt })
		}
		return n, nil
	}
	v.format = func(n int) string {
		if n == config.AutoDiagnose {
			return autoDiagnose
		}
		return strconv.Itoa(n)
	}
	return v
}

// autoDiagnose as --diagnose-freq means: about 20 checks a run.
const autoDiagnose = "auto"

// histogramReplicaValue reads a replica's number, or all.
func (r *runFlags) histogramReplicaValue() pflag.Value {
	v := integerValue("histogram-replica", &r.run, func(c *config.Run) *int { return &c.HistogramReplica })
	v.parse = func(text string) (int, error) {
		n, err := strconv.Atoi(text)
		switch {
		case text == allReplicas:
			return config.AllReplicas, nil
		case err != nil || n < 0:
			return 0, invalid.New("histogram-replica", text, "all or the number of a replica, from 0")
		}
		return n, nil
	}
	v.format = func(n int) string {
		if n == config.AllReplicas {
			return allReplicas
		}
		return strconv.Itoa(n)
	}
	return v
}

// allReplicas as --histogram-replica means: values of all replicas together.
const allReplicas = "all"

func addLogDir(g group, run *config.Run) {
	g.add(textValue("logdir", "FOLDER", run, func(c *config.Run) *string { return &c.LogDir }),
		"logdir", "folder that holds a folder for each run")
}

// unlessSaid reads a number of rows. A negative number is the field's word for what it is
// where the flag isn't given, and no value of the flag.
func (r *runFlags) unlessSaid(name string, unsaid int, field func(*config.Run) *int) pflag.Value {
	v := integerValue(name, &r.run, field)
	parse := v.parse
	v.parse = func(text string) (int, error) {
		n, err := parse(text)
		if err == nil && n < 0 {
			return 0, wrong(name, text, func(c *config.Run) { *field(c) = math.MinInt })
		}
		return n, err
	}
	v.format = func(n int) string {
		if n == unsaid {
			return ""
		}
		return strconv.Itoa(n)
	}
	return v
}

func (r *runFlags) machineFlags() group {
	g := newGroup("Machine")
	addMachineFlags(g, &r.run)
	g.add(textValue("precision", "NAME", &r.run, func(c *config.Run) *string { return &c.Precision }),
		"precision", "float32, or bfloat16 for the products of training steps in layers of 128 and more inputs and units: faster where the processor or GPU has instructions for it")
	return g
}

// addMachineFlags adds the flags that say what to train on.
func addMachineFlags(g group, run *config.Run) {
	g.add(textValue("device", "NAME", run, func(c *config.Run) *string { return &c.Device }),
		"device", "auto, cpu, gpu, gpu:N")
	g.add(threadsValue(run), "threads", "threads inside one operation, or auto, by the model's size")
}

// threadsValue reads a number of threads, or auto.
func threadsValue(run *config.Run) pflag.Value {
	v := integerValue("threads", run, func(c *config.Run) *int { return &c.Threads })
	v.parse = func(text string) (int, error) {
		n, err := strconv.Atoi(text)
		switch {
		case text == autoThreads:
			return 0, nil
		case err != nil || n < 1:
			return 0, wrong("threads", text, func(c *config.Run) { c.Threads = -1 })
		}
		return n, nil
	}
	v.format = func(n int) string {
		if n == 0 {
			return autoThreads
		}
		return strconv.Itoa(n)
	}
	return v
}

// autoThreads as --threads means: by the model's size.
const autoThreads = "auto"

// resolve returns the run that the command's flags ask for, checked. Flags that
// were given change the preset, whatever their order.
func (r *runFlags) resolve(flags *pflag.FlagSet) (config.Run, error) {
	if preset, ok := config.LookupPreset(r.preset); ok {
		if err := r.apply(preset, flags); err != nil {
			return config.Run{}, err
		}
	}
	counted := flags.Changed("hidden-layers") || flags.Changed("units")
	switch {
	case flags.Changed("layers") && counted:
		return config.Run{}, &invalid.Error{
			Field: "layers", Value: flags.Lookup("layers").Value.String(),
			Want: "it alone, without --hidden-layers and --units, which say the same",
		}
	case flags.Changed("layers"):
		r.run.Layers = r.layers
	case counted:
		r.run.Layers = config.Repeat(r.hiddenLayers, r.units)
	}
	return r.run, r.run.Validate()
}

// apply puts the preset beneath the flags that were given.
func (r *runFlags) apply(preset config.Preset, flags *pflag.FlagSet) error {
	given := make(map[string]string)
	flags.Visit(func(f *pflag.Flag) { given[f.Name] = f.Value.String() })
	r.run = preset.Apply(config.Default())
	r.hiddenLayers, r.units = len(r.run.Layers), r.run.Layers[0]
	if slices.ContainsFunc(modelFlags(), func(name string) bool { return flags.Changed(name) }) {
		r.run.Name = "" // it is another model now: named after what it is
	}
	var failures []error
	flags.Visit(func(f *pflag.Flag) { failures = append(failures, f.Value.Set(given[f.Name])) })
	return errors.Join(failures...)
}

// modelFlags returns the flags that make another model, or other data, of a
// preset.
func modelFlags() []string {
	names := []string{"hidden-layers", "units"}
	for _, f := range config.Fields() {
		if f.OfModel() {
			names = append(names, f.Name)
		}
	}
	return names
}
