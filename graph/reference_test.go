//go:build tensorflow

package graph

import (
	"math"
	"math/rand/v2"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
)

// activations are the formulas of config.Activations in float64, written down
// independently of TensorFlow.
var activations = map[string]func(z float64) float64{
	"linear": func(z float64) float64 { return z },
	"relu":   func(z float64) float64 { return max(z, 0) },
	"relu6":  func(z float64) float64 { return min(max(z, 0), 6) },
	"leaky_relu": func(z float64) float64 {
		if z > 0 {
			return z
		}
		return 0.2 * z
	},
	"elu": func(z float64) float64 {
		if z > 0 {
			return z
		}
		return math.Expm1(z)
	},
	"selu": func(z float64) float64 {
		if z > 0 {
			return 1.0507009873554805 * z
		}
		return 1.0507009873554805 * 1.6732632423543772 * math.Expm1(z)
	},
	"gelu":         func(z float64) float64 { return z * (1 + math.Erf(z/math.Sqrt2)) / 2 },
	"silu":         func(z float64) float64 { return z / (1 + math.Exp(-z)) },
	"tanh":         math.Tanh,
	"sigmoid":      func(z float64) float64 { return 1 / (1 + math.Exp(-z)) },
	"softplus":     func(z float64) float64 { return math.Log1p(math.Exp(z)) },
	"softsign":     func(z float64) float64 { return z / (1 + math.Abs(z)) },
	"exponential":  math.Exp,
	"mish":         func(z float64) float64 { return z * math.Tanh(math.Log1p(math.Exp(z))) },
	"hard_sigmoid": func(z float64) float64 { return min(max(z/6+0.5, 0), 1) },
	"hard_silu":    func(z float64) float64 { return z * min(max(z/6+0.5, 0), 1) },
	"hard_tanh":    func(z float64) float64 { return min(max(z, -1), 1) },
}

// network is a plain-Go float64 model: weights [layer][units][inputs+1], and the
// variables of each normalization [layer][variable][units].
type network struct {
	model   Model
	weights [][][]float64
	norms   [][][]float64
}

// newNetwork draws weights, which float32 holds exactly, from [-scale, scale].
func newNetwork(m Model, scale float64, seed uint64) *network {
	random := rand.New(rand.NewPCG(seed, 0))
	n := &network{model: m}
	for k, layer := range m.Layers {
		rows := make([][]float64, layer.Units)
		for u := range rows {
			rows[u] = make([]float64, m.FanIn(k)+1)
			for i := range rows[u] {
				rows[u][i] = float64(float32(scale * (2*random.Float64() - 1)))
			}
		}
		n.weights = append(n.weights, rows)
	}
	for _, layer := range m.Layers[:m.Normalized()] {
		norm := make([][]float64, m.NormVariables())
		for i := range norm {
			for range layer.Units {
				norm[i] = append(norm[i], float64(float32(random.Float64()+0.5)))
			}
		}
		n.norms = append(n.norms, norm)
	}
	return n
}

// flat returns the weights as the graph takes them, a layer each.
func (n *network) flat() [][]float32 {
	layers := make([][]float32, len(n.weights))
	for k, rows := range n.weights {
		for _, row := range rows {
			for _, w := range row {
				layers[k] = append(layers[k], float32(w))
			}
		}
		if k < len(n.weights)-1 {
			layers[k] = append(layers[k], n.model.BiasRow(k)...)
		}
	}
	for k, norm := range n.norms {
		start := n.model.NormStart(k) // for the bias rows
		for i, values := range norm {
			for u, value := range values {
				start[i][u] = float32(value)
			}
			layers = append(layers, start[i])
		}
	}
	return layers
}

// logit returns the output for one point.
func (n *network) logit(x []float64) float64 {
	h := x
	for k := range n.weights {
		z := n.products(k, h)
		if k < len(n.norms) {
			n.normalize(k, z)
		}
		h = n.activate(k, z, h)
	}
	return h[0]
}

// normalize normalizes layer k's products z [unit] in place, by the moving statistics or over
// the units.
func (n *network) normalize(k int, z []float64) {
	norm := n.norms[k]
	if n.model.LayerNorm {
		mean, variance := 0.0, 0.0
		for _, value := range z {
			mean += value / float64(len(z))
		}
		for _, value := range z {
			variance += (value - mean) * (value - mean) / float64(len(z))
		}
		for u := range z {
			z[u] = norm[Gamma][u]*(z[u]-mean)/math.Sqrt(variance+0.001) + norm[Beta][u]
		}
		return
	}
	for u := range z {
		z[u] = norm[Gamma][u]*(z[u]-norm[MovingMean][u])/math.Sqrt(norm[MovingVariance][u]+0.001) + norm[Beta][u]
	}
}

