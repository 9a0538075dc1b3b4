//go:build tensorflow

package graph

import (
	"bytes"
	"fmt"
	"slices"

	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
)

// Spec is what a program is built from.
type Spec struct {
	Model        Model
	Optimizer    Optimizer
	LearningRate LearningRate
	// Train and Test are the scaled points.
	Train, Test *dataset.Examples
	// L1 and L2 are the factors of the kernels' penalty, see penalty.go; 0 for none.
	L1, L2 float64
	// ClassWeights is each class's weight in the training loss; nil for none.
	ClassWeights []float32
	// KeepsBestWeights adds the program's Retain.
	KeepsBestWeights bool
	// GradientData is the points whose gradients are measured, Train or Test, or of
	// these GradientRows, evenly spaced, where that is less and not 0.
	GradientData *dataset.Examples
	GradientRows int
	BatchSize    int
	// RunningMetrics takes the training loss and accuracy from the steps of the
	// epoch instead of evaluating the training points at its end.
	RunningMetrics bool
	// Histograms adds what histograms are made of: of the replicas in Shown, and
	// gradients of batches of GradientBatch of those points in their order.
	Histograms    bool
	GradientBatch int
	// FlowData is the points on which the program's Flow is measured; nil for none.
	FlowData *dataset.Examples
	Shown    []int // in ascending order; nil for all replicas
	// Stream says where the points come from, if not from Train and Test.
	Stream *Stream
	// Placement divides the program among the devices of a cluster; nil for none,
	// which is what the session has.
	Placement *Placement
	// Transfer adds the program's Transfer, in place of Save and Restore.
	Transfer bool

	maxValues int // for tests; 0 means the constant
}

// Program is the graph of a run, as the calls that train and measure it.
type Program struct {
	Graph *tf.Graph
	// GraphDef is the serialized GraphDef of the model and its training step
	// alone, for TensorBoard's Graphs tab.
	GraphDef string
	// Load stores the points; LoadValues are its feeds. Once a session, first.
	Load       Call
	LoadValues []*tf.Tensor
	// Initialize sets the weights from its feeds, each layer's [replica, rows,
	// inputs+1], then each normalization's gamma, beta and, of batch normalization, moving
	// mean and moving variance, [replica, rows, 1], and the optimizer's state to its start.
	Initialize Call
	// Step trains on one batch. It feeds float32 inputs as columns, [replica,
	// inputs+1, BatchSize], the last row ones; labels, [replica, Model.Labels,
	// BatchSize]; and each point's weight, [replica, 1, BatchSize]: 1 over the number of
	// points in the batch, 0 for those that fill up the last one; then, where there is
	// dropout, each layer's mask, see Model.MaskShape; then the
	// learning rate, where it is fed.
	Step Call
	// StartData begins an epoch's reading of a stream. It feeds what Stream.Feed
	// returns. Then a Step feeds the points' weights alone. Batch fetches the next
	// batch's inputs and labels, as Replay feeds them, and weights, for a step on it.
	StartData, Batch, Replay Call
	// StartEpoch begins an epoch, where running metrics are kept.
	StartEpoch Call
	// Snapshot copies the weights; all calls below are about the copy. They may
	// run while the next epoch trains, but not during a Snapshot.
	Snapshot Call
	// Rewind sets all that training changes to what it was at the Snapshot before
	// the last.
	Rewind Call
	// Save writes all that training changes, as the last Snapshot keeps it, into
	// files of TensorFlow's checkpoint format whose names begin with what it is fed,
	// a string scalar. Restore, fed the same, sets the variables from them; a
	// Snapshot has to follow. The files must be whole: from damaged ones TensorFlow
	// may end the process.
	Save, Restore Call
	// Transfer stands for these two where Spec.Transfer asks for it.
	Transfer *Transfer
	// Inspect feeds a batch, as Step does, and fetches how many values are not
	// finite, float32 [3 layers, replica]: in each layer's output for the
	// batch, in each layer's gradient, in each layer's weights.
	Inspect Call
	// EvalChunks measure points that don't fit into one call. Run each of them
	// after Snapshot, before Measure; there are none for small data.
	EvalChunks []*EvalChunks
	// Measure fetches the record, float32 [RecordSize, replica]: loss, accuracy,
	// val_loss, val_accuracy, then each layer's L2 norm of the kernel's gradient
	// and L1 norm of the kernel; then, where the loss has one, the penalty, which is
	// in both losses and in the gradients.
	Measure Call
	// MeasureWithHistograms fetches the record, then what histograms are made of,
	// of the replicas that are shown: each layer's weights, [replica, rows,
	// inputs+1]; each layer's gradient of every gradient batch's mean loss, [replica *
	// slice, rows, inputs+1], of the first batches where they are too many for one
	// call; each layer's output for the test points, where no EvalChunks fetch them.
	MeasureWithHistograms Call
	// Outputs says how those outputs lie.
	Outputs Outputs
	// Flow measures what verdicts are made of; nil unless Spec.FlowData asks for it.
	Flow *Flow
	// Gradients fetches each layer's gradient of the mean loss over the gradient
	// data, [replica, rows, inputs+1]; where the data is measured in chunks, run
	// EvalChunks before.
	Gradients Call
	// BestWeights keeps the weights, as the last Snapshot has them, of those replicas for
	// which it is fed more than 0, float32 [replica, 1, 1].
	BestWeights Call
	// Weights fetches what Initialize is fed; where there is Retain, what it kept last
	// of each replica. So does Predict.
	Weights Call
	// Predict feeds PredictPoints inputs as columns, float32 [inputs+1,
	// PredictPoints] with a last row of ones, and fetches the probabilities of
	// class 1, of each of several classes, or a regression's output, [replica, outputs,
	// PredictPoints].
	Predict Call
}

