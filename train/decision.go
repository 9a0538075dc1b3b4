//go:build tensorflow

package train

import (
	"fmt"
	"math"
	"runtime"
	"slices"

	"gradwatch/graph"
	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
)

// Decision is what the models make of a grid on a plane of their inputs: the mean over
// the replicas.
type Decision struct {
	Plane *dataset.Plane
	// XMin to YMax are the grid's edges, in the plane's coordinates: the inputs' units
	// before scaling, where it is that of two columns.
	XMin, XMax, YMin, YMax float64
	// Probability is [y][x], from the least to the greatest: of class 1 of two.
	Probability [][]float32
	// Classes are those of each class of more, [class][y][x]; Probability is then nil.
	Classes [][][]float32
}

const (
	// decisionMargin is how far the grid goes beyond the points, as a share of
	// their extent.
	decisionMargin = 0.1
	// decisionClasses is the largest number of classes that a picture can tell by colour.
	decisionClasses = 10
)

// Decide evaluates the models of a run that has ended, as its summary and the file
// with its weights have it, on a grid of side points a side: what [Options.DecisionGrid]
// gives at its end. It is nil where they have not two inputs, or where all of them
// diverged.
func Decide(summary *record.Summary, weights string, side int) (*Decision, error) {
	run := summary.Configuration
	run.InitialWeights = weights
	run.EarlyStopping, run.RestoreBestWeights = 0, false // they are the ones it ended with
	t, err := newTrainer([]config.Run{run}, Options{Plan: summary.Plan, DecisionGrid: side})
	if err != nil {
		return nil, err
	}
	defer t.close()
	if len(summary.Result) != len(t.rows) {
		return nil, fmt.Errorf("%s has results of %d replicas, want %d", runfolder.SummaryFile, len(summary.Result), len(t.rows))
	}
	for i := range t.rows {
		t.rows[i].Loss = float64(summary.Result[i].Loss) // tells which diverged
	}
	if len(finiteRows(t.rows)) == 0 {
		return nil, nil
	}
	if err := t.prepare(); err != nil {
		return nil, err
	}
	spec := t.spec()
	if err := t.each(func(g *group) error { return g.open(spec, &t.options, t.run.Device) }); err != nil {
		return nil, err
	}
	return t.decision(t.runs[0])
}

// decision evaluates a run's models on the grid that was asked for; nil for none,
// where they have not two inputs or more or not two to ten classes, or where all of
// them diverged.
func (t *trainer) decision(run *recorder) (*Decision, error) {
	side, outputs := t.options.DecisionGrid, last(t.model.Layers).Units
	if side < 2 || t.model.Inputs < 2 || t.model.Loss == graph.MeanSquaredError || outputs > decisionClasses || t.data.Stream != nil {
		return nil, nil
	}
	d := &Decision{Plane: t.plane()}
	if d.Plane == nil {
		return nil, nil
	}
	t.extent(d)
	point := func(at int, inputs []float32) {
		x := d.XMin + (d.XMax-d.XMin)*float64(at%side)/float64(side-1)
		y := d.YMin + (d.YMax-d.YMin)*float64(at/side)/float64(side-1)
		d.Plane.At(x, y, inputs)
	}
	probabilities, err := t.predict(side*side, point, run.first, run.run.Repeats)
	if err != nil || probabilities == nil {
		return nil, err
	}
	for k := range outputs {
		rows := make([][]float32, side)
		for j := range side {
			at := k*side*side + j*side
			rows[j] = probabilities[at : at+side]
		}
		if outputs == 1 {
			d.Probability = rows
		} else {
			d.Classes = append(d.Classes, rows)
		}
	}
	return d, nil
}

// plane returns that of the two columns that were chosen, or of the only two, or of the
// principal components; nil where there are none.
func (t *trainer) plane() *dataset.Plane {
	a, b := 0, 1
	switch names := t.run.DecisionColumns; {
	case len(names) == 2:
		a, b = slices.Index(t.data.Points.Columns, names[0]), slices.Index(t.data.Points.Columns, names[1])
	case t.model.Inputs > 2:
		return dataset.PrincipalPlane(t.data.Train)
	}
	return dataset.ColumnPlane(t.data.Schema.Scaling, t.data.Train, a, b)
}

// extent sets the grid's edges around the points, with a margin.
func (t *trainer) extent(d *Decision) {
	points := t.data.Points
	d.XMin, d.YMin = math.Inf(1), math.Inf(1)
	d.XMax, d.YMax = math.Inf(-1), math.Inf(-1)
	for i := range points.Len() {
		x, y := d.Plane.Project(t.data.Schema.Scaling, points.Row(i))
		d.XMin, d.XMax = min(d.XMin, x), max(d.XMax, x)
		d.YMin, d.YMax = min(d.YMin, y), max(d.YMax, y)
	}
	widen := func(low, high *float64) {
		margin := decisionMargin * (*high - *low)
		if margin == 0 {
			margin = 1
		}
		*low, *high = *low-margin, *high+margin
	}
	widen(&d.XMin, &d.XMax)
	widen(&d.YMin, &d.YMax)
}

// predict returns the probabilities for so many scaled rows, whose inputs row sets, as the
// model gives them: [outputs, rows], the mean over those of count replicas from first on that have
// not diverged; nil where all have.
func (t *trainer) predict(total int, row func(at int, inputs []float32), first, count int) ([]float32, error) {
	const size = graph.PredictPoints
	inputs, outputs := t.model.Inputs, last(t.model.Layers).Units
	var finite []int
	for r := first; r < first+count; r++ {
		if t.rows[r].Finite() {
			finite = append(finite, r)
		}
	}
	if finite == nil {
		return nil, nil
	}
	probabilities := make([]float32, outputs*total)
	columns, one := make([]float32, (inputs+1)*size), make([]float32, inputs)
	for at := 0; at < total; at += size {
		n := min(size, total-at)
		for j := range n {
			row(at+j, one)
			for f, x := range one {
				columns[f*size+j] = x
			}
			columns[inputs*size+j] = 1
		}
		fed, err := graph.NewTensor(columns, []int64{int64(inputs) + 1, size})
		if err != nil {
			return nil, err
		}
		for _, g := range t.groups {
			fetched, err := g.session.Run(g.program.Predict, fed)
			if err != nil {
				return nil, err
			}
			values, err := graph.Floats(fetched[0]) // [replica, outputs, size]
			if err != nil {
				return nil, err
			}
			for _, r := range finite {
				if r < g.first || r >= g.first+g.model.Replicas {
					continue
				}
				for k := range outputs {
					for j := range n {
						probabilities[k*total+at+j] += values[((r-g.first)*outputs+k)*size+j] / float32(len(finite))
					}
				}
			}
			runtime.KeepAlive(fetched) // values looks into it
		}
	}
	return probabilities, nil
}
