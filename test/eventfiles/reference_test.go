//go:build tensorflow

package eventfiles

import (
	"fmt"
	"math"

	"gradwatch/internal/dataset"
	"gradwatch/internal/record"
)

// mlp is one replica's multilayer perceptron in float64: hidden layers of one
// activation, tanh, relu or linear, and one output unit with a sigmoid.
type mlp struct {
	layers     []record.Layer
	activation string
}

// forward returns each layer's outputs for one row, the output layer's as
// logits: h[0] is the row itself, h[k+1] what layer k answers, [units].
func (m *mlp) forward(row []float64) (h [][]float64) {
	h = [][]float64{row}
	for k, layer := range m.layers {
		out := make([]float64, len(layer.Bias))
		for unit, bias := range layer.Bias {
			out[unit] = float64(bias)
			for i, x := range h[k] {
				out[unit] += x * float64(layer.Kernel[i][unit])
			}
			if k < len(m.layers)-1 {
				out[unit] = m.activate(out[unit])
			}
		}
		h = append(h, out)
	}
	return h
}

func (m *mlp) activate(z float64) float64 {
	switch m.activation {
	case "tanh":
		return math.Tanh(z)
	case "relu":
		return max(z, 0)
	default:
		return z
	}
}

// slope is the activation's derivative where it answers a.
func (m *mlp) slope(a float64) float64 {
	switch {
	case m.activation == "tanh":
		return 1 - a*a
	case m.activation == "relu" && a <= 0:
		return 0
	default:
		return 1
	}
}

// gradient is that of a loss by one layer's weights.
type gradient struct {
	kernel [][]float64 // [inputs, units]
	bias   []float64   // [units]
}

// gradients returns those of the mean binary cross-entropy over rows, by back
// propagation.
func (m *mlp) gradients(rows []labelled) []gradient {
	sums := make([]gradient, len(m.layers))
	for k, layer := range m.layers {
		sums[k].bias = make([]float64, len(layer.Bias))
		for range layer.Kernel {
			sums[k].kernel = append(sums[k].kernel, make([]float64, len(layer.Bias)))
		}
	}
	for _, row := range rows {
		h := m.forward(row.x)
		delta := []float64{(sigmoid(h[len(m.layers)][0]) - row.y) / float64(len(rows))} // by the layer's sums, [units]
		for k := len(m.layers) - 1; k >= 0; k-- {
			before := make([]float64, len(h[k]))
			for i, x := range h[k] {
				for unit, d := range delta {
					sums[k].kernel[i][unit] += d * x
					before[i] += d * float64(m.layers[k].Kernel[i][unit]) * m.slope(x)
				}
			}
			for unit, d := range delta {
				sums[k].bias[unit] += d
			}
			delta = before
		}
	}
	return sums
}

// loss returns the mean binary cross-entropy of rows.
func (m *mlp) loss(rows []labelled) float64 {
	sum := 0.0
	for _, row := range rows {
		z := m.forward(row.x)[len(m.layers)][0]
		sum += max(z, 0) - z*row.y + math.Log1p(math.Exp(-math.Abs(z)))
	}
	return sum / float64(len(rows))
}

func sigmoid(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

// labelled is a row with its class.
type labelled struct {
	x []float64
	y float64
}

// rowsOf returns the points with their inputs rounded to float32, in which
// TensorFlow has them.
func rowsOf(p *dataset.Examples) []labelled {
	rows := make([]labelled, p.Len())
	for i := range rows {
		for _, x := range p.Row(i) {
			rows[i].x = append(rows[i].x, float64(float32(x)))
		}
		rows[i].y = p.Y[i]
	}
	return rows
}

// pool collects the values of each histogram's tag.
type pool map[string][]float64

// add pools what one replica contributes to an epoch's histograms: its weights,
// its outputs for all test rows, and the gradients of each slice of the rows
// that gradients are measured on, the last slice's mean over what remains.
func (p pool) add(m *mlp, test, gradientRows []labelled, slice int) {
	for k, layer := range m.layers {
		name := fmt.Sprintf("dense_%d", k+1)
		for _, inputs := range layer.Kernel {
			p.push(name+"/kernel_0", widen(inputs)...)
		}
		p.push(name+"/bias_0", widen(layer.Bias)...)
	}
	for _, row := range test {
		h := m.forward(row.x)[1:]
		for k, out := range h[:len(h)-1] {
			p.push(fmt.Sprintf("dense_%d_out", k+1), out...)
		}
		p.push(fmt.Sprintf("dense_%d_out", len(h)), sigmoid(h[len(h)-1][0]))
	}
	for start := 0; start < len(gradientRows); start += slice {
		rows := gradientRows[start:min(start+slice, len(gradientRows))]
		for k, g := range m.gradients(rows) {
			name := fmt.Sprintf("dense_%d", k+1)
			for _, inputs := range g.kernel {
				p.push(name+"/kernel_0_grad", inputs...)
			}
			p.push(name+"/bias_0_grad", g.bias...)
		}
	}
}

// push adds values, of which histograms leave out those that are not finite.
func (p pool) push(tag string, values ...float64) {
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			p[tag] = append(p[tag], v)
		}
	}
}

func widen(values []float32) []float64 {
	wide := make([]float64, len(values))
	for i, v := range values {
		wide[i] = float64(v)
	}
	return wide
}
