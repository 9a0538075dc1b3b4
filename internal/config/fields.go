package config

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"gradwatch/internal/dataset"
	"gradwatch/internal/invalid"
)

// The titles of groups of settings in help.
const (
	DataGroup           = "Data"
	StreamGroup         = "Data larger than memory"
	ModelGroup          = "Model"
	TrainingGroup       = "Training"
	RegularizationGroup = "Regularization"
	ScheduleGroup       = "Schedule and early stopping"
	RecordsGroup        = "Records"
	CheckpointsGroup    = "Checkpoints"
	MachineGroup        = "Machine"
)

// Groups returns the titles in help's order.
func Groups() []string {
	return []string{
		DataGroup, StreamGroup, ModelGroup, TrainingGroup, RegularizationGroup, ScheduleGroup, RecordsGroup, CheckpointsGroup, MachineGroup,
	}
}

// Fields returns the table of a run's settings, group by group, in help's order. It has a row
// for each field of a [Run] that JSON has.
func Fields() []Field { return slices.Clone(fields()) }

var fields = sync.OnceValue(func() []Field {
	return slices.Concat(
		dataFields(), streamFields(), modelFields(), trainingFields(), regularizationFields(), scheduleFields(), recordsFields(),
		checkpointsFields(), machineFields(),
	)
})

// grouped sets the group of fields.
func grouped(group string, fields ...Field) []Field {
	for i := range fields {
		fields[i].Group = group
	}
	return fields
}

// named returns a choice of names.
func named(name, help string, uses uses, at func(*Run) *string, names []string) Field {
	return Field{Name: name, Help: help, Placeholder: "NAME", Choices: names, uses: uses, values: choice(at, names)}
}

// inOrder writes names as help lists them.
func inOrder(names []string) string { return strings.Join(names, ", ") }

