package diagnose

import (
	"fmt"
	"math"
	"strings"

	"gradwatch/internal/numeric"
	"gradwatch/internal/record"
)

// vanishing: the error signal, or a kernel's gradient, is far smaller in a hidden
// layer than in the output layer, while the model has not learned.
func (a *analyzer) vanishing() {
	if len(a.Checks) == 0 {
		return
	}
	holds := func(i int) bool {
		c := &a.Checks[i]
		gain := a.gainAt(c.Epoch)
		return !(gain >= a.Learned) && (deltaRatio(c) < a.DeltaRatio || gradientRatio(c) < a.GradientRatio) ||
			!(gain >= a.HeldBack) && deltaRatio(c) < severe*a.DeltaRatio
	}
	s := a.episodeOf(holds)
	if s == nil {
		return
	}
	c := a.tellingCheck(s, holds)
	f := Finding{Kind: Vanishing, Severity: a.unlessFits(Note)}
	by := deltaRatio(c)
	if !s.cleared && by < severe*a.DeltaRatio {
		f.Severity = a.ifHeldBack(Note) // only the layers next to the output have learned
	}
	if by < a.DeltaRatio {
		f.Layer = layerName(0)
		f.Quantity, f.Value, f.Threshold = "error signal over the output layer's", record.Number(by), record.Number(a.DeltaRatio)
		f.Tag = "flow/" + f.Layer + "/delta"
		f.Origin, f.Message = a.lostSignal(c)
	} else {
		f.Layer = layerName(weakestLayer(c))
		f.Quantity, f.Value, f.Threshold = "gradient over the output layer's", record.Number(gradientRatio(c)), record.Number(a.GradientRatio)
		f.Tag = f.Layer + "/kernel_0_grad"
		f.Origin, f.Message = a.lostGradient(c)
	}
	a.find(a.when(f, s))
}

// tellingCheck returns the worst check of an episode at which something holds.
func (a *analyzer) tellingCheck(s *episode, holds func(check int) bool) *record.Check {
	badness := func(c *record.Check) float64 { return gradientRatio(c) * deltaRatio(c) }
	worst := &a.Checks[s.first]
	for i := s.first; i <= s.last; i++ {
		c := &a.Checks[i]
		if holds(i) && (badness(c) < badness(worst) || math.IsNaN(badness(worst))) {
			worst = c
		}
	}
	return worst
}

// lostSignal tells of an error signal that does not come back to dense_1, and where
// most of it is lost.
func (a *analyzer) lostSignal(c *record.Check) (origin, message string) {
	out := layerName(len(c.Layers) - 1)
	k, activation, weights := largestDrop(c, 0)
	origin = layerName(k)
	by := deltaRatio(c)
	if by == 0 {
		culprit := "the derivative of " + a.run.Activations[k] + " is 0"
		if activation != 0 {
			culprit = "the weights of " + layerName(k+1) + " are 0"
		}
		return origin, fmt.Sprintf("The gradient vanishes: nothing of the error signal of %s comes back to dense_1 (epoch %d). At %s %s.", out, c.Epoch, origin, culprit)
	}
	lost := fmt.Sprintf("The gradient vanishes: of the error signal of %s only %s comes back to dense_1 (epoch %d).", out, part(by), c.Epoch)
	reason := attribute(a.run.Activations[k], activation, weights, k)
	const alike = 4 // times: no layer loses far more than the others
	if hidden := len(c.Layers) - 1; hidden > 2 && activation*weights > math.Pow(by, 1/float64(hidden))/alike {
		return origin, fmt.Sprintf("%s Each layer passes on a part of it, %s on average; %s the least, %s.",
			lost, part(math.Pow(by, 1/float64(hidden))), origin, reason)
	}
	return origin, fmt.Sprintf("%s Most is lost at %s, %s.", lost, origin, reason)
}

