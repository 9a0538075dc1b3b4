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
	flat := func(loss float64) func(r *Run) {
		return func(r *Run) { losses(r, func(int) float64 { return loss }) }
	}
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
			"error oscillation, epoch 50 to 99, median change of the loss from one epoch to the next, over the loss 0.0769, 0.05; loss. The loss jumps about, by 8% from one epoch to the next, and does not come down: steps overshoot.",
			"warning stalled-loss, epoch 50 to 99, fall of the loss over the last half of the run -0.0833, 0.001; loss. The loss stands still at 0.65; guessing by the classes' shares gives 0.693.",
		}},
		{"the loss jumps less", of("tanh", 3, jumping(0.6, 0.628)), []string{
			"error stalled-loss, epoch 50 to 99, fall of the loss over the last half of the run -0.0467, 0.001; loss. The loss stands still at 0.628; guessing by the classes' shares gives 0.693.",
		}},
		{"the loss jumps in one that learns", of("tanh", 3, jumping(0.4, 0.5)), nil},
		{"the loss rises above guessing", of("tanh", 3, func(r *Run) {
			losses(r, func(e int) float64 { return 0.6 + 0.002*float64(e) })
		}), []string{
			"error oscillation, epoch 57 to 99, training loss over that of guessing 1.15, 1.03; loss. The loss, 0.794, stays above that of guessing by the classes' shares (0.693): steps overshoot.",
			"warning stalled-loss, epoch 50 to 99, fall of the loss over the last half of the run -0.128, 0.001; loss. The loss rises, from 0.704 half-way through the run to 0.794; guessing by the classes' shares gives 0.693.",
		}},
		{"the loss is above guessing since it fell", of("tanh", 3, func(r *Run) {
			losses(r, func(e int) float64 {
				if e > 20 && e < 40 {
					return 0.65
				}
				return 0.72
			})
		}), []string{
			"error oscillation, epoch 40 to 99, training loss over that of guessing 1.04, 1.03; loss. The loss, 0.72, stays above that of guessing by the classes' shares (0.693): steps overshoot.",
			"warning stalled-loss, epoch 50 to 99, fall of the loss over the last half of the run 0, 0.001; loss. The loss stands still at 0.72; guessing by the classes' shares gives 0.693.",
		}},
		{"the loss is a little above guessing", of("tanh", 3, flat(0.71)), []string{
			"error stalled-loss, epoch 50 to 99, fall of the loss over the last half of the run 0, 0.001; loss. The loss stands still at 0.71; guessing by the classes' shares gives 0.693.",
		}},

		{"the loss stands still", of("tanh", 3, flat(0.69)), []string{
			"error stalled-loss, epoch 50 to 99, fall of the loss over the last half of the run 0, 0.001; loss. The loss stands still at 0.69; guessing by the classes' shares gives 0.693.",
		}},
		{"the loss falls by a thousandth", of("tanh", 3, func(r *Run) {
			losses(r, func(e int) float64 { return 0.69 - 0.0000155*float64(e) })
		}), nil},
		{"the loss falls by less than a thousandth", of("tanh", 3, func(r *Run) {
			losses(r, func(e int) float64 { return 0.69 - 0.000014*float64(e) })
		}), []string{
			"error stalled-loss, epoch 50 to 99, fall of the loss over the last half of the run 0.000914, 0.001; loss. The loss stands still at 0.689; guessing by the classes' shares gives 0.693.",
		}},
		{"the loss stands still in one that learns", of("tanh", 3, flat(0.3)), nil},
		{"the loss stands still because nothing comes back", of("tanh", 3, flat(0.69), fade(0.001)), []string{
			"error vanishing dense_1 from dense_2, epoch 0 to 99, error signal over the output layer's 0.001, 0.01; flow/dense_1/delta. The gradient vanishes on its way back: dense_1 gets 1/1000 of the error signal of dense_4 (epoch 0; from layer to layer it keeps 1/10). Most is lost at dense_2, which keeps 1/80: the weights of dense_3 leave 1/20, the derivative of tanh 0.25.",
			"warning stalled-loss, epoch 50 to 99, fall of the loss over the last half of the run 0, 0.001; loss. The loss stands still at 0.69; guessing by the classes' shares gives 0.693.",
		}},

		{"what is learned says nothing of the test rows", of("tanh", 3, memorizes(0.5, 0.8, 0.52)), []string{
			"error no-signal, epoch 0 to 99, part of the guesses that the model puts right, on the test rows 0.04, 0.1; val_accuracy. The inputs seem to tell nothing of the labels: the loss is 0.504 on the training rows, 0.798 on the test rows, and guessing by the classes' shares gives 0.693; of the test rows 52% are right.",
		}},
		{"nothing says anything of the test rows, for a reason", of("tanh", 3, memorizes(0.5, 0.8, 0.52), step(0, 0.2), slowly, func(r *Run) {
			testLosses(r, func(int) float64 { return 0.8 })
		}), []string{
			"error exploding dense_1, epoch 0 to 99, norm of a step's change over the kernel's norm 0.2, 0.1; flow/dense_1/update_ratio. Steps are far too large: each changes the kernel of dense_1 by 0.2 of its norm; 1/1000 is usual.",
		}},
		{"it says a little", of("tanh", 3, memorizes(0.5, 0.68, 0.55)), nil},
		{"it says a little, by the loss", of("tanh", 3, memorizes(0.6, 0.67, 0.52)), nil},
		{"a rare class, of which nothing is learned", of("tanh", 3, func(r *Run) {
			r.Class1 = 0.1
			losses(r, func(e int) float64 { return 0.325 - 0.03*float64(e)/(testEpochs-1) })
			testLosses(r, func(int) float64 { return 0.33 })
			accuracies(r, 0.9, 0.9)
		}), []string{
			"error no-signal, epoch 0 to 99, part of the guesses that the model puts right, on the test rows 0, 0.1; val_accuracy. The inputs seem to tell nothing of the labels: the loss is 0.296 on the training rows, 0.33 on the test rows, and guessing by the classes' shares gives 0.325; of the test rows 90% are right.",
		}},
		{"a rare class, of which something is learned", of("tanh", 3, func(r *Run) {
			r.Class1 = 0.1
			losses(r, func(e int) float64 { return 0.325 - 0.03*float64(e)/(testEpochs-1) })
			testLosses(r, func(int) float64 { return 0.33 })
			accuracies(r, 0.92, 0.91)
		}), nil},

		{"the test loss rises", of("tanh", 3, risen(0.14)), []string{
			"warning overfitting, epoch 40 to 99, test loss above its least 0.456, 0.3; val_loss. It overfits since epoch 40: the test loss has risen from 0.1 to 0.146, the training loss is 0.0272.",
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
