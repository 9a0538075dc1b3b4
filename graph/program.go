package graph

import (
	"bytes"
	"fmt"
	"slices"

	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	tg "github.com/galeone/tfgo"

	"gradwatch/internal/dataset"
)

// Spec is what a program is built from.
type Spec struct {
	Model     Model
	Optimizer Optimizer
	// Train and Test are the scaled points.
	Train, Test *dataset.Points
	// GradientData is the points whose gradients are measured, in slices of
	// GradientSlice points in their order.
	GradientData  *dataset.Points
	GradientSlice int
	BatchSize     int
	// RunningMetrics takes the training loss and accuracy from the steps of the
	// epoch instead of evaluating the training points at its end.
	RunningMetrics bool
	// EventDir is the folder of the event file.
	EventDir string

	maxValues int // for tests; 0 means the constant
}

// Batches returns the number of steps of an epoch.
func (s *Spec) Batches() int { return blockCount(s.Train.Len(), s.BatchSize) }

// Program is the graph of a run, as the calls that train and measure it.
type Program struct {
	Graph *tf.Graph
	// Display is the serialized GraphDef of the model and its training step
	// alone, for TensorBoard's Graphs tab.
	Display string
	// Load stores the points; LoadValues are its feeds. Once a session, first.
	Load       Call
	LoadValues []*tf.Tensor
	// Initialize sets the weights from its feeds, each layer's [replica, rows,
	// inputs+1], and the optimizer's state to its start.
	Initialize Call
	// Shuffle begins an epoch: feeds the order of the training rows, int32
	// [batch, replica, size], where the last batch is filled up with any rows.
	Shuffle Call
	// Step trains on one batch, whose index it is fed, an int32 scalar.
	Step Call
	// Snapshot copies the weights; all calls below are about the copy. They may
	// run while the next epoch trains, but not during a Snapshot.
	Snapshot Call
	// Rewind sets all that training changes to what it was at the Snapshot before
	// the last.
	Rewind Call
	// Inspect feeds a batch's index, as Step does, and fetches how many values
	// are not finite, float32 [3 layers, replica]: in each layer's output for the
	// batch, in each layer's gradient, in each layer's weights.
	Inspect Call
	// Sweeps go over points that don't fit into one call. Run each of them
	// after Snapshot, before Measure; there are none for small data.
	Sweeps []Sweep
	// Measure records the epoch it is fed, an int64 scalar: writes the scalars
	// and flushes the event file. It fetches the record, float32
	// [RecordSize, replica]: loss, accuracy, val_loss, val_accuracy, then each
	// layer's L2 norm of the kernel's gradient and L1 norm of the kernel.
	Measure Call
	// MeasureWithHistograms does the same and writes the histograms.
	MeasureWithHistograms Call
	// Gradients fetches each layer's gradient of the mean loss over the gradient
	// data, [replica, rows, inputs+1]; where the data is swept, run the sweeps
	// before.
	Gradients Call
	// Weights fetches each layer's weights, [replica, rows, inputs+1].
	Weights Call
	// Predict feeds PredictPoints inputs as columns, float32 [inputs+1,
	// PredictPoints] with a last row of ones, and fetches the probabilities of
	// class 1, [replica, 1, PredictPoints].
	Predict Call
	// OpenEvents creates the event file and feeds the serialized graph that
	// TensorBoard draws; CloseEvents ends it.
	OpenEvents, CloseEvents Call
}

// Sweep is a call to run for each index from 0 to Count, which it is fed as an
// int32 scalar.
type Sweep struct {
	Call
	Count int
}

// PredictPoints is the number of points of one Predict call: what remains of
// the last one is to be filled up.
const PredictPoints = 1024

// RecordSize returns the number of values that Measure fetches a replica.
func (m Model) RecordSize() int { return 4 + 2*len(m.Layers) }

// builder holds what the parts of one program share.
type builder struct {
	Spec
	program *Program
	vars    *variables
	layers  []*op.Scope // of the training pass, which TensorBoard shows
	// layerWeights are each layer's weights as training has them, weights those
	// of the last snapshot.
	layerWeights, weights []tf.Output
	trained               [2][]tf.Output // each layer's output and gradient in a step
	running               []tf.Output    // training loss and accuracy, summed over the steps
	holders               int            // variables of names without meaning
}

// Build returns the program of spec.
func Build(spec Spec) (*Program, error) {
	b := &builder{Spec: spec, program: &Program{Graph: tf.NewGraph()}}
	_, err := buildInto(b.program.Graph, func(s *op.Scope) {
		b.training(s)
		b.display(s)
		b.initializing(s.SubScope("initialize"))
		b.measuring(s.SubScope("measure"))
		b.keeping(s.SubScope("keep"))
		b.inspecting(s.SubScope("inspect"), b.trained[0], b.trained[1])
		b.program.Weights = Call{Fetches: b.weights}
		b.predicting(s.SubScope("predict"))
	})
	return b.program, err
}

// display sets the program's Display to the graph as it is now: the model and
// its training step. What is added after it would only hide the model.
func (b *builder) display(s *op.Scope) {
	if s.Err() != nil {
		return
	}
	var def bytes.Buffer
	if _, err := b.program.Graph.WriteTo(&def); err != nil {
		s.UpdateErr("display", fmt.Errorf("serialize the graph: %w", err))
	}
	b.program.Display = def.String()
}

