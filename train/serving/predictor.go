//go:build tensorflow

package serving

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"gradwatch/train/session"

	tf "github.com/galeone/tensorflow/tensorflow/go"

	"gradwatch/graph"
	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/invalid"
)

// Predictor predicts with one replica of a run that has ended. Use it from one goroutine, and Close it
// after use.
type Predictor struct {
	session *session.Session
	serving *graph.Serving
	call    graph.Call
	schema  *dataset.Schema
}

// NewPredictor loads a replica, from 0, of the run in a folder, to predict on the CPU with the plan's
// threads. It returns an [*invalid.Error] for a replica that the run doesn't have.
func NewPredictor(folder string, replica int, plan config.Plan) (*Predictor, error) {
	l, err := load(folder, replica)
	if err != nil {
		return nil, err
	}
	p := &Predictor{schema: l.spec.Schema}
	l.spec.Scaled = true
	if p.serving, err = graph.NewServing(l.spec); err != nil {
		return nil, err
	}
	p.call.Feeds = []tf.Output{p.serving.Inputs}
	for _, output := range p.serving.Outputs {
		p.call.Fetches = append(p.call.Fetches, output.Output)
	}
	p.session, err = session.New(p.serving.Graph, plan, "cpu")
	return p, err
}

// Schema returns what a row of a table is, how it becomes the model's inputs, and what predictions
// mean.
func (p *Predictor) Schema() *dataset.Schema { return p.schema }

// Close releases the model.
func (p *Predictor) Close() { p.session.Close() }

// Predictions are what a model predicts for rows.
type Predictions struct {
	// Values are, for two classes, the probability of the second, [rows]; for more, the
	// probability of each, [rows, classes]; for a regression the value in the target's unit,
	// [rows].
	Values []float32
	// Classes are the predicted classes, from 0, [rows]; nil for a regression.
	Classes []int64
}

// Predict returns the predictions for scaled rows, [rows, inputs], row-major, as an Encoder of the
// schema makes them.
func (p *Predictor) Predict(rows []float32) (*Predictions, error) {
	inputs := p.schema.Inputs()
	count := len(rows) / inputs
	if count*inputs != len(rows) || count == 0 {
		return nil, fmt.Errorf("%d numbers: want those of whole rows of %d inputs", len(rows), inputs)
	}
	fed, err := graph.NewTensor(rows, []int64{int64(count), int64(inputs)})
	if err != nil {
		return nil, err
	}
	fetched, err := p.session.Run(p.call, fed)
	if err != nil {
		return nil, err
	}
	values, err := graph.Floats(fetched[0])
	if err != nil {
		return nil, err
	}
	predicted := &Predictions{Values: slices.Clone(values)}
	if len(fetched) > 1 {
		predicted.Classes = fetched[1].Value().([]int64)
	}
	runtime.KeepAlive(fetched) // values looks into it
	return predicted, nil
}

// PredictInputs returns the predictions for inputs before scaling, [row][input], in the order of the
// schema's InputNames. It returns an [*invalid.Error] for a row of another length.
func (p *Predictor) PredictInputs(inputs [][]float64) (*Predictions, error) {
	width := p.schema.Inputs()
	points := &dataset.Examples{Columns: p.schema.InputNames()}
	for i, row := range inputs {
		if len(row) != width {
			return nil, invalid.New("inputs", fmt.Sprintf("row %d of %d numbers", i+1, len(row)), fmt.Sprintf("%d: %s", width, strings.Join(points.Columns, ", ")))
		}
		points.X = append(points.X, row...)
	}
	rows := make([]float32, len(points.X))
	for i, x := range p.schema.Scaling.Apply(points).X {
		rows[i] = float32(x)
	}
	return p.Predict(rows)
}
