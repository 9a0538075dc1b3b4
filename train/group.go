//go:build tensorflow

package train

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"gradwatch/train/data"
	"gradwatch/train/feed"
	"gradwatch/train/session"
	"gradwatch/train/weights"

	tf "github.com/galeone/tensorflow/tensorflow/go"

	"gradwatch/graph"
	"gradwatch/internal/config"
	"gradwatch/internal/record"
)

// replica is one replica, and whether histograms show it.
type replica struct {
	feed.Replica
	shown bool
}

// group is some replicas, which train in one graph and one session. Groups train at the same time.
type group struct {
	model    graph.Model
	first    int // index of its first replica among those of all groups
	replicas []replica
	rows     []record.Row // of each replica, of the epoch measured last
	initial  []*tf.Tensor // the first weights

	program  *graph.Program
	session  *session.Session
	transfer *session.Transfer // saves the variables of a graph on a worker; nil where the graph saves itself
	batches  *feed.Batches
	indices  []*tf.Tensor // int32 scalars from 0, which EvalChunks are fed
	stepping time.Duration
	fed      []*tf.Tensor // what a step is fed
	masks    *feed.Dropout
	rate     *feed.LearningRate
	stopping []*feed.EarlyStopping // each replica's; nil where none stops early
	shownValues
	checker

	stream   *data.Stream // nil where the points are in memory
	streamed *graph.Stream
	// next is the next step of the current epoch. snapshots are the positions of the last two
	// Snapshots, the older one first.
	next      int
	started   bool // the current epoch
	snapshots [2]position
}

// position is a place between two steps.
type position struct{ epoch, step int }

// shownValues are what the histograms of the epoch measured last are made of: see
// graph.Program.MeasureWithHistograms.
type shownValues struct {
	weights, gradients []*tf.Tensor   // a layer each
	outputs            [][]*tf.Tensor // a chunk of points each, and in it a layer
}

// newGroups divides the replicas among at most count groups of about the same size.
func newGroups(run *config.Run, m graph.Model, replicas []replica, rows []record.Row, initial *weights.Packed, count int) ([]*group, error) {
	count = max(1, min(count, len(replicas)))
	groups := make([]*group, count)
	for i := range groups {
		first, end := i*len(replicas)/count, (i+1)*len(replicas)/count
		g := &group{model: m, first: first, replicas: replicas[first:end], rows: rows[first:end], checker: checker{run: run}}
		g.model.Replicas = end - first
		var err error
		if g.initial, err = initial.Tensors(first, end); err != nil {
			return nil, err
		}
		groups[i] = g
	}
	return groups, nil
}

// open builds the group's graph, starts its session and loads data and weights.
func (g *group) open(spec graph.Spec, options *Options, device string) error {
	spec.Model, spec.Shown = g.model, g.shown()
	spec.Histograms = spec.Histograms && len(spec.Shown) > 0
	g.streamed = spec.Stream
	if spec.FlowData != nil {
		g.flowRows = spec.FlowData.Len()
	}
	var err error
	if err = g.makeFeeds(spec); err != nil {
		return err
	}
	spec.LearningRate = g.rate.Graph()
	if g.program, err = graph.Build(spec); err != nil {
		return err
	}
	if err = g.start(options, device); err != nil {
		return err
	}
	if _, err := g.session.Run(g.program.Load, g.program.LoadValues...); err != nil {
		return fmt.Errorf("load the data: %w", err)
	}
	g.program.LoadValues = nil
	if _, err := g.session.Run(g.program.Initialize, g.initial...); err != nil {
		return fmt.Errorf("set the initial weights: %w", err)
	}
	g.initial = nil
	if _, err := g.session.Run(g.program.Snapshot); err != nil {
		return fmt.Errorf("take a snapshot of the initial weights: %w", err)
	}
	g.traced = min(tracedSteps, g.batches.Count)
	return g.makeIndices()
}

// makeFeeds makes what steps are fed: batches, dropout's masks and the learning rate.
func (g *group) makeFeeds(spec graph.Spec) error {
	replicas := make([]feed.Replica, len(g.replicas))
	for i := range g.replicas {
		replicas[i] = g.replicas[i].Replica
	}
	var err error
	if g.stream != nil {
		g.batches, err = feed.NewStreamedBatches(g.stream.TrainRows, spec.BatchSize, replicas)
	} else {
		g.batches, err = feed.NewBatches(spec.Train, g.model, spec.BatchSize, replicas)
	}
	if err != nil {
		return err
	}
	if g.masks, err = feed.NewDropout(g.model, g.run.DropoutRate, replicas, spec.BatchSize); err != nil {
		return err
	}
	g.rate, err = feed.NewLearningRate(g.run, replicas, g.batches.Count)
	return err
}

