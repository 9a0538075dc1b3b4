package diagnose

import (
	"math"

	"gradwatch/internal/probe"
	"gradwatch/internal/record"
)

// probed gives a run what nearest neighbours and a linear model reach on 500 test rows of two classes.
func probed(neighbors, linear float64) func(r *Run) {
	score := func(accuracy float64) probe.Score {
		return probe.Score{Accuracy: accuracy, Explained: 2*accuracy - 1, Sigmas: 40 * (accuracy - 0.5)}
	}
	return func(r *Run) {
		r.TestRows = 500
		r.Probe = &probe.Result{TrainRows: 500, TestRows: 500, Guess: 0.5, Neighbors: score(neighbors), Linear: score(linear)}
	}
}

// flat is a loss that does not move.
func flat(loss float64) func(r *Run) {
	return func(r *Run) { losses(r, func(int) float64 { return loss }) }
}

// memorized makes a run fit its training rows, and no others.
func memorized(r *Run) {
	losses(r, func(e int) float64 { return 0.69 - 0.2*float64(e)/(testEpochs-1) })
	testLosses(r, func(e int) float64 { return 0.69 + 0.1*float64(e)/(testEpochs-1) })
	accuracies(r, 0.7, 0.5)
}

// regression makes a run one of a number of that size.
func regression(variance, rms float64) func(r *Run) {
	std := math.Sqrt(variance)
	return func(r *Run) {
		r.Target = Target{Regression: true, Variance: variance, RMS: rms, Name: "price", Mean: math.Sqrt(rms*rms - variance), Std: std}
	}
}

// inOrder says whether a run leaves its training rows in their order, and how much these are sorted by target.
func inOrder(unshuffled bool, order float64) func(r *Run) {
	return func(r *Run) { r.Unshuffled, r.Target.Order = unshuffled, order }
}

// drift makes the losses go from that of guessing to others, on the training rows and on the test rows.
func drift(train, test float64) func(r *Run) {
	return func(r *Run) {
		guess := r.guess()
		to := func(end float64) func(e int) float64 {
			return func(e int) float64 { return guess + (end-guess)*float64(e+1)/testEpochs }
		}
		losses(r, to(train))
		testLosses(r, to(test))
		accuracies(r, 0.5, 0.5)
	}
}

// penalty gives the weights of a run one, under which they shrink to a part.
func penalty(size, part float64) func(r *Run) {
	return func(r *Run) {
		for e := range r.Replicas[0].History {
			row := &r.Replicas[0].History[e]
			row.Penalty, row.KernelL1 = size, []float64{10, 5}
		}
		r.Replicas[0].History[testEpochs-1].KernelL1 = []float64{10 * part, 5 * part}
	}
}

// perEpoch sets the steps of an epoch.
func perEpoch(steps int) func(r *Run) { return func(r *Run) { r.StepsPerEpoch = steps } }

// rare makes class 1 a rare one that the model ranks, and of whose test rows it predicts a part; simple methods tell
// another part.
func rare(predicted, told float64) func(r *Run) {
	return func(r *Run) {
		r.Class1, r.TestRows, r.Replicas[0].AUC = 0.04, 500, 0.8
		losses(r, func(e int) float64 { return 0.168 - 0.015*float64(e)/(testEpochs-1) })
		accuracies(r, 0.96, 0.96)
		r.Recalls = []Recall{{"0", 1, 480}, {"1", predicted, 20}}
		r.Probe = &probe.Result{Guess: 0.96, Recalls: []float64{1, told}, Linear: probe.Score{Accuracy: 0.96, Explained: 0.1, Sigmas: 4}}
	}
}

