package diagnose

func accuracies(r *Run, train, test float64) {
	for e := range r.Replicas[0].History {
		row := &r.Replicas[0].History[e]
		row.Accuracy, row.ValAccuracy = train, test
	}
}

// jumping returns a loss that jumps between two values.
func jumping(low, high float64) func(r *Run) {
	return func(r *Run) {
		losses(r, func(e int) float64 {
			if e%2 == 0 {
				return low
			}
			return high
		})
	}
}

func lossCases() []ruleCase {
	memorizes := func(train, test, accuracy float64) func(r *Run) {
		return func(r *Run) {
			losses(r, func(e int) float64 { return 0.69 - (0.69-train)*float64(e)/(testEpochs-1) })
			testLosses(r, func(e int) float64 { return 0.69 - (0.69-test)*float64(e)/(testEpochs-1) })
			accuracies(r, 0.7, accuracy)
		}
	}
	// risen returns a test loss that falls to 0.1 until epoch 40, and rises to an end.
	risen := func(end float64) func(r *Run) {
		return func(r *Run) {
			testLosses(r, func(e int) float64 {
				if e <= 40 {
					return 0.6 - 0.5*float64(e)/40
				}
				return 0.1 + (end-0.1)*float64(e-40)/50
			})
		}
	}
	return []ruleCase{
		{"the loss jumps", of("tanh", 3, jumping(0.6, 0.65)), []string{
			"error oscillation",
			"warning stalled-loss <- oscillation",
		}},
		{"the loss jumps less", of("tanh", 3, jumping(0.6, 0.628)), []string{
			"error stalled-loss",
		}},
		{"the loss jumps in one that learns", of("tanh", 3, jumping(0.4, 0.5)), []string{"warning unstable"}},
		{"the loss rises above guessing", of("tanh", 3, func(r *Run) {
			losses(r, func(e int) float64 { return 0.6 + 0.002*float64(e) })
		}), []string{
			"error oscillation",
			"warning stalled-loss <- oscillation",
		}},
		{"the loss is above guessing since it fell", of("tanh", 3, func(r *Run) {
			losses(r, func(e int) float64 {
				if e > 20 && e < 40 {
					return 0.65
				}
				return 0.72
			})
		}), []string{
			"error stalled-loss",
		}},
		{"the loss is a little above guessing", of("tanh", 3, flat(0.71)), []string{
			"error stalled-loss",
		}},

		{"the loss stands still", of("tanh", 3, flat(0.69)), []string{
			"error stalled-loss",
		}},
		{"the loss falls by a thousandth", of("tanh", 3, func(r *Run) {
			losses(r, func(e int) float64 { return 0.69 - 0.0000155*float64(e) })
		}), []string{
			"error too-short",
		}},
		{"the loss falls by less than a thousandth", of("tanh", 3, func(r *Run) {
			losses(r, func(e int) float64 { return 0.69 - 0.000014*float64(e) })
		}), []string{
			"error stalled-loss",
		}},
		{"the loss stands still in one that learns", of("tanh", 3, flat(0.3)), nil},
		{"the loss stands still because nothing comes back", of("tanh", 3, flat(0.69), fade(0.001)), []string{
			"error vanishing dense_1 from dense_2",
			"warning stalled-loss <- vanishing",
		}},

		{"what is learned says nothing of the test rows", of("tanh", 3, memorizes(0.5, 0.8, 0.52)), []string{
			"error overfitting",
		}},
		{"nothing says anything of the test rows, for a reason", of("tanh", 3, memorizes(0.5, 0.8, 0.52), step(0, 0.2), slowly, func(r *Run) {
			testLosses(r, func(int) float64 { return 0.8 })
		}), []string{
			"error exploding dense_1",
		}},
		{"it says a little", of("tanh", 3, memorizes(0.5, 0.68, 0.55)), []string{
			"error overfitting",
		}},
		{"it says a little, by the loss", of("tanh", 3, memorizes(0.6, 0.67, 0.52)), []string{
			"error too-short",
		}},
		{"a rare class, of which nothing is learned", of("tanh", 3, func(r *Run) {
			r.Class1 = 0.1
			losses(r, func(e int) float64 { return 0.325 - 0.03*float64(e)/(testEpochs-1) })
			testLosses(r, func(int) float64 { return 0.33 })
			accuracies(r, 0.9, 0.9)
		}), []string{
			"error overfitting",
		}},
		{"a rare class, of which something is learned", of("tanh", 3, func(r *Run) {
			r.Class1 = 0.1
			losses(r, func(e int) float64 { return 0.325 - 0.03*float64(e)/(testEpochs-1) })
			testLosses(r, func(int) float64 { return 0.33 })
			accuracies(r, 0.92, 0.91)
		}), []string{
			"error too-short",
		}},

		{"the test loss rises", of("tanh", 3, risen(0.14)), []string{
			"warning overfitting",
		}},
		{"the test loss rises less", of("tanh", 3, risen(0.12)), nil},
		{"the test loss rises in one that has not learned", of("tanh", 3, slowly, risen(0.14)), nil},
		{"the test loss rises from next to 0", of("tanh", 3, func(r *Run) {
			losses(r, func(int) float64 { return 1e-4 })
			testLosses(r, func(e int) float64 { return 1e-4 * float64(1+e) })
		}), nil},
		{"the test loss rises with the training loss", of("tanh", 3, risen(0.14), func(r *Run) {
			for e := range r.Replicas[0].History {
				r.Replicas[0].History[e].Loss = 0.12
			}
		}), nil},
	}
}
