package train

import (
	"slices"

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

// decision evaluates the model on the grid that was asked for; nil for none,
// where the model has not two inputs, or where it diverged.
func (t *trainer) decision() (*Decision, error) {
	side := t.options.DecisionGrid
	if side < 2 || t.model.Inputs != 2 {
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
	probabilities, err := t.predict(grid)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(probabilities, func(p float32) bool { return p != p }) {
		return nil, nil // NaN: the model diverged
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

// predict returns the probability of class 1 for scaled inputs, the mean over
// the replicas.
func (t *trainer) predict(inputs [][2]float32) ([]float32, error) {
	const size = graph.PredictPoints
	probabilities := make([]float32, 0, len(inputs))
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
		fetched, err := t.call(t.program.Predict, fed)
		if err != nil {
			return nil, err
		}
		values, err := floats(fetched[0]) // [replica, 1, size]
		if err != nil {
			return nil, err
		}
		for j := range chunk {
			sum := float32(0)
			for r := range t.model.Replicas {
				sum += values[r*size+j]
			}
			probabilities = append(probabilities, sum/float32(t.model.Replicas))
		}
	}
	return probabilities, nil
}
