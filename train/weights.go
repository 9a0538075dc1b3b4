package train

import (
	"fmt"

	tf "github.com/galeone/tensorflow/tensorflow/go"

	"gradwatch/graph"
	"gradwatch/train/config"
	"gradwatch/train/record"
)

// initialWeights returns each layer's first weights, [replica, rows,
// inputs+1]: read from the run's weights.json, or drawn by each replica's seed.
func initialWeights(run *config.Run, m graph.Model, plan config.Plan) ([]*tf.Tensor, error) {
	packed := newPackedWeights(m)
	if run.InitialWeights != "" {
		if err := packed.read(run.InitialWeights); err != nil {
			return nil, err
		}
		return packed.tensors()
	}
	init, err := graph.NewInitializers(m)
	if err != nil {
		return nil, err
	}
	session, err := newSession(init.Graph, plan, run.Device)
	if err != nil {
		return nil, err
	}
	defer session.Close()
	for r, seed := range run.Seeds() {
		key, err := tf.NewTensor(int64(seed))
		if err != nil {
			return nil, fmt.Errorf("make the seed's tensor: %w", err)
		}
		kernels, err := session.Run(map[tf.Output]*tf.Tensor{init.Seed: key}, init.Kernels, nil)
		if err != nil {
			return nil, fmt.Errorf("draw the initial weights: %w", oneLine(err))
		}
		for k, kernel := range kernels {
			packed.setKernel(k, r, kernel.Value().([][]float32))
		}
	}
	return packed.tensors()
}

// packedWeights holds a model's weights as the graph lays them: of each layer
// [replica, rows, inputs+1], a row a unit and one that carries the ones, the bias
// in the last column.
type packedWeights struct {
	model  graph.Model
	layers [][]float32
}

func newPackedWeights(m graph.Model) *packedWeights {
	p := &packedWeights{model: m}
	for k, layer := range m.Layers {
		p.layers = append(p.layers, make([]float32, m.Replicas*m.Rows(k)*(m.FanIn(k)+1)))
		for r := range m.Replicas {
			for row := layer.Units; row < m.Rows(k); row++ {
				copy(p.row(k, r, row), m.CarrierRow(k))
			}
		}
	}
	return p
}

// row returns one row, the weights of a unit, [inputs+1].
func (p *packedWeights) row(k, replica, unit int) []float32 {
	width := p.model.FanIn(k) + 1
	at := (replica*p.model.Rows(k) + unit) * width
	return p.layers[k][at : at+width]
}

// setKernel sets a layer's kernel, [inputs, units].
func (p *packedWeights) setKernel(k, replica int, kernel [][]float32) {
	for unit := range p.model.Layers[k].Units {
		row := p.row(k, replica, unit)
		for i := range kernel {
			row[i] = kernel[i][unit]
		}
	}
}

// layer returns a layer as Keras lays it.
func (p *packedWeights) layer(k, replica int) record.Layer {
	inputs, units := p.model.FanIn(k), p.model.Layers[k].Units
	layer := record.Layer{Kernel: make([][]float32, inputs), Bias: make([]float32, units)}
	for i := range layer.Kernel {
		layer.Kernel[i] = make([]float32, units)
	}
	for unit := range units {
		row := p.row(k, replica, unit)
		for i := range inputs {
			layer.Kernel[i][unit] = row[i]
		}
		layer.Bias[unit] = row[inputs]
	}
	return layer
}

// tensors returns each layer's weights in the graph's shape.
func (p *packedWeights) tensors() ([]*tf.Tensor, error) {
	tensors := make([]*tf.Tensor, len(p.layers))
	for k, values := range p.layers {
		t, err := graph.NewTensor(values, p.model.WeightsShape(p.model.Replicas, k))
		if err != nil {
			return nil, err
		}
		tensors[k] = t
	}
	return tensors, nil
}

// read sets all weights from a weights.json: a list of one replica, which all
// start from, or of as many as there are.
func (p *packedWeights) read(path string) error {
	replicas, err := record.ReadWeights(path)
	if err != nil {
		return &config.Error{Field: "initial-weights", Value: path, Want: "a weights.json: " + err.Error()}
	}
	if len(replicas) != 1 && len(replicas) != p.model.Replicas {
		return &config.Error{
			Field: "initial-weights", Value: path,
			Want: fmt.Sprintf("the weights of 1 or %d replicas, the file has %d", p.model.Replicas, len(replicas)),
		}
	}
	for r := range p.model.Replicas {
		if err := p.set(r, replicas[r%len(replicas)]); err != nil {
			return &config.Error{Field: "initial-weights", Value: path, Want: err.Error()}
		}
	}
	return nil
}

// set sets one replica's weights; an error says what shape is wanted.
func (p *packedWeights) set(replica int, layers []record.Layer) error {
	if len(layers) != len(p.model.Layers) {
		return fmt.Errorf("the weights of %d layers, the file has %d", len(p.model.Layers), len(layers))
	}
	for k, layer := range layers {
		inputs, units := p.model.FanIn(k), p.model.Layers[k].Units
		fits := len(layer.Kernel) == inputs && len(layer.Bias) == units
		for _, row := range layer.Kernel {
			fits = fits && len(row) == units
		}
		if !fits {
			return fmt.Errorf("a kernel of %d rows of %d numbers and a bias of %d for %s",
				inputs, units, units, graph.LayerName(k))
		}
		p.setKernel(k, replica, layer.Kernel)
		for unit, bias := range layer.Bias {
			p.row(k, replica, unit)[inputs] = bias
		}
	}
	return nil
}

// weights fetches the model's weights, each replica's layers.
func (t *trainer) weights() ([][]record.Layer, error) {
	tensors, err := t.call(t.program.Weights)
	if err != nil {
		return nil, err
	}
	packed := newPackedWeights(t.model)
	for k, tensor := range tensors {
		if packed.layers[k], err = floats(tensor); err != nil {
			return nil, err
		}
	}
	replicas := make([][]record.Layer, t.model.Replicas)
	for r := range replicas {
		for k := range t.model.Layers {
			replicas[r] = append(replicas[r], packed.layer(k, r))
		}
	}
	return replicas, nil
}
