package runflags

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/invalid"
)

// Flags binds a run's configuration to flags.
type Flags struct {
	Run    config.Run
	preset string
	// hiddenLayers and units, or layers: two ways to say Run.Layers.
	hiddenLayers, units int
	layers              []int
	groups              []cli.Group
}

// New returns the flags of a run, with the defaults of config.Default.
func New() *Flags {
	r := &Flags{Run: config.Default()}
	r.hiddenLayers, r.units = len(r.Run.Layers), r.Run.Layers[0]
	r.groups = []cli.Group{
		r.dataFlags(), r.streamFlags(), r.modelFlags(), r.trainingFlags(), r.regularizationFlags(), r.scheduleFlags(), r.RecordFlags(),
		r.checkpointFlags(), r.machineFlags(),
	}
	return r
}

// AddTo gives the command the flags.
func (r *Flags) AddTo(c *cobra.Command) {
	for _, g := range r.groups {
		g.AddTo(c)
	}
}

func (r *Flags) dataFlags() cli.Group {
	g := cli.NewGroup("Data")
	AddGeneratorFlags(g, &r.Run, "or a CSV file")
	g.Add(numberValue("test-fraction", &r.Run, func(c *config.Run) *float64 { return &c.TestFraction }),
		"test-fraction", "share of the rows that is kept for testing: the last rows")
	g.Add(textValue("scale", "NAME", &r.Run, func(c *config.Run) *string { return &c.Scale }),
		"scale", "scaling of the inputs: "+scaleHelp())
	addTableFlags(g, &r.Run)
	return g
}

