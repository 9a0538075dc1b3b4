package train

import (
	"runtime"

	"gradwatch/graph"
)

// Decision is the probability of class 1 on a grid over the two inputs, the
// mean over the replicas.
type Decision struct {
	// XMin to YMax are the grid's edges, in the inputs' units before scaling.
	XMin, XMax, YMin, YMax float64
	// Probability is [y][x], from the least to the greatest.
	Probability [][]float32
}

// decisionMargin is how far the grid goes beyond the points, as a share of
// their extent.
const decisionMargin = 0.1

// decision evaluates a run's models on the grid that was asked for; nil for none,
// where they have not two inputs and two classes, or where all of them diverged.
func (t *trainer) decision(run *recorder) (*Decision, error) {
	side := t.options.DecisionGrid
	if side < 2 || t.model.Inputs != 2 || t.model.Loss != graph.BinaryCrossEntropy || t.data.stream != nil {
		return nil, nil
	}
	d := &Decision{Probability: make([][]float32, side)}
	d.XMin, d.XMax = t.extent(0)
	d.YMin, d.YMax = t.extent(1)
	factor, offset := t.data.scaler.Factor, t.data.scaler.Offset
	grid := make([][2]float32, 0, side*side)
	for j := range side {
		y := d.YMin + (d.YMax-d.YMin)*float64(j)/float64(side-1)
		for i := range side {
			x := d.XMin + (d.XMax-d.XMin)*float64(i)/float64(side-1)
			grid = append(grid, [2]float32{float32(x*factor[0] + offset[0]), float32(y*factor[1] + offset[1])})
		}
	}
	probabilities, err := t.predict(grid, run.first, run.run.Repeats)
	if err != nil {
		return nil, err
	}
	if probabilities == nil {
		return nil, nil
	}
	for j := range side {
		d.Probability[j] = probabilities[j*side : (j+1)*side]
	}
	return d, nil
}

// extent returns the range of a column with a margin.
func (t *trainer) extent(column int) (low, high float64) {
	points := t.data.points
	low, high = points.Row(0)[column], points.Row(0)[column]
	for i := range points.Len() {
		low, high = min(low, points.Row(i)[column]), max(high, points.Row(i)[column])
	}
	margin := decisionMargin * (high - low)
	if margin == 0 {
		margin = 1
	}
	return low - margin, high + margin
}

// predict returns the probability of class 1 for scaled inputs, the mean over those
// of count replicas from first on that have not diverged; nil where all have.
func (t *trainer) predict(inputs [][2]float32, first, count int) ([]float32, error) {
	const size = graph.PredictPoints
	var finite []int
	for r := first; r < first+count; r++ {
		if t.rows[r].Finite() {
			finite = append(finite, r)
		}
	}
	if finite == nil {
		return nil, nil
	}
	probabilities := make([]float32, len(inputs))
	columns := make([]float32, 3*size)
	for at := 0; at < len(inputs); at += size {
		chunk := inputs[at:min(at+size, len(inputs))]
		for j, input := range chunk {
			columns[j], columns[size+j], columns[2*size+j] = input[0], input[1], 1
		}
		fed, err := graph.NewTensor(columns, []int64{3, size})
		if err != nil {
			return nil, err
		}
		for _, g := range t.groups {
			fetched, err := g.call(g.program.Predict, fed)
			if err != nil {
				return nil, err
			}
			values, err := graph.Floats(fetched[0]) // [replica, 1, size]
			if err != nil {
				return nil, err
			}
			for _, r := range finite {
				if r < g.first || r >= g.first+g.model.Replicas {
					continue
				}
				for j := range chunk {
					probabilities[at+j] += values[(r-g.first)*size+j] / float32(len(finite))
				}
			}
			runtime.KeepAlive(fetched) // values looks into it
		}
	}
	return probabilities, nil
}
