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
	// Below is what the derivative is far below 0. A unit of which all pre-activations lie
	// there is dead.
	Below Derivative
	// Middle and Reach say from where on an output counts as saturated: at a distance of more
	// than Reach from Middle. Reach is 0 for an activation that does not saturate. tanh beyond
	// 0.97 has a derivative below 0.06, and the sigmoid outside 0.03 to 0.97 one below 0.03.
	Middle, Reach float32
}

// Derivative is what the derivative of an activation is.
type Derivative int

// The derivatives far below 0.
const (
	NotZero  Derivative = iota
	NearZero            // it comes near 0
	Zero                // it is 0 below 0
)

// Activations returns the activations that a layer can have, in the order in
// which help lists them. Formulas and constants are Keras 3's.
func Activations() []Activation {
	const glorot, he, lecun = "glorot_uniform", "he_uniform", "lecun_normal"
	return []Activation{
		{"linear", "z", glorot, NotZero, 0, 0},
		{"relu", "max(z, 0)", he, Zero, 0, 0},
		{"relu6", "min(max(z, 0), 6)", he, Zero, 0, 5.999},
		{"leaky_relu", "z if z > 0, else 0.2 z", he, NotZero, 0, 0},
		{"elu", "z if z > 0, else exp(z) - 1", he, NearZero, 0, 0},
		{"selu", "1.0507 (z if z > 0, else 1.6733 (exp(z) - 1))", lecun, NearZero, 0, 0},
		{"gelu", "z (1 + erf(z/sqrt 2)) / 2", he, NearZero, 0, 0},
		{"silu", "z sigmoid(z)", he, NearZero, 0, 0},
		{"tanh", "tanh(z)", glorot, NotZero, 0, 0.97},
		{"sigmoid", "1 / (1 + exp(-z))", glorot, NotZero, 0.5, 0.47},
		{"softplus", "log(1 + exp(z))", glorot, NearZero, 0, 0},
		{"softsign", "z / (1 + |z|)", glorot, NotZero, 0, 0.97},
		{"exponential", "exp(z)", glorot, NearZero, 0, 0},
		{"mish", "z tanh(log(1 + exp(z)))", he, NearZero, 0, 0},
		{"hard_sigmoid", "min(max(z + 3, 0), 6) / 6", glorot, NotZero, 0.5, 0.4999},
		{"hard_silu", "z min(max(z + 3, 0), 6) / 6", he, NearZero, 0, 0},
		{"hard_tanh", "min(max(z, -1), 1)", glorot, NotZero, 0, 0.9999},
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
