package config

// Optimizer is an update rule, by Keras's name and with Keras's constants.
type Optimizer struct {
	Name string
	// Rule is the update of a weight w by its gradient g.
	Rule string
	// LearningRate is the default learning rate: the tutorial's for sgd
	// (Keras's default too), Keras's for the others.
	LearningRate float64
}

// Optimizers returns the optimizers, in the order in which help lists them.
func Optimizers() []Optimizer {
	return []Optimizer{
		{"sgd", "v = momentum v - rate g; w += v", 0.01},
		{"adam", "Kingma and Ba 2015, beta 0.9 and 0.999, epsilon 1e-7", 0.001},
		{"rmsprop", "a = 0.9 a + 0.1 g^2; w -= rate g / sqrt(a + 1e-7)", 0.001},
		{"adagrad", "a += g^2, from 0.1; w -= rate g / sqrt(a + 1e-7)", 0.001},
	}
}

// LookupOptimizer returns the row of [Optimizers] with that name.
func LookupOptimizer(name string) (Optimizer, bool) {
	return lookup(Optimizers(), name, func(o Optimizer) string { return o.Name })
}

// OptimizerNames returns the names of [Optimizers].
func OptimizerNames() []string {
	return names(Optimizers(), func(o Optimizer) string { return o.Name })
}
