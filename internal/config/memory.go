package config

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"gradwatch/internal/dataset"
	"gradwatch/internal/invalid"
	"gradwatch/internal/printable"
	"gradwatch/internal/sysmem"
)

// Rows is the size of a run's data set.
type Rows struct {
	Count  int // of rows, for training and testing
	Inputs int // columns of each, without the label
}

// Memory estimates the memory that a run takes at its peak, in bytes. The numbers are
// float64, which no accepted size overflows.
type Memory struct {
	Programs    float64 // TensorFlow and its graph, and the front
	Data        float64 // the rows, in all their copies
	Weights     float64 // weights, optimizer's slots, copies to measure and to save
	Activations float64 // of a training step's batch, and of the rows measured at once
	Slices      float64 // gradients of slices, for histograms
	Records     float64 // the history and the checks, when they are read back
}

// Total returns the sum.
func (m Memory) Total() float64 {
	return m.Programs + m.Data + m.Weights + m.Activations + m.Slices + m.Records
}

// MaxValues bounds the number of values of one activation or gradient tensor of a
// measurement: larger ones are measured in several calls. 4 Mi float32, 16 MiB, fit into a
// processor's cache and a small machine's memory.
const MaxValues = 4 << 20

// PredictPoints is the number of points of one call that predicts.
const PredictPoints = 1024

// The numbers of copies were counted in the code. Factors that depend on the runtime and the
// allocators were fitted to peaks that /proc's VmHWM showed on x86-64, see
// docs/benchmarks.md.
const (
	floatBytes = 4 // of a float32

	programBytes = 350e6 // an engine that trains tanh-1, 320 MB, and the front
	layerBytes   = 1.9e6 // of a layer's some hundred ops, in the graph and in each call's executor

	// Copies of all weights: the variables, the optimizer's slots, two older states of
	// both to go back to and to save, the copy that is measured, gradients and their
	// norms; at the start the initial weights as drawn, as Go has them and as they are
	// fed; at the end as they are written.
	trainingCopies = 20
	checkingCopies = 3 // more where checks are made: the weights before a step, their gradients
	sliceCopies    = 3 // of each slice's: tiled weights, gradients, and what is between

	// layerTensors are those of a layer's size that are alive at once, forward and
	// backward; besides some of the widest layer are.
	layerTensors, widestTensors = 1.5, 3
	composedTensors             = 4  // instead of layerTensors, of activations that several ops make, such as gelu
	checkTensors                = 14 // of a chunk that is checked: seven statistics, and their products

	// Go's collector lets garbage grow to what is alive, and slices grow by doubling.
	goFactor = 1.5

	rowBytes, valueBytes = 112, 16 // of the history in memory: a row, and of each of its layers' numbers
	unitBytes            = 72      // of a check, each unit
	readers              = 3       // the engine's verdict; the front's pictures; what both leave to collect
)

// Memory estimates the peak of the engine and the front together, for a run on the
// CPU. Measured peaks were 0.68 to 0.97 of it.
func (r *Run) Memory(rows Rows) Memory {
	replicas, inputs := float64(r.Repeats), float64(rows.Inputs)
	train, test := r.split(rows.Count)
	weights := r.parameters(rows.Inputs) * replicas * floatBytes
	m := Memory{
		Programs: programBytes + layerBytes*float64(len(r.Layers)),
		Weights:  weights * trainingCopies,
		Slices:   r.sliceBytes(rows, train, test),
		Records:  r.recordBytes(),
	}
	if r.CheckFreq() > 0 {
		m.Weights += weights * checkingCopies
	}
	// As read and as scaled; as float32, for batches; in the graph, with ones and
	// weights, as made, as fed and as kept; the order of each replica.
	m.Data = goFactor * float64(rows.Count) * (8*(2*inputs+1) + floatBytes*(inputs+1) + 3*floatBytes*(inputs+3) + floatBytes*replicas)

	widest, sum := r.widths(rows.Inputs)
	batch := math.Min(float64(r.BatchSize), train)
	step := replicas * floatBytes * batch * (r.layerTensors()*sum + widestTensors*widest + 3*(inputs+3))
	// A model that has more than one replica is measured on at least so many points.
	chunk := math.Min(math.Max(test, train), math.Max(1, MaxValues/(widest*replicas)))
	measure := replicas * floatBytes * chunk * (r.layerTensors()*sum + widestTensors*widest)
	check := 0.0
	if r.CheckFreq() > 0 {
		check = replicas * floatBytes * math.Min(train, math.Max(1, chunk/checkTensors*2)) * (2*r.layerTensors()*sum + checkTensors*widest)
	}
	// Predictions, for evaluation and pictures, are of so many points at once, in Go and in the graph.
	predict := 2 * floatBytes * PredictPoints * (inputs + 1)
	m.Activations = math.Max(step+math.Max(measure, check), predict)
	if r.HistogramFreq > 0 {
		m.Activations += replicas * floatBytes * chunk * sum // the outputs, handed to Go
	}
	return m
}

