package diagnose

import (
	"math"

	"gradwatch/train/record"
)

// fade gives dense_1 a part of the output layer's error signal; most is lost at
// dense_2, by the derivative.
func fade(by float64) func(r *Run) { return fadeAt(by, every) }

func fadeAt(by float64, selected func(check int) bool) func(r *Run) {
	return func(r *Run) {
		deltas(r, selected, []float64{0.1 * by, by, 0.08}, []float64{0.2 * by, 4 * by, 0.09})
	}
}

// starve gives the kernel of layer k a part of the output layer's gradient, and its
// units one of the error signal.
func starve(k int, gradient, signal float64) func(r *Run) {
	return func(r *Run) {
		layer(r, k, func(l *record.LayerFlow) { l.GradientRMS = 0.01 * gradient })
		units(r, k, func(u *record.UnitFlow) { u.Delta = 0.1 * signal })
	}
}

func vanishingCases() []ruleCase {
	return []ruleCase{
		{"the signal fades", of("tanh", 3, slowly, fade(0.005)), []string{
			"error vanishing dense_1 from dense_2, epoch 0 to 99, error signal over the output layer's 0.005, 0.01; flow/dense_1/delta. The gradient vanishes on its way back: dense_1 gets 1/200 of the error signal of dense_4 (epoch 0; from layer to layer it keeps 1/6). Most is lost at dense_2, which keeps 1/16: the weights of dense_3 leave 0.25, the derivative of tanh 0.25.",
		}},
		{"the signal fades, most at epoch 40", of("tanh", 3, late, fade(0.005), fadeAt(0.0012, between(4, 4)), fadeAt(0.001, between(9, 9))), []string{
			"note vanishing dense_1 from dense_2, epoch 0 to 50 (gone), error signal over the output layer's 0.0012, 0.01; flow/dense_1/delta. The gradient vanishes on its way back: dense_1 gets 1/833 of the error signal of dense_4 (epoch 40; from layer to layer it keeps 1/9). Most is lost at dense_2, which keeps 1/67: the weights of dense_3 leave 1/17, the derivative of tanh 0.25. Last seen in epoch 50.",
		}},
		{"the signal fades, most where it had learned for a while", of("tanh", 3, late, fade(0.005), fadeAt(0.0011, between(4, 4)), func(r *Run) {
			r.Replicas[0].History[40].Loss = 0.3
		}), []string{
			"note vanishing dense_1 from dense_2, epoch 0 to 50 (gone), error signal over the output layer's 0.005, 0.01; flow/dense_1/delta. The gradient vanishes on its way back: dense_1 gets 1/200 of the error signal of dense_4 (epoch 0; from layer to layer it keeps 1/6). Most is lost at dense_2, which keeps 1/16: the weights of dense_3 leave 0.25, the derivative of tanh 0.25. Last seen in epoch 50.",
		}},
		{"the signal fades, and what comes in overflows", of("tanh", 2, slowly, func(r *Run) {
			deltas(r, every, []float64{0.0005, 0.1}, []float64{math.NaN(), math.NaN()})
		}), []string{
			"error divergence dense_2, epoch 0 to 99, values that are NaN or infinite 4, 0; flow/dense_2/delta. NaN or Inf in epoch 0, though the loss is finite: in the error signal of 4 units of dense_2, on the way back.",
			"error vanishing dense_1 from dense_1, epoch 0 to 99, error signal over the output layer's 0.005, 0.01; flow/dense_1/delta. The gradient vanishes on its way back: dense_1 gets 1/200 of the error signal of dense_3 (epoch 0; from layer to layer it keeps 1/14). Most is lost at dense_1, which keeps an unknown part: what comes in is not finite.",
		}},
		{"the signal fades a little less", of("tanh", 3, slowly, fade(0.0101)), nil},
		{"the signal fades until it learns", of("tanh", 3, late, fade(0.005)), []string{
			"note vanishing dense_1 from dense_2, epoch 0 to 50 (gone), error signal over the output layer's 0.005, 0.01; flow/dense_1/delta. The gradient vanishes on its way back: dense_1 gets 1/200 of the error signal of dense_4 (epoch 0; from layer to layer it keeps 1/6). Most is lost at dense_2, which keeps 1/16: the weights of dense_3 leave 0.25, the derivative of tanh 0.25. Last seen in epoch 50.",
		}},
		{"the signal fades in one that learns", of("tanh", 3, fade(0.005)), nil},
		{"nearly none comes back to one that is held back", of("tanh", 3, partly, fade(0.0009)), []string{
			"error vanishing dense_1 from dense_2, epoch 0 to 99, error signal over the output layer's 0.0009, 0.01; flow/dense_1/delta. The gradient vanishes on its way back: dense_1 gets 1/1110 of the error signal of dense_4 (epoch 0; from layer to layer it keeps 1/10). Most is lost at dense_2, which keeps 1/89: the weights of dense_3 leave 1/22, the derivative of tanh 0.25.",
		}},
		{"little comes back to one that is held back", of("tanh", 3, partly, fade(0.005)), []string{
			"note vanishing dense_1 from dense_2, epoch 0 to 30 (gone), error signal over the output layer's 0.005, 0.01; flow/dense_1/delta. The gradient vanishes on its way back: dense_1 gets 1/200 of the error signal of dense_4 (epoch 0; from layer to layer it keeps 1/6). Most is lost at dense_2, which keeps 1/16: the weights of dense_3 leave 0.25, the derivative of tanh 0.25. Last seen in epoch 30.",
		}},
		{"nothing comes back through the derivative", of("relu", 3, slowly, func(r *Run) {
			deltas(r, every, []float64{0, 0, 0.1}, []float64{0, 0.1, 0.1})
		}), []string{
			"error vanishing dense_1 from dense_2, epoch 0 to 99, error signal over the output layer's 0, 0.01; flow/dense_1/delta. No error signal comes back to dense_1 (epoch 0): at dense_2 the derivative of relu leaves nothing of it.",
		}},
		{"nothing comes back through the weights", of("tanh", 3, slowly, func(r *Run) {
			deltas(r, every, []float64{0, 0, 0}, []float64{0, 0, 0})
		}), []string{
			"error vanishing dense_1 from dense_3, epoch 0 to 99, error signal over the output layer's 0, 0.01; flow/dense_1/delta. No error signal comes back to dense_1 (epoch 0): at dense_3 the weights of dense_4 leave nothing of it.",
		}},
		{"no signal at all", of("tanh", 3, slowly, func(r *Run) {
			deltas(r, every, []float64{0, 0, 0, 0}, []float64{0, 0, 0, 0})
		}), nil},
		{"one hidden layer", of("sigmoid", 1, slowly, func(r *Run) {
			deltas(r, every, []float64{0.0004}, []float64{0.04})
		}), []string{
			"error vanishing dense_1 from dense_1, epoch 0 to 99, error signal over the output layer's 0.004, 0.01; flow/dense_1/delta. The gradient vanishes on its way back: dense_1 gets 1/250 of the error signal of dense_2 (epoch 0). Most is lost at dense_1, which keeps 1/250: the derivative of sigmoid leaves 1/100, the weights of dense_2 0.4.",
		}},
		{"a kernel's gradient, lost above", of("elu", 3, slowly, starve(1, 0.04, 0.1), func(r *Run) {
			units(r, 2, func(u *record.UnitFlow) { u.Delta, u.OutputDelta = 0.02, 0.03 })
		}), []string{
			"error vanishing dense_2 from dense_3, epoch 0 to 99, gradient over the output layer's 0.04, 0.05; dense_2/kernel_0_grad. The gradient vanishes on its way back: that of dense_2 is 1/25 of that of dense_4 (epoch 0), and of the error signal 1/10 comes back to it. Most is lost at dense_3, which keeps 0.2: the weights of dense_4 leave 0.3, the derivative of elu 0.667.",
		}},
		{"a kernel's gradient, not lost", of("elu", 3, slowly, starve(1, 0.04, 0.5)), []string{
			"error vanishing dense_2 from dense_2, epoch 0 to 99, gradient over the output layer's 0.04, 0.05; dense_2/kernel_0_grad. The gradient of dense_2 is 1/25 of that of dense_4 (epoch 0), though 0.5 of the error signal comes back to it: what comes in from below is small, or the rows cancel one another.",
		}},
		{"a kernel's gradient, not lost at all", of("elu", 3, slowly, starve(0, 0.04, 3)), []string{
			"error vanishing dense_1 from dense_1, epoch 0 to 99, gradient over the output layer's 0.04, 0.05; dense_1/kernel_0_grad. The gradient of dense_1 is 1/25 of that of dense_4 (epoch 0), though 3 times the error signal comes back to it: what comes in from below is small, or the rows cancel one another.",
		}},
		{"a kernel's gradient, not so small", of("elu", 3, slowly, starve(1, 0.051, 0.5)), nil},
		{"a kernel's gradient in one that learns", of("elu", 3, starve(1, 0.04, 0.5)), nil},
		{"a kernel without a gradient", of("elu", 3, slowly, starve(1, 0, 0.5)), []string{
			"error vanishing dense_2 from dense_2, epoch 0 to 99, gradient over the output layer's 0, 0.05; dense_2/kernel_0_grad. The gradient of dense_2 is 0 (epoch 0), though 0.5 of the error signal comes back to it: what comes in from below is small, or the rows cancel one another.",
		}},
	}
}

