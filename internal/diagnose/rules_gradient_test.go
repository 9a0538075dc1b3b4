package diagnose

import (
	"math"

	"gradwatch/internal/record"
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
			"error vanishing dense_1 from dense_2",
		}},
		{"the signal fades, most at epoch 40", of("tanh", 3, late, fade(0.005), fadeAt(0.0012, between(4, 4)), fadeAt(0.001, between(9, 9))), []string{
			"note vanishing dense_1 from dense_2",
		}},
		{"the signal fades, most where it had learned for a while", of("tanh", 3, late, fade(0.005), fadeAt(0.0011, between(4, 4)), func(r *Run) {
			r.Replicas[0].History[40].Loss = 0.3
		}), []string{
			"note vanishing dense_1 from dense_2",
		}},
		{"the signal fades, and what comes in overflows", of("tanh", 2, slowly, func(r *Run) {
			deltas(r, every, []float64{0.0005, 0.1}, []float64{math.NaN(), math.NaN()})
		}), []string{
			"error divergence dense_2",
		}},
		{"the signal fades a little less", of("tanh", 3, slowly, fade(0.0101)), []string{
			"error too-short",
		}},
		{"the signal fades until it learns", of("tanh", 3, late, fade(0.005)), []string{
			"note vanishing dense_1 from dense_2",
		}},
		{"the signal fades in one that learns", of("tanh", 3, fade(0.005)), nil},
		{"nearly none comes back to one that is held back", of("tanh", 3, partly, fade(0.0009)), []string{
			"error vanishing dense_1 from dense_2",
		}},
		{"little comes back to one that is held back", of("tanh", 3, partly, fade(0.005)), []string{
			"note vanishing dense_1 from dense_2",
		}},
		{"nothing comes back through the derivative", of("relu", 3, slowly, func(r *Run) {
			deltas(r, every, []float64{0, 0, 0.1}, []float64{0, 0.1, 0.1})
		}), []string{
			"error vanishing dense_1 from dense_2",
		}},
		{"nothing comes back through the weights", of("tanh", 3, slowly, func(r *Run) {
			deltas(r, every, []float64{0, 0, 0}, []float64{0, 0, 0})
		}), []string{
			"error vanishing dense_1 from dense_3",
		}},
		{"no signal at all", of("tanh", 3, slowly, func(r *Run) {
			deltas(r, every, []float64{0, 0, 0, 0}, []float64{0, 0, 0, 0})
		}), []string{
			"error too-short",
		}},
		{"one hidden layer", of("sigmoid", 1, slowly, func(r *Run) {
			deltas(r, every, []float64{0.0004}, []float64{0.04})
		}), []string{
			"error vanishing dense_1 from dense_1",
		}},
		{"a kernel's gradient, lost above", of("elu", 3, slowly, starve(1, 0.04, 0.1), func(r *Run) {
			units(r, 2, func(u *record.UnitFlow) { u.Delta, u.OutputDelta = 0.02, 0.03 })
		}), []string{
			"error vanishing dense_2 from dense_3",
		}},
		{"a kernel's gradient, not lost", of("elu", 3, slowly, starve(1, 0.04, 0.5)), []string{
			"error vanishing dense_2 from dense_2",
		}},
		{"a kernel's gradient, not lost at all", of("elu", 3, slowly, starve(0, 0.04, 3)), []string{
			"error vanishing dense_1 from dense_1",
		}},
		{"a kernel's gradient, not so small", of("elu", 3, slowly, starve(1, 0.051, 0.5)), []string{
			"error too-short",
		}},
		{"a kernel's gradient in one that learns", of("elu", 3, starve(1, 0.04, 0.5)), nil},
		{"a kernel without a gradient", of("elu", 3, slowly, starve(1, 0, 0.5)), []string{
			"error vanishing dense_2 from dense_2",
		}},
	}
}

func step(k int, ratio float64) func(r *Run) {
	return func(r *Run) { layer(r, k, func(l *record.LayerFlow) { l.UpdateRatio = ratio }) }
}

