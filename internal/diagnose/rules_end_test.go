package diagnose

import (
	"math"

	"gradwatch/internal/record"
)

func endCases() []ruleCase {
	// swinging makes the accuracies alternate around a middle.
	swinging := func(middle, by float64) func(r *Run) {
		return func(r *Run) {
			for e := range r.Replicas[0].History {
				row := &r.Replicas[0].History[e]
				at := middle + by*float64(e%2*2-1)
				row.Accuracy, row.ValAccuracy = at, at
			}
		}
	}
	stopped := func(early bool) func(r *Run) {
		return func(r *Run) {
			r.Replicas[0].Stop = &record.Stop{Epochs: testEpochs, Early: early, Best: testEpochs/2 - 1}
		}
	}
	climbs := func(r *Run) {
		for e := range r.Replicas[0].History {
			row := &r.Replicas[0].History[e]
			row.Accuracy = 0.5 + 0.004*float64(e)
			row.ValAccuracy = row.Accuracy
		}
	}
	inPart := func(r *Run) {
		losses(r, func(e int) float64 { return 0.5 - 0.1*float64(e)/(testEpochs-1) })
		accuracies(r, 0.86, 0.86)
	}
	return []ruleCase{
		{"the loss still falls", of("tanh", 2, slowly, perEpoch(100)), []string{"error too-short"}},
		{"it falls strictly above the loss of guessing", of("tanh", 2, perEpoch(100), func(r *Run) {
			losses(r, func(e int) float64 { return 0.83 - 0.0005*float64(e) })
		}), []string{"error too-short"}},
		{"it falls slowly: more epochs would take too long", of("tanh", 2, perEpoch(100), func(r *Run) {
			losses(r, func(e int) float64 { return 0.69 - 0.00002*float64(e) })
		}), []string{"error too-short"}},
		{"few steps", of("tanh", 2, flat(0.693), perEpoch(10)), []string{"error too-short", "warning stalled-loss <- too-short"}},
		{"learned, and much better with each epoch", of("tanh", 2, perEpoch(10), func(r *Run) {
			losses(r, func(e int) float64 { return 0.69 - 0.005*float64(e) })
		}), []string{"warning too-short"}},
		{"learned in many steps", of("tanh", 2, perEpoch(100), func(r *Run) {
			losses(r, func(e int) float64 { return 0.69 - 0.005*float64(e) })
		}), nil},
		{"many steps", of("tanh", 2, flat(0.693), perEpoch(100)), []string{"error stalled-loss"}},
		{"stopped by a signal", of("tanh", 2, slowly, func(r *Run) { r.Interrupted, r.Epochs = true, 1000 }), []string{"error too-short"}},
		{"under way", of("tanh", 2, slowly, func(r *Run) { r.Ended = false }), nil},

		{"early stopping, before it learned", of("tanh", 2, flat(0.693), stopped(true)), []string{"error stopped-early", "warning stalled-loss <- stopped-early"}},
		{"early stopping that did not stop it", of("tanh", 2, flat(0.693), stopped(false)), []string{"error stalled-loss"}},
		{"early stopping, after it learned", of("tanh", 2, stopped(true)), nil},
		{"early stopping where the gradient vanishes", of("tanh", 3, flat(0.69), fade(0.001), stopped(true)), []string{
			"error vanishing dense_1 from dense_2", "warning stalled-loss <- vanishing",
		}},
		{"the best weights are restored", of("tanh", 2, func(r *Run) {
			losses(r, func(e int) float64 { return map[bool]float64{true: 0.1, false: 0.69}[e == 49] })
			r.Replicas[0].Stop = &record.Stop{Epochs: testEpochs, Early: true, Best: 49, Restored: true}
		}), nil},

		{"the accuracy swings", of("tanh", 2, swinging(0.8, 0.035)), []string{"warning unstable"}},
		{"the accuracy swings less", of("tanh", 2, swinging(0.8, 0.025)), nil},
		{"the accuracy climbs", of("tanh", 2, climbs), nil},
		{"the accuracy swings in one that has not learned", of("tanh", 2, flat(0.69), swinging(0.55, 0.035)), []string{"error unstable", "warning stalled-loss <- unstable"}},

		{"an accuracy that swings where the gradient vanishes", of("tanh", 3, flat(0.69), swinging(0.7, 0.05), fade(0.001)), []string{
			"error unstable", "warning vanishing dense_1 from dense_2 <- unstable", "warning stalled-loss <- unstable",
		}},
		{"all rows are answered with one class, now the larger, now the other", of("tanh", 2, flat(0.69), swinging(0.5, 0.04), func(r *Run) { r.Class1 = 0.46 }), []string{"error stalled-loss"}},
		{"what was learned is lost", of("relu", 3, func(r *Run) {
			losses(r, func(e int) float64 { return map[bool]float64{true: 0.1, false: 0.65}[e < 30] })
			accuracies(r, 0.55, 0.55)
		}, fade(0.001)), []string{
			"error oscillation", "warning vanishing dense_1 from dense_2 <- oscillation", "warning stalled-loss <- oscillation",
		}},
		{"learned a part, in few steps", of("tanh", 2, inPart, perEpoch(10), probed(0.99, 0.5)), []string{"warning too-short"}},
		{"learned a part, in one epoch", of("tanh", 2, inPart, perEpoch(10), probed(0.99, 0.5), func(r *Run) {
			r.Replicas[0].History = r.Replicas[0].History[:1]
		}), nil},
		{"learned a part, in many steps", of("tanh", 2, inPart, perEpoch(50), probed(0.99, 0.5)), nil},
		{"learned about all there is, in few steps", of("tanh", 2, inPart, perEpoch(10), probed(0.9, 0.5)), nil},
		{"learned a part, and the loss stands", of("tanh", 2, flat(0.4), perEpoch(10), probed(0.99, 0.5), func(r *Run) { accuracies(r, 0.86, 0.86) }), nil},
		{"early stopping when a part was learned", of("tanh", 2, inPart, perEpoch(10), probed(0.99, 0.5), stopped(true)), []string{"warning stopped-early"}},

		{"nothing explains it", of("tanh", 2, perEpoch(100), flat(0.52), func(r *Run) {
			testLosses(r, func(int) float64 { return 0.63 })
			accuracies(r, 0.75, 0.6)
		}), []string{"error unexplained"}},
	}
}