// shown returns the indices, in the group, of the replicas that histograms show.
func (g *group) shown() []int {
	shown := []int{}
	for i, r := range g.replicas {
		if r.shown {
			shown = append(shown, i)
		}
	}
	return shown
}

// makeIndices makes the scalars that EvalChunks are fed.
func (g *group) makeIndices() error {
	count := 0
	for _, sweep := range g.program.EvalChunks {
		count = max(count, sweep.Count)
	}
	if flow := g.program.Flow; flow != nil && flow.EvalChunks != nil {
		count = max(count, flow.EvalChunks.Count)
	}
	for i := range count {
		index, err := graph.NewScalar(int32(i))
		if err != nil {
			return err
		}
		g.indices = append(g.indices, index)
	}
	return nil
}

// start starts the session, here or on a cluster.
func (g *group) start(options *Options, device string) (err error) {
	if options.Cluster == nil {
		g.session, err = session.New(g.program.Graph, options.Plan, device)
		return err
	}
	if g.transfer, err = session.NewTransfer(g.program, options.Plan, device); err != nil {
		return err
	}
	g.session, err = options.Cluster.NewSession(g.program.Graph)
	return err
}

// close releases the session.
func (g *group) close() {
	g.transfer.Close()
	g.session.Close()
}

// errContextDone is the error of steps when its context is done.
var errContextDone = errors.New("stopped")

// steps trains on the rest of an epoch's batches. When ctx is done, it ends the current step and
// returns errContextDone.
func (g *group) steps(ctx context.Context, epoch int) error {
	return g.stepsTo(ctx, epoch, g.batches.Count)
}

// stepsTo trains on the batches from next on, up to end.
func (g *group) stepsTo(ctx context.Context, epoch, end int) error {
	begin := time.Now()
	defer func() { g.stepping += time.Since(begin) }()
	if !g.started {
		if err := g.startEpoch(epoch, g.next); err != nil {
			return err
		}
	}
	step := g.program.Step
	feeds := make(map[tf.Output]*tf.Tensor, len(step.Feeds))
	checked := g.checked(epoch)
	for ; g.next < end; g.next++ {
		if ctx.Err() != nil && !g.tracing(epoch) {
			return errContextDone
		}
		for i, value := range g.feed(epoch, g.next) {
			feeds[step.Feeds[i]] = value
		}
		if err := g.step(feeds, g.next, checked); err != nil {
			return fmt.Errorf("epoch %d, step %d: %w", epoch, g.next, err)
		}
	}
	if end == g.batches.Count {
		g.next, g.started = 0, false
	}
	return nil
}

// feed returns what a step of an epoch is fed. It is valid until the next call.
func (g *group) feed(epoch, step int) []*tf.Tensor {
	g.fed = g.addFeeds(append(g.fed[:0], g.batches.Load(step)...), epoch, step)
	return g.fed
}

// addFeeds appends what a step is fed beside its points: dropout's masks, and a learning rate that
// isn't constant.
func (g *group) addFeeds(fed []*tf.Tensor, epoch, step int) []*tf.Tensor {
	return g.rate.Feed(g.masks.Draw(fed, epoch, step), epoch, step)
}

// tracing reports whether the steps of a stream's epoch are being traced. A checkpoint doesn't keep
// what was traced so far, so a run that is stopped first does the few steps that are left.
func (g *group) tracing(epoch int) bool {
	return g.stream != nil && g.checked(epoch) && g.next > g.batches.Count-g.traced
}

// step trains on a batch that is loaded. It traces the last steps of an epoch that is checked.
func (g *group) step(feeds map[tf.Output]*tf.Tensor, batch int, checked bool) error {
	if checked {
		if err := g.beforeStep(batch); err != nil {
			return err
		}
	}
	if err := g.session.RunTargets(feeds, g.program.Step.Targets); err != nil {
		return err
	}
	if checked {
		return g.afterStep(batch)
	}
	return nil
}