func dataCases() []ruleCase {
	stops := func(r *Run) { r.Ended = false }
	return []ruleCase{
		{"no signal: nothing else finds any", of("tanh", 3, memorized, probed(0.5, 0.5)), []string{"error no-signal"}},
		{"no signal is never said where something else finds one", of("tanh", 3, memorized, probed(0.9, 0.5)), []string{"error overfitting"}},
		{"no signal is never said where nothing else was tried", of("tanh", 3, memorized), []string{"error overfitting"}},
		{"no signal is never said where the training rows tell of one another", of("tanh", 3, memorized, probed(0.5, 0.5), func(r *Run) {
			r.Probe.Within = probe.Score{Accuracy: 0.9, Explained: 0.7, Sigmas: 20}
		}), []string{"error overfitting"}},
		{"the training rows are learned by heart, the test rows a little", of("tanh", 3, func(r *Run) {
			testLosses(r, func(int) float64 { return 0.9 })
			accuracies(r, 1, 0.6)
		}), []string{"error overfitting"}},
		{"no signal is never said of few rows", of("tanh", 3, memorized, probed(0.5, 0.5), func(r *Run) { r.Probe.TrainRows = 40 }), []string{"error overfitting"}},
		{"no signal is never said of training that has barely begun", of("tanh", 3, flat(0.6925), probed(0.5, 0.5), func(r *Run) { r.StepsPerEpoch = 1 }), []string{"error too-short", "warning stalled-loss <- too-short"}},
		{"no signal is never said of a run under way", of("tanh", 3, memorized, probed(0.5, 0.5), stops), nil},
		{"no signal: the training loss creeps down, the test loss up", of("tanh", 3, drift(0.6875, 0.697), probed(0.5, 0.5), perEpoch(50)), []string{"error no-signal"}},
		{"the same in few steps", of("tanh", 3, drift(0.6875, 0.697), probed(0.5, 0.5), perEpoch(5)), []string{"error too-short"}},
		{"the same where something can be found", of("tanh", 3, drift(0.6875, 0.697), probed(0.9, 0.5), perEpoch(50)), []string{"error too-short"}},
		{"the same where the test loss falls", of("tanh", 3, drift(0.6875, 0.685), probed(0.5, 0.5), perEpoch(50)), []string{"error too-short"}},
		{"no signal: rows that are learned one by one send back little", of("tanh", 3, drift(0.58, 0.85), probed(0.5, 0.5), perEpoch(50), fade(0.005)), []string{
			"error no-signal", "note vanishing dense_1 from dense_2",
		}},
		{"a regression as near to other test rows as simple methods, but not to its training rows", of("tanh", 2, regression(1, 1), drift(1.8, 0.1), func(r *Run) {
			r.Probe = &probe.Result{Linear: probe.Score{Explained: 0.99, Sigmas: 20}}
		}), []string{"error oscillation", "warning stalled-loss <- oscillation"}},
		{"a regression that has barely begun", of("tanh", 2, regression(1, 1), drift(0.96, 1.05), perEpoch(5)), []string{"error too-short"}},
		{"a regression that goes the wrong way for long", of("tanh", 2, regression(1, 1), drift(0.96, 1.05), perEpoch(50)), []string{"error overfitting"}},
		{"learned by heart, though the test rows are ranked a little", of("tanh", 3, drift(0.1, 1), perEpoch(50), func(r *Run) {
			r.TestRows, r.Replicas[0].AUC = 500, 0.6
			accuracies(r, 1, 0.55)
		}), []string{"error overfitting"}},
		{"learned by heart, and of the test rows a part", of("tanh", 3, drift(0.01, 0.5), func(r *Run) { accuracies(r, 1, 0.78) }), []string{"warning overfitting"}},
		{"both losses have risen", of("tanh", 3, func(r *Run) {
			losses(r, func(e int) float64 { return map[bool]float64{true: 0.1, false: 0.2}[e < 60] })
			testLosses(r, func(e int) float64 { return map[bool]float64{true: 0.12, false: 0.35}[e < 60] })
		}), nil},
		{"a rare class that is never predicted, though it can be told", of("tanh", 3, rare(0, 0.8), perEpoch(50), flat(0.153), func(r *Run) { accuracies(r, 0.96, 0.96) }), []string{
			"error minority-ignored", "warning stalled-loss <- minority-ignored",
		}},
		{"a rare class that is hardly ever predicted, in few steps", of("tanh", 3, rare(0.04, 0.8), perEpoch(5)), []string{
			"error too-short", "warning minority-ignored <- too-short",
		}},
		{"a rare class that is predicted", of("tanh", 3, rare(0.5, 0.8), perEpoch(50)), nil},
		{"a rare class that nothing tells", of("tanh", 3, rare(0, 0.2), perEpoch(50)), []string{"warning minority-ignored"}},
		{"a rare class of few test rows", of("tanh", 3, rare(0, 0.8), perEpoch(50), func(r *Run) { r.Recalls[1].Rows = 9 }), []string{"warning minority-ignored"}},
		{"one of three classes is never predicted", of("tanh", 3, perEpoch(50), func(r *Run) {
			r.Target.Classes, r.TestRows = []float64{0.4, 0.4, 0.2}, 500
			losses(r, func(e int) float64 { return 1.05 - 0.7*float64(e)/(testEpochs-1) })
			accuracies(r, 0.8, 0.8)
			r.Recalls = []Recall{{"a", 1, 200}, {"b", 1, 200}, {"c", 0, 100}}
			r.Probe = &probe.Result{Neighbors: probe.Score{Accuracy: 0.95, Explained: 0.9, Sigmas: 30}, Recalls: []float64{1, 0.9, 0.9}}
		}), []string{"error minority-ignored"}},
		{"a rare class that is ranked, though never predicted", of("tanh", 3, func(r *Run) {
			r.Class1, r.TestRows, r.Replicas[0].AUC = 0.04, 500, 0.73
			losses(r, func(e int) float64 { return 0.168 - 0.015*float64(e)/(testEpochs-1) })
			accuracies(r, 0.96, 0.96)
		}), []string{"warning minority-ignored"}},
		{"a rare class that is never predicted, and rarer among the test rows", of("tanh", 3, func(r *Run) {
			r.Class1, r.TestRows, r.Replicas[0].AUC = 0.04, 500, 0.9
			losses(r, func(e int) float64 { return 0.168 - 0.015*float64(e)/(testEpochs-1) })
			accuracies(r, 0.96, 0.98)
		}), []string{"warning minority-ignored"}},
		{"a rare class of which a model knows as much as others", of("tanh", 3, func(r *Run) {
			r.Class1, r.TestRows = 0.04, 500
			losses(r, func(e int) float64 { return 0.168 - 0.015*float64(e)/(testEpochs-1) })
			accuracies(r, 0.96, 0.96)
			r.Probe = &probe.Result{Guess: 0.96, Linear: probe.Score{Accuracy: 0.96, Explained: 0.1, Sigmas: 4}}
		}), []string{"warning minority-ignored"}},
		{"a weak signal, learned as well as others do", of("tanh", 3, flat(0.67), probed(0.6, 0.62), func(r *Run) { accuracies(r, 0.62, 0.6) }), nil},
		{"a weak signal, not learned", of("tanh", 3, flat(0.69), probed(0.6, 0.62), func(r *Run) { accuracies(r, 0.51, 0.5) }), []string{"error stalled-loss"}},
		{"right, but not quite", of("tanh", 3, flat(0.62), func(r *Run) { accuracies(r, 0.65, 0.65) }), []string{"error stalled-loss"}},
		{"right, but not sure", of("tanh", 3, flat(0.6), func(r *Run) { accuracies(r, 0.98, 0.98) }), nil},
		{"sure of the training rows, and wrong on the others", of("tanh", 3, flat(0.05), func(r *Run) {
			testLosses(r, func(int) float64 { return 4 })
			accuracies(r, 1, 0.5)
		}), []string{"error overfitting"}},
		{"one class in the training rows, another in the test rows", of("tanh", 3, flat(0), func(r *Run) {
			r.Class1 = 0
			testLosses(r, func(int) float64 { return 9 })
			accuracies(r, 1, 0)
		}), []string{"error unexplained"}},

		{"a linear model, and curved data", of("linear", 1, flat(0.69), probed(0.95, 0.5)), []string{"error linear-model", "warning stalled-loss <- linear-model"}},
		{"a linear model of which nothing else is known", of("linear", 1, flat(0.69)), []string{"error linear-model", "warning stalled-loss <- linear-model"}},
		{"a linear model, and straight data", of("linear", 1, flat(0.69), probed(0.95, 0.95)), []string{"error stalled-loss"}},
		{"a linear model whose gradient vanishes at its best", of("linear", 3, flat(0.69), probed(0.95, 0.5), fade(0.001)), []string{
			"error linear-model", "warning vanishing dense_1 from dense_2 <- linear-model", "warning stalled-loss <- linear-model",
		}},
		{"a linear model that learns", of("linear", 1), nil},
		{"a model that is not linear", of("tanh", 1, flat(0.69), probed(0.95, 0.5)), []string{"error stalled-loss"}},

		{"a linear model that learns a part of curved data", of("linear", 1, flat(0.4), probed(0.99, 0.87), func(r *Run) { accuracies(r, 0.87, 0.87) }), []string{"warning linear-model"}},
		{"a linear model that learns all that a straight line can", of("linear", 1, perEpoch(10), probed(0.99, 0.87), func(r *Run) {
			losses(r, func(e int) float64 { return 0.5 - 0.1*float64(e)/(testEpochs-1) })
			accuracies(r, 0.87, 0.87)
		}), []string{"warning linear-model"}},

		{"a penalty above what there is to gain", of("relu", 3, flat(0.69), penalty(5, 0.1), fade(0.001)), []string{
			"error strong-regularization", "warning vanishing dense_1 from dense_2 <- strong-regularization", "warning stalled-loss <- strong-regularization",
		}},
		{"a penalty above what there is to gain, in one that learns", of("relu", 3, penalty(5, 0.1)), nil},
		{"a small penalty", of("relu", 3, flat(0.69), penalty(0.1, 0.1)), []string{"error stalled-loss"}},
		{"a large penalty under which the weights stay", of("relu", 3, flat(0.69), penalty(5, 0.9)), []string{"error stalled-loss"}},
		{"much dropout", of("relu", 3, flat(0.67), func(r *Run) { r.Dropout = 0.9 }), []string{
			"error strong-regularization", "warning stalled-loss <- strong-regularization",
		}},
		{"much dropout in one that learns", of("relu", 3, func(r *Run) { r.Dropout = 0.9 }), nil},
		{"usual dropout", of("relu", 3, flat(0.67), func(r *Run) { r.Dropout = 0.5 }), []string{"error stalled-loss"}},

		{"a large class that is never predicted, since training was short", of("tanh", 3, perEpoch(5), func(r *Run) {
			r.Target.Classes, r.TestRows = []float64{0.5, 0.4, 0.1}, 500
			losses(r, func(e int) float64 { return 1.05 - 0.15*float64(e)/(testEpochs-1) })
			accuracies(r, 0.5, 0.5)
			r.Recalls = []Recall{{"a", 1, 250}, {"b", 0, 200}, {"c", 0.5, 50}}
			r.Probe = &probe.Result{Neighbors: probe.Score{Accuracy: 0.95, Explained: 0.9, Sigmas: 30}, Recalls: []float64{1, 0.9, 0.9}}
		}), []string{"error too-short"}},

		{"sorted rows, not shuffled", of("tanh", 2, flat(3), inOrder(true, 0.99)), []string{
			"error sorted-rows", "warning exploding <- sorted-rows", "warning stalled-loss <- sorted-rows",
		}},
		{"sorted rows, learned all the same", of("tanh", 2, inOrder(true, 0.99)), []string{"warning sorted-rows"}},
		{"sorted rows, shuffled", of("tanh", 2, flat(0.69), inOrder(false, 0.99)), []string{"error stalled-loss"}},
		{"mixed rows, not shuffled", of("tanh", 2, flat(0.69), inOrder(true, 0.05)), []string{"error stalled-loss"}},
		{"a sorted target, not shuffled", of("tanh", 2, regression(1, 1), flat(1), inOrder(true, 0.99)), []string{
			"error sorted-rows", "warning stalled-loss <- sorted-rows",
		}},

		{"a large target", of("tanh", 2, regression(1e10, 2e5), func(r *Run) {
			losses(r, func(e int) float64 { return 4e10 * (1 - float64(e)/1000) })
		}), []string{"error unscaled-target"}},
		{"a large target that is learned in part", of("tanh", 2, regression(1e10, 2e5), flat(2e9)), []string{"warning unscaled-target"}},
		{"a small target", of("tanh", 2, regression(1e-8, 1e-4), flat(1.1e-8)), []string{"error unscaled-target", "warning stalled-loss <- unscaled-target"}},
		{"a large target that is learned all the same", of("tanh", 2, regression(1e10, 2e5), flat(1e8)), nil},
		{"a large target of which little is left to learn", of("tanh", 2, regression(1e10, 2e5), flat(9e8)), []string{"warning unscaled-target"}},
		{"a target of the right size", of("tanh", 2, regression(1, 1.5), flat(1)), []string{"error stalled-loss"}},
		{"a large target and NaN", of("relu", 2, regression(1e10, 2e5), func(r *Run) {
			losses(r, func(int) float64 { return math.NaN() })
			units(r, 0, func(u *record.UnitFlow) { u.Active, u.Mean = 0, math.NaN() })
			units(r, 1, func(u *record.UnitFlow) { u.Active, u.Mean = 0, math.NaN() })
		}), []string{"error unscaled-target", "warning divergence <- unscaled-target"}},
	}
}
