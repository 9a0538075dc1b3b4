//go:build tensorflow

package train

import (
	"fmt"
	"math"
	"slices"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
)

// Decision is what the models predict on a grid in a plane of their inputs: the mean over the
// replicas.
type Decision struct {
	Plane *dataset.Plane
	// XMin to YMax are the grid's edges, in the plane's coordinates. Those of a plane of two
	// columns are in the columns' units, before scaling.
	XMin, XMax, YMin, YMax float64
	// Probability is that of class 1 of two, or the output of a model that has one, [y][x], in ascending order of
	// x and y.
	Probability [][]float32
	// Classes are the probabilities of more than two classes, or the outputs for them, [class][y][x]; Probability is
	// then nil.
	Classes [][][]float32
}

const (
	// decisionMargin is the distance of the grid's edges from the points, as a share of the
	// points' extent.
	decisionMargin = 0.1
	// decisionClasses is the largest number of classes that a picture can show by colour.
	decisionClasses = 10
)

// Decide returns the [Decision] of a run that has ended, on a grid of side points a side, given the
// run's summary and the path of its weights.json. It reads the run's data set again. It returns nil
// where the inputs have no plane, or all replicas diverged.
func Decide(summary *record.Summary, weights string, side int) (*Decision, error) {
	run := summary.Configuration
	run.InitialWeights = weights
	run.EarlyStopping, run.RestoreBestWeights = 0, false // the weights are those that the run ended with
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

// decision returns a run's Decision on the grid that was asked for; nil for none, for less than two
// inputs, for a regression, more than ten classes or more than two with one output, or where all replicas diverged.
func (t *trainer) decision(run *recorder) (*Decision, error) {
	side, outputs := t.options.DecisionGrid, last(t.model.Layers).Units
	if side < 2 || t.model.Inputs < 2 || t.model.Output.Regression() || t.model.Output.Classes > decisionClasses || outputs == 1 && t.model.Output.Classes > 2 || t.data.Stream != nil {
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
	replicas := finiteReplicas(run)
	if replicas == nil {
		return nil, nil
	}
	each, err := t.predict(run, replicas, side*side, point)
	if err != nil {
		return nil, err
	}
	probabilities := make([]float32, outputs*side*side) // the mean over the replicas
	for _, of := range each {
		for i, p := range of {
			probabilities[i] += p / float32(len(each))
		}
	}
	output := &t.model.Output
	for k := range min(outputs, output.Classes) { // the others stand for no class
		rows := make([][]float32, side)
		for j := range side {
			at := k*side*side + j*side
			rows[j] = probabilities[at : at+side]
		}
		switch {
		case outputs == 1, outputs == 2 && k == 1 && output.Activation == config.Softmax:
			d.Probability, d.Classes = rows, nil
		default:
			d.Classes = append(d.Classes, rows)
		}
	}
	return d, nil
}

// plane returns the plane of the two columns that were chosen, or of the only two, or of the first two
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

// extent sets the grid's edges, around the points with a margin.
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