func step(k int, ratio float64) func(r *Run) {
	return func(r *Run) { layer(r, k, func(l *record.LayerFlow) { l.UpdateRatio = ratio }) }
}

func explodingCases() []ruleCase {
	return []ruleCase{
		{"large steps", of("tanh", 3, slowly, step(1, 0.125)), []string{
			"error exploding dense_2, epoch 0 to 99, norm of a step's change over the kernel's norm 0.125, 0.1; flow/dense_2/update_ratio. Steps are far too large: each changes the kernel of dense_2 by 1/8 of its norm; 1/1000 is usual.",
		}},
		{"large steps in one that learns", of("tanh", 3, step(3, 1.5)), []string{
			"warning exploding dense_4, epoch 0 to 99, norm of a step's change over the kernel's norm 1.5, 0.1; flow/dense_4/update_ratio. Steps are far too large: each changes the kernel of dense_4 by 1.5 times its norm; 1/1000 is usual.",
		}},
		{"steps that are not too large", of("tanh", 3, slowly, step(1, 0.1)), nil},
		{"the signal grows", of("tanh", 3, slowly, func(r *Run) {
			units(r, 0, func(u *record.UnitFlow) { u.Delta = 7.2 })
		}), []string{
			"error exploding dense_1, epoch 0 to 99, error signal over the output layer's 72, 70; flow/dense_1/delta. The gradient explodes on its way back: the error signal of dense_1 is 72 times that of the output layer.",
		}},
		{"the signal grows a little less", of("tanh", 3, slowly, func(r *Run) {
			units(r, 0, func(u *record.UnitFlow) { u.Delta = 7 })
		}), nil},
		{"the signal grows in one that learns", of("tanh", 3, func(r *Run) {
			units(r, 0, func(u *record.UnitFlow) { u.Delta = 7.2 })
		}), nil},
		{"the loss is that of one sure of what is wrong", of("tanh", 3, func(r *Run) {
			losses(r, func(e int) float64 { return min(3, 0.69+0.05*float64(e)) })
		}), []string{
			"error exploding, epoch 14 to 99, training loss over that of guessing 4.33, 2; loss. The loss is 3, 4.33 times that of guessing by the classes' shares (0.693): the model is sure of what is wrong; steps or weights are far too large.",
			"warning stalled-loss, epoch 50 to 99, fall of the loss over the last half of the run 0, 0.001; loss. The loss stands still at 3; guessing by the classes' shares gives 0.693.",
		}},
		{"the loss is above twice that of guessing", of("tanh", 3, func(r *Run) {
			losses(r, func(e int) float64 { return 1.4 - 0.0001*float64(e) })
		}), []string{
			"error exploding, epoch 0 to 99, training loss over that of guessing 2.01, 2; loss. The loss is 1.39, 2.01 times that of guessing by the classes' shares (0.693): the model is sure of what is wrong; steps or weights are far too large.",
		}},
		{"the loss is below twice that of guessing", of("tanh", 3, func(r *Run) {
			losses(r, func(e int) float64 { return 1.39 - 0.0001*float64(e) })
		}), []string{
			"error oscillation, epoch 0 to 99, training loss over that of guessing 1.99, 1.03; loss. The loss, 1.38, stays above that of guessing by the classes' shares (0.693): steps overshoot.",
		}},
		{"the loss is large, and infinite steps", of("tanh", 3, step(0, math.Inf(1)), func(r *Run) {
			losses(r, func(e int) float64 { return 1e30 * (1 + float64(e%2)/1000) })
		}), []string{
			"error divergence dense_1, epoch 0 to 99, values that are NaN or infinite 1, 0; flow/dense_1/update_ratio. NaN or Inf in epoch 0, though the loss is finite: in the update ratio of dense_1, in a step's update.",
			"error exploding, epoch 0 to 99, training loss over that of guessing 1.44e+30, 2; loss. The loss is 1.0e+30, 1.4e+30 times that of guessing by the classes' shares (0.693): the model is sure of what is wrong; steps or weights are far too large.",
			"warning stalled-loss, epoch 50 to 99, fall of the loss over the last half of the run -0.001, 0.001; loss. The loss stands still at 1.0e+30; guessing by the classes' shares gives 0.693.",
		}},
	}
}