// AddGeneratorFlags adds the flags that make a data set.
func AddGeneratorFlags(g cli.Group, run *config.Run, orElse ...string) {
	g.Add(textValue("dataset", "NAME", run, func(c *config.Run) *string { return &c.Dataset }),
		"dataset", strings.Join(append(dataset.Names(), orElse...), ", "))
	g.Add(IntegerValue("samples", run, func(c *config.Run) *int { return &c.Samples }),
		"samples", "rows to generate")
	g.Add(numberValue("noise", run, func(c *config.Run) *float64 { return &c.Noise }),
		"noise", "standard deviation of the Gaussian noise on generated points")
	g.Add(SeedValue("data-seed", &run.DataSeed),
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

func (r *Flags) modelFlags() cli.Group {
	g := cli.NewGroup("Model")
	g.Add(cli.NewValue(&r.preset, parsePreset, func(s string) string { return s }, "NAME"),
		"preset", "a model of the tutorial, which other flags change: "+strings.Join(config.PresetNames(), ", "))
	g.Add(countValue("hidden-layers", &r.hiddenLayers, config.MaxLayers, func(c *config.Run) { c.Layers = nil }),
		"hidden-layers", "number of hidden layers")
	g.Add(countValue("units", &r.units, config.MaxUnits, func(c *config.Run) { c.Layers = []int{0} }),
		"units", "units in each")
	g.Add(widthsValue("layers", &r.layers),
		"layers", "widths of the hidden layers, such as 8,8,4; replaces --hidden-layers and --units")
	g.Add(listValue(&r.Run.Activations),
		"activation", "of all hidden layers, or a list with one for each: "+strings.Join(config.ActivationNames(), ", "))
	g.Add(textValue("kernel-initializer", "NAME", &r.Run, func(c *config.Run) *string { return &c.KernelInitializer }),
		"kernel-initializer", "of the hidden layers: "+strings.Join(config.InitializerNames(), ", ")+" (default by activation)")
	g.Add(textValue("output-initializer", "NAME", &r.Run, func(c *config.Run) *string { return &c.OutputInitializer }),
		"output-initializer", "of the output layer, by the same names")
	g.Add(textValue("bias-initializer", "NAME", &r.Run, func(c *config.Run) *string { return &c.BiasInitializer }),
		"bias-initializer", "of the hidden layers' biases, by the same names but orthogonal and identity")
	g.AddBool(&r.Run.BatchNorm, "batch-norm", "normalize each hidden layer's pre-activations by their batch's mean and variance, as Keras's BatchNormalization")
	g.AddBool(&r.Run.Residual, "residual", "add the output of the layer below to a hidden layer's output, where both have the same width (He et al. 2016)")
	g.Add(cli.NewValue(&r.Run.InitialWeights, parseFile, func(s string) string { return s }, "FILE"),
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

func (r *Flags) trainingFlags() cli.Group {
	g := cli.NewGroup("Training")
	g.Add(textValue("optimizer", "NAME", &r.Run, func(c *config.Run) *string { return &c.Optimizer }),
		"optimizer", strings.Join(config.OptimizerNames(), ", "))
	g.Add(r.rateValue(), "learning-rate", "step size (default "+rateHelp()+")")
	g.Add(numberValue("momentum", &r.Run, func(c *config.Run) *float64 { return &c.Momentum }),
		"momentum", "momentum of sgd")
	g.AddBool(&r.Run.Nesterov, "nesterov", "use Nesterov's momentum with sgd")
	g.Add(numberValue("clip-norm", &r.Run, func(c *config.Run) *float64 { return &c.ClipNorm }),
		"clip-norm", "scale each variable's gradient, kernels and biases by themselves, down to this L2 norm; 0 for none")
	g.Add(numberValue("global-clip-norm", &r.Run, func(c *config.Run) *float64 { return &c.GlobalClipNorm }),
		"global-clip-norm", "scale the gradient of all variables together down to this L2 norm; 0 for none")
	g.Add(numberValue("clip-value", &r.Run, func(c *config.Run) *float64 { return &c.ClipValue }),
		"clip-value", "cut each element of the gradients to this size; 0 for none")
	g.Add(IntegerValue("epochs", &r.Run, func(c *config.Run) *int { return &c.Epochs }),
		"epochs", "passes over the training rows")
	g.Add(IntegerValue("batch-size", &r.Run, func(c *config.Run) *int { return &c.BatchSize }),
		"batch-size", "rows in each training step")
	g.AddBool(&r.Run.Shuffle, "shuffle", "draw a fresh order of the training rows each epoch")
	g.Add(SeedValue("seed", &r.Run.Seed),
		"seed", "decides initial weights and shuffles: the same seed gives the same bits")
	g.Add(IntegerValue("repeats", &r.Run, func(c *config.Run) *int { return &c.Repeats }),
		"repeats", "models to train side by side, with seeds from --seed on")
	return g
}

// rateValue reads a learning rate. 0, which no one can train with, is the
// field's word for the optimizer's default.
func (r *Flags) rateValue() pflag.Value {
	v := numberValue("learning-rate", &r.Run, func(c *config.Run) *float64 { return &c.LearningRate })
	parse := v.Parse
	v.Parse = func(text string) (float64, error) {
		rate, err := parse(text)
		if err == nil && rate == 0 {
			return 0, wrong("learning-rate", text, func(c *config.Run) { c.LearningRate = math.NaN() })
		}
		return rate, err
	}
	v.Format = func(rate float64) string {
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

func (r *Flags) RecordFlags() cli.Group {
	g := cli.NewGroup("Records")
	AddLogDir(g, &r.Run)
	g.Add(textValue("run", "NAME", &r.Run, func(c *config.Run) *string { return &c.Name }),
		"run", "the run's folder in it (default from the configuration, such as relu-5x5; a name that is taken gets -2)")
	g.AddBool(&r.Run.Overwrite, "overwrite", "replace a run of that name")
	g.Add(IntegerValue("histogram-freq", &r.Run, func(c *config.Run) *int { return &c.HistogramFreq }),
		"histogram-freq", "epochs between histograms; 0 for none")
	g.Add(r.histogramReplicaValue(),
		"histogram-replica", "with --repeats, the replica that histograms follow, from 0, or all, pooled")
	g.AddBool(&r.Run.LogReplicas, "log-replicas", "with --repeats, an event file for each replica too, not their mean and spread alone")
	g.Add(textValue("gradient-data", "NAME", &r.Run, func(c *config.Run) *string { return &c.GradientData }),
		"gradient-data", "rows on which gradients are measured: "+strings.Join(config.GradientDataNames(), ", "))
	g.Add(r.unlessSaid("gradient-rows", config.AutoGradientRows, func(c *config.Run) *int { return &c.GradientRows }),
		"gradient-rows", "number of these rows that are used, evenly spaced; 0 for all (default 1/64 of the training rows, but at least 1024)")
	g.Add(r.unlessSaid("gradient-batch", config.FollowBatchSize, func(c *config.Run) *int { return &c.GradientBatch }),
		"gradient-batch", "rows of each slice whose gradient goes into the histogram; 0 for all at once (default the batch size)")
	g.Add(r.diagnoseFreqValue(),
		"diagnose-freq", "epochs between checks of layers and units for the verdict, or auto, about 20 a run; 0 for none and no verdict")
	g.Add(textValue("train-metrics", "NAME", &r.Run, func(c *config.Run) *string { return &c.TrainMetrics }),
		"train-metrics", "loss and accuracy on the training rows: exact (the model at the epoch's end) or running (mean over its batches, as Keras reports)")
	addDecisionFlag(g, &r.Run)
	return g
}

// CheckpointGroup is the title of the flags that keep a run from being lost.
const CheckpointGroup = "Checkpoints"

func (r *Flags) checkpointFlags() cli.Group {
	g := cli.NewGroup(CheckpointGroup)
	g.Add(IntegerValue("checkpoint-freq", &r.Run, func(c *config.Run) *int { return &c.CheckpointFreq }),
		"checkpoint-freq", "epochs between checkpoints; 0 saves the last state only, which is always saved")
	g.Add(IntegerValue("keep", &r.Run, func(c *config.Run) *int { return &c.MaxCheckpoints }),
		"keep", "number of checkpoints to keep: the newest")
	return g
}

// diagnoseFreqValue reads a number of epochs, or auto.
func (r *Flags) diagnoseFreqValue() pflag.Value {
	v := IntegerValue("diagnose-freq", &r.Run, func(c *config.Run) *int { return &c.DiagnoseFreq })
	v.Parse = func(text string) (int, error) {
		n, err := strconv.Atoi(text)
		switch {
		case text == autoDiagnose:
			return config.AutoDiagnose, nil
		case err != nil || n < 0:
			return 0, wrong("diagnose-freq", text, func(c *config.Run) { c.DiagnoseFreq = math.MinInt })
		}
		return n, nil
	}
	v.Format = func(n int) string {
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
func (r *Flags) histogramReplicaValue() pflag.Value {
	v := IntegerValue("histogram-replica", &r.Run, func(c *config.Run) *int { return &c.HistogramReplica })
	v.Parse = func(text string) (int, error) {
		n, err := strconv.Atoi(text)
		switch {
		case text == allReplicas:
			return config.AllReplicas, nil
		case err != nil || n < 0:
			return 0, invalid.New("histogram-replica", text, "all or the number of a replica, from 0")
		}
		return n, nil
	}
	v.Format = func(n int) string {
		if n == config.AllReplicas {
			return allReplicas
		}
		return strconv.Itoa(n)
	}
	return v
}

// allReplicas as --histogram-replica means: values of all replicas together.
const allReplicas = "all"

func AddLogDir(g cli.Group, run *config.Run) {
	g.Add(textValue("logdir", "FOLDER", run, func(c *config.Run) *string { return &c.LogDir }),
		"logdir", "folder that holds a folder for each run")
}

// unlessSaid reads a number of rows. A negative number is the field's word for what it is
// where the flag isn't given, and no value of the flag.
func (r *Flags) unlessSaid(name string, unsaid int, field func(*config.Run) *int) pflag.Value {
	v := IntegerValue(name, &r.Run, field)
	parse := v.Parse
	v.Parse = func(text string) (int, error) {
		n, err := parse(text)
		if err == nil && n < 0 {
			return 0, wrong(name, text, func(c *config.Run) { *field(c) = math.MinInt })
		}
		return n, err
	}
	v.Format = func(n int) string {
		if n == unsaid {
			return ""
		}
		return strconv.Itoa(n)
	}
	return v
}

func (r *Flags) machineFlags() cli.Group {
	g := cli.NewGroup("Machine")
	AddMachineFlags(g, &r.Run)
	g.Add(textValue("precision", "NAME", &r.Run, func(c *config.Run) *string { return &c.Precision }),
		"precision", "float32, or bfloat16 for the products of training steps in layers of 128 and more inputs and units: faster where the processor or GPU has instructions for it")
	return g
}

// AddMachineFlags adds the flags that say what to train on.
func AddMachineFlags(g cli.Group, run *config.Run) {
	g.Add(textValue("device", "NAME", run, func(c *config.Run) *string { return &c.Device }),
		"device", "auto, cpu, gpu, gpu:N")
	g.Add(ThreadsValue(run), "threads", "threads inside one operation, or auto, by the model's size")
}

// ThreadsValue reads a number of threads, or auto.
func ThreadsValue(run *config.Run) pflag.Value {
	v := IntegerValue("threads", run, func(c *config.Run) *int { return &c.Threads })
	v.Parse = func(text string) (int, error) {
		n, err := strconv.Atoi(text)
		switch {
		case text == autoThreads:
			return 0, nil
		case err != nil || n < 1:
			return 0, wrong("threads", text, func(c *config.Run) { c.Threads = -1 })
		}
		return n, nil
	}
	v.Format = func(n int) string {
		if n == 0 {
			return autoThreads
		}
		return strconv.Itoa(n)
	}
	return v
}

// autoThreads as --threads means: by the model's size.
const autoThreads = "auto"

// Resolve returns the run that the command's flags ask for, checked. Flags that
// were given change the preset, whatever their order.
func (r *Flags) Resolve(flags *pflag.FlagSet) (config.Run, error) {
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
		r.Run.Layers = r.layers
	case counted:
		r.Run.Layers = config.Repeat(r.hiddenLayers, r.units)
	}
	return r.Run, r.Run.Validate()
}

// apply puts the preset beneath the flags that were given.
func (r *Flags) apply(preset config.Preset, flags *pflag.FlagSet) error {
	given := make(map[string]string)
	flags.Visit(func(f *pflag.Flag) { given[f.Name] = f.Value.String() })
	r.Run = preset.Apply(config.Default())
	r.hiddenLayers, r.units = len(r.Run.Layers), r.Run.Layers[0]
	if slices.ContainsFunc(modelFlags(), func(name string) bool { return flags.Changed(name) }) {
		r.Run.Name = "" // it is another model now: named after what it is
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
