package diagnose

import (
	"fmt"
	"slices"

	"gradwatch/internal/record"
)

// unchanged: steps that change no number of a hidden layer's kernel.
func (a *analyzer) unchanged() {
	if len(a.Checks) == 0 {
		return
	}
	var layers, since []int // the epochs
	first := 0              // of layers, the one that stopped first
	var began *episode
	for k := range a.run.Activations {
		s := a.episodeOf(func(i int) bool { return a.Checks[i].Layers[k].UpdateRatio == 0 })
		if s == nil || s.cleared {
			continue
		}
		layers, since = append(layers, k), append(since, a.Checks[s.first].Epoch)
		if began == nil || s.first < began.first {
			began, first = s, k
		}
	}
	if len(layers) == 0 {
		return
	}
	when := fmt.Sprintf("since epoch %d", since[0])
	if slices.Min(since) != slices.Max(since) {
		when = fmt.Sprintf("those of %s since epoch %d", layerName(first), slices.Min(since))
	}
	a.find(a.when(Finding{
		Kind: UnchangedWeights, Severity: a.unlessFits(Note), Layer: layerName(first),
		Quantity: "norm of a step's change over the kernel's norm", Value: 0, Threshold: 0,
		Tag:     "flow/" + layerName(first) + "/update_ratio",
		Message: fmt.Sprintf("The weights of %s no longer change, %s: %s.", layersText(layers), when, a.whyUnchanged(layers)),
	}, began))
}

// whyUnchanged says why the kernels of these layers no longer change at the last
// check.
func (a *analyzer) whyUnchanged(layers []int) string {
	without := 0
	for _, k := range layers {
		if a.Checks[len(a.Checks)-1].Layers[k].GradientMax == 0 {
			without++
		}
	}
	switch without {
	case 0:
		return "steps are below what a float32 can add"
	case len(layers):
		return verb(len(layers), "its gradient is 0", "their gradients are 0")
	default:
		return "gradients are 0, or steps below what a float32 can add"
	}
}

// smallRate: a signal is there, but steps are so small that nothing comes of them.
func (a *analyzer) smallRate() {
	if a.progress.Gain >= a.Thresholds.Learned || a.progress.Sufficient || a.has(UnscaledInputs, Divergence, SymmetricUnits, DeadUnits, Vanishing) || len(a.Checks) == 0 {
		return
	}
	s := a.smallSteps()
	if s == nil {
		return
	}
	k, ratio := largestUpdate(&a.Checks[s.last])
	a.find(a.when(Finding{
		Kind: RateTooSmall, Severity: a.unlessLearned(), Layer: layerName(k),
		Quantity: "norm of a step's change over the kernel's norm", Value: record.Number(ratio), Threshold: record.Number(a.SmallUpdate),
		Tag:     "flow/" + layerName(k) + "/update_ratio",
		Message: fmt.Sprintf("The steps are far too small: none changes the weights of a layer by more than %s their size (0.001 is usual). The learning rate%s is probably too small.", partOf(ratio), rateText(a.run.Rate)),
	}, s))
}

// smallSteps returns the time, up to the last check, during which no step changes a layer by much, though all have a gradient.
func (a *analyzer) smallSteps() *episode {
	s := a.episodeOf(func(i int) bool {
		_, ratio := largestUpdate(&a.Checks[i])
		return everyGradient(&a.Checks[i]) && ratio < a.SmallUpdate
	})
	if s == nil || s.cleared {
		return nil
	}
	return s
}

// rateText names a learning rate between commas; nothing where it isn't known.
func rateText(rate float64) string {
	if rate == 0 {
		return ""
	}
	return fmt.Sprintf(", %s,", short(rate))
}

// thanRate compares with a learning rate; nothing where it isn't known.
func thanRate(rate float64) string {
	if rate == 0 {
		return ""
	}
	return " than " + short(rate)
}

// everyGradient reports whether there is a gradient in all layers: then it is the steps along it that are small.
func everyGradient(c *record.Check) bool {
	return !slices.ContainsFunc(c.Layers, func(l record.LayerFlow) bool { return l.GradientMax == 0 })
}