// EvalChunks is a call to run for each index from 0 to Count, which it is fed as an
// int32 scalar.
type EvalChunks struct {
	Call
	Count int
	// Begin, before the first index, begins to read a stream; it is empty for points that
	// are there. Then indices go in order.
	Begin Call
	// Outputs are what to fetch beside for histograms, for the first
	// Program.Outputs.Chunks indices: each layer's output for the test points; nil
	// where the chunks don't compute them.
	Outputs []tf.Output
}

// Outputs says how the outputs lie that histograms are made of: chunks of Size
// points, [replica, rows, Size]. The output layer's is the probability, as in
// Keras, where the sigmoid belongs to it.
type Outputs struct {
	Size   int
	Chunks int // that are to be fetched: the first ones, where all would be too many
	Points int // of these chunks together; what the last one has beyond fills it up
}

// PredictPoints is the number of points of one Predict call: what remains of
// the last one is to be filled up.
const PredictPoints = config.PredictPoints

// RecordSize returns the number of values that Measure fetches a replica.
func (m Model) RecordSize() int { return 4 + 2*len(m.Layers) }

// builder holds what the parts of one program share.
type builder struct {
	Spec
	program *Program
	vars    *variables
	layers  []*op.Scope // of the training pass, which TensorBoard shows
	// measured are the points whose gradients are measured: GradientData or some of it.
	measured *dataset.Examples
	// layerWeights are each layer's weights as training has them, weights those
	// of the last snapshot.
	layerWeights, weights []tf.Output
	// norms are each normalization's variables of the last snapshot, affine the maps of
	// them, and folded the weights of that snapshot with batch normalization's: what forward
	// takes. Gradients are by the weights.
	norms         [][]tf.Output
	affine        []affineMap
	folded        []tf.Output
	stepOutputs   []layerOutput // of the training pass
	stepMoments   []moments     // of the training pass's batch, with batch normalization
	stepGradients []tf.Output   // by each trained variable, of the training pass
	running       []tf.Output   // training loss and accuracy, summed over the steps
	// final are the weights, and finalNorms the norms' values, that the program ends
	// with; retained the variables that hold them, where there is Retain.
	final       []tf.Output
	finalNorms  [][]tf.Output
	bestWeights []variable
	fed         []tf.Output // inputs, labels and weights of the step's batch
	holders     int         // variables of names without meaning
}