func dataFields() []Field {
	return grouped(
		DataGroup,
		Field{
			Name: "dataset", Help: inOrder(dataset.Names()) + ", or a CSV file", Placeholder: "NAME", uses: ofModel | inName | hyper,
			values: text(func(r *Run) *string { return &r.Dataset }, func(text string) *invalid.Error {
				if text == "" || strings.ContainsRune(text, 0) {
					return invalid.Want("a generator's name or a CSV file")
				}
				return wantPath(text)
			}),
		},
		Field{
			Name: "samples", Help: "rows to generate", Placeholder: "N", uses: hyper,
			values: integer(func(r *Run) *int { return &r.Samples }, 2, dataset.MaxSamples),
		},
		Field{
			Name: "noise", Help: "standard deviation of the Gaussian noise on generated points", Placeholder: "X", uses: hyper,
			values: number(func(r *Run) *float64 { return &r.Noise }, "a number of at least 0", anyNumber),
		},
		Field{
			Name: "data-seed", Help: "seed of the generator, as scikit-learn's random_state", Placeholder: "N", uses: hyper,
			values: seed(func(r *Run) *uint32 { return &r.DataSeed }),
		},
		Field{
			Name: "test-fraction", Help: "share of the rows that is kept for testing; of a file 0.2", Placeholder: "X", uses: hyper,
			values: number(func(r *Run) *float64 { return &r.TestFraction }, "a number above 0 and below 1", func(x float64) bool { return x > 0 && x < 1 }),
		},
		Field{
			Name: "validation-fraction", Help: "share of the other rows that decide what early stopping, plateaus and fixes go by; 0: the test rows do",
			Placeholder: "X", uses: hyper,
			values: number(func(r *Run) *float64 { return &r.ValidationFraction }, "a number of at least 0 and below 1", func(x float64) bool { return x < 1 }),
		},
		named("scale", "scaling of the inputs: "+scaleHelp(), hyper, func(r *Run) *string { return &r.Scale }, dataset.ScaleNames()),
		Field{
			Name: "target", Help: "the column of a CSV file to predict: its name, or its number from 1 (default the last)",
			Placeholder: "COLUMN", uses: ofFile | hyper,
			values: text(func(r *Run) *string { return &r.Target }, noNUL("a column's name or number")),
		},
		Field{
			Name: "ignore", Help: "columns of a CSV file that are left out: their names, or their numbers from 1", Placeholder: "COLUMN,...",
			uses: ofFile | hyper, values: text(func(r *Run) *string { return &r.Ignore }, noNUL("names or numbers of columns")),
		},
		named("task", inOrder(dataset.TaskNames())+": auto takes words, and up to 20 different whole numbers, for classes", ofFile|hyper,
			func(r *Run) *string { return &r.Task }, dataset.TaskNames()),
		Field{
			Name: "test", Help: "a second CSV file with the same columns; its rows are the test rows", Placeholder: "FILE", uses: ofFile | hyper,
			values: text(func(r *Run) *string { return &r.TestFile }, noNUL("a CSV file")),
		},
		Field{
			Name: "shuffle-rows", Help: "draw the order of a file's rows, by --data-seed, before they are split: the default for files, unless --test says what tests", uses: ofFile | hyper,
			values: toggle(func(r *Run) *bool { return &r.ShuffleRows }),
		},
		Field{
			Name: "stratify", Help: "split the rows so that all parts have the same share of each class: the default for files, as --shuffle-rows", uses: ofFile | hyper,
			values: toggle(func(r *Run) *bool { return &r.Stratify }),
		},
		Field{
			Name: "cross-validate", Help: "split a file's rows into K folds, each of which tests once, and train with each, side by side; 0 for none",
			Placeholder: "K", uses: ofFile | hyper, values: integer(func(r *Run) *int { return &r.CrossValidate }, 0, dataset.MaxSamples),
		},
		Field{
			Name: "fold", Help: "of a cross-validation, train with this fold alone, from 1; 0 for all", Placeholder: "N", uses: ofModel | inName | ofFile | hyper,
			values: integer(func(r *Run) *int { return &r.Fold }, 0, dataset.MaxSamples),
		},
		named("missing", "fields that are "+dataset.MissingTexts+": "+inOrder(dataset.MissingNames())+" (the row); by the training rows", ofFile|hyper,
			func(r *Run) *string { return &r.Missing }, dataset.MissingNames()),
		Field{
			Name: "missing-values", Help: "more texts that stand for no value, such as n/a,-", Placeholder: "TEXT,...", uses: ofFile | hyper,
			values: text(func(r *Run) *string { return &r.MissingValues }, noNUL("texts separated by commas")),
		},
		Field{
			Name: "date", Help: "input columns of dates, each as the number of days since 1970-01-01", Placeholder: "COLUMN,...", uses: ofFile | hyper,
			values: text(func(r *Run) *string { return &r.Date }, noNUL("names or numbers of columns")),
		},
		named("date-order", "day and month in dates such as 3/4/2020: "+inOrder(dataset.DateOrderNames())+"; auto: as a day above 12 shows", ofFile|hyper,
			func(r *Run) *string { return &r.DateOrder }, dataset.DateOrderNames()),
		Field{
			Name: "one-hot", Help: "columns of categories, each of which becomes an input of 0 or 1, or all: each column with words; none refuses words",
			Placeholder: "COLUMN,...", uses: ofFile | hyper, values: oneHotKind(),
		},
		named("header", "whether a CSV file's first line names the columns: "+inOrder(dataset.HeaderNames()), ofFile|hyper,
			func(r *Run) *string { return &r.Header }, dataset.HeaderNames()),
		named("separator", "between the fields of a CSV file: "+inOrder(dataset.SeparatorNames()), ofFile|hyper,
			func(r *Run) *string { return &r.Separator }, dataset.SeparatorNames()),
		named("decimal", "mark before decimals in a CSV file: "+inOrder(dataset.DecimalNames()), ofFile|hyper,
			func(r *Run) *string { return &r.Decimal }, dataset.DecimalNames()),
		named("encoding", "of a CSV file's text: "+inOrder(dataset.EncodingNames()), ofFile|hyper,
			func(r *Run) *string { return &r.Encoding }, dataset.EncodingNames()),
		named("scale-target", "of a regression: "+inOrder(dataset.ScaleTargetNames())+" (to mean 0 and variance 1 over the training rows, or as it is)", ofFile|hyper,
			func(r *Run) *string { return &r.ScaleTarget }, dataset.ScaleTargetNames()),
		Field{
			Name: "baseline", Help: "compare the model with guessing and with a linear model, which is fitted meanwhile unless that takes more than a tenth of the run; " +
				"of a file that is not streamed",
			uses: ofFile | beside, values: toggle(func(r *Run) *bool { return &r.Baseline }),
		},
	)
}

