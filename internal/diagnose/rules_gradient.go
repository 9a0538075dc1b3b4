package diagnose

import (
	"fmt"
	"math"

	"gradwatch/train/record"
)

// divergence: NaN or Inf in what was recorded.
func (d *doctor) divergence() {
	first := -1
	for i := range d.History {
		if !d.History[i].Finite() {
			first = i
			break
		}
	}
	if first < 0 && d.Divergence == nil {
		return
	}
	f := Finding{
		Kind: Divergence, Severity: Error, Epoch: max(first, 0), Last: max(len(d.History)-1, 0),
		Quantity: "values that are NaN or infinite", Value: 1, Threshold: 0, Tag: "loss",
		Message: fmt.Sprintf("Training diverged: from epoch %d on its loss or its gradients are NaN or infinite.", max(first, 0)),
	}
	if o := d.Divergence; o != nil {
		f.Epoch = o.Epoch
		if layer := layerOf(o.Tensor); layer != "" {
			f.Layer = layer
			f.Message = fmt.Sprintf("Training diverged: NaN or Inf appeared first in the %s, in epoch %d, step %d: %s.",
				o.Tensor, o.Epoch, o.Step, directionOf(o.Tensor))
		}
	}
	d.find(f)
}

// layerOf returns the layer that a tensor of record.Divergence is of: dense_2 of
// "dense_2 output".
func layerOf(tensor string) string {
	var layer int
	if n, _ := fmt.Sscanf(tensor, "dense_%d", &layer); n != 1 {
		return ""
	}
	return layerName(layer - 1)
}

// directionOf says on which way through the model a tensor is computed.
func directionOf(tensor string) string {
	var layer int
	var part string
	if n, _ := fmt.Sscanf(tensor, "dense_%d %s", &layer, &part); n != 2 {
		return "while measuring"
	}
	switch part {
	case "output":
		return "on the way forward"
	case "gradient":
		return "on the way back"
	default:
		return "in the update of the step before"
	}
}

// vanishing: the error signal, or a kernel's gradient, is far smaller in a hidden
// layer than in the output layer, while the model has not learned.
func (d *doctor) vanishing() {
	s := d.spellOf(func(i int) bool {
		c := &d.Checks[i]
		gain := d.gainAt(c.Epoch)
		return !(gain >= d.Learned) && (deltaRatio(c) < d.DeltaRatio || gradientRatio(c) < d.GradientRatio) ||
			!(gain >= d.HeldBack) && deltaRatio(c) < severe*d.DeltaRatio
	})
	if s == nil {
		return
	}
	c := &d.Checks[s.first]
	for i := s.first; i <= s.last; i++ { // tell of the worst
		if gradientRatio(&d.Checks[i])*deltaRatio(&d.Checks[i]) < gradientRatio(c)*deltaRatio(c) {
			c = &d.Checks[i]
		}
	}
	f := Finding{Kind: Vanishing, Severity: d.unlessLearned(Note)}
	if !s.cleared && deltaRatio(c) < severe*d.DeltaRatio {
		f.Severity = d.ifHeldBack(Note) // only the layers next to the output have learned
	}
	out := len(c.Layers) - 1
	if by := deltaRatio(c); by < d.DeltaRatio {
		f.Layer = layerName(0)
		f.Quantity, f.Value, f.Threshold = "error signal over the output layer's", by, d.DeltaRatio
		f.Tag = "flow/" + f.Layer + "/delta"
	} else {
		k := starved(c)
		f.Layer = layerName(k)
		f.Quantity, f.Value, f.Threshold = "gradient over the output layer's", gradientRatio(c), d.GradientRatio
		f.Tag = f.Layer + "/kernel_0_grad"
	}
	k, activation, weights := steepest(c)
	f.Origin = layerName(k)
	f.Message = fmt.Sprintf("The gradient vanishes on its way back: %s gets %s of what %s gets (epoch %d; the error signal keeps %s from layer to layer). Most is lost at %s, which keeps %s: %s.",
		f.Layer, part(f.Value), layerName(out), c.Epoch, part(math.Pow(deltaRatio(c), 1/float64(out))), f.Origin,
		part(activation*weights), blame(d.run.Activations[k], activation, weights, k))
	d.find(d.when(f, s))
}

// severe is the part of DeltaRatio below which the layers next to the input get
// nothing to learn from.
const severe = 0.1

// deltaRatio returns dense_1's error signal over the output layer's. NaN, of a
// diverged replica or one without any signal, is below no threshold.
func deltaRatio(c *record.Check) float64 {
	return c.Layers[0].Delta() / c.Layers[len(c.Layers)-1].Delta()
}

