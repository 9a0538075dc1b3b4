package baseline

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/optimize"

	"gradwatch/internal/dataset"
)

// Model is a linear model of a row's inputs.
type Model struct {
	outputs, inputs int
	weights         []float64 // [output][input], of the inputs as they are
	biases          []float64
}

const (
	// penalty is the factor of half of the sum of squared weights, beside the sum of the rows' losses: 1 as in
	// scikit-learn's LogisticRegression (C) and Ridge (alpha). Biases are not penalized.
	penalty = 1
	// converged is the largest derivative of the mean loss at the end, a tenth of LogisticRegression's tol.
	converged = 1e-5
	// passes bounds the evaluations of the loss; ordinary tables take 15 to 60.
	passes = 200
)

// Fit fits the model to training rows. classes is their number; 0 in a regression. classWeights multiply the losses
// of the rows of each class; nil for none. It returns ctx's error if ctx is done before, and an error for inputs
// that are not finite.
func Fit(ctx context.Context, train *dataset.Examples, classes int, classWeights []float64) (*Model, error) {
	p := newProblem(ctx, train, classes, classWeights)
	if sum := floats.Sum(p.mean); math.IsNaN(sum) || math.IsInf(sum, 0) {
		return nil, errors.New("fit a linear model: want finite inputs")
	}
	problem := optimize.Problem{
		Func:   func(w []float64) float64 { return p.at(w).loss },
		Grad:   func(gradient, w []float64) { copy(gradient, p.at(w).gradient) },
		Status: p.status,
	}
	settings := &optimize.Settings{GradientThreshold: converged, FuncEvaluations: passes, Converger: optimize.NeverTerminate{}}
	result, err := optimize.Minimize(problem, make([]float64, len(p.evaluated.w)), settings, &optimize.LBFGS{})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if result == nil {
		return nil, fmt.Errorf("fit a linear model: %w", err)
	}
	return p.model(result.X), nil // of another error, too: a line search that finds no lower value is at the minimum, to float64's precision
}

// Predict returns what the model predicts for a row: a regression's value, the logit of the second of two classes,
// or one for each of more classes. It sets and returns out, which has a number for each output.
func (m *Model) Predict(row, out []float64) []float64 {
	for k := range out {
		out[k] = m.biases[k] + floats.Dot(m.weights[k*m.inputs:(k+1)*m.inputs], row)
	}
	return out
}

// Outputs returns how many outputs a model of so many classes has; 0 classes are a regression.
func Outputs(classes int) int {
	if classes > 2 {
		return classes
	}
	return 1
}

// Outputs returns how many numbers Predict sets.
func (m *Model) Outputs() int { return m.outputs }

// Class returns the class of a row by what Predict returns for it.
func Class(predicted []float64) int {
	if len(predicted) > 1 {
		return floats.MaxIdx(predicted)
	}
	if predicted[0] > 0 {
		return 1
	}
	return 0
}

// problem is the loss to be minimized, as a function of [output][input, then bias] weights of standardized inputs.
type problem struct {
	ctx             context.Context
	train           *dataset.Examples
	classes         int
	outputs, inputs int
	rowWeights      []float64 // of each class; nil for none
	mean, factor    []float64 // that standardize each input
	offset, scale   float64   // of a regression's target
	evaluated       evaluation
	fitted          Model // of evaluated.w, reused
}

// evaluation is the loss and its derivatives at weights.
type evaluation struct {
	w, gradient []float64
	loss        float64
	valid       bool
}

func newProblem(ctx context.Context, train *dataset.Examples, classes int, classWeights []float64) *problem {
	p := &problem{
		ctx: ctx, train: train, classes: classes, inputs: train.Features(), outputs: Outputs(classes), rowWeights: classWeights, scale: 1,
	}
	n := float64(train.Len())
	p.mean, p.factor = make([]float64, p.inputs), make([]float64, p.inputs)
	for i := range train.Len() {
		floats.AddScaled(p.mean, 1/n, train.Row(i))
	}
	for i := range train.Len() {
		for f, x := range train.Row(i) {
			p.factor[f] += (x - p.mean[f]) * (x - p.mean[f]) / n
		}
	}
	for f, variance := range p.factor {
		p.factor[f] = 0 // of a constant input, whatever a row of another value is like
		if variance > 1e-24*p.mean[f]*p.mean[f] {
			p.factor[f] = 1 / math.Sqrt(variance)
		}
	}
	if classes == 0 { // as a number of usual size, for which the threshold is
		p.offset = floats.Sum(train.Y) / n
		if deviation := floats.Distance(train.Y, slices.Repeat([]float64{p.offset}, len(train.Y)), 2) / math.Sqrt(n); deviation > 0 {
			p.scale = deviation
		}
	}
	size := p.outputs * (p.inputs + 1)
	p.evaluated.w, p.evaluated.gradient = make([]float64, size), make([]float64, size)
	p.fitted = Model{outputs: p.outputs, inputs: p.inputs, weights: make([]float64, p.outputs*p.inputs), biases: make([]float64, p.outputs)}
	return p
}