// oneHotKind has the text none for "", which a flag must be able to say.
func oneHotKind() kind[string] {
	const none = "none"
	k := text(func(r *Run) *string { return &r.OneHot }, noNUL("all, none, or names of columns"))
	k.format = func(columns string) string { return cmp.Or(columns, none) }
	parse := k.parse
	k.parse = func(text string) (string, bool) {
		if text == none {
			return "", true
		}
		return parse(text)
	}
	return k
}

func scaleHelp() string {
	names, summaries := dataset.ScaleNames(), dataset.ScaleSummaries()
	parts := make([]string, len(names))
	for i := range names {
		parts[i] = names[i] + " (" + summaries[i] + ")"
	}
	return inOrder(parts)
}

func streamFields() []Field {
	return grouped(
		StreamGroup,
		Field{
			Name: "stream", Help: "read the rows of a CSV file, or of the files that a pattern matches, once into a cache on the disk, " +
				"and train from the cache; the default for data that do not fit into memory",
			values: toggle(func(r *Run) *bool { return &r.Stream }),
		},
		Field{
			Name: "cache", Help: "holds caches (default gradwatch in the user's folder of caches)", Placeholder: "FOLDER",
			values: text(func(r *Run) *string { return &r.Cache }, noNUL("a folder")),
		},
		Field{
			Name: "shuffle-buffer", Help: "rows among which the order of a stream is drawn", Placeholder: "N",
			values: integer(func(r *Run) *int { return &r.ShuffleBuffer }, 1, maxEpochs),
		},
		Field{
			Name: "checkpoint-steps", Help: "steps between checkpoints within an epoch of a stream; 0 for none but where it is stopped",
			Placeholder: "N", uses: beside,
			values: integer(func(r *Run) *int { return &r.CheckpointSteps }, 0, maxEpochs),
		},
	)
}

func modelFields() []Field {
	initializers := inOrder(InitializerNames())
	return grouped(
		ModelGroup,
		Field{
			Name: "layers", Help: "widths of the hidden layers, such as 8,8,4; replaces --hidden-layers and --units",
			Placeholder: "N,N,...", uses: ofModel | inName | hyper, values: layersKind(),
		},
		Field{
			Name: "activation", Help: "of all hidden layers, or a list with one for each: " + inOrder(ActivationNames()),
			Placeholder: "NAME,...", Choices: ActivationNames(), uses: ofModel | inName | hyper, values: activationsKind(),
		},
		Field{
			Name: "kernel-initializer", Help: "of the hidden layers: " + initializers + " (default by activation)",
			Placeholder: "NAME", uses: ofModel | inName | beside | hyper, values: kernelInitializerKind(),
		},
		Field{
			Name: "output-initializer", Help: "of the output layer, by the same names", Placeholder: "NAME", uses: ofModel | beside | hyper,
			values: parsed(func(r *Run) *string { return &r.OutputInitializer }, ParseInitializer),
		},
		Field{
			Name: "bias-initializer", Help: "of the hidden layers' biases, by the same names but orthogonal and identity",
			Placeholder: "NAME", uses: ofModel | inName | beside | hyper,
			values: parsed(func(r *Run) *string { return &r.BiasInitializer }, ParseBiasInitializer),
		},
		named("output-activation", "of the output layer: "+inOrder(OutputActivationNames())+"; auto is by the loss: sigmoid for one output of classes, "+
			"softmax for several, linear for a number", ofModel|inName|hyper, func(r *Run) *string { return &r.OutputActivation }, OutputActivationNames()),
		Field{
			Name: "units-output", Help: "units of the output layer, or auto: 1 for two classes and for a number, else as many as there are classes",
			Placeholder: "N", uses: ofModel | inName | hyper,
			values: integerOr(func(r *Run) *int { return &r.UnitsOutput }, auto, 0, 1, MaxUnits, func(int) *invalid.Error {
				return invalid.Want("auto or an integer from 1 to %d", MaxUnits)
			}),
		},
		Field{
			Name: "batch-norm", Help: "normalize each hidden layer's pre-activations by their batch's mean and variance, as Keras's BatchNormalization",
			uses: ofModel | inName | hyper, values: toggle(func(r *Run) *bool { return &r.BatchNorm }),
		},
		Field{
			Name: "layer-norm", Help: "normalize each hidden layer's pre-activations by each row's mean and variance over the units, as Keras's LayerNormalization",
			uses: ofModel | inName | hyper, values: toggle(func(r *Run) *bool { return &r.LayerNorm }),
		},
		Field{
			Name: "residual", Help: "add the output of the layer below to a hidden layer's output, where both have the same width (He et al. 2016)",
			uses: ofModel | inName | hyper, values: toggle(func(r *Run) *bool { return &r.Residual }),
		},
		Field{
			Name: "initial-weights", Help: "start from the weights in this weights.json instead", Placeholder: "FILE",
			uses: ofModel | beside | hyper, values: initialWeightsKind(),
		},
	)
}