// layerTensors returns how many tensors of a layer's size are alive at once, a layer.
func (r *Run) layerTensors() float64 {
	for _, name := range []string{"gelu", "silu", "mish", "hard_sigmoid", "hard_silu"} {
		if slices.Contains(r.Activations, name) {
			return composedTensors
		}
	}
	return layerTensors
}

// split returns the numbers of rows to train on and to test.
func (r *Run) split(rows int) (train, test float64) {
	test = math.Ceil(float64(rows) * r.TestFraction)
	return math.Max(1, float64(rows)-test), math.Max(1, test)
}

// parameters returns the numbers of one replica's weights, as the graph lays them:
// with a row in each layer that carries ones.
func (r *Run) parameters(inputs int) float64 {
	sum, below := 0.0, float64(inputs)
	for _, units := range r.Layers {
		sum += (float64(units) + 1) * (below + 1)
		below = float64(units)
	}
	return sum + r.outputs()*(below+1)
}

// outputs returns the units of the output layer, as far as they are known without the target.
func (r *Run) outputs() float64 { return float64(max(1, r.UnitsOutput)) }

// widths returns the largest number of rows that a layer's outputs have, and all
// layers' together.
func (r *Run) widths(inputs int) (widest, sum float64) {
	widest = float64(inputs) + 1
	for _, units := range r.Layers {
		widest = math.Max(widest, float64(units)+1)
		sum += float64(units) + 1
	}
	return math.Max(widest, r.outputs()), sum + r.outputs()
}

// sliceBytes returns what one pass over the slices of the gradient data takes: as
// many as fit into a tensor, at least one.
func (r *Run) sliceBytes(rows Rows, train, test float64) float64 {
	if r.HistogramFreq == 0 {
		return 0
	}
	count := test
	if r.GradientData == "train" {
		count = train
	}
	count = float64(r.MeasuredRows(int(count), int(train)))
	size := float64(r.GradientBatchSize(int(count)))
	replicas := float64(r.Repeats)
	if r.HistogramReplica != AllReplicas {
		replicas = 1
	}
	largest, below := 0.0, float64(rows.Inputs)
	for _, units := range append(slices.Clone(r.Layers), 1) {
		largest = math.Max(largest, (float64(units)+1)*math.Max(below+1, size))
		below = float64(units)
	}
	slices := math.Min(math.Ceil(count/size), math.Max(1, math.Floor(MaxValues/(largest*replicas))))
	_, sum := r.widths(rows.Inputs)
	return replicas * slices * floatBytes * (sliceCopies*r.parameters(rows.Inputs) + size*(r.layerTensors()*sum+3*(float64(rows.Inputs)+3)))
}

// recordBytes returns what reading back the records takes.
func (r *Run) recordBytes() float64 {
	replicas, epochs := float64(r.Repeats), float64(r.Epochs)
	history := epochs * (rowBytes + valueBytes*(float64(len(r.Layers))+1))
	checks := 0.0
	if freq := r.CheckFreq(); freq > 0 {
		_, units := r.widths(0)
		checks = (math.Ceil(epochs/float64(freq)) + 1) * unitBytes * units
	}
	return readers * replicas * (history + checks)
}

const (
	// MaxParameters bounds the float32 numbers of one model times its replicas
	// (4 GiB of them), which an optimizer holds up to four times.
	MaxParameters = 1 << 30
	// maxTensor bounds a tensor's values: TensorFlow's kernels count them in int32.
	maxTensor = math.MaxInt32
)

