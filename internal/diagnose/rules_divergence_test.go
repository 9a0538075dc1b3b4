package diagnose

import (
	"math"

	"gradwatch/train/record"
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
			"error divergence, epoch 98 to 99, recorded values that are NaN or infinite 6, 0; loss. Training diverged: from epoch 98 on its loss is NaN or infinite.",
		}},
		{"NaN, trained beside others", of("tanh", 3, lost(98), began(98, -1, "")), []string{
			"error divergence, epoch 98 to 99, recorded values that are NaN or infinite 6, 0; loss. Training diverged: from epoch 98 on its loss is NaN or infinite.",
		}},
		{"NaN on the way forward", of("tanh", 3, lost(98), began(98, 7, "dense_2 output")), []string{
			"error divergence dense_2, epoch 98 to 99, recorded values that are NaN or infinite 6, 0; loss. Training diverged: NaN or Inf appeared first in the dense_2 output, in epoch 98, step 7: on the way forward.",
		}},
		{"NaN on the way back", of("tanh", 3, lost(98), began(97, 0, "dense_3 gradient")), []string{
			"error divergence dense_3, epoch 97 to 99, recorded values that are NaN or infinite 6, 0; loss. Training diverged: NaN or Inf appeared first in the dense_3 gradient, in epoch 97, step 0: on the way back.",
		}},
		{"NaN in an update", of("tanh", 3, lost(99), began(99, 3, "dense_4 weights")), []string{
			"error divergence dense_4, epoch 99 to 99, recorded values that are NaN or infinite 3, 0; loss. Training diverged: NaN or Inf appeared first in the dense_4 weights, in epoch 99, step 3: in the update of the step before.",
		}},
		{"NaN measured alone", of("tanh", 3, lost(99), began(99, 15, "the measured loss or gradient")), []string{
			"error divergence, epoch 99 to 99, recorded values that are NaN or infinite 3, 0; loss. Training diverged: from epoch 99 on its loss is NaN or infinite, though no training step shows any.",
		}},
		{"NaN in training alone", of("tanh", 3, began(99, 15, "dense_1 gradient")), []string{
			"error divergence dense_1, epoch 99 to 99, recorded values that are NaN or infinite 1, 0; loss. Training diverged: NaN or Inf appeared first in the dense_1 gradient, in epoch 99, step 15: on the way back.",
		}},
		{"NaN in one that had learned", of("tanh", 3, func(r *Run) {
			r.Replicas[0].History[99].Loss, r.Replicas[0].History[99].ValLoss = nan, nan
		}, step(0, 0.2)), []string{
			"error divergence, epoch 99 to 99, recorded values that are NaN or infinite 2, 0; loss. Training diverged: from epoch 99 on its loss is NaN or infinite.",
			"error exploding dense_1, epoch 0 to 99, norm of a step's change over the kernel's norm 0.2, 0.1; flow/dense_1/update_ratio. Steps are far too large: each changes the kernel of dense_1 by 0.2 of its norm; 1/1000 is usual.",
		}},
		{"weights that overflow", of("tanh", 3, func(r *Run) {
			r.Replicas[0].History[99].KernelL1[2], r.Replicas[0].History[99].KernelL1[3] = inf, inf
		}, began(99, -1, "")), []string{
			"error divergence dense_3, epoch 99 to 99, recorded values that are NaN or infinite 2, 0; dense_3/kernel_0. Training diverged: from epoch 99 on the norm of the weights of dense_3 is NaN or infinite.",
		}},
		{"a gradient that overflows for two epochs", of("tanh", 3, func(r *Run) {
			r.Replicas[0].History[40].GradientL2[1] = inf
			r.Replicas[0].History[41].GradientL2[1] = nan
			r.Replicas[0].History[41].KernelL1[1] = inf
		}), []string{
			"error divergence dense_2, epoch 40 to 41 (gone), recorded values that are NaN or infinite 3, 0; dense_2/kernel_0_grad. Training diverged: from epoch 40 on the norm of the gradient of dense_2 is NaN or infinite. Last seen in epoch 41.",
		}},
		{"Inf in the gradient at one check", of("tanh", 3, func(r *Run) {
			layerAt(r, 1, between(4, 4), func(l *record.LayerFlow) { l.NonFinite, l.GradientRMS = 5, nan })
			layerAt(r, 0, between(4, 5), func(l *record.LayerFlow) { l.NonFinite, l.GradientRMS = 7, nan })
		}), []string{
			"error divergence dense_2, epoch 40 to 50 (gone), values that are NaN or infinite 5, 0; flow/dense_2/non_finite. NaN or Inf in epoch 40, though the loss is finite: in 5 values of the gradient of dense_2, on the way back. Last seen in epoch 50.",
		}},
		{"Inf in the gradient at the end", of("tanh", 3, slowly, func(r *Run) {
			layerAt(r, 2, between(9, 10), func(l *record.LayerFlow) { l.NonFinite = 1 })
		}), []string{
			"error divergence dense_3, epoch 90 to 99, values that are NaN or infinite 1, 0; flow/dense_3/non_finite. NaN or Inf in epoch 90, though the loss is finite: in 1 value of the gradient of dense_3, on the way back.",
		}},
		{"a gradient's size that is NaN", of("tanh", 3, func(r *Run) {
			layerAt(r, 2, between(10, 10), func(l *record.LayerFlow) { l.GradientMean = inf })
		}), []string{
			"error divergence dense_3, epoch 99 to 99, values that are NaN or infinite 1, 0; flow/dense_3/gradient_rms. NaN or Inf in epoch 99, though the loss is finite: in the size of the gradient of dense_3, on the way back.",
		}},
		{"NaN in the error signal", of("tanh", 3, slowly, func(r *Run) {
			units(r, 1, func(u *record.UnitFlow) { u.Delta = nan })
			units(r, 0, func(u *record.UnitFlow) { u.Delta, u.OutputDelta = nan, nan })
		}), []string{
			"error divergence dense_2, epoch 0 to 99, values that are NaN or infinite 4, 0; flow/dense_2/delta. NaN or Inf in epoch 0, though the loss is finite: in the error signal of 4 units of dense_2, on the way back.",
		}},
		{"Inf in outputs", of("tanh", 3, func(r *Run) {
			layerAt(r, 0, between(2, 10), func(l *record.LayerFlow) { l.Units[2].Mean, l.Units[2].Std = inf, nan })
			layerAt(r, 1, between(2, 10), func(l *record.LayerFlow) { l.NonFinite = 3 })
		}), []string{
			"error divergence dense_1, epoch 20 to 99, values that are NaN or infinite 1, 0; dense_1_out. NaN or Inf in epoch 20, though the loss is finite: in the output of 1 unit of dense_1, on the way forward.",
		}},
		{"a deviation that overflows", of("tanh", 3, func(r *Run) {
			units(r, 0, func(u *record.UnitFlow) { u.Std = inf })
		}), nil},
		{"NaN in an update ratio", of("tanh", 3, func(r *Run) {
			layerAt(r, 3, between(5, 6), func(l *record.LayerFlow) { l.UpdateRatio = nan })
		}), []string{
			"error divergence dense_4, epoch 50 to 60 (gone), values that are NaN or infinite 1, 0; flow/dense_4/update_ratio. NaN or Inf in epoch 50, though the loss is finite: in the update ratio of dense_4, in a step's update. Last seen in epoch 60.",
		}},
	}
}