// causeCases are of findings that follow from others.
func causeCases() []ruleCase {
	return []ruleCase{
		{"dead, so vanishing, so unchanged, so stalled", of("relu", 3, flat(0.69), idle(1, 4, every), fade(0.001), func(r *Run) {
			layer(r, 0, func(l *record.LayerFlow) { l.UpdateRatio, l.GradientMax = 0, 0 })
		}), []string{
			"error dead-units dense_2 [0 1 2 3]", "warning vanishing dense_1 from dense_2 <- dead-units",
			"warning unchanged-weights dense_1 <- dead-units", "warning stalled-loss <- dead-units",
		}},
		{"saturated, and so vanishing", of("tanh", 3, flat(0.69), full(0, 0.95, every), fade(0.001)), []string{
			"error saturated-units dense_1", "warning vanishing dense_1 from dense_2 <- saturated-units", "warning stalled-loss <- saturated-units",
		}},
		{"saturated after the gradient has vanished", of("tanh", 3, flat(0.69), full(0, 0.95, between(5, 10)), fade(0.001)), []string{
			"error vanishing dense_1 from dense_2", "warning saturated-units dense_1 <- vanishing", "warning stalled-loss <- vanishing",
		}},
		{"a unit of a model that diverged is not dead", of("relu", 2, func(r *Run) {
			losses(r, func(e int) float64 { return map[bool]float64{true: 0.6, false: math.NaN()}[e < 35] })
			for k := range 2 {
				unitsAt(r, k, between(4, 10), func(u *record.UnitFlow) { u.Active, u.Mean = 0, math.NaN() })
			}
		}), []string{"error divergence"}},
		{"diverged after large steps", of("relu", 2, step(1, 0.4), func(r *Run) {
			losses(r, func(e int) float64 { return map[bool]float64{true: 0.9, false: math.NaN()}[e < 35] })
		}), []string{"error divergence", "warning exploding dense_2 <- divergence"}},
	}
}