// FitsHere is Fits for a run in this machine's memory. On a GPU most of it lies there, and
// TensorFlow itself says so when it is full.
func (r *Run) FitsHere(rows Rows, have sysmem.Sizes) error {
	if strings.HasPrefix(r.Device, "gpu") {
		return nil
	}
	return r.Fits(rows, have)
}

// Fits returns an [*invalid.Error] where the run needs more memory than is free, by
// [Run.Memory], or is larger than TensorFlow's kernels can count. The error names the field
// that makes it so large: the one whose default would save the most memory.
func (r *Run) Fits(rows Rows, have sysmem.Sizes) error {
	widest, _ := r.widths(rows.Inputs)
	train, _ := r.split(rows.Count)
	parameters := r.parameters(rows.Inputs) * float64(r.Repeats)
	batch := math.Min(float64(r.BatchSize), train) * widest * float64(r.Repeats)
	need := r.Memory(rows).Total()
	var reason string
	switch {
	case need > have.Free && have.Free < 0.9*have.Total:
		reason = fmt.Sprintf("%s of memory, and of this machine's %s only %s are free", sysmem.Text(need), sysmem.Text(have.Total), sysmem.Text(have.Free))
	case need > have.Free:
		reason = fmt.Sprintf("%s of memory, and this machine has %s", sysmem.Text(need), sysmem.Text(have.Total))
	case parameters > MaxParameters:
		reason = fmt.Sprintf("%.3g parameters, and %d are the most in all replicas together", parameters, MaxParameters)
	case batch > maxTensor:
		return invalid.New("batch-size", strconv.Itoa(r.BatchSize), fmt.Sprintf("less: it makes tensors of %.3g numbers, and %d are the most", batch, maxTensor))
	default:
		return nil
	}
	blamed := r.blame(rows)
	return invalid.New(blamed.field, blamed.value, "less: "+blamed.what+" about "+reason)
}

// part is a field that can make a run larger than the default.
type part struct {
	field, value, what string
	spare              func(*Run, *Rows) // sets it to the default
}

// blame returns the part whose default saves the most memory.
func (r *Run) blame(rows Rows) part {
	base := Default()
	units := r.widest()
	parts := []part{
		{"layers", joinInts(r.Layers), "its layers need", func(r *Run, _ *Rows) { r.Layers = base.Layers }},
		{"repeats", strconv.Itoa(r.Repeats), "so many models side by side need", func(r *Run, _ *Rows) { r.Repeats, r.HistogramReplica = 1, AllReplicas }},
		{"batch-size", strconv.Itoa(r.BatchSize), "steps of so many rows need", func(r *Run, _ *Rows) { r.BatchSize = base.BatchSize }},
		{"units-output", strconv.Itoa(r.UnitsOutput), "so many outputs need", func(r *Run, _ *Rows) { r.UnitsOutput = base.UnitsOutput }},
		{"epochs", strconv.Itoa(r.Epochs), "the records of so many epochs need", func(r *Run, _ *Rows) { r.Epochs = base.Epochs }},
		{"samples", strconv.Itoa(r.Samples), "so many rows need", func(_ *Run, d *Rows) { d.Count = base.Samples }},
	}
	if r.Even() && units > 0 {
		parts[0] = part{"units", strconv.Itoa(units), fmt.Sprintf("%s of it need", printable.Count(len(r.Layers), "layer")), parts[0].spare}
		if len(r.Layers) > units {
			parts[0].field, parts[0].value = "hidden-layers", strconv.Itoa(len(r.Layers))
			parts[0].what = fmt.Sprintf("so many of %d units need", units)
		}
	}
	if !slices.Contains(dataset.Names(), r.Dataset) {
		parts[5].field, parts[5].value = "dataset", r.Dataset
		parts[5].what = fmt.Sprintf("a model of %s, of %d inputs and at least %d rows, needs", filepath.Base(r.Dataset), rows.Inputs, rows.Count)
		parts[5].spare = func(_ *Run, d *Rows) { d.Count, d.Inputs = min(base.Samples, d.Count), min(2, d.Inputs) }
	}
	left := func(p part) float64 {
		run, data := *r, rows
		p.spare(&run, &data)
		return run.Memory(data).Total()
	}
	return slices.MinFunc(parts, func(a, b part) int {
		switch x, y := left(a), left(b); {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
}