// layersKind has two fields for one: its errors are those of hidden-layers and units.
func layersKind() kind[[]int] {
	width := func(text string) (int, bool) {
		n, err := strconv.Atoi(text)
		return n, err == nil && n >= 1 && n <= MaxUnits
	}
	k := list(func(r *Run) *[]int { return &r.Layers }, width, strconv.Itoa)
	k.wanted = fmt.Sprintf("the widths of up to %d hidden layers, separated by commas, each from 1 to %d", MaxLayers, MaxUnits)
	parse := k.parse
	k.parse = func(text string) ([]int, bool) {
		widths, ok := parse(text)
		return widths, ok && len(widths) <= MaxLayers
	}
	k.refuse = func(widths []int) *invalid.Error {
		if n := len(widths); n > MaxLayers {
			return invalid.New("hidden-layers", strconv.Itoa(n), integerWanted(n, 0, MaxLayers).Want)
		}
		for _, units := range widths {
			if units < 1 || units > MaxUnits {
				return invalid.New("units", strconv.Itoa(units), integerWanted(units, 1, MaxUnits).Want)
			}
		}
		return nil
	}
	return k
}

func activationsKind() kind[[]string] {
	same := func(name string) string { return name }
	k := list(func(r *Run) *[]string { return &r.Activations }, func(text string) (string, bool) { return text, true }, same)
	k.refuse = func(names []string) *invalid.Error {
		for _, name := range names {
			if wrong := oneOf(name, ActivationNames()); wrong != nil {
				return invalid.New("activation", name, wrong.Want)
			}
		}
		return nil
	}
	return k
}

// kernelInitializerKind accepts "" too, which stands for the one that suits the activation.
func kernelInitializerKind() kind[string] {
	k := parsed(func(r *Run) *string { return &r.KernelInitializer }, ParseInitializer)
	refuse := k.refuse
	k.refuse = func(text string) *invalid.Error {
		if text == "" {
			return nil
		}
		return refuse(text)
	}
	return k
}

func initialWeightsKind() kind[string] {
	k := text(func(r *Run) *string { return &r.InitialWeights }, wantPath)
	k.wanted = "a weights.json"
	return k
}