// status stops the optimizer when the context is done.
func (p *problem) status() (optimize.Status, error) {
	if err := p.ctx.Err(); err != nil {
		return optimize.Failure, err
	}
	return optimize.NotTerminated, nil
}

// at evaluates the loss: the mean of the rows', and the penalty.
func (p *problem) at(w []float64) *evaluation {
	e := &p.evaluated
	if e.valid && slices.Equal(e.w, w) {
		return e
	}
	copy(e.w, w)
	e.valid, e.loss = true, 0
	clear(e.gradient)
	m, width := &p.fitted, p.inputs+1
	p.unstandardize(w, m)
	z := make([]float64, p.outputs)
	const between = 1000 // rows, between looks at the context
	for i, y := range p.train.Y {
		if i%between == 0 && p.ctx.Err() != nil {
			e.valid = false
			return e
		}
		row := p.train.Row(i)
		weight := 1.0
		if p.rowWeights != nil {
			weight = p.rowWeights[int(y)]
		}
		e.loss += weight * p.residuals(m.Predict(row, z), y)
		for k, residual := range z {
			g := e.gradient[k*width : (k+1)*width]
			floats.AddScaled(g[:p.inputs], weight*residual, row)
			g[p.inputs] += weight * residual
		}
	}
	n := float64(p.train.Len())
	e.loss /= n
	for k := range p.outputs {
		g, own := e.gradient[k*width:(k+1)*width], w[k*width:(k+1)*width]
		for f := range p.inputs {
			g[f] = ((g[f]-p.mean[f]*g[p.inputs])*p.factor[f] + penalty*own[f]) / n
			e.loss += penalty * own[f] * own[f] / (2 * n)
		}
		g[p.inputs] /= n
	}
	return e
}

// unstandardize sets m to the model that has the weights w of standardized inputs.
func (p *problem) unstandardize(w []float64, m *Model) {
	for k := range p.outputs {
		own := w[k*(p.inputs+1) : (k+1)*(p.inputs+1)]
		to := m.weights[k*p.inputs : (k+1)*p.inputs]
		floats.MulTo(to, own[:p.inputs], p.factor)
		m.biases[k] = own[p.inputs] - floats.Dot(to, p.mean)
	}
}

// residuals returns a row's loss, and replaces its predictions by the loss's derivatives: all three losses have
// the mean that is predicted minus the target.
func (p *problem) residuals(z []float64, y float64) (loss float64) {
	switch {
	case p.classes == 0:
		z[0] -= (y - p.offset) / p.scale
		return z[0] * z[0] / 2
	case len(z) == 1: // binary cross-entropy, softplus(z) - y z
		loss = math.Max(z[0], 0) + math.Log1p(math.Exp(-math.Abs(z[0]))) - y*z[0]
		z[0] = 1/(1+math.Exp(-z[0])) - y
		return loss
	}
	all := floats.LogSumExp(z)
	loss = all - z[int(y)]
	for k := range z {
		z[k] = math.Exp(z[k] - all)
	}
	z[int(y)]--
	return loss
}

// model returns the model of weights, in the unit of the target.
func (p *problem) model(w []float64) *Model {
	m := &Model{outputs: p.outputs, inputs: p.inputs, weights: make([]float64, p.outputs*p.inputs), biases: make([]float64, p.outputs)}
	p.unstandardize(w, m)
	floats.Scale(p.scale, m.weights)
	floats.Scale(p.scale, m.biases)
	floats.AddConst(p.offset, m.biases)
	return m
}
