package train

import (
	"fmt"
	"runtime"

	tf "github.com/galeone/tensorflow/tensorflow/go"

	"gradwatch/graph"
	"gradwatch/internal/dataset"
	"gradwatch/train/config"
)

// Predictor predicts with one replica of a run that has ended. It needs the run's
// folder alone. Close it after use; use it from one goroutine.
type Predictor struct {
	session *tf.Session
	serving *graph.Serving
	call    graph.Call
	inputs  int
	scaler  dataset.Scaler
}

// NewPredictor loads a replica, from 0, of the run in a folder, to run on that many
// cores of the CPU. A replica that the run has not is a [*config.Error].
func NewPredictor(folder string, replica int, plan config.Plan) (*Predictor, error) {
	l, err := load(folder, replica)
	if err != nil {
		return nil, err
	}
	p := &Predictor{inputs: l.spec.Model.Inputs, scaler: l.spec.Scaler}
	l.spec.Scaled = true
	if p.serving, err = graph.NewServing(l.spec); err != nil {
		return nil, err
	}
	p.call.Feeds = []tf.Output{p.serving.Inputs}
	for _, output := range p.serving.Outputs {
		p.call.Fetches = append(p.call.Fetches, output.Output)
	}
	p.session, err = newSession(p.serving.Graph, plan, "cpu")
	return p, err
}

// Inputs returns the number of inputs of a row.
func (p *Predictor) Inputs() int { return p.inputs }

// Scaler returns what is to be done to rows before they are predicted.
func (p *Predictor) Scaler() dataset.Scaler { return p.scaler }

// Close releases the model.
func (p *Predictor) Close() error { return p.session.Close() }

// Predictions are what a model makes of rows.
type Predictions struct {
	// Probabilities of class 1, [rows].
	Probabilities []float32
	Classes       []int64 // [rows]
}

// Predict takes rows as the run's scaler (see [Predictor.Scaler]) makes them, [rows,
// inputs], row-major.
func (p *Predictor) Predict(rows []float32) (*Predictions, error) {
	count := len(rows) / p.inputs
	if count*p.inputs != len(rows) || count == 0 {
		return nil, fmt.Errorf("%d numbers: want those of whole rows of %d inputs", len(rows), p.inputs)
	}
	fed, err := graph.NewTensor(rows, []int64{int64(count), int64(p.inputs)})
	if err != nil {
		return nil, err
	}
	fetched, err := runCall(p.session, p.call, fed)
	if err != nil {
		return nil, err
	}
	values, err := graph.Floats(fetched[0])
	if err != nil {
		return nil, err
	}
	predicted := &Predictions{
		Probabilities: append([]float32(nil), values...),
		Classes:       fetched[1].Value().([]int64),
	}
	runtime.KeepAlive(fetched) // values looks into it
	return predicted, nil
}
