package config

import "math"

// Names of losses and activations that have a meaning of their own in the code.
const (
	BinaryCrossentropy            = "binary_crossentropy"
	CategoricalCrossentropy       = "categorical_crossentropy"
	SparseCategoricalCrossentropy = "sparse_categorical_crossentropy"
	MSE                           = "mse"
	MAE                           = "mae"
	Huber                         = "huber"
	Hinge                         = "hinge"
	SquaredHinge                  = "squared_hinge"
	Poisson                       = "poisson"
	LogCosh                       = "log_cosh"

	Linear  = "linear"
	Sigmoid = "sigmoid"
)

// LossEpsilon is Keras's epsilon: the cross-entropies clip probabilities to at least it and at most 1 less
// it, and poisson adds it to the output before the logarithm.
const LossEpsilon = 1e-7

// Loss is a loss by Keras's name.
type Loss struct {
	Name string
	// Label names its values beside an axis.
	Label string
	// Formula is the loss of a row with label y and output a; of several outputs the mean over them.
	Formula string
	// Activation is the output activation that suits the loss, whatever the target; "" where that depends
	// on the target.
	Activation string
	// CrossEntropy: it takes the logits of an output that is sigmoid or softmax.
	CrossEntropy bool
	// Categorical: it takes an output for each class, and compares the outputs of a row with each other.
	Categorical bool
	// Margin: labels 0 and 1 of classes become -1 and 1.
	Margin bool
	// Value is the formula; nil of a categorical loss.
	Value func(y, a float64) float64
}

// Losses returns the losses, in the order in which help lists them. Formulas and constants are Keras 3's.
func Losses() []Loss {
	return []Loss{
		{
			Name: BinaryCrossentropy, Label: "binary cross-entropy (nats)", Formula: "-y log a - (1 - y) log(1 - a)", Activation: Sigmoid, CrossEntropy: true,
			Value: func(y, a float64) float64 {
				p := clipProbability(a)
				return -y*math.Log(p) - (1-y)*math.Log(1-p)
			},
		},
		{Name: CategoricalCrossentropy, Label: "cross-entropy (nats)", Formula: "-sum y_k log(a_k / sum a)", Activation: Softmax, CrossEntropy: true, Categorical: true},
		{Name: SparseCategoricalCrossentropy, Label: "cross-entropy (nats)", Formula: "-log(a_y / sum a)", Activation: Softmax, CrossEntropy: true, Categorical: true},
		{Name: MSE, Label: "mean squared error", Formula: "(a - y)^2", Value: func(y, a float64) float64 { return (a - y) * (a - y) }},
		{Name: MAE, Label: "mean absolute error", Formula: "|a - y|", Value: func(y, a float64) float64 { return math.Abs(a - y) }},
		{Name: Huber, Label: "Huber loss", Formula: "(a - y)^2 / 2 up to |a - y| = 1, then |a - y| - 1/2", Value: func(y, a float64) float64 {
			if e := math.Abs(a - y); e > 1 {
				return e - 0.5
			}
			return (a - y) * (a - y) / 2
		}},
		{
			Name: Hinge, Label: "hinge loss", Formula: "max(1 - y a, 0), y -1 or 1", Activation: Linear, Margin: true,
			Value: func(y, a float64) float64 { return max(1-y*a, 0) },
		},
		{
			Name: SquaredHinge, Label: "squared hinge loss", Formula: "max(1 - y a, 0)^2, y -1 or 1", Activation: Linear, Margin: true,
			Value: func(y, a float64) float64 { return max(1-y*a, 0) * max(1-y*a, 0) },
		},
		{Name: Poisson, Label: "Poisson loss", Formula: "a - y log a", Activation: "exponential", Value: func(y, a float64) float64 {
			if y == 0 {
				return a
			}
			return a - y*math.Log(a+LossEpsilon)
		}},
		{Name: LogCosh, Label: "log-cosh loss", Formula: "log cosh(a - y)", Value: func(y, a float64) float64 {
			e := math.Abs(a - y)
			return e + math.Log1p(math.Exp(-2*e)) - math.Ln2
		}},
	}
}

// Takes reports whether the loss has a meaning for a label of one output that is no class: a number, or the number of
// one of several classes.
func (l *Loss) Takes(label float64) bool {
	switch {
	case l.Categorical:
		return false
	case l.Margin:
		return label == -1 || label == 1
	case l.Name == BinaryCrossentropy:
		return label >= 0 && label <= 1
	case l.Name == Poisson:
		return label >= 0
	}
	return true
}

func clipProbability(a float64) float64 { return min(max(a, LossEpsilon), 1-LossEpsilon) }

// LookupLoss returns the row of [Losses] with that name.
func LookupLoss(name string) (Loss, bool) {
	return lookup(Losses(), name, func(l Loss) string { return l.Name })
}

// LossNames returns the names that Run.Loss accepts: auto, and those of [Losses].
func LossNames() []string {
	return append([]string{AutoOutput}, names(Losses(), func(l Loss) string { return l.Name })...)
}