func trainingFields() []Field {
	learningRate := positive(func(r *Run) *float64 { return &r.LearningRate }, "a number above 0")
	parse := learningRate.parse
	learningRate.parse = func(text string) (float64, bool) { // 0 stands for the default and has no text
		x, ok := parse(text)
		return x, ok && x != 0
	}
	learningRate.format = func(x float64) string {
		if x == 0 {
			return ""
		}
		return formatNumber(x)
	}
	const bound = "a number above 0, or 0 for none"
	return grouped(
		TrainingGroup,
		named("loss", "by Keras's names: "+inOrder(LossNames())+"; auto is by the target: cross-entropy for classes, mse for a number",
			ofModel|inName|hyper, func(r *Run) *string { return &r.Loss }, LossNames()),
		named("optimizer", inOrder(OptimizerNames()), ofModel|inName|hyper, func(r *Run) *string { return &r.Optimizer }, OptimizerNames()),
		Field{
			Name: "learning-rate", Help: "step size (default " + rateHelp() + ")", Placeholder: "X", uses: ofModel | hyper, values: learningRate,
		},
		Field{
			Name: "momentum", Help: "momentum of sgd", Placeholder: "X", uses: ofModel | hyper,
			values: number(func(r *Run) *float64 { return &r.Momentum }, "a number of at least 0 and below 1", func(x float64) bool {
				return float32(x) < 1 // as it trains
			}),
		},
		Field{
			Name: "nesterov", Help: "use Nesterov's momentum with sgd", uses: ofModel | hyper, values: toggle(func(r *Run) *bool { return &r.Nesterov }),
		},
		constantField(0, "decay of the mean of the gradients", belowOne),
		constantField(1, "decay of the mean of the squared gradients; of adamax, of their sizes; of lion, the second of the mean", belowOne),
		constantField(2, "decay of the mean of the squared gradients", belowOne),
		constantField(3, "is added to the denominator", anyNumber),
		constantField(4, "share of each weight and bias that a step takes off before its update, times the rate", anyNumber),
		Field{
			Name: "clip-norm", Help: "scale each variable's gradient, kernels and biases by themselves, down to this L2 norm; 0 for none",
			Placeholder: "X", uses: ofModel | inName | hyper, values: positive(func(r *Run) *float64 { return &r.ClipNorm }, bound),
		},
		Field{
			Name: "global-clip-norm", Help: "scale the gradient of all variables together down to this L2 norm; 0 for none",
			Placeholder: "X", uses: ofModel | inName | hyper, values: positive(func(r *Run) *float64 { return &r.GlobalClipNorm }, bound),
		},
		Field{
			Name: "clip-value", Help: "cut each element of the gradients to this size; 0 for none",
			Placeholder: "X", uses: ofModel | inName | hyper, values: positive(func(r *Run) *float64 { return &r.ClipValue }, bound),
		},
		Field{
			Name: "epochs", Help: "passes over the training rows, or auto, by their number", Placeholder: "N", uses: hyper,
			values: integerOr(func(r *Run) *int { return &r.Epochs }, auto, AutoEpochs, 1, maxEpochs, func(n int) *invalid.Error {
				return integerWanted(n, 1, maxEpochs)
			}),
		},
		Field{
			Name: "batch-size", Help: "rows in each training step", Placeholder: "N", uses: hyper,
			values: integer(func(r *Run) *int { return &r.BatchSize }, 1, math.MaxInt32),
		},
		Field{
			Name: "shuffle", Help: "draw a fresh order of the training rows each epoch", uses: beside | hyper,
			values: toggle(func(r *Run) *bool { return &r.Shuffle }),
		},
		Field{
			Name: "seed", Help: "decides initial weights and shuffles: the same seed gives the same bits", Placeholder: "N", uses: beside | hyper,
			values: seed(func(r *Run) *uint32 { return &r.Seed }),
		},
		Field{
			Name: "repeats", Help: "models to train side by side, with seeds from --seed on", Placeholder: "N", uses: beside | hyper,
			values: integer(func(r *Run) *int { return &r.Repeats }, 1, maxRepeats),
		},
	)
}

// constantField returns the row of constant i of [Constants]'s list.
func constantField(i int, help string, accepts func(float64) bool) Field {
	wanted := "auto or a number of at least 0"
	if !accepts(1) {
		wanted += " and below 1"
	}
	return Field{
		Name: new(Constants).list()[i].field, Help: fmt.Sprintf("%s (%s)", help, constantHelp(i)), Placeholder: "X", uses: ofModel | hyper,
		values: numberOrAuto(func(r *Run) **float64 { return r.Constants.list()[i].value }, wanted, accepts),
	}
}

