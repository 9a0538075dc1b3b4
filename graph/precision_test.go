//go:build tensorflow

package graph

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"
	tg "github.com/galeone/tfgo"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"gonum.org/v1/gonum/mat"

	"gradwatch/internal/config"
)

// TestBfloat16Product compares a wide layer's product and its two gradients with
// products of matrices rounded in plain Go, for one replica and for several, and
// sees that a narrow layer's are float32's.
func TestBfloat16Product(t *testing.T) {
	const points = 5
	for _, width := range []int{128, 127} {
		for _, groups := range []int{1, 3} {
			t.Run(fmt.Sprintf("%d units, %d groups", width, groups), func(t *testing.T) {
				m := Model{Inputs: width, Layers: []Layer{{Units: width}, {Units: 1}}, Bfloat16: true}
				round := func(x float64) float64 { return x }
				if width == 128 {
					round = bfloat16
				}
				s := op.NewScope()
				random := rand.New(rand.NewPCG(1, 2))
				w, ws := constants(t, s.SubScope("w"), random, groups, width+1, width+1)
				h, hs := constants(t, s.SubScope("h"), random, groups, width+1, points)
				d, ds := constants(t, s.SubScope("d"), random, groups, width+1, points) // derivative by the product
				z := cast(s, m.product(s.SubScope("dense_1"), groups, 0, w, h), tf.Float)
				gradients := op.Gradients(s.SubScope("gradients"), []tf.Output{z}, []tf.Output{w, h}, d)
				got := evaluate(t, s, append([]tf.Output{z}, gradients...))
				for g := range groups {
					for i, want := range []*mat.Dense{
						multiply(ws[g], hs[g], round), multiply(ds[g], hs[g].T(), round), multiply(ws[g].T(), ds[g], round),
					} {
						checkMatrix(t, []string{"product", "gradient of w", "gradient of h"}[i], got[i], g, want, round)
					}
				}
			})
		}
	}
}

// TestBfloat16Activations compares what stays in bfloat16 from one product to the next,
// and the gradients through it, bit by bit with what becomes float32 in between; and
// sees which layers stay so.
func TestBfloat16Activations(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and compares graphs for many seconds")
	}
	const count = 6
	for _, activation := range config.ActivationNames() {
		t.Run(activation, func(t *testing.T) {
			m := Model{Inputs: 4, Replicas: 1, Bfloat16: true, Output: testModel("relu", 1).Output, Layers: []Layer{
				{Units: 128, Activation: activation},
				{Units: 160, Activation: activation},
				{Units: 128, Activation: activation},
				{Units: 128, Activation: activation},
				{Units: 3, Activation: activation},
				{Units: 1, Activation: "linear"},
			}}
			kept := m
			kept.BatchNorm = true // no layer stays in bfloat16
			narrow := activation == "relu" || activation == "linear"
			for k, want := range []bool{narrow, narrow, narrow, narrow, false, false} {
				if got := m.narrow(k); got != want {
					t.Errorf("%s stays in bfloat16: got %t, want %t", LayerName(k), got, want)
				}
			}
			var results [2][][]float32
			for i, model := range []Model{m, kept} {
				s := op.NewScope()
				random := rand.New(rand.NewPCG(1, 2))
				weights := make([]tf.Output, len(m.Layers))
				for k := range weights {
					weights[k], _ = constants(t, s.SubScope("w"), random, 1, m.Rows(k), m.FanIn(k)+1)
				}
				x, _ := constants(t, s.SubScope("x"), random, 1, m.Inputs+1, count)
				outputs := model.pass(model.layerScopes(s), 1, weights, points{x: x, count: count}, nil, nil)
				for k, output := range outputs {
					if got := output.h.DataType() == tf.Bfloat16; got != model.narrow(k) {
						t.Errorf("%s: got type %v, want bfloat16: %t", LayerName(k), output.h.DataType(), model.narrow(k))
					}
				}
				z := logits(outputs)
				results[i] = evaluate(t, s, append(op.Gradients(s.SubScope("gradients"), []tf.Output{z}, weights), z))
			}
			for i, got := range results[0] {
				if diff := cmp.Diff(results[1][i], got, cmpopts.EquateNaNs()); diff != "" {
					t.Errorf("gradient %d, or after them the logits: want -, got +:\n%s", i, diff)
				}
			}
		})
	}
	m := Model{Inputs: 4, Bfloat16: true, Layers: []Layer{
		{Units: 128, Activation: "relu"},
		{Units: 128, Activation: "relu", Shortcut: true},
		{Units: 128, Activation: "relu", Dropout: true},
		{Units: 128, Activation: "relu"},
		{Units: 128, Activation: "linear"},
	}}
	for k, want := range []bool{false, false, false, true, false} { // below, with a shortcut; with dropout; the output
		if got := m.narrow(k); got != want {
			t.Errorf("%s stays in bfloat16: got %t, want %t", LayerName(k), got, want)
		}
	}
}

// bfloat16 returns the nearest number of 8 significant bits, ties to even.
func bfloat16(x float64) float64 {
	bits := math.Float32bits(float32(x))
	bits += 0x7fff + bits>>16&1
	return float64(math.Float32frombits(bits &^ 0xffff))
}

// constants returns random matrices, one a group, as a tensor and one by one.
func constants(t *testing.T, s *op.Scope, random *rand.Rand, groups, rows, columns int) (tf.Output, []*mat.Dense) {
	t.Helper()
	var drawn []float32
	matrices := make([]*mat.Dense, groups)
	for g := range matrices {
		matrices[g] = mat.NewDense(rows, columns, nil)
		matrices[g].Apply(func(_, _ int, _ float64) float64 {
			drawn = append(drawn, float32(random.NormFloat64()))
			return float64(drawn[len(drawn)-1])
		}, matrices[g])
	}
	return tg.Const(s, mustTensor(t, drawn, grouped(groups, rows, columns))), matrices
}

// multiply returns the product of rounded matrices, not rounded itself.
func multiply(a, b mat.Matrix, round func(float64) float64) *mat.Dense {
	rounded := func(m mat.Matrix) *mat.Dense {
		var r mat.Dense
		r.Apply(func(_, _ int, x float64) float64 { return round(x) }, m)
		return &r
	}
	var product mat.Dense
	product.Mul(rounded(a), rounded(b))
	return &product
}

// checkMatrix compares group g's matrix with the exact product: it is rounded, and
// near it by two steps of the rounding, as kernels may round parts of a sum.
func checkMatrix(t *testing.T, what string, all []float32, g int, want *mat.Dense, round func(float64) float64) {
	t.Helper()
	rows, columns := want.Dims()
	step := 1e-5
	if round(1+step) != 1+step {
		step = math.Exp2(-8)
	}
	for i := range rows {
		for j := range columns {
			got, exact := float64(all[(g*rows+i)*columns+j]), want.At(i, j)
			if got != round(got) || math.Abs(got-exact) > 2*step*(math.Abs(exact)+1) {
				t.Fatalf("group %d, %s, element %d, %d: got %v, want %v rounded", g, what, i, j, got, exact)
			}
		}
	}
}

// evaluate runs a graph once.
func evaluate(t *testing.T, s *op.Scope, fetches []tf.Output) [][]float32 {
	t.Helper()
	g, err := s.Finalize()
	if err != nil {
		t.Fatal(err)
	}
	session, err := tf.NewSession(g, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	fetched, err := session.Run(nil, fetches, nil)
	if err != nil {
		t.Fatal(err)
	}
	return elements(t, fetched)
}