// lostGradient tells of a hidden layer whose kernel gets little gradient though
// dense_1 gets an error signal: it is lost above that layer, or does not show in the
// gradient, which is the mean over the rows of error signal times input.
func (a *analyzer) lostGradient(c *record.Check) (origin, message string) {
	const little = 0.2
	out, least := len(c.Layers)-1, weakestLayer(c)
	origin = layerName(least)
	size := "is 0"
	if by := gradientRatio(c); by > 0 {
		size = fmt.Sprintf("is only %s of that of %s", part(by), layerName(out))
	}
	message = fmt.Sprintf("the gradient of %s %s (epoch %d).", origin, size, c.Epoch)
	signal := ratio(c.Layers[least].Delta(), c.Layers[out].Delta())
	if !(signal < little) {
		return origin, "The gradient of the weights vanishes: " + message + " The error signal does arrive there, so the layer's inputs are small, or the rows cancel one another."
	}
	k, activation, weights := largestDrop(c, least)
	return layerName(k), fmt.Sprintf("The gradient vanishes: %s Most is lost at %s, %s.",
		strings.Replace(message, "the gradient of", "that of", 1), layerName(k), attribute(a.run.Activations[k], activation, weights, k))
}

// severe is the part of DeltaRatio below which the layers next to the input get
// nothing to learn from.
const severe = 0.1

// ratio returns a/b; NaN, which is below and above no threshold, where that is not
// finite: of a diverged replica, or one without any signal.
func ratio(a, b float64) float64 {
	if r := a / b; numeric.Finite(r) {
		return r
	}
	return math.NaN()
}

// deltaRatio returns dense_1's error signal over the output layer's.
func deltaRatio(c *record.Check) float64 {
	return ratio(c.Layers[0].Delta(), c.Layers[len(c.Layers)-1].Delta())
}

// gradientRatio returns the least gradient of a hidden layer's kernel over the
// output layer's, root mean squares.
func gradientRatio(c *record.Check) float64 {
	return ratio(c.Layers[weakestLayer(c)].GradientRMS, c.Layers[len(c.Layers)-1].GradientRMS)
}

// weakestLayer returns the hidden layer with the least gradient.
func weakestLayer(c *record.Check) int {
	least := 0
	for k := range len(c.Layers) - 1 {
		if c.Layers[k].GradientRMS < c.Layers[least].GradientRMS {
			least = k
		}
	}
	return least
}

// largestDrop returns the hidden layer, from layer from on, at which most of the error
// signal is lost, and the two parts of the loss: by the activation's derivative, and
// by the weights above it. They are NaN where no layer has a signal.
func largestDrop(c *record.Check, from int) (layer int, activation, weights float64) {
	least := math.Inf(1)
	layer, activation, weights = from, math.NaN(), math.NaN()
	for k := from; k < len(c.Layers)-1; k++ {
		here, above := &c.Layers[k], &c.Layers[k+1]
		a, w := ratio(here.Delta(), here.OutputDelta()), ratio(here.OutputDelta(), above.Delta())
		if w == 0 {
			a = 1 // of nothing it takes nothing away
		}
		if keeps := a * w; keeps < least {
			least, layer, activation, weights = keeps, k, a, w
		}
	}
	return layer, activation, weights
}

// attribute says in words by which of the two parts of a drop more is lost.
func attribute(name string, activation, weights float64, k int) string {
	switch {
	case math.IsNaN(activation) || math.IsNaN(weights):
		return "where what comes in is not finite"
	case activation < weights:
		return fmt.Sprintf("mainly through the derivative of %s, which leaves %s", name, part(activation))
	default:
		return fmt.Sprintf("mainly through the weights of %s, which leave %s", layerName(k+1), part(weights))
	}
}

