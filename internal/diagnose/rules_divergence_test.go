package diagnose

import (
	"math"

	"gradwatch/internal/record"
)

func divergenceCases() []ruleCase {
	nan, inf := math.NaN(), math.Inf(1)
	lost := func(from int) func(r *Run) {
		return func(r *Run) {
			losses(r, func(e int) float64 {
				if e >= from {
					return nan
				}
				return 0.6
			})
			for e := from; e < testEpochs; e++ {
				r.Replicas[0].History[e].GradientL2[2] = inf
			}
		}
	}
	began := func(epoch, step int, tensor string) func(r *Run) {
		return func(r *Run) {
			r.Replicas[0].Divergence = &record.Divergence{Epoch: epoch, Step: step, Tensor: tensor}
		}
	}
	return []ruleCase{
		{"NaN, nobody looked where", of("tanh", 3, lost(98)), []string{
			"error divergence",
		}},
		{"NaN, trained beside others", of("tanh", 3, lost(98), began(98, -1, "")), []string{
			"error divergence",
		}},
		{"NaN on the way forward", of("tanh", 3, lost(98), began(98, 7, "dense_2 output")), []string{
			"error divergence dense_2",
		}},
		{"NaN on the way back", of("tanh", 3, lost(98), began(97, 0, "dense_3 gradient")), []string{
			"error divergence dense_3",
		}},
		{"NaN in an update", of("tanh", 3, lost(99), began(99, 3, "dense_4 weights")), []string{
			"error divergence dense_4",
		}},
		{"NaN measured alone", of("tanh", 3, lost(99), began(99, 15, "the measured loss or gradient")), []string{
			"error divergence",
		}},
		{"NaN in training alone", of("tanh", 3, began(99, 15, "dense_1 gradient")), []string{
			"error divergence dense_1",
		}},
		{"NaN in one that had learned", of("tanh", 3, func(r *Run) {
			r.Replicas[0].History[99].Loss, r.Replicas[0].History[99].ValLoss = nan, nan
		}, step(0, 0.2)), []string{
			"error divergence",
			"warning exploding dense_1 <- divergence",
		}},
		{"weights that overflow", of("tanh", 3, func(r *Run) {
			r.Replicas[0].History[99].KernelL1[2], r.Replicas[0].History[99].KernelL1[3] = inf, inf
		}, began(99, -1, "")), []string{
			"error divergence dense_3",
		}},
		{"a gradient that overflows for two epochs", of("tanh", 3, func(r *Run) {
			r.Replicas[0].History[40].GradientL2[1] = inf
			r.Replicas[0].History[41].GradientL2[1] = nan
			r.Replicas[0].History[41].KernelL1[1] = inf
		}), []string{
			"error divergence dense_2",
		}},
		{"Inf in the gradient at one check", of("tanh", 3, func(r *Run) {
			layerAt(r, 1, between(4, 4), func(l *record.LayerFlow) { l.NonFinite, l.GradientRMS = 5, nan })
			layerAt(r, 0, between(4, 5), func(l *record.LayerFlow) { l.NonFinite, l.GradientRMS = 7, nan })
		}), []string{
			"error divergence dense_2",
		}},
		{"Inf in the gradient at the end", of("tanh", 3, slowly, func(r *Run) {
			layerAt(r, 2, between(9, 10), func(l *record.LayerFlow) { l.NonFinite = 1 })
		}), []string{
			"error divergence dense_3",
		}},
		{"a gradient's size that is NaN", of("tanh", 3, func(r *Run) {
			layerAt(r, 2, between(10, 10), func(l *record.LayerFlow) { l.GradientMean = inf })
		}), []string{
			"error divergence dense_3",
		}},
		{"NaN in the error signal", of("tanh", 3, slowly, func(r *Run) {
			units(r, 1, func(u *record.UnitFlow) { u.Delta = nan })
			units(r, 0, func(u *record.UnitFlow) { u.Delta, u.OutputDelta = nan, nan })
		}), []string{
			"error divergence dense_2",
		}},
		{"Inf in outputs", of("tanh", 3, func(r *Run) {
			layerAt(r, 0, between(2, 10), func(l *record.LayerFlow) { l.Units[2].Mean, l.Units[2].Std = inf, nan })
			layerAt(r, 1, between(2, 10), func(l *record.LayerFlow) { l.NonFinite = 3 })
		}), []string{
			"error divergence dense_1",
		}},
		{"a deviation that overflows", of("tanh", 3, func(r *Run) {
			units(r, 0, func(u *record.UnitFlow) { u.Std = inf })
		}), nil},
		{"NaN in an update ratio", of("tanh", 3, func(r *Run) {
			layerAt(r, 3, between(5, 6), func(l *record.LayerFlow) { l.UpdateRatio = nan })
		}), []string{
			"error divergence dense_4",
		}},
	}
}