// Build returns the program of spec.
func Build(spec Spec) (*Program, error) {
	b := &builder{Spec: spec, program: &Program{Graph: tf.NewGraph()}}
	b.measured = spec.GradientData
	if spec.GradientRows > 0 {
		b.measured = spec.GradientData.Spaced(spec.GradientRows)
	}
	_, err := buildInto(b.program.Graph, func(s *op.Scope) {
		b.addStep(s)
		b.setGraphDef(s)
		if b.Stream != nil {
			b.addStream(s.SubScope("stream"))
		}
		b.addInitialize(s.SubScope("initialize"))
		b.addMeasure(s.SubScope("measure"))
		if b.FlowData != nil {
			b.addFlow(s.SubScope("flow"), b.FlowData)
		}
		b.addBestWeights(s.SubScope("retain"))
		kept := b.addKeptCopies(s.SubScope("keep"))
		if b.Spec.Transfer {
			b.addTransfer(s.SubScope("transfer"), kept)
		} else {
			b.addCheckpoint(s.SubScope("checkpoint"), kept)
		}
		b.addInspect(s.SubScope("inspect"))
		b.program.Weights = Call{Fetches: slices.Clone(b.final)}
		for _, norm := range b.finalNorms {
			b.program.Weights.Fetches = append(b.program.Weights.Fetches, norm...)
		}
		b.addPredict(s.SubScope("predict"))
	})
	if err == nil && spec.Placement != nil {
		err = b.program.place(*spec.Placement)
	}
	return b.program, err
}

// setGraphDef sets the program's Display to the graph as it is now: the model and
// its training step. What is added after it would only hide the model.
func (b *builder) setGraphDef(s *op.Scope) {
	if s.Err() != nil {
		return
	}
	var def bytes.Buffer
	if _, err := b.program.Graph.WriteTo(&def); err != nil {
		s.UpdateErr("display", fmt.Errorf("serialize the graph: %w", err))
	}
	b.program.GraphDef = def.String()
}

// addStep adds the model, its variables and the ops of a training step.
func (b *builder) addStep(s *op.Scope) {
	b.layers = b.Model.layerScopes(s)
	optimizer := s.SubScope(b.Optimizer.Name)
	b.vars = newVariables(optimizer, b.layers, b.Model, b.Optimizer)

	batch := b.batch(s.SubScope("batch"))
	b.fed = []tf.Output{batch.x, batch.labels, batch.weights}
	points := len(b.program.Step.Feeds)
	values, layers := b.vars.readTrained(b.layers), len(b.layers)
	b.layerWeights = values[:layers:layers]
	if b.Placement != nil && len(b.Placement.Towers) > 0 {
		b.stepOutputs, b.stepGradients = b.towerPass(s, b.layerWeights, batch)
	} else {
		b.stepOutputs = b.Model.pass(b.layers, b.Model.Replicas, b.layerWeights, batch, b.normalizing(values[layers:], batch), b.dropping(s.SubScope("dropout")))
		z := logits(b.stepOutputs)
		gradient := b.Model.lossGradient(s.SubScope("loss"), z, batch.labels, b.lossWeights(s, batch))
		b.stepGradients = b.gradients(s.SubScope("gradients"), z, values, gradient)
	}
	z := logits(b.stepOutputs)
	b.stepGradients = b.withPenaltyGradients(s.SubScope("penalty"), b.stepGradients, values)
	prepared := b.prepareGradients(s.SubScope("clip"))
	b.updateAfter(b.stepGradients)
	updates := b.update(optimizer, values, prepared)
	updates = append(updates, b.moveStatistics(s.SubScope("move"))...)
	if b.RunningMetrics {
		updates = append(updates, b.runningMetrics(s.SubScope("running"), z, batch)...)
	}
	// One target costs a call less than several.
	step := op.NoOp(s.SubScope("step").WithControlDependencies(updates...))
	b.program.Step.Targets = []*tf.Operation{step}
	b.fed = append(b.fed, b.program.Step.Feeds[points:]...) // masks and rate
	b.program.Replay = Call{Feeds: b.fed, Targets: b.program.Step.Targets}
}

