//go:build tensorflow

package train

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"

	tf "github.com/galeone/tensorflow/tensorflow/go"

	"gradwatch/graph"
	"gradwatch/internal/checkpoint"
	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/events"
	"gradwatch/internal/numeric"
	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
)

// tracedSteps is the number of steps, the last of an epoch, over which the update ratio is averaged.
// The ratio of a single step varies by a factor of two and more.
const tracedSteps = 4

// flowData returns the rows that a run's checks are measured on; nil for a run without checks.
func flowData(run *config.Run, train *dataset.Examples) *dataset.Examples {
	if run.CheckFreq() == 0 {
		return nil
	}
	return train.Spaced(run.CheckRows(train.Len()))
}

// checker measures a group's checks.
type checker struct {
	run      *config.Run // says which epochs are checked
	flowRows int         // that checks are measured on
	traced   int         // steps of an epoch whose update ratio is in the sum
	checks   []record.Check
}

// checked reports whether the epoch ends with a check.
func (g *group) checked(epoch int) bool { return g.program.Flow != nil && g.run.Checked(epoch) }

// beforeStep and afterStep trace the last steps of an epoch that is checked.
func (g *group) beforeStep(step int) error {
	if step != g.batches.Count-g.traced {
		return nil
	}
	_, err := g.session.Run(g.program.Flow.Mark)
	return err
}

func (g *group) afterStep(step int) error {
	if step < g.batches.Count-g.traced {
		return nil
	}
	_, err := g.session.Run(g.program.Flow.Trace)
	return err
}

// check sets the group's checks, of a snapshot after which Flow.Begin was called.
func (g *group) check(epoch int) error {
	flow := g.program.Flow
	if flow.EvalChunks != nil {
		for i := range flow.EvalChunks.Count {
			if _, err := g.session.Run(flow.EvalChunks.Call, g.indices[i]); err != nil {
				return fmt.Errorf("check epoch %d: %w", epoch, err)
			}
		}
	}
	fetched, err := g.session.Run(flow.Measure)
	if err != nil {
		return fmt.Errorf("check epoch %d: %w", epoch, err)
	}
	layers, err := graph.Floats(fetched[0]) // [LayerStatistics, layer, replica]
	if err != nil {
		return err
	}
	units, err := graph.Floats(fetched[1]) // [UnitStatistics, replica, unit]
	if err != nil {
		return err
	}
	g.checks = g.checks[:0]
	for r := range g.replicas {
		c := record.Check{Replica: g.rows[r].Replica, Epoch: epoch, Layers: make([]record.LayerFlow, len(g.model.Layers))}
		g.fillLayers(&c, r, layers)
		g.fillUnits(&c, r, units)
		if err := g.fillDuplicates(&c, r, fetched[2:]); err != nil {
			return err
		}
		g.checks = append(g.checks, c)
	}
	runtime.KeepAlive(fetched) // the values are in its tensors
	return nil
}

// fillLayers sets a replica's layers from [LayerStatistics, layer, replica].
func (g *group) fillLayers(c *record.Check, r int, values []float32) {
	layers, replicas := len(c.Layers), g.model.Replicas
	for k := range c.Layers {
		value := func(statistic int) float64 { return float64(values[(statistic*layers+k)*replicas+r]) }
		l := &c.Layers[k]
		l.UpdateRatio = value(graph.UpdateRatio) / float64(g.traced)
		l.GradientRMS, l.GradientMean, l.GradientMax = value(graph.GradientRMS), value(graph.GradientMean), value(graph.GradientMax)
		l.GradientZeros = value(graph.GradientZeros)
		l.NonFinite = int(value(graph.NonFinite))
	}
}

// fillUnits sets the units of a replica's layers from [UnitStatistics, replica,
// unit].
func (g *group) fillUnits(c *record.Check, r int, values []float32) {
	all := 0
	for _, layer := range g.model.Layers {
		all += layer.Units
	}
	rows := float64(g.flowRows)
	first := 0
	for k, layer := range g.model.Layers {
		units := make([]record.UnitFlow, layer.Units)
		for u := range units {
			value := func(statistic int) float64 {
				return float64(values[(statistic*g.model.Replicas+r)*all+first+u])
			}
			mean := value(graph.UnitOutput)
			share := func(statistic int) float64 { // comparisons with NaN count nothing, so there is no share
				if !numeric.Finite(mean) {
					return math.NaN()
				}
				return value(statistic) / rows
			}
			units[u] = record.UnitFlow{
				Active: share(graph.UnitActive), Saturated: share(graph.UnitSaturated), Extreme: share(graph.UnitExtreme),
				Mean: mean, Std: deviation(mean, value(graph.UnitSquare)),
				Delta: rows * value(graph.UnitDelta), OutputDelta: rows * value(graph.UnitOutputDelta),
				Duplicate: -1,
			}
		}
		c.Layers[k].Units = units
		first += layer.Units
	}
}

// deviation returns the standard deviation of a value, given the means of the value and of its
// square. It returns 0 for what is below the 7 digits of a float32.
func deviation(mean, square float64) float64 {
	const precision = 4e-7
	variance := square - mean*mean
	if variance < precision*square {
		return 0
	}
	return math.Sqrt(variance)
}

// fillDuplicates marks units that have the same weights; weights are each layer's, [replica, rows,
// inputs+1].
func (g *group) fillDuplicates(c *record.Check, r int, weights []*tf.Tensor) error {
	for k, layer := range g.model.Layers {
		values, err := graph.Floats(weights[k])
		if err != nil {
			return err
		}
		width := g.model.FanIn(k) + 1
		first := r * g.model.Rows(k) * width
		row := func(u int) []float32 { return values[first+u*width : first+(u+1)*width] }
		markDuplicates(c.Layers[k].Units[:layer.Units], row)
	}
	return nil
}