func explodingCases() []ruleCase {
	return []ruleCase{
		{"large steps", of("tanh", 3, slowly, step(1, 0.125)), []string{
			"error exploding dense_2",
		}},
		{"large steps in one that learns", of("tanh", 3, step(3, 1.5)), []string{
			"warning exploding dense_4",
		}},
		{"large steps at the start, and a signal that is gone since", of("tanh", 3, flat(0.69), func(r *Run) {
			layer(r, 1, func(l *record.LayerFlow) { l.UpdateRatio = 1e-6 })
			layerAt(r, 1, between(0, 0), func(l *record.LayerFlow) { l.UpdateRatio = 0.125 })
		}, fadeAt(0.001, between(1, testEpochs))), []string{
			"error exploding dense_2",
			"warning vanishing dense_1 from dense_2 <- exploding",
			"warning stalled-loss <- exploding",
		}},
		{"large steps at the start, and ones of the right size since", of("tanh", 3, slowly, func(r *Run) {
			layerAt(r, 1, between(0, 0), func(l *record.LayerFlow) { l.UpdateRatio = 0.125 })
		}), []string{
			"error too-short",
		}},
		{"large steps at the start of one that learns", of("tanh", 3, func(r *Run) {
			layerAt(r, 1, between(0, 0), func(l *record.LayerFlow) { l.UpdateRatio = 0.125 })
		}), nil},
		{"steps that are not too large", of("tanh", 3, slowly, step(1, 0.1)), []string{
			"error too-short",
		}},
		{"the signal grows", of("tanh", 3, slowly, func(r *Run) {
			units(r, 0, func(u *record.UnitFlow) { u.Delta = 7.2 })
		}), []string{
			"error exploding dense_1",
		}},
		{"the signal grows a little less", of("tanh", 3, slowly, func(r *Run) {
			units(r, 0, func(u *record.UnitFlow) { u.Delta = 7 })
		}), []string{
			"error too-short",
		}},
		{"the signal grows in one that learns", of("tanh", 3, func(r *Run) {
			units(r, 0, func(u *record.UnitFlow) { u.Delta = 7.2 })
		}), nil},
		{"the loss is that of one sure of what is wrong", of("tanh", 3, func(r *Run) {
			losses(r, func(e int) float64 { return min(3, 0.69+0.05*float64(e)) })
		}), []string{
			"error exploding",
			"warning stalled-loss <- exploding",
		}},
		{"the loss is above twice that of guessing", of("tanh", 3, func(r *Run) {
			losses(r, func(e int) float64 { return 1.4 - 0.0001*float64(e) })
		}), []string{
			"error too-short",
		}},
		{"the loss is below twice that of guessing", of("tanh", 3, func(r *Run) {
			losses(r, func(e int) float64 { return 1.39 - 0.0001*float64(e) })
		}), []string{
			"error too-short",
		}},
		{"the loss is large, and infinite steps", of("tanh", 3, step(0, math.Inf(1)), func(r *Run) {
			losses(r, func(e int) float64 { return 1e30 * (1 + float64(e%2)/1000) })
		}), []string{
			"error divergence dense_1",
			"warning exploding <- divergence",
			"warning stalled-loss <- divergence",
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
			"error unchanged-weights dense_2",
		}},
		{"weights that hardly change", of("tanh", 3, slowly, step(1, 1e-12)), []string{
			"error too-short",
		}},
		{"weights that don't change in one that learns", of("tanh", 3, still(1)), []string{
			"note unchanged-weights dense_2",
		}},
		{"output weights that don't change", of("tanh", 3, slowly, still(3)), []string{
			"error too-short",
		}},
		{"weights that stop changing, one layer after the other", of("tanh", 4, slowly, func(r *Run) {
			stop := func(l *record.LayerFlow) { l.UpdateRatio = 0 }
			layerAt(r, 0, between(6, 10), stop)
			layerAt(r, 1, between(3, 10), stop)
			layerAt(r, 3, between(4, 10), stop)
		}), []string{
			"error unchanged-weights dense_2",
		}},
		{"weights that change again", of("tanh", 3, slowly, func(r *Run) {
			layerAt(r, 0, between(0, 6), func(l *record.LayerFlow) { l.UpdateRatio = 0 })
		}), []string{
			"error too-short",
		}},
		{"weights without a gradient", of("tanh", 3, slowly, withoutGradient(0)), []string{
			"error unchanged-weights dense_1",
		}},
		{"two layers without a gradient", of("tanh", 3, slowly, withoutGradient(0), withoutGradient(1)), []string{
			"error unchanged-weights dense_1",
		}},
		{"weights without a gradient, and others", of("tanh", 3, slowly, withoutGradient(0), still(1), still(2)), []string{
			"error unchanged-weights dense_1",
		}},
		{"small steps", of("tanh", 3, slowly, all(1.9e-5)), []string{
			"error rate-too-small dense_1",
		}},
		{"steps that are not too small", of("tanh", 3, slowly, all(2e-5)), []string{
			"error too-short",
		}},
		{"small steps, one layer's larger", of("tanh", 3, slowly, all(1e-6), step(3, 1e-4)), []string{
			"error too-short",
		}},
		{"small steps, so that the loss stays that of the first weights", of("tanh", 3, flat(3), all(1e-6)), []string{
			"error rate-too-small dense_1", "warning stalled-loss <- rate-too-small",
		}},
		{"small steps in one that learns", of("tanh", 3, all(1e-6)), nil},
		{"small steps that have gone", of("tanh", 3, slowly, func(r *Run) {
			for k := range 4 {
				layerAt(r, k, between(0, 6), func(l *record.LayerFlow) { l.UpdateRatio = 1e-6 })
			}
		}), []string{
			"error too-short",
		}},
		{"small steps because no signal comes", of("tanh", 3, slowly, all(1e-6), fade(0.001)), []string{
			"error vanishing dense_1 from dense_2",
		}},
	}
}