// constantHelp names the defaults of constant i, and the optimizers that have them:
// 0.9 for rmsprop; 0.95 for adadelta.
func constantHelp(i int) string {
	var values []string
	having := make(map[string][]string)
	for _, o := range Optimizers() {
		if x := *o.list()[i].value; x != nil {
			text := formatNumber(*x)
			if having[text] == nil {
				values = append(values, text)
			}
			having[text] = append(having[text], o.Name)
		}
	}
	for j, text := range values {
		values[j] = text + " for " + inOrder(having[text])
	}
	return "auto: " + strings.Join(values, "; ")
}

func belowOne(x float64) bool { return float32(x) < 1 } // as it trains

// rateHelp names the default learning rates: 0.01 for sgd, 0.001 for the others.
func rateHelp() string {
	first, rest := Optimizers()[0], Optimizers()[1:]
	help := fmt.Sprintf("%g for %s", first.LearningRate, first.Name)
	if !slices.ContainsFunc(rest, func(o Optimizer) bool { return o.LearningRate != rest[0].LearningRate }) {
		return fmt.Sprintf("%s, %g for the others", help, rest[0].LearningRate)
	}
	for _, o := range rest {
		help += fmt.Sprintf(", %g for %s", o.LearningRate, o.Name)
	}
	return help
}

func regularizationFields() []Field {
	const penalty = "a number of at least 0"
	return grouped(
		RegularizationGroup,
		Field{
			Name: "l1", Help: "add X times the sum of the absolute kernel weights to the loss; biases are not counted", Placeholder: "X",
			uses: ofModel | inName | hyper, values: number(func(r *Run) *float64 { return &r.L1 }, penalty, anyNumber),
		},
		Field{
			Name: "l2", Help: "add X times the sum of the squared kernel weights to the loss, or auto, by the number of training rows; biases are not counted",
			Placeholder: "X", uses: ofModel | inName | hyper, values: orAuto(number(func(r *Run) *float64 { return &r.L2 }, penalty, anyNumber), AutoL2),
		},
		Field{
			Name: "dropout", Help: "share of each hidden layer's outputs that a training step sets to 0, or a list with one share for each layer",
			Placeholder: "X,...", uses: ofModel | inName | hyper, values: dropoutKind(),
		},
		Field{
			Name: "class-weight", Help: "of each row in the training loss, by its class: none, balanced (rows / (classes x rows of the class)), " +
				"or a list such as 0=1,1=3.5",
			Placeholder: "WEIGHTS", uses: ofModel | inName | hyper,
			values: text(func(r *Run) *string { return &r.ClassWeight }, refuseClassWeight),
		},
	)
}

// dropoutKind is a list of shares; 0 alone is none.
func dropoutKind() kind[[]float64] {
	const wanted = "numbers of at least 0 and below 1"
	share := number(nil, wanted, func(x float64) bool { return x < 1 })
	k := list(func(r *Run) *[]float64 { return &r.Dropout }, share.parse, formatNumber)
	k.wanted = wanted
	parse, format := k.parse, k.format
	k.parse = func(text string) ([]float64, bool) {
		rates, ok := parse(text)
		if len(rates) == 1 && rates[0] == 0 {
			return nil, ok
		}
		return rates, ok
	}
	k.format = func(rates []float64) string {
		if len(rates) == 0 {
			return "0"
		}
		return format(rates)
	}
	k.refuse = func(rates []float64) *invalid.Error {
		for _, rate := range rates {
			if wrong := share.refuse(rate); wrong != nil {
				return wrong
			}
		}
		return nil
	}
	return k
}