func stepCases() []ruleCase {
	still := func(k int) func(r *Run) { return step(k, 0) }
	all := func(ratio float64) func(r *Run) {
		return func(r *Run) {
			for k := range r.Replicas[0].Checks[0].Layers {
				step(k, ratio)(r)
			}
		}
	}
	withoutGradient := func(k int) func(r *Run) {
		return func(r *Run) {
			layer(r, k, func(l *record.LayerFlow) { l.UpdateRatio, l.GradientMax = 0, 0 })
		}
	}
	return []ruleCase{
		{"weights that don't change", of("tanh", 3, slowly, still(1)), []string{
			"error unchanged-weights dense_2, epoch 0 to 99, norm of a step's change over the kernel's norm 0, 0; flow/dense_2/update_ratio. The weights of dense_2 no longer change, since epoch 0: steps are below what a float32 can add.",
		}},
		{"weights that hardly change", of("tanh", 3, slowly, step(1, 1e-12)), nil},
		{"weights that don't change in one that learns", of("tanh", 3, still(1)), []string{
			"note unchanged-weights dense_2, epoch 0 to 99, norm of a step's change over the kernel's norm 0, 0; flow/dense_2/update_ratio. The weights of dense_2 no longer change, since epoch 0: steps are below what a float32 can add.",
		}},
		{"output weights that don't change", of("tanh", 3, slowly, still(3)), nil},
		{"weights that stop changing, one layer after the other", of("tanh", 4, slowly, func(r *Run) {
			stop := func(l *record.LayerFlow) { l.UpdateRatio = 0 }
			layerAt(r, 0, between(6, 10), stop)
			layerAt(r, 1, between(3, 10), stop)
			layerAt(r, 3, between(4, 10), stop)
		}), []string{
			"error unchanged-weights dense_2, epoch 30 to 99, norm of a step's change over the kernel's norm 0, 0; flow/dense_2/update_ratio. The weights of dense_1, dense_2 and dense_4 no longer change, those of dense_2 since epoch 30: steps are below what a float32 can add.",
		}},
		{"weights that change again", of("tanh", 3, slowly, func(r *Run) {
			layerAt(r, 0, between(0, 6), func(l *record.LayerFlow) { l.UpdateRatio = 0 })
		}), nil},
		{"weights without a gradient", of("tanh", 3, slowly, withoutGradient(0)), []string{
			"error unchanged-weights dense_1, epoch 0 to 99, norm of a step's change over the kernel's norm 0, 0; flow/dense_1/update_ratio. The weights of dense_1 no longer change, since epoch 0: its gradient is 0.",
		}},
		{"two layers without a gradient", of("tanh", 3, slowly, withoutGradient(0), withoutGradient(1)), []string{
			"error unchanged-weights dense_1, epoch 0 to 99, norm of a step's change over the kernel's norm 0, 0; flow/dense_1/update_ratio. The weights of dense_1 and dense_2 no longer change, since epoch 0: their gradients are 0.",
		}},
		{"weights without a gradient, and others", of("tanh", 3, slowly, withoutGradient(0), still(1), still(2)), []string{
			"error unchanged-weights dense_1, epoch 0 to 99, norm of a step's change over the kernel's norm 0, 0; flow/dense_1/update_ratio. The weights of dense_1 to dense_3 no longer change, since epoch 0: gradients are 0, or steps below what a float32 can add.",
		}},
		{"small steps", of("tanh", 3, slowly, all(1.9e-5)), []string{
			"error rate-too-small dense_1, epoch 0 to 99, norm of a step's change over the kernel's norm 1.9e-05, 2e-05; flow/dense_1/update_ratio. Steps are far too small: none changes a kernel by more than 1/52600 of its norm; 1/1000 is usual.",
		}},
		{"steps that are not too small", of("tanh", 3, slowly, all(2e-5)), nil},
		{"small steps, one layer's larger", of("tanh", 3, slowly, all(1e-6), step(3, 1e-4)), nil},
		{"small steps in one that learns", of("tanh", 3, all(1e-6)), nil},
		{"small steps that have gone", of("tanh", 3, slowly, func(r *Run) {
			for k := range 4 {
				layerAt(r, k, between(0, 6), func(l *record.LayerFlow) { l.UpdateRatio = 1e-6 })
			}
		}), nil},
		{"small steps because no signal comes", of("tanh", 3, slowly, all(1e-6), fade(0.001)), []string{
			"error vanishing dense_1 from dense_2, epoch 0 to 99, error signal over the output layer's 0.001, 0.01; flow/dense_1/delta. The gradient vanishes on its way back: dense_1 gets 1/1000 of the error signal of dense_4 (epoch 0; from layer to layer it keeps 1/10). Most is lost at dense_2, which keeps 1/80: the weights of dense_3 leave 1/20, the derivative of tanh 0.25.",
		}},
	}
}
