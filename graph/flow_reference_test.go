//go:build tensorflow

package graph

import (
	"math"

	"gradwatch/internal/dataset"
)

// flowOf returns what Flow measures of a network on points: each layer's values
// of LayerStatistics, but for UpdateRatio, and each unit's of UnitStatistics,
// layer by layer; and the gradient of the mean loss in the weights' layout. It goes
// forward and backward in float64, point by point.
func flowOf(n *network, points *dataset.Examples) (layers, units [][]float64, gradient [][]float64) {
	count := float64(points.Len())
	first := make([]int, len(n.weights)) // each layer's first unit
	for k, rows := range n.weights {
		first[k] = len(units)
		for range rows {
			units = append(units, make([]float64, UnitStatistics))
		}
		gradient = append(gradient, make([]float64, len(rows)*len(rows[0])))
	}
	for i := range points.Len() {
		pass := newPass(n, points.Row(i))
		pass.backward(points.Y[i])
		for k := range n.weights {
			activation := n.model.Layers[k].Activation
			for u, z := range pass.z[k] {
				a, s := pass.a[k][u], units[first[k]+u]
				s[UnitActive] += share(z > 0)
				s[UnitSaturated] += share(nearEnd(activation, a))
				s[UnitExtreme] += share(math.Abs(z) > 5)
				s[UnitOutput] += a / count
				s[UnitSquare] += a * a / count
				s[UnitDelta] += math.Abs(pass.byZ[k][u]) / count / count
				s[UnitOutputDelta] += math.Abs(pass.byA[k][u]) / count / count
				width := len(n.weights[k][u])
				for j := range width {
					gradient[k][u*width+j] += pass.byZ[k][u] * pass.input(k, j) / count
				}
			}
		}
	}
	for k := range n.weights {
		layers = append(layers, layerStatistics(gradient[k], n.model.FanIn(k)))
	}
	return layers, units, gradient
}

// nearEnd reports whether an output is near an end of its activation's range.
func nearEnd(activation string, a float64) bool {
	switch activation {
	case "tanh", "softsign":
		return math.Abs(a) > 0.97
	case "sigmoid":
		return a < 0.03 || a > 0.97
	case "relu6":
		return a >= 6
	case "hard_sigmoid":
		return a == 0 || a == 1
	case "hard_tanh":
		return math.Abs(a) == 1
	default:
		return false
	}
}

func share(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// layerStatistics returns what is measured of a layer's gradient, without its
// biases.
func layerStatistics(gradient []float64, inputs int) []float64 {
	s := make([]float64, LayerStatistics)
	count := float64(len(gradient) / (inputs + 1) * inputs)
	squares := 0.0
	for i, g := range gradient {
		if i%(inputs+1) == inputs {
			continue
		}
		squares += g * g
		s[GradientMean] += math.Abs(g) / count
		s[GradientMax] = max(s[GradientMax], math.Abs(g))
		s[GradientZeros] += share(g == 0) / count
		s[NonFinite] += share(math.IsNaN(g) || math.IsInf(g, 0))
	}
	s[GradientRMS] = math.Sqrt(squares / count)
	return s
}

// pass is one point's way through a network: each layer's pre-activations, outputs,
// and what it hands up, and the derivatives of the point's loss by the first two.
type pass struct {
	n        *network
	x        []float64
	z, a, h  [][]float64
	byZ, byA [][]float64
}

func newPass(n *network, x []float64) *pass {
	p := &pass{n: n, x: x}
	below := x
	for k, rows := range n.weights {
		z, a, h := make([]float64, len(rows)), make([]float64, len(rows)), make([]float64, len(rows))
		for u, row := range rows {
			z[u] = row[len(row)-1]
			for j, value := range below {
				z[u] += row[j] * value
			}
			a[u] = activations[n.model.Layers[k].Activation](z[u])
			h[u] = a[u]
			if n.model.Layers[k].Shortcut {
				h[u] += below[u]
			}
		}
		p.z, p.a, p.h = append(p.z, z), append(p.a, a), append(p.h, h)
		below = h
	}
	return p
}

// input returns what weight j of layer k's units is multiplied with: the bias with 1.
func (p *pass) input(k, j int) float64 {
	below := p.x
	if k > 0 {
		below = p.h[k-1]
	}
	if j == len(below) {
		return 1
	}
	return below[j]
}

// backward fills the derivatives for a point of that label.
func (p *pass) backward(label float64) {
	layers := len(p.n.weights)
	p.byZ, p.byA = make([][]float64, layers), make([][]float64, layers)
	for k := layers - 1; k >= 0; k-- {
		units := len(p.z[k])
		p.byZ[k], p.byA[k] = make([]float64, units), make([]float64, units)
		for u, z := range p.z[k] {
			if k == layers-1 {
				p.byA[k][u] = 1/(1+math.Exp(-z)) - label
			} else {
				for v, row := range p.n.weights[k+1] {
					p.byA[k][u] += row[u] * p.byZ[k+1][v]
				}
				if p.n.model.Layers[k+1].Shortcut {
					p.byA[k][u] += p.byA[k+1][u]
				}
			}
			p.byZ[k][u] = p.byA[k][u] * slope(p.n.model.Layers[k].Activation, z)
		}
	}
}

// slope returns an activation's derivative, by central differences: but for gelu,
// whose derivative far below 0 they take for 0.
func slope(activation string, z float64) float64 {
	const h = 1e-6
	if activation == "gelu" {
		return (1+math.Erf(z/math.Sqrt2))/2 + z*math.Exp(-z*z/2)/math.Sqrt(2*math.Pi)
	}
	f := activations[activation]
	return (f(z+h) - f(z-h)) / (2 * h)
}