// startEpoch shuffles the rows and starts an epoch at a batch.
func (g *group) startEpoch(epoch, from int) error {
	g.started = true
	if g.stream != nil {
		if err := g.startStream(epoch, from); err != nil {
			return fmt.Errorf("start epoch %d: %w", epoch, err)
		}
	} else {
		g.batches.Shuffle(epoch)
	}
	if len(g.program.StartEpoch.Targets) == 0 || from > 0 {
		return nil
	}
	if _, err := g.session.Run(g.program.StartEpoch); err != nil {
		return fmt.Errorf("start epoch %d: %w", epoch, err)
	}
	return nil
}

// batch returns a batch as program.Replay is fed it. Of a stream it is the next batch.
func (g *group) batch(epoch, step int) ([]*tf.Tensor, error) {
	if g.stream == nil {
		return g.feed(epoch, step), nil
	}
	fetched, err := g.session.Run(g.program.Batch)
	return g.addFeeds(append(fetched, g.batches.Load(step)...), epoch, step), err
}

// snapshot copies the weights, to be measured while the next epoch trains.
func (g *group) snapshot(epoch int) error {
	if _, err := g.session.Run(g.program.Snapshot); err != nil {
		return fmt.Errorf("take a snapshot of epoch %d: %w", epoch, err)
	}
	g.rate.Record()
	g.snapshots = [2]position{g.snapshots[1], {epoch: epoch + 1}}
	if !g.checked(epoch) {
		return nil
	}
	if _, err := g.session.Run(g.program.Flow.Begin); err != nil {
		return fmt.Errorf("begin the check of epoch %d: %w", epoch, err)
	}
	return nil
}

// measure sets the rows, and fetches what histograms are made of.
func (g *group) measure(epoch int, histograms bool) error {
	histograms = histograms && len(g.program.MeasureWithHistograms.Fetches) > 0
	g.shownValues = shownValues{}
	for _, sweep := range g.program.EvalChunks {
		if len(sweep.Begin.Targets) > 0 {
			if _, err := g.session.Run(sweep.Begin); err != nil {
				return fmt.Errorf("measure epoch %d: %w", epoch, err)
			}
		}
		for i := range sweep.Count {
			call := sweep.Call
			shown := histograms && sweep.Outputs != nil && i < g.program.Outputs.Chunks
			if shown {
				call.Fetches = sweep.Outputs
			}
			fetched, err := g.session.Run(call, g.indices[i])
			if err != nil {
				return fmt.Errorf("measure epoch %d: %w", epoch, err)
			}
			if shown {
				g.outputs = append(g.outputs, fetched)
			}
		}
	}
	call := g.program.Measure
	if histograms {
		call = g.program.MeasureWithHistograms
	}
	fetched, err := g.session.Run(call)
	if err != nil {
		return fmt.Errorf("measure epoch %d: %w", epoch, err)
	}
	if layers := len(g.model.Layers); histograms {
		g.weights, g.gradients = fetched[1:1+layers], fetched[1+layers:1+2*layers]
		if outputs := fetched[1+2*layers:]; len(outputs) > 0 {
			g.outputs = [][]*tf.Tensor{outputs}
		}
	}
	values, err := graph.Floats(fetched[0])
	if err != nil {
		return err
	}
	g.fillRows(epoch, values)
	runtime.KeepAlive(fetched) // values looks into it
	if g.checked(epoch) {
		return g.check(epoch)
	}
	return nil
}

// fillRows sets the rows from a record, [RecordSize, replica].
func (g *group) fillRows(epoch int, values []float32) {
	replicas, layers := g.model.Replicas, len(g.model.Layers)
	value := func(i, r int) float64 { return float64(values[i*replicas+r]) }
	for r := range g.rows {
		if g.stopping != nil && g.stopping[r].Stopped() {
			continue // it keeps the row of its last epoch
		}
		row := &g.rows[r]
		row.Epoch = epoch
		row.Loss, row.Accuracy, row.ValLoss, row.ValAccuracy = value(0, r), value(1, r), value(2, r), value(3, r)
		for k := range layers {
			row.GradientL2[k] = value(4+k, r)
			row.KernelL1[k] = value(4+layers+k, r)
		}
		if g.run.Regularized() {
			row.Penalty = value(4+2*layers, r)
		}
		row.LearningRate = g.rate.Recorded(r)
	}
}
