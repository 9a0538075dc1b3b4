//go:build tensorflow

package weights

import (
	"fmt"
	"slices"

	"gradwatch/train/session"

	tf "github.com/galeone/tensorflow/tensorflow/go"

	"gradwatch/graph"
	"gradwatch/internal/config"
	"gradwatch/internal/invalid"
	"gradwatch/internal/record"
)

// Initialize sets the first weights of a run's replicas, which are those from first on: it reads the
// weights.json that the run names, or draws them by each replica's seed. It returns an
// [*invalid.Error] for a file that doesn't fit the model.
func (p *Packed) Initialize(run *config.Run, first int, plan config.Plan) error {
	if run.InitialWeights != "" {
		return p.read(run.InitialWeights, first, run.Repeats)
	}
	return p.draw(run, first, plan)
}

// draw draws the kernels and biases of a run's replicas.
func (p *Packed) draw(run *config.Run, first int, plan config.Plan) error {
	m, err := graph.NewModel(run, p.model.Inputs)
	if err != nil {
		return err
	}
	output := len(m.Layers) - 1
	m.Layers[output].Units = p.model.Layers[output].Units
	init, err := graph.NewInitializers(m)
	if err != nil {
		return err
	}
	session, err := session.New(init.Graph, plan, run.Device)
	if err != nil {
		return err
	}
	defer session.Close()
	draw := graph.Call{Feeds: []tf.Output{init.Seed}, Fetches: slices.Concat(init.Kernels, init.Biases)}
	for i, seed := range run.Seeds() {
		key, err := graph.NewScalar(int64(seed))
		if err != nil {
			return err
		}
		drawn, err := session.Run(draw, key)
		if err != nil {
			return fmt.Errorf("draw the initial weights: %w", err)
		}
		kernels, biases := drawn[:len(init.Kernels)], drawn[len(init.Kernels):]
		for k, kernel := range kernels {
			p.setKernel(k, first+i, kernel.Value().([][]float32))
		}
		for k, bias := range biases {
			p.setBias(k, first+i, bias.Value().([]float32))
		}
	}
	return nil
}

// Packed holds a model's weights as the graph has them: of each layer [replica, rows, inputs+1], with
// a row for each unit, then the bias row, and the bias in the last column; of each
// normalization its variables, [replica, rows].
type Packed struct {
	model    graph.Model
	replicas int
	layers   [][]float32
	norms    [][][]float32 // [layer][variable]
}

// New returns the weights of a model's replicas, which are 0 but for the bias rows and what
// normalizations start with.
func New(m graph.Model, replicas int) *Packed {
	p := &Packed{model: m, replicas: replicas}
	for k, layer := range m.Layers {
		p.layers = append(p.layers, make([]float32, replicas*m.Rows(k)*(m.FanIn(k)+1)))
		for r := range replicas {
			for row := layer.Units; row < m.Rows(k); row++ {
				copy(p.row(k, r, row), m.BiasRow(k))
			}
		}
	}
	for k := range m.Normalized() {
		start := m.NormStart(k)
		for i, values := range start {
			start[i] = slices.Repeat(values, replicas)
		}
		p.norms = append(p.norms, start)
	}
	return p
}

// row returns one row, the weights of a unit, [inputs+1].
func (p *Packed) row(k, replica, unit int) []float32 {
	width := p.model.FanIn(k) + 1
	at := (replica*p.model.Rows(k) + unit) * width
	return p.layers[k][at : at+width]
}

// setKernel sets a layer's kernel, [inputs, units].
func (p *Packed) setKernel(k, replica int, kernel [][]float32) {
	for unit := range p.model.Layers[k].Units {
		row := p.row(k, replica, unit)
		for i := range kernel {
			row[i] = kernel[i][unit]
		}
	}
}

// setBias sets a layer's bias, [units].
func (p *Packed) setBias(k, replica int, bias []float32) {
	for unit, value := range bias {
		row := p.row(k, replica, unit)
		row[len(row)-1] = value
	}
}