// products returns what layer k makes of h before normalization and activation.
func (n *network) products(k int, h []float64) []float64 {
	z := make([]float64, len(n.weights[k]))
	for u, row := range n.weights[k] {
		z[u] = row[len(row)-1]
		for i, value := range h {
			z[u] += row[i] * value
		}
	}
	return z
}

// activate returns what layer k, to which h comes, hands up.
func (n *network) activate(k int, z, h []float64) []float64 {
	next := make([]float64, len(z))
	for u := range z {
		next[u] = activations[n.model.Layers[k].Activation](z[u])
		if n.model.Layers[k].Shortcut {
			next[u] += h[u]
		}
	}
	return next
}

// loss returns the mean binary cross-entropy over the points.
func (n *network) loss(p *dataset.Examples) float64 {
	sum := 0.0
	for i := range p.Len() {
		sum += crossEntropy(n.logit(p.Row(i)), p.Y[i])
	}
	return sum / float64(p.Len())
}

func crossEntropy(z, y float64) float64 {
	return math.Max(z, 0) - z*y + math.Log1p(math.Exp(-math.Abs(z)))
}

// gradient returns the loss's derivatives by central differences, in the
// weights' layout.
func (n *network) gradient(p *dataset.Examples) [][]float64 {
	loss := func() float64 { return n.loss(p) }
	layers := make([][]float64, len(n.weights))
	for k, rows := range n.weights {
		for _, row := range rows {
			layers[k] = append(layers[k], differences(loss, row)...)
		}
	}
	return layers
}

// differences returns the derivatives of a function of values by each of them, by
// central differences.
func differences(f func() float64, values []float64) []float64 {
	const h = 1e-5
	derivatives := make([]float64, len(values))
	for i, at := range values {
		values[i] = at + h
		above := f()
		values[i] = at - h
		below := f()
		values[i] = at
		derivatives[i] = (above - below) / (2 * h)
	}
	return derivatives
}

// testModel returns a model of two inputs whose hidden layers have these widths.
func testModel(activation string, replicas int, widths ...int) Model {
	m := Model{Inputs: 2, Replicas: replicas, Output: config.Output{Loss: config.BinaryCrossentropy, Activation: config.Sigmoid, Units: 1, Classes: 2}}
	for _, units := range append(widths, 1) {
		m.Layers = append(m.Layers, Layer{Units: units, Activation: activation, Initializer: config.Initializers()[0]})
	}
	last := &m.Layers[len(m.Layers)-1]
	last.Activation = "linear"
	return m
}

// testPoints returns points that float32 holds exactly.
func testPoints(count int, seed uint64) *dataset.Examples {
	random := rand.New(rand.NewPCG(seed, 1))
	p := &dataset.Examples{Columns: []string{"x1", "x2"}}
	for range count {
		p.X = append(p.X, float64(float32(2*random.Float64()-1)), float64(float32(2*random.Float64()-1)))
		p.Y = append(p.Y, float64(random.IntN(2)))
	}
	return p
}

// accuracy returns the share of points on whose side of 0 the logit is.
func (n *network) accuracy(p *dataset.Examples) float64 {
	right := 0.0
	for i := range p.Len() {
		if (n.logit(p.Row(i)) > 0) == (p.Y[i] == 1) {
			right++
		}
	}
	return right / float64(p.Len())
}

// gradientL2 returns the L2 norm of each kernel's gradient.
func (n *network) gradientL2(p *dataset.Examples) []float64 {
	var norms []float64
	for k, layer := range n.gradient(p) {
		sum := 0.0
		for i, g := range layer {
			if i%(n.model.FanIn(k)+1) != n.model.FanIn(k) { // not a bias
				sum += g * g
			}
		}
		norms = append(norms, math.Sqrt(sum))
	}
	return norms
}

// kernelL1 returns the L1 norm of each kernel.
func (n *network) kernelL1() []float64 {
	var norms []float64
	for _, rows := range n.weights {
		sum := 0.0
		for _, row := range rows {
			for _, w := range row[:len(row)-1] {
				sum += math.Abs(w)
			}
		}
		norms = append(norms, sum)
	}
	return norms
}

// set takes replica r's weights from those that the graph holds.
func (n *network) set(layers [][]float32, r int) {
	for k, rows := range n.weights {
		width := len(rows[0])
		for u, row := range rows {
			at := (r*n.model.Rows(k) + u) * width
			for i := range row {
				row[i] = float64(layers[k][at+i])
			}
		}
	}
}

// replicaUnits returns replica r's part of a layer's weights or gradient as the
// graph holds them, without the bias row.
func replicaUnits(m Model, k, r int, values []float32) []float32 {
	width := m.FanIn(k) + 1
	at := r * m.Rows(k) * width
	return values[at : at+m.Layers[k].Units*width]
}
