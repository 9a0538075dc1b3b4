package config

// Activation is a hidden layer's activation function, by Keras's name.
type Activation struct {
	Name string
	// Formula is the function of the pre-activation z.
	Formula string
	// Initializer is the kernel initializer that keeps the signal's variance
	// through layers of this activation: He et al. 2015 for the ReLU family,
	// LeCun for SELU (Klambauer et al. 2017), Glorot and Bengio 2010 otherwise.
	Initializer string
}

// Activations returns the activations that a layer can have, in the order in
// which help lists them. Formulas and constants are Keras 3's.
func Activations() []Activation {
	const glorot, he, lecun = "glorot_uniform", "he_uniform", "lecun_normal"
	return []Activation{
		{"linear", "z", glorot},
		{"relu", "max(z, 0)", he},
		{"relu6", "min(max(z, 0), 6)", he},
		{"leaky_relu", "z if z > 0, else 0.2 z", he},
		{"elu", "z if z > 0, else exp(z) - 1", he},
		{"selu", "1.0507 (z if z > 0, else 1.6733 (exp(z) - 1))", lecun},
		{"gelu", "z (1 + erf(z/sqrt 2)) / 2", he},
		{"silu", "z sigmoid(z)", he},
		{"tanh", "tanh(z)", glorot},
		{"sigmoid", "1 / (1 + exp(-z))", glorot},
		{"softplus", "log(1 + exp(z))", glorot},
		{"softsign", "z / (1 + |z|)", glorot},
		{"exponential", "exp(z)", glorot},
	}
}

// LookupActivation returns the row of [Activations] with that name.
func LookupActivation(name string) (Activation, bool) {
	return lookup(Activations(), name, func(a Activation) string { return a.Name })
}

// ActivationNames returns the names of [Activations].
func ActivationNames() []string {
	return names(Activations(), func(a Activation) string { return a.Name })
}

func lookup[T any](table []T, name string, nameOf func(T) string) (T, bool) {
	for _, row := range table {
		if nameOf(row) == name {
			return row, true
		}
	}
	var none T
	return none, false
}

func names[T any](table []T, nameOf func(T) string) []string {
	all := make([]string, len(table))
	for i, row := range table {
		all[i] = nameOf(row)
	}
	return all
}
