package train

import (
	"fmt"
	"runtime"
	"slices"

	tf "github.com/galeone/tensorflow/tensorflow/go"

	"gradwatch/graph"
	"gradwatch/train/config"
	"gradwatch/train/record"
)

// initialWeights returns the first weights of all runs' replicas: read from the
// run's weights.json, or drawn by each replica's seed.
func initialWeights(runs []*recorder, m graph.Model, plan config.Plan, device string) (*packedWeights, error) {
	replicas := last(runs).first + last(runs).run.Repeats
	packed := newPackedWeights(m, replicas)
	for _, r := range runs {
		var err error
		if r.run.InitialWeights != "" {
			err = packed.read(r.run.InitialWeights, r.first, r.run.Repeats)
		} else {
			err = packed.draw(r, m.Inputs, plan, device)
		}
		if err != nil {
			return nil, err
		}
	}
	return packed, nil
}

// draw draws the kernels and biases of a run's replicas.
func (p *packedWeights) draw(r *recorder, inputs int, plan config.Plan, device string) error {
	m, err := graph.NewModel(&r.run, inputs)
	if err != nil {
		return err
	}
	init, err := graph.NewInitializers(m)
	if err != nil {
		return err
	}
	session, err := newSession(init.Graph, plan, device)
	if err != nil {
		return err
	}
	defer session.Close()
	for i, seed := range r.run.Seeds() {
		key, err := scalar(int64(seed))
		if err != nil {
			return err
		}
		drawn, err := session.Run(map[tf.Output]*tf.Tensor{init.Seed: key}, slices.Concat(init.Kernels, init.Biases), nil)
		if err != nil {
			return fmt.Errorf("draw the initial weights: %w", oneLine(err))
		}
		kernels, biases := drawn[:len(init.Kernels)], drawn[len(init.Kernels):]
		for k, kernel := range kernels {
			p.setKernel(k, r.first+i, kernel.Value().([][]float32))
		}
		for k, bias := range biases {
			p.setBias(k, r.first+i, bias.Value().([]float32))
		}
	}
	return nil
}

// packedWeights holds a model's weights as the graph lays them: of each layer
// [replica, rows, inputs+1], a row a unit and one that carries the ones, the bias
// in the last column.
type packedWeights struct {
	model    graph.Model
	replicas int
	layers   [][]float32
}

func newPackedWeights(m graph.Model, replicas int) *packedWeights {
	p := &packedWeights{model: m, replicas: replicas}
	for k, layer := range m.Layers {
		p.layers = append(p.layers, make([]float32, replicas*m.Rows(k)*(m.FanIn(k)+1)))
		for r := range replicas {
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

// setBias sets a layer's bias, [units].
func (p *packedWeights) setBias(k, replica int, bias []float32) {
	for unit, value := range bias {
		row := p.row(k, replica, unit)
		row[len(row)-1] = value
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

// tensors returns each layer's weights in the graph's shape, of the replicas from
// first up to end.
func (p *packedWeights) tensors(first, end int) ([]*tf.Tensor, error) {
	tensors := make([]*tf.Tensor, len(p.layers))
	for k, values := range p.layers {
		each := len(values) / p.replicas
		t, err := graph.NewTensor(values[first*each:end*each], p.model.WeightsShape(end-first, k))
		if err != nil {
			return nil, err
		}
		tensors[k] = t
	}
	return tensors, nil
}

// read sets the weights of count replicas from first on from a weights.json: a
// list of one replica, which all start from, or of as many as there are.
func (p *packedWeights) read(path string, first, count int) error {
	replicas, err := record.ReadWeights(path)
	if err != nil {
		return &config.Error{Field: "initial-weights", Value: path, Want: "a weights.json: " + err.Error()}
	}
	if len(replicas) != 1 && len(replicas) != count {
		return &config.Error{
			Field: "initial-weights", Value: path,
			Want: fmt.Sprintf("the weights of 1 or %d replicas, the file has %d", count, len(replicas)),
		}
	}
	for r := range count {
		if err := p.set(first+r, replicas[r%len(replicas)]); err != nil {
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
		p.setBias(k, replica, layer.Bias)
	}
	return nil
}

// weights fetches each replica's layers.
func (t *trainer) weights() ([][]record.Layer, error) {
	return t.fetchLayers(func(p *graph.Program) graph.Call { return p.Weights })
}

// fetchLayers fetches what has the shape of all layers' weights from every group.
func (t *trainer) fetchLayers(call func(*graph.Program) graph.Call) ([][]record.Layer, error) {
	var replicas [][]record.Layer
	for _, g := range t.groups {
		tensors, err := g.call(call(g.program))
		if err != nil {
			return nil, err
		}
		packed := newPackedWeights(g.model, g.model.Replicas)
		for k, tensor := range tensors {
			if packed.layers[k], err = graph.Floats(tensor); err != nil {
				return nil, err
			}
		}
		for r := range g.model.Replicas {
			var layers []record.Layer
			for k := range g.model.Layers {
				layers = append(layers, packed.layer(k, r))
			}
			replicas = append(replicas, layers)
		}
		runtime.KeepAlive(tensors) // packed looks into them
	}
	return replicas, nil
}

func last[T any](values []T) T { return values[len(values)-1] }