// gradientRatio returns the least gradient of a hidden layer's kernel over the
// output layer's, root mean squares.
func gradientRatio(c *record.Check) float64 {
	return c.Layers[starved(c)].GradientRMS / c.Layers[len(c.Layers)-1].GradientRMS
}

// starved returns the hidden layer with the least gradient.
func starved(c *record.Check) int {
	least := 0
	for k := range len(c.Layers) - 1 {
		if c.Layers[k].GradientRMS < c.Layers[least].GradientRMS {
			least = k
		}
	}
	return least
}

// steepest returns the hidden layer at which most of the error signal is lost, and
// the two parts of the loss: by the activation's derivative, and by the weights
// above it.
func steepest(c *record.Check) (layer int, activation, weights float64) {
	least := math.Inf(1)
	for k := range len(c.Layers) - 1 {
		here, above := &c.Layers[k], &c.Layers[k+1]
		a, w := here.Delta()/here.OutputDelta(), here.OutputDelta()/above.Delta()
		if keeps := a * w; keeps < least {
			least, layer, activation, weights = keeps, k, a, w
		}
	}
	return layer, activation, weights
}

// blame says in words which of the two parts takes more.
func blame(name string, activation, weights float64, k int) string {
	above := layerName(k + 1)
	switch {
	case math.IsNaN(activation) || math.IsNaN(weights):
		return "nothing comes through"
	case activation < weights:
		return fmt.Sprintf("the derivative of %s leaves %s, the weights of %s %s", name, part(activation), above, part(weights))
	default:
		return fmt.Sprintf("the weights of %s leave %s, the derivative of %s %s", above, part(weights), name, part(activation))
	}
}

// exploding: the error signal grows on its way back, steps change a kernel by much
// of its norm, or the loss is far above that of guessing.
func (d *doctor) exploding() {
	if s := d.spellOf(func(i int) bool { _, ratio := largestUpdate(&d.Checks[i]); return ratio > d.ExplodingUpdate }); s != nil {
		k, ratio := largestUpdate(&d.Checks[s.last])
		d.find(d.when(Finding{
			Kind: Exploding, Severity: d.unlessLearned(Warning), Layer: layerName(k),
			Quantity: "norm of a step's change over the kernel's norm", Value: ratio, Threshold: d.ExplodingUpdate,
			Tag:     "flow/" + layerName(k) + "/update_ratio",
			Message: fmt.Sprintf("Steps are far too large: each changes the kernel of %s by %s of its norm; 0.001 is usual.", layerName(k), part(ratio)),
		}, s))
		return
	}
	s := d.spellOf(func(i int) bool {
		return !(d.gainAt(d.Checks[i].Epoch) >= d.Learned) && deltaRatio(&d.Checks[i]) > d.ExplodingRatio
	})
	if s != nil {
		ratio := deltaRatio(&d.Checks[s.last])
		d.find(d.when(Finding{
			Kind: Exploding, Severity: d.unlessLearned(Warning), Layer: layerName(0),
			Quantity: "error signal over the output layer's", Value: ratio, Threshold: d.ExplodingRatio,
			Tag:     "flow/dense_1/delta",
			Message: fmt.Sprintf("The gradient explodes on its way back: dense_1 gets %s times what the output layer gets.", short(ratio)),
		}, s))
		return
	}
	// The loss of one who guesses stands for what any model can reach.
	const far = 2
	if p := d.progress; p.Guess > 0 && p.Loss > far*p.Guess {
		d.find(Finding{
			Kind: Exploding, Severity: Error, Epoch: d.firstAbove(far * p.Guess), Last: len(d.History) - 1,
			Quantity: "training loss over that of guessing", Value: p.Loss / p.Guess, Threshold: far, Tag: "loss",
			Message: fmt.Sprintf("The loss ends at %s, %s times that of guessing by the classes' shares (%.3f): steps overshoot.",
				short(p.Loss), short(p.Loss/p.Guess), p.Guess),
		})
	}
}

// largestUpdate returns the layer whose update ratio is largest.
func largestUpdate(c *record.Check) (layer int, ratio float64) {
	for k := range c.Layers {
		if r := c.Layers[k].UpdateRatio; r > ratio {
			layer, ratio = k, r
		}
	}
	return layer, ratio
}

// firstAbove returns the epoch from which on the loss stayed above a bound.
func (d *doctor) firstAbove(bound float64) int {
	first := len(d.History) - 1
	for i := len(d.History) - 1; i >= 0 && d.History[i].Loss > bound; i-- {
		first = i
	}
	return first
}