// Layer returns a replica's layer k as Keras has it.
func (p *Packed) Layer(k, replica int) record.Layer {
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
	if k < len(p.norms) {
		var vectors [][]float32
		for i := range p.norms[k] {
			vectors = append(vectors, slices.Clone(p.normUnits(k, replica, i)))
		}
		layer.Norm = record.NewNorm(vectors)
	}
	return layer
}

// normUnits returns a variable of layer k's normalization, [units].
func (p *Packed) normUnits(k, replica, variable int) []float32 {
	at := replica * p.model.Rows(k)
	return p.norms[k][variable][at : at+p.model.Layers[k].Units]
}

// Tensors returns what graph.Program's Initialize is fed, for the replicas from first up to end.
func (p *Packed) Tensors(first, end int) ([]*tf.Tensor, error) {
	var tensors []*tf.Tensor
	add := func(values []float32, shape []int64) error {
		each := len(values) / p.replicas
		t, err := graph.NewTensor(values[first*each:end*each], shape)
		tensors = append(tensors, t)
		return err
	}
	for k, values := range p.layers {
		if err := add(values, p.model.WeightsShape(end-first, k)); err != nil {
			return nil, err
		}
	}
	for k, norm := range p.norms {
		for _, values := range norm {
			if err := add(values, p.model.NormShape(end-first, k)); err != nil {
				return nil, err
			}
		}
	}
	return tensors, nil
}

// View makes p a view of tensors that have the shapes of those that graph.Program's Weights fetches.
// Without the normalizations' tensors, p has no normalizations. Keep the tensors alive while p is used.
func (p *Packed) View(tensors []*tf.Tensor) error {
	var all [][]float32
	for _, tensor := range tensors {
		values, err := graph.Floats(tensor)
		if err != nil {
			return err
		}
		all = append(all, values)
	}
	p.layers, all = all[:len(p.layers)], all[len(p.layers):]
	if len(all) == 0 {
		p.norms = nil
	}
	for k := range p.norms {
		count := p.model.NormVariables()
		p.norms[k], all = all[:count:count], all[count:]
	}
	return nil
}

// read sets the weights of count replicas, from first on, to those of a weights.json. The file has
// count replicas, or one, whose weights all get.
func (p *Packed) read(path string, first, count int) error {
	replicas, err := record.ReadWeights(path)
	if err != nil {
		return invalid.New("initial-weights", path, fmt.Sprintf("a weights.json: %v", err))
	}
	if len(replicas) != 1 && len(replicas) != count {
		return &invalid.Error{
			Field: "initial-weights", Value: path,
			Want: fmt.Sprintf("the weights of 1 or %d replicas, the file has %d", count, len(replicas)),
		}
	}
	for r := range count {
		if err := p.set(first+r, replicas[r%len(replicas)]); err != nil {
			return invalid.New("initial-weights", path, fmt.Sprint(err))
		}
	}
	return nil
}

// set sets one replica's weights. An error says which shape is accepted.
func (p *Packed) set(replica int, layers []record.Layer) error {
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
		if err := p.setNorm(k, replica, layer.Norm); err != nil {
			return err
		}
		p.setKernel(k, replica, layer.Kernel)
		p.setBias(k, replica, layer.Bias)
	}
	return nil
}

// setNorm sets the variables of layer k's normalization. An error says what is accepted.
func (p *Packed) setNorm(k, replica int, norm *record.Norm) error {
	units, name := p.model.Layers[k].Units, graph.LayerName(k)
	switch {
	case k >= len(p.norms) && norm == nil:
		return nil
	case k >= len(p.norms):
		return fmt.Errorf("no normalization in %s", name)
	}
	var vectors [][]float32
	if norm != nil {
		vectors = norm.Vectors()
	}
	fits := len(vectors) == len(p.norms[k])
	for _, values := range vectors {
		fits = fits && len(values) == units
	}
	if !fits {
		what := "gamma and beta"
		if p.model.BatchNorm {
			what = "gamma, beta, moving mean and moving variance"
		}
		return fmt.Errorf("%s of %d numbers each for %s", what, units, name)
	}
	for i, values := range vectors {
		copy(p.normUnits(k, replica, i), values)
	}
	return nil
}