func scheduleFields() []Field {
	return grouped(
		ScheduleGroup,
		Field{
			Name: "learning-rate-schedule", Help: "how --learning-rate changes, in epochs, by Keras's schedules: " + inOrder(ScheduleNames()) +
				"; auto is cosine over all epochs",
			Placeholder: "SCHEDULE", uses: ofModel | inName | hyper,
			values: parsed(func(r *Run) *string { return &r.LearningRateSchedule }, func(text string) (Schedule, error) {
				if text == AutoSchedule {
					return Schedule{}, nil
				}
				return ParseSchedule(text)
			}),
		},
		Field{
			Name: "decay", Help: "step i, from 0, has the rate divided by 1 + X i, as decay in Keras before 2.11; the schedule inverse-time counts epochs " +
				"instead of steps; 0 for none",
			Placeholder: "X", uses: ofModel | inName | hyper, values: positive(func(r *Run) *float64 { return &r.Decay }, "a number above 0, or 0 for none"),
		},
		Field{
			Name: "early-stopping", Help: "stop a seed after N epochs without an improvement; 0 for never", Placeholder: "N",
			uses: ofModel | inName | hyper, values: integer(func(r *Run) *int { return &r.EarlyStopping }, 0, maxEpochs),
		},
		named("early-stopping-monitor", "the value that has to improve: "+inOrder(MonitorNames()), hyper,
			func(r *Run) *string { return &r.EarlyStoppingMonitor }, MonitorNames()),
		Field{
			Name: "early-stopping-min-delta", Help: "an improvement is a change by more than X", Placeholder: "X", uses: hyper,
			values: number(func(r *Run) *float64 { return &r.EarlyStoppingMinDelta }, "a number of at least 0", anyNumber),
		},
		Field{
			Name: "restore-best-weights", Help: "end with the weights of the epoch in which that value was best", uses: ofModel | hyper,
			values: toggle(func(r *Run) *bool { return &r.RestoreBestWeights }),
		},
	)
}

func recordsFields() []Field {
	atLeast0 := func(n int) *invalid.Error { return integerWanted(n, 0, math.MaxInt32) }
	histogramReplica := integerOr(func(r *Run) *int { return &r.HistogramReplica }, EveryReplica, AllReplicas, 0, maxRepeats, nil)
	histogramReplica.wanted, histogramReplica.refuse = "all or the number of a replica, from 0", nil // checked with the repeats
	return grouped(
		RecordsGroup,
		Field{
			Name: "logdir", Help: "folder that holds a folder for each run", Placeholder: "FOLDER", uses: beside,
			values: text(func(r *Run) *string { return &r.LogDir }, func(text string) *invalid.Error {
				if text == "" || strings.ContainsRune(text, 0) {
					return invalid.Want("a folder")
				}
				return wantPath(text)
			}),
		},
		Field{
			Name: "run", Help: "the run's folder in it (default from the configuration, such as relu-5x5; a name that is taken gets -2)",
			Placeholder: "NAME", uses: inName | beside,
			values: text(func(r *Run) *string { return &r.Name }, func(text string) *invalid.Error {
				if text == "" || nameIsLocal(text) {
					return nil
				}
				return invalid.Want("the name of a folder inside the log folder")
			}),
		},
		Field{Name: "overwrite", Help: "replace a run of that name", uses: beside, values: toggle(func(r *Run) *bool { return &r.Overwrite })},
		Field{
			Name: "histogram-freq", Help: "epochs between histograms; 0 for none", Placeholder: "N",
			values: integer(func(r *Run) *int { return &r.HistogramFreq }, 0, maxEpochs),
		},
		Field{
			Name: "histogram-replica", Help: "with --repeats, the replica that histograms follow, from 0, or all, pooled", Placeholder: "N", uses: beside,
			values: histogramReplica,
		},
		Field{
			Name: "log-replicas", Help: "with --repeats, an event file for each replica too, not only their mean and spread", uses: beside,
			values: toggle(func(r *Run) *bool { return &r.LogReplicas }),
		},
		named("gradient-data", "rows on which gradients are measured: "+inOrder(GradientDataNames()), 0,
			func(r *Run) *string { return &r.GradientData }, GradientDataNames()),
		Field{
			Name: "gradient-rows", Help: "number of these rows that are used, evenly spaced; 0 for all " +
				"(default 1/64 of the training rows, but at least 1024)", Placeholder: "N",
			values: integerOr(func(r *Run) *int { return &r.GradientRows }, "", AutoGradientRows, 0, math.MaxInt32, atLeast0),
		},
		Field{
			Name: "gradient-batch", Help: "rows of each slice whose gradient goes into the histogram; 0 for all at once (default the batch size)",
			Placeholder: "N",
			values:      integerOr(func(r *Run) *int { return &r.GradientBatch }, "", FollowBatchSize, 0, math.MaxInt32, atLeast0),
		},
		Field{
			Name: "diagnose-freq", Help: "epochs between checks of layers and units for the verdict, or auto, about 20 a run; 0 for none and no verdict",
			Placeholder: "N",
			values: integerOr(func(r *Run) *int { return &r.DiagnoseFreq }, auto, AutoDiagnose, 0, maxEpochs, func(int) *invalid.Error {
				return invalid.Want("auto or an integer of at least 0")
			}),
		},
		named("train-metrics", "loss and accuracy on the training rows: exact (the model at the epoch's end) "+
			"or running (mean over its batches, as Keras reports)", 0, func(r *Run) *string { return &r.TrainMetrics }, TrainMetricsNames()),
		Field{
			Name: "decision-columns", Help: "of more than two inputs, the two that decision.png shows, the others at their mean " +
				"(default the plane of the two principal components)", Placeholder: "A,B", values: decisionColumnsKind(),
		},
	)
}

