//go:build tensorflow

package graph

import (
	"fmt"
	"math"
	"testing"

	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/galeone/tensorflow/tensorflow/go/op"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
)

// batchLoss returns the mean loss of a batch whose layers are normalized by the
// batch itself, and the batch's mean and variance of each unit.
func (n *network) batchLoss(p *dataset.Examples) (loss float64, means, variances [][]float64) {
	count := p.Len()
	h := make([][]float64, count) // a point each
	for j := range h {
		h[j] = p.Row(j)
	}
	for k := range n.weights {
		z := make([][]float64, count)
		for j := range z {
			z[j] = n.products(k, h[j])
		}
		if k < len(n.norms) {
			mean, variance := n.normalizeBatch(k, z)
			means, variances = append(means, mean), append(variances, variance)
		}
		for j := range h {
			h[j] = n.activate(k, z[j], h[j])
		}
	}
	for j := range h {
		loss += crossEntropy(h[j][0], p.Y[j]) / float64(count)
	}
	return loss, means, variances
}

// normalizeBatch normalizes layer k's products z [point][unit] in place.
func (n *network) normalizeBatch(k int, z [][]float64) (means, variances []float64) {
	if n.model.LayerNorm {
		for j := range z {
			n.normalize(k, z[j])
		}
		return nil, nil
	}
	for u := range z[0] {
		mean, variance := 0.0, 0.0
		for j := range z {
			mean += z[j][u] / float64(len(z))
		}
		for j := range z {
			variance += (z[j][u] - mean) * (z[j][u] - mean) / float64(len(z))
		}
		for j := range z {
			z[j][u] = n.norms[k][Gamma][u]*(z[j][u]-mean)/math.Sqrt(variance+0.001) + n.norms[k][Beta][u]
		}
		means, variances = append(means, mean), append(variances, variance)
	}
	return means, variances
}

// TestNormalizedStep compares a step of plain gradient descent with the plain-Go
// model: what it does to weights, gammas and betas by finite differences, to the
// moving statistics, and to the bias rows, which stay. The batches
// are not full.
func TestNormalizedStep(t *testing.T) {
	points := testPoints(11, 3)
	for _, replicas := range []int{1, 2} {
		for name, normalized := range normalizations {
			t.Run(fmt.Sprintf("%s/replicas=%d", name, replicas), func(t *testing.T) {
				m := testModel("softsign", replicas, 4, 3, 3)
				normalized(&m)
				m.Layers[2].Shortcut = true
				r := newRunner(t, Spec{
					Model: m, Optimizer: Optimizer{Name: "sgd"}, LearningRate: constant(1), Train: points, Test: points,
					GradientData: points, BatchSize: 8,
				})
				networks := []*network{newNetwork(m, 1, 1), newNetwork(m, 1, 2)}[:replicas]
				batches := []*dataset.Examples{pick(points, 10, 9, 8, 7, 2), pick(points, 0, 2, 4, 6, 1)}[:replicas]
				r.initialize(m, networks...)
				r.run(r.program.Step, r.batch(8, batches...)...)
				r.run(r.program.Snapshot)
				after := r.run(r.program.Weights)
				for i, n := range networks {
					want := stepped(n, batches[i])
					for j, values := range want {
						each := len(after[j]) / replicas
						for at, value := range values {
							got := float64(after[j][i*each+at])
							if math.Abs(got-value) > 5e-6*(1+math.Abs(value)) {
								t.Errorf("replica %d, variable %d, element %d: got %v, want %v", i, j, at, got, value)
							}
						}
					}
				}
			})
		}
	}
}

// stepped returns what Program.Weights fetches of a network after a step of
// gradient descent of rate 1 on a batch.
func stepped(n *network, batch *dataset.Examples) [][]float64 {
	_, means, variances := n.batchLoss(batch)
	loss := func() float64 {
		loss, _, _ := n.batchLoss(batch)
		return loss
	}
	var after [][]float64
	for _, values := range n.flat() {
		var wide []float64
		for _, value := range values {
			wide = append(wide, float64(value))
		}
		after = append(after, wide)
	}
	for k, rows := range n.weights {
		for u, row := range rows {
			for i, d := range differences(loss, row) {
				after[k][u*len(row)+i] -= d
			}
		}
	}
	for k, norm := range n.norms {
		at := len(n.weights) + k*len(norm)
		for _, variable := range []int{Gamma, Beta} {
			for u, d := range differences(loss, norm[variable]) {
				after[at+variable][u] -= d
			}
		}
		if n.model.LayerNorm {
			continue
		}
		for u := range norm[Gamma] {
			after[at+MovingMean][u] = 0.99*norm[MovingMean][u] + 0.01*means[k][u]
			after[at+MovingVariance][u] = 0.99*norm[MovingVariance][u] + 0.01*variances[k][u]
		}
		// The row of ones: its product is what its weights hold.
		one := len(norm[Gamma])
		after[at+MovingMean][one] = 0.01 * float64(n.model.biasRowInput(k))
		after[at+MovingVariance][one] = 0.99
	}
	return after
}

// TestNormalizedBiasRows checks that normalization leaves the bias row exactly
// as it is, for every activation.
func TestNormalizedBiasRows(t *testing.T) {
	for _, activation := range config.ActivationNames() {
		for _, shortcut := range []bool{false, true} {
			m := testModel(activation, 1, 2, 2)
			m.BatchNorm, m.Layers[1].Shortcut = true, shortcut
			want, start := m.biasRowInput(1), m.NormStart(1)
			const one = 2 // the row
			var fetches []tf.Output
			g, err := Compose(func(s *op.Scope) {
				scalar := func(value float32) tf.Output { return op.Const(s.SubScope("value"), [][]float32{{value}}) }
				z := op.Const(s.SubScope("z"), [][]float32{{want, want, want}})
				weights := op.Const(s.SubScope("weights"), [][]float32{{1. / 3, 1. / 3, 1. / 3}})
				y, _ := normalize(s.SubScope("batch"), z, scalar(start[Gamma][one]), scalar(start[Beta][one]), weights, 1)
				norm := []tf.Output{
					scalar(start[Gamma][one]), scalar(start[Beta][one]), scalar(want / 3), scalar(start[MovingVariance][one]),
				}
				maps := m.affineMaps(s.SubScope("moving"), [][]tf.Output{norm})
				row := m.BiasRow(1)
				weightRow := op.Const(s.SubScope("row"), [][]float32{row})
				folded := m.fold(s.SubScope("fold"), []tf.Output{weightRow}, maps)
				scale, shift := scalar(start[Gamma][one]), scalar(start[Beta][one])
				// The bias row of two units.
				layer := op.Const(s.SubScope("layer"), [][]float32{{-3, 0, 9}, {5, 2, -1}, {want, want, want}})
				ofUnits := op.Slice(s, normalizeUnits(s.SubScope("units"), layer, scale, shift, 1, one), op.Const(s.SubScope("from"), []int32{one, 0}), op.Const(s.SubScope("size"), []int32{1, 3}))
				fetches = []tf.Output{y, folded[0], ofUnits}
			})
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
			row := last(fetched[1].Value().([][]float32))
			values := append(fetched[0].Value().([][]float32)[0], fetched[2].Value().([][]float32)[0]...)
			for _, got := range append(values, last(row)) {
				if got != want {
					t.Errorf("%s, shortcut %t: got %v, want %v", activation, shortcut, got, want)
				}
			}
		}
	}
}