// training adds the model, its variables and the ops of a training step.
func (b *builder) training(s *op.Scope) {
	b.layers = b.Model.layerScopes(s)
	optimizer := s.SubScope(b.Optimizer.Name)
	b.vars = newVariables(optimizer, b.layers, b.Model, b.Optimizer)

	batch := b.batch(s.SubScope("batch"))
	b.layerWeights = b.vars.readWeights(b.layers)
	outputs := b.Model.forward(b.layers, b.Model.Replicas, b.layerWeights, batch)
	logits := last(outputs)
	gradient := lossGradient(s.SubScope("loss"), logits, batch.labels, batch.weights)
	gradients := b.keepCarriers(b.gradients(s.SubScope("gradients"), logits, b.layerWeights, gradient))
	b.program.Step.Targets = b.Optimizer.update(optimizer, b.vars, gradients)
	b.trained = [2][]tf.Output{outputs, gradients}
	if b.RunningMetrics {
		b.runningMetrics(s.SubScope("running"), logits, batch)
	}
}

// initializing adds to Initialize what sets all variables: the weights as fed,
// the optimizer's slots to their initial values.
func (b *builder) initializing(s *op.Scope) {
	call := &b.program.Initialize
	for k, w := range b.vars.weights {
		ls := s.SubScope(LayerName(k))
		value, assign := w.feed(ls)
		call.Feeds = append(call.Feeds, value)
		call.Targets = append(call.Targets, assign)
		for i, slot := range b.Optimizer.slots() {
			call.Targets = append(call.Targets, b.vars.slots[k][i].fill(ls.SubScope(slot.name), slot.initial))
		}
	}
	for i, power := range b.vars.powers {
		call.Targets = append(call.Targets, power.fill(s.SubScope(power.name), []float32{adamBeta1, adamBeta2}[i]))
	}
}

// gradients returns the derivatives of the loss by each layer's weights, where
// gradient is that by the logits.
func (b *builder) gradients(s *op.Scope, logits tf.Output, weights []tf.Output, gradient tf.Output) []tf.Output {
	if s.Err() != nil {
		return weights
	}
	gradients := op.Gradients(s, []tf.Output{logits}, weights, gradient)
	if s.Err() != nil {
		return weights
	}
	return gradients
}

// keepCarriers returns the gradients with zeros in the rows that carry the ones.
func (b *builder) keepCarriers(gradients []tf.Output) []tf.Output {
	kept := slices.Clone(gradients)
	for k := range len(b.layers) - 1 {
		weights := b.Model.Layers[k].Units * (b.Model.FanIn(k) + 1)
		replica := append(slices.Repeat([]float32{1}, weights), make([]float32, b.Model.FanIn(k)+1)...)
		trained := slices.Repeat(replica, b.Model.Replicas)
		s := b.vars.scopes[k]
		kept[k] = op.Mul(s, gradients[k], tg.Const(s, tensor(s, trained, b.Model.WeightsShape(b.Model.Replicas, k))))
	}
	return kept
}

// batch adds the ops that shuffle the training rows into batches, once an
// epoch, and returns the points of the step's batch.
func (b *builder) batch(s *op.Scope) points {
	rows, inputs, replicas := b.Train.Len(), b.Model.Inputs, b.Model.Replicas
	batches := b.Batches()
	table := b.load(s, "rows", rowsTable(b.Train), []int64{int64(rows), int64(inputs + 2)})
	weights := b.load(s, "batch_weights", batchWeights(rows, b.BatchSize, replicas),
		[]int64{int64(batches), int64(replicas), 1, int64(b.BatchSize)})

	ss := s.SubScope("shuffle")
	order := op.Placeholder(ss.SubScope("order"), tf.Int32,
		op.PlaceholderShape(tf.MakeShape(int64(batches), int64(replicas), int64(b.BatchSize))))
	gathered := op.ResourceGather(ss, table.handle, order, tf.Float)                          // [batch, replica, size, inputs+2]
	columns := op.Transpose(ss, gathered, tg.Const(ss, []int32{0, 1, 3, 2}))                  // [batch, replica, inputs+2, size]
	joined := op.ConcatV2(ss, []tf.Output{columns, weights.read(ss)}, tg.Const(ss, int32(2))) // [batch, replica, inputs+3, size]
	shape := append([]int64{int64(batches)}, grouped(replicas, inputs+3, b.BatchSize)...)
	shuffled := newVariable(s, "shuffled", shape)
	assign := op.AssignVariableOp(ss, shuffled.handle, op.Reshape(ss, joined, tg.Const(ss, shape)))
	b.program.Shuffle.Feeds = []tf.Output{order}
	b.program.Shuffle.Targets = append(b.program.Shuffle.Targets, assign)

	index := op.Placeholder(s.SubScope("index"), tf.Int32, op.PlaceholderShape(tf.ScalarShape()))
	b.program.Step.Feeds = []tf.Output{index}
	return splitColumns(s, op.ResourceGather(s, shuffled.handle, index, tf.Float), inputs, b.BatchSize)
}

// load adds a variable that holds values from the program's Load call on.
func (b *builder) load(s *op.Scope, name string, values []float32, shape []int64) variable {
	v := newVariable(s, name, shape)
	feed, assign := v.feed(s.SubScope("load_" + name))
	b.program.Load.Feeds = append(b.program.Load.Feeds, feed)
	b.program.Load.Targets = append(b.program.Load.Targets, assign)
	b.program.LoadValues = append(b.program.LoadValues, tensor(s, values, shape))
	return v
}

// predicting adds the probabilities of class 1 for fed inputs.
func (b *builder) predicting(s *op.Scope) {
	m := b.Model
	feed := op.Placeholder(s, tf.Float, op.PlaceholderShape(tf.MakeShape(int64(m.Inputs+1), PredictPoints)))
	p := points{x: feed, count: PredictPoints, shared: true}
	logits := last(m.forward(m.layerScopes(s), m.Replicas, b.weights, p))
	b.program.Predict = Call{Feeds: []tf.Output{feed}, Fetches: []tf.Output{op.Sigmoid(s, logits)}}
}

func last[T any](values []T) T { return values[len(values)-1] }