func decisionColumnsKind() kind[[]string] {
	same := func(name string) string { return name }
	k := list(func(r *Run) *[]string { return &r.DecisionColumns }, func(text string) (string, bool) { return text, true }, same)
	k.wanted = "the names of two inputs, such as x1,x2"
	k.refuse = func(names []string) *invalid.Error {
		if len(names) == 0 || pair(names) {
			return nil
		}
		return &invalid.Error{Want: k.wanted}
	}
	parse := k.parse
	k.parse = func(text string) ([]string, bool) {
		names, ok := parse(text)
		return names, ok && pair(names)
	}
	return k
}

// pair reports whether names are two different ones.
func pair(names []string) bool {
	return len(names) == 2 && names[0] != "" && names[1] != "" && names[0] != names[1]
}

func checkpointsFields() []Field {
	return grouped(
		CheckpointsGroup,
		Field{
			Name: "checkpoint-freq", Help: "epochs between checkpoints; 0 saves the last state only, which is always saved", Placeholder: "N", uses: beside,
			values: integer(func(r *Run) *int { return &r.CheckpointFreq }, 0, maxEpochs),
		},
		Field{
			Name: "keep", Help: "number of checkpoints to keep: the newest", Placeholder: "N", uses: beside,
			values: integer(func(r *Run) *int { return &r.MaxCheckpoints }, 1, maxEpochs),
		},
	)
}

func machineFields() []Field {
	return grouped(
		MachineGroup,
		Field{
			Name: "device", Help: "auto, cpu, gpu, gpu:N", Placeholder: "NAME",
			values: text(func(r *Run) *string { return &r.Device }, func(text string) *invalid.Error {
				if deviceForm.MatchString(text) {
					return nil
				}
				return invalid.Want("one of auto, cpu, gpu, gpu:N")
			}),
		},
		Field{
			Name: "threads", Help: "threads inside one operation, or auto, by the model's size", Placeholder: "N",
			values: integerOr(func(r *Run) *int { return &r.Threads }, auto, 0, 1, maxThreads, func(int) *invalid.Error {
				return invalid.Want("auto or an integer from 1 to %d", maxThreads)
			}),
		},
		named("precision", "float32, or bfloat16 for the products of training steps in layers of 128 and more inputs and units: faster where the "+
			"processor or GPU has instructions for it", 0, func(r *Run) *string { return &r.Precision }, PrecisionNames()),
	)
}

// auto is the word for a value that the run chooses itself.
const auto = "auto"

func wantPath(text string) *invalid.Error {
	if isPath(text) {
		return nil
	}
	return invalid.Want("a path in UTF-8")
}

// noNUL accepts texts without a NUL byte, which no file's name and no column's has.
func noNUL(wanted string) func(string) *invalid.Error {
	return func(text string) *invalid.Error {
		if strings.ContainsRune(text, 0) {
			return &invalid.Error{Want: wanted}
		}
		return nil
	}
}