// exploding: the error signal grows on its way back, steps change a kernel by much
// of its norm, or the loss is far above that of guessing.
func (a *analyzer) exploding() {
	if s := a.largeSteps(); s != nil {
		k, ratio := largestUpdate(&a.Checks[s.last])
		a.find(a.when(Finding{
			Kind: Exploding, Severity: a.unlessFits(Warning), Layer: layerName(k),
			Quantity: "norm of a step's change over the kernel's norm", Value: record.Number(ratio), Threshold: record.Number(a.ExplodingUpdate),
			Tag:     "flow/" + layerName(k) + "/update_ratio",
			Message: fmt.Sprintf("The steps are far too large: each changes the weights of %s by %s their size (0.001 is usual).", layerName(k), partOf(ratio)),
		}, s))
		return
	}
	s := a.episodeOf(func(i int) bool {
		return !(a.gainAt(a.Checks[i].Epoch) >= a.Learned) && deltaRatio(&a.Checks[i]) > a.ExplodingRatio
	})
	if s != nil {
		ratio := deltaRatio(&a.Checks[s.last])
		a.find(a.when(Finding{
			Kind: Exploding, Severity: a.unlessFits(Warning), Layer: layerName(0),
			Quantity: "error signal over the output layer's", Value: record.Number(ratio), Threshold: record.Number(a.ExplodingRatio),
			Tag:     "flow/dense_1/delta",
			Message: fmt.Sprintf("The gradient explodes: the error signal of dense_1 is %s times that of the output layer.", short(ratio)),
		}, s))
		return
	}
	if a.smallSteps() != nil {
		return // the loss is that of the first weights
	}
	// The loss of one who guesses stands for what any model can reach. One that still falls may get there.
	const far = 2
	if p := a.progress; p.Guess > 0 && p.Loss > far*p.Guess && !a.falls() && len(a.Checks) > 0 {
		why := ": steps or weights are probably far too large"
		if a.has(ConstantOutput, LossMismatch, OutputRange) {
			why = ""
		}
		a.find(Finding{
			Kind: Exploding, Severity: Error, Epoch: a.firstAbove(far * p.Guess), Last: len(a.History) - 1,
			Quantity: "training loss over that of guessing", Value: record.Number(p.Loss / p.Guess), Threshold: far, Tag: "loss",
			Message: fmt.Sprintf("The loss is %s, %s times that of %s (%s), and does not fall%s.",
				short(p.Loss), short(p.Loss/p.Guess), a.run.guessing(), short(p.Guess), why),
		})
	}
}

// largeSteps returns the time during which steps are too large. A single check is enough if a hidden layer has hardly
// changed since: then the step has ruined its weights for good.
func (a *analyzer) largeSteps() *episode {
	s := a.episodeOf(func(i int) bool { _, ratio := largestUpdate(&a.Checks[i]); return ratio > a.ExplodingUpdate })
	if s != nil || a.fits() {
		return s
	}
	for k := range a.run.Activations {
		last := -1 // check at which the layer still changes
		for i := range a.Checks {
			if !(a.Checks[i].Layers[k].UpdateRatio < a.SmallUpdate) {
				last = i
			}
		}
		if last >= 0 && last < len(a.Checks)-1 && a.Checks[last].Layers[k].UpdateRatio > a.ExplodingUpdate {
			return &episode{first: last, last: last, cleared: true}
		}
	}
	return nil
}

// largestUpdate returns the layer whose update ratio is largest, of those that are
// finite: divergence tells of the others.
func largestUpdate(c *record.Check) (layer int, ratio float64) {
	for k := range c.Layers {
		if r := c.Layers[k].UpdateRatio; r > ratio && numeric.Finite(r) {
			layer, ratio = k, r
		}
	}
	return layer, ratio
}

// firstAbove returns the epoch since which the loss has been above a bound, but for
// times shorter than those whose median stands for the end.
func (a *analyzer) firstAbove(bound float64) int {
	first, below := len(a.History)-1, 0
	for i := len(a.History) - 1; i >= 0 && below <= lastEpochs(len(a.History)); i-- {
		below++
		if a.History[i].Loss > bound {
			first, below = i, 0
		}
	}
	return first
}
