//go:build tensorflow

package graph

import (
	"fmt"
	"math"

	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	tg "github.com/galeone/tfgo"

	"gradwatch/internal/config"
)

// Initializers is a small graph that draws a model's first kernels and biases.
type Initializers struct {
	Graph *tf.Graph
	// Seed feeds the replica's seed, an int64 scalar.
	Seed tf.Output
	// Kernels fetches each layer's kernel, [inputs, units], as Keras lays it.
	Kernels []tf.Output
	// Biases fetches each hidden layer's bias, [units].
	Biases []tf.Output
}

// NewInitializers builds the graph that draws the first kernels and biases of one
// replica from its seed. Each draws from a stream of its own, keyed (seed, layer),
// or (seed, -1 - layer) for a bias, by TensorFlow's stateless generators: the same
// seed gives the same bits.
func NewInitializers(m Model) (*Initializers, error) {
	i := &Initializers{}
	var err error
	i.Graph, err = Compose(func(s *op.Scope) {
		i.Seed = op.Placeholder(s.SubScope("seed"), tf.Int64, op.PlaceholderShape(tf.ScalarShape()))
		for k, layer := range m.Layers {
			ls := s.SubScope(LayerName(k))
			key := op.Pack(ls.SubScope("key"), []tf.Output{i.Seed, tg.Const(ls, int64(k))})
			i.Kernels = append(i.Kernels, drawKernel(ls, layer.Initializer, key, m.FanIn(k), layer.Units))
			if k < len(m.Layers)-1 {
				bs := ls.SubScope("bias")
				key := op.Pack(bs.SubScope("key"), []tf.Output{i.Seed, tg.Const(bs, int64(-1-k))})
				i.Biases = append(i.Biases, drawBias(bs, layer.BiasInitializer, key, layer.Units))
			}
		}
	})
	return i, err
}

// truncatedNormalDeviation is the standard deviation of a standard normal
// variable cut at two standard deviations; Keras divides by it, so that the
// kernel's variance is what the rule says.
const truncatedNormalDeviation = .87962566103423978

// drawKernel returns a kernel [inputs, units] drawn by the initializer's rule
// (Glorot and Bengio 2010, He et al. 2015, LeCun et al. 1998, Saxe et al. 2014,
// with Keras's constants) from the stateless stream of key, int64 [2].
func drawKernel(s *op.Scope, rule config.Initializer, key tf.Output, inputs, units int) tf.Output {
	switch rule.Distribution {
	case config.Orthogonal:
		return orthogonal(s, key, inputs, units)
	case config.Identity:
		return identity(s, inputs, units)
	}
	shape := tg.Const(s, []int32{int32(inputs), int32(units)})
	return drawValues(s, rule, key, shape, inputs, units)
}

// drawBias returns a bias [units]. As in Keras both fans of a vector are its length.
func drawBias(s *op.Scope, rule config.Initializer, key tf.Output, units int) tf.Output {
	return drawValues(s, rule, key, tg.Const(s, []int32{int32(units)}), units, units)
}

// drawValues returns values of a shape, independent of each other.
func drawValues(s *op.Scope, rule config.Initializer, key, shape tf.Output, inputs, units int) tf.Output {
	a, b := rule.A, rule.B
	if rule.Fan != config.NoFan {
		fan := float64(inputs)
		if rule.Fan == config.FanAverage {
			fan = float64(inputs+units) / 2
		}
		variance := rule.Scale / max(fan, 1)
		switch rule.Distribution {
		case config.Uniform:
			a, b = -math.Sqrt(3*variance), math.Sqrt(3*variance)
		default:
			a, b = 0, math.Sqrt(variance)/truncatedNormalDeviation
		}
	}
	switch rule.Distribution {
	case config.Constant:
		return op.Fill(s, shape, tg.Const(s, float32(a)))
	case config.Uniform:
		return affine(s, op.StatelessRandomUniform(s, shape, key), b-a, a)
	case config.Normal:
		return affine(s, op.StatelessRandomNormal(s, shape, key), b, a)
	case config.TruncatedNormal:
		return affine(s, op.StatelessTruncatedNormal(s, shape, key), b, a)
	}
	s.UpdateErr("drawValues", fmt.Errorf("initializer %q has no distribution", rule.Name))
	return shape
}

// affine returns factor x + offset.
func affine(s *op.Scope, x tf.Output, factor, offset float64) tf.Output {
	return op.AddV2(s, op.Mul(s, x, tg.Const(s, float32(factor))), tg.Const(s, float32(offset)))
}

// orthogonal returns a kernel [inputs, units] with orthonormal rows or columns,
// whichever are fewer: the Q of a normal matrix's QR decomposition, its columns'
// signs those of R's diagonal, so that it is uniform (Mezzadri 2007).
func orthogonal(s *op.Scope, key tf.Output, inputs, units int) tf.Output {
	tall, narrow := int32(max(inputs, units)), int32(min(inputs, units))
	normal := op.StatelessRandomNormal(s, tg.Const(s, []int32{tall, narrow}), key)
	q, r := op.Qr(s, normal)
	signs := op.Sign(s, op.MatrixDiagPart(s, r)) // [narrow]
	kernel := op.Mul(s, q, signs)                // [tall, narrow]
	if inputs < units {
		kernel = op.Transpose(s, kernel, tg.Const(s, []int32{1, 0}))
	}
	return kernel
}

// identity returns ones on the diagonal of a kernel [inputs, units].
func identity(s *op.Scope, inputs, units int) tf.Output {
	diagonal := make([][]float32, inputs)
	for i := range diagonal {
		diagonal[i] = make([]float32, units)
		if i < units {
			diagonal[i][i] = 1
		}
	}
	return tg.Const(s, diagonal)
}