// updateAfter has updates wait for all gradients. An update copies a variable that is
// still to be read in its step: at worst the one's whole memory.
func (b *builder) updateAfter(gradients []tf.Output) {
	var ops []*tf.Operation
	for _, gradient := range gradients {
		ops = append(ops, gradient.Op)
	}
	for i := range b.vars.trained {
		b.vars.trained[i].scope = b.vars.trained[i].scope.WithControlDependencies(ops...)
	}
}

// addInitialize adds to Initialize what sets all variables: the weights and the
// normalizations' variables as fed, the optimizer's slots to their initial values.
func (b *builder) addInitialize(s *op.Scope) {
	call := &b.program.Initialize
	feed := func(s *op.Scope, w variable) {
		value, assign := w.feed(s)
		call.Feeds = append(call.Feeds, value)
		call.Targets = append(call.Targets, assign)
	}
	for k, w := range b.vars.weights {
		feed(s.SubScope(LayerName(k)), w)
	}
	for k, norm := range b.vars.norms {
		for i, v := range norm {
			feed(s.SubScope(LayerName(k)).SubScope(normNames[i]), v)
		}
	}
	for _, t := range b.vars.trained {
		for i, slot := range b.Optimizer.slots() {
			call.Targets = append(call.Targets, t.slots[i].fill(s.SubScope("slot"), slot.initial))
		}
	}
	for i, power := range b.Optimizer.powers() {
		call.Targets = append(call.Targets, b.vars.powers[i].fill(s.SubScope(power.name), power.initial))
	}
}

// gradients returns the derivatives of the loss by each of the weights, where
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

// prepareGradients returns the training pass's gradients as the optimizer takes them: zero
// in the bias rows, and clipped.
func (b *builder) prepareGradients(s *op.Scope) []tf.Output {
	b.stepGradients = b.zeroBiasRows(b.stepGradients)
	if !b.Optimizer.clips() {
		return b.stepGradients
	}
	return b.Optimizer.clip(s, b.stepGradients, len(b.layers))
}

// zeroBiasRows returns the gradients with zeros in the bias rows.
func (b *builder) zeroBiasRows(gradients []tf.Output) []tf.Output {
	zeroed := make([]tf.Output, len(gradients))
	for i, t := range b.vars.trained {
		zeroed[i] = t.withoutBiasRows(t.scope, gradients[i])
	}
	return zeroed
}

// batch adds what Step is fed, and returns the points of the step's batch.
func (b *builder) batch(s *op.Scope) points {
	if b.Stream != nil {
		return b.streamBatch(s)
	}
	feed := func(name string, rows int) tf.Output {
		shape := grouped(b.Model.Replicas, rows, b.BatchSize)
		value := op.Placeholder(s.SubScope(name), tf.Float, op.PlaceholderShape(tf.MakeShape(shape...)))
		b.program.Step.Feeds = append(b.program.Step.Feeds, value)
		return value
	}
	return points{
		x: feed("inputs", b.Model.Inputs+1), labels: feed("labels", b.Model.Labels()), weights: feed("weights", 1), count: b.BatchSize,
	}
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

// addPredict adds what the model says of fed inputs.
func (b *builder) addPredict(s *op.Scope) {
	m := b.Model
	feed := op.Placeholder(s, tf.Float, op.PlaceholderShape(tf.MakeShape(int64(m.Inputs+1), PredictPoints)))
	p := points{x: feed, count: PredictPoints, shared: true}
	weights, maps := b.finalWeights(s)
	z := logits(m.forward(m.layerScopes(s), m.Replicas, weights, maps, p))
	b.program.Predict = Call{Feeds: []tf.Output{feed}, Fetches: []tf.Output{m.predictions(s, z)}}
}

func last[T any](values []T) T { return values[len(values)-1] }