// markDuplicates sets the Duplicate of units whose weights and bias are the same, to rounding, to the first
// of them.
func markDuplicates(units []record.UnitFlow, row func(u int) []float32) {
	order := make([]int, len(units)) // by their rows, so that duplicates are neighbours
	for u := range order {
		order[u] = u
	}
	slices.SortFunc(order, func(a, b int) int { return slices.Compare(row(a), row(b)) })
	for len(order) > 0 {
		n := 1
		for n < len(order) && equalToRounding(row(order[n-1]), row(order[n])) {
			n++
		}
		if n > 1 {
			first := slices.Min(order[:n])
			for _, u := range order[:n] {
				units[u].Duplicate = first
			}
		}
		order = order[n:]
	}
}

// equalToRounding reports whether two rows of weights are the same to rounding.
func equalToRounding(a, b []float32) bool {
	const tolerance = 1e-5
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		if !(math.Abs(x-y) <= tolerance*max(math.Abs(x), math.Abs(y))) {
			return false
		}
	}
	return true
}

// checkFiles are a run's open flow.csv and units.csv.
type checkFiles struct {
	*record.CheckWriter
	layers, units *table
}

func newCheckFiles(folder *runfolder.Folder, replicas int) (*checkFiles, error) {
	f := &checkFiles{}
	var err error
	if f.layers, err = createTable(folder, runfolder.FlowFile); err != nil {
		return nil, err
	}
	if f.units, err = createTable(folder, runfolder.UnitsFile); err != nil {
		return nil, err
	}
	if f.CheckWriter, err = record.NewCheckWriter(f.layers, f.units, replicas); err != nil {
		return nil, fmt.Errorf("write %s: %w", f.layers.file.Name(), err)
	}
	return f, nil
}

// reopenCheckFiles opens the checks, cut back to what they held at a checkpoint.
func reopenCheckFiles(folder *runfolder.Folder, m *checkpoint.Manifest, replicas int) (*checkFiles, error) {
	f := &checkFiles{}
	var err error
	if f.layers, err = reopenTable(folder, m, runfolder.FlowFile); err != nil {
		return nil, err
	}
	if f.units, err = reopenTable(folder, m, runfolder.UnitsFile); err != nil {
		return nil, err
	}
	f.CheckWriter = record.ContinueChecks(f.layers, f.units, replicas)
	return f, nil
}

// close closes the files, if there are any.
func (f *checkFiles) close() error {
	if f == nil {
		return nil
	}
	if err := errors.Join(f.layers.file.Close(), f.units.file.Close()); err != nil {
		return fmt.Errorf("write the checks: %w", err)
	}
	return nil
}

// checks returns the epoch's checks of the run's replicas that have not stopped before.
func (r *recorder) checks(groups []*group, epoch int) []record.Check {
	var own []record.Check
	for _, g := range groups {
		for i := range g.checks {
			if at := g.first + i; at >= r.first && at < r.first+r.run.Repeats && g.rows[i].Epoch == epoch {
				own = append(own, g.checks[i])
			}
		}
	}
	return own
}

// addFlow adds the scalars of an epoch's checks: with several replicas, the means over those that have
// not diverged. rows are the replicas' rows.
func addFlow(s *events.Summary, checks []record.Check, rows []record.Row) {
	going := slices.DeleteFunc(slices.Clone(checks), func(c record.Check) bool { return !rows[c.Replica].Finite() })
	if len(going) == 0 {
		going = checks
	}
	for k := range checks[0].Layers {
		for _, tag := range flowTags() {
			if tag.hidden && k == len(checks[0].Layers)-1 {
				continue
			}
			of := going
			if tag.all {
				of = checks
			}
			sum, n := 0.0, 0
			for i := range of {
				if value := tag.of(&of[i].Layers[k]); numeric.Finite(value) {
					sum += value
					n++
				}
			}
			s.Scalar("flow/"+graph.LayerName(k)+"/"+tag.name, float32(sum/float64(n)))
		}
	}
}

// flowTag is a scalar of a layer.
type flowTag struct {
	name   string
	hidden bool // of hidden layers only
	all    bool // also of replicas that have diverged
	of     func(*record.LayerFlow) float64
}

// flowTags are the scalars of a layer, flow/dense_k/NAME.
func flowTags() []flowTag {
	return []flowTag{
		{name: "gradient_rms", of: func(l *record.LayerFlow) float64 { return l.GradientRMS }},
		{name: "gradient_mean", of: func(l *record.LayerFlow) float64 { return l.GradientMean }},
		{name: "gradient_max", of: func(l *record.LayerFlow) float64 { return l.GradientMax }},
		{name: "gradient_zeros", of: func(l *record.LayerFlow) float64 { return l.GradientZeros }},
		{name: "non_finite", all: true, of: func(l *record.LayerFlow) float64 { return float64(l.NonFinite) }},
		{name: "update_ratio", of: func(l *record.LayerFlow) float64 { return l.UpdateRatio }},
		{name: "delta", of: (*record.LayerFlow).Delta},
		{name: "std", hidden: true, of: (*record.LayerFlow).Std},
		{name: "inactive_units", hidden: true, of: (*record.LayerFlow).Inactive},
		{name: "saturated_units", hidden: true, of: (*record.LayerFlow).Saturated},
	}
}
