package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"gradwatch/internal/numeric"
	"gradwatch/internal/printable"
	"gradwatch/internal/record"
)

// divergence: NaN or Inf in what was recorded. They are counted: one is enough.
func (a *analyzer) divergence() {
	first, last, values := -1, -1, 0
	for i := range a.History {
		if n := notFinite(&a.History[i]); n > 0 {
			if first < 0 {
				first = i
			}
			last, values = i, values+n
		}
	}
	if first < 0 && a.Divergence == nil {
		a.overflow()
		return
	}
	end := max(len(a.History)-1, 0)
	f := Finding{
		Kind: Divergence, Severity: Error, Epoch: first, Last: last, Cleared: last >= 0 && last < end,
		Quantity: "recorded values that are NaN or infinite", Value: record.Number(values), Tag: "loss",
	}
	if a.Divergence != nil {
		f.Epoch = a.Divergence.Epoch
	}
	if values == 0 { // found in training alone
		f.Last, f.Value = end, 1
	}
	a.nameDiverged(&f)
	if f.Cleared {
		f.Message += lastSeen(f.Last)
	} else {
		f.Message += a.whyDiverged(f.Epoch)
	}
	a.find(f)
}

// whyDiverged says what probably made a replica diverge, by its last finite values: nothing where output layer or loss are
// wrong or inputs or target out of scale, of which it is a consequence.
func (a *analyzer) whyDiverged(epoch int) string {
	if a.has(ConstantOutput, LossMismatch, OutputRange, UnscaledInputs, UnscaledTarget) {
		return ""
	}
	rate := rateText(a.run.Rate)
	if o := a.Divergence; o != nil && o.Epoch == 0 && o.Step == 0 {
		return " It is there in the very first step, so the initial weights are probably too large."
	}
	if n := len(a.Checks); n > 0 {
		if k, ratio := largestUpdate(&a.Checks[n-1]); ratio > a.ExplodingUpdate {
			return fmt.Sprintf(" In epoch %d each step changed the weights of %s by %s their size (0.001 is usual): the learning rate%s is probably too large.",
				a.Checks[n-1].Epoch, layerName(k), partOf(ratio), rate)
		}
	}
	if 0 < epoch && epoch <= len(a.History) {
		const far = 2
		if loss := a.History[epoch-1].Loss; a.progress.Guess > 0 && loss > far*a.progress.Guess {
			return fmt.Sprintf(" In the epoch before, the loss was %s times that of %s: the learning rate%s is probably too large.",
				short(loss/a.progress.Guess), a.run.guessing(), rate)
		}
	}
	if slices.Contains(a.run.Activations, "exponential") {
		return " The exponential activation probably overflows."
	}
	return fmt.Sprintf(" The learning rate%s is probably too large.", rate)
}

// nameDiverged says where a divergence began, as far as training has looked for it.
func (a *analyzer) nameDiverged(f *Finding) {
	o := a.Divergence
	if o != nil && o.Step >= 0 && layerOf(o.Tensor) != "" {
		f.Layer = layerOf(o.Tensor)
		f.Message = fmt.Sprintf("Training diverged: NaN or infinity appeared first in the %s, in epoch %d, step %d (%s).",
			o.Tensor, o.Epoch, o.Step, directionOf(o.Tensor))
		return
	}
	what := "its loss is"
	if i := f.Epoch; i < len(a.History) && numeric.Finite(a.History[i].Loss+a.History[i].ValLoss) {
		what = a.nameNorm(f, &a.History[i])
	}
	f.Message = fmt.Sprintf("Training diverged: from epoch %d on %s NaN or infinite.", f.Epoch, what)
	if o != nil && o.Step >= 0 {
		f.Message = fmt.Sprintf("Training diverged: from epoch %d on %s NaN or infinite, though no training step shows any.", f.Epoch, what)
	}
}

// nameNorm names the highest layer whose gradient's norm is not finite, else the
// lowest whose weights' is not.
func (a *analyzer) nameNorm(f *Finding, row *record.Row) string {
	for k := len(row.GradientL2) - 1; k >= 0; k-- {
		if !numeric.Finite(row.GradientL2[k]) {
			f.Layer = layerName(k)
			f.Tag = f.Layer + "/kernel_0_grad"
			return "the norm of the gradient of " + f.Layer + " is"
		}
	}
	for k := range row.KernelL1 {
		if !numeric.Finite(row.KernelL1[k]) {
			f.Layer = layerName(k)
			f.Tag = f.Layer + "/kernel_0"
			return "the norm of the weights of " + f.Layer + " is"
		}
	}
	return "its loss, its weights or its gradient is"
}

// notFinite returns how many values of a record are NaN or infinite.
func notFinite(r *record.Row) int {
	n := 0
	for _, values := range [][]float64{{r.Loss, r.Accuracy, r.ValLoss, r.ValAccuracy}, r.GradientL2, r.KernelL1} {
		for _, x := range values {
			if !numeric.Finite(x) {
				n++
			}
		}
	}
	return n
}

// layerOf returns the layer that a tensor of record.Divergence is of: dense_2 of
// "dense_2 output".
func layerOf(tensor string) string {
	var layer int
	if n, _ := fmt.Sscanf(tensor, "dense_%d", &layer); n != 1 || layer < 1 {
		return ""
	}
	return layerName(layer - 1)
}

// directionOf says on which way through the model a tensor is computed.
func directionOf(tensor string) string {
	_, part, _ := strings.Cut(tensor, " ")
	switch part {
	case "output":
		return "on the way forward"
	case "gradient":
		return "on the way back"
	default:
		return "in the update of the step before"
	}
}

// overflow: NaN or Inf in what a check measured, though the records are finite.
func (a *analyzer) overflow() {
	first, last := -1, -1
	for i := range a.Replica.Checks {
		if overflowOf(&a.Replica.Checks[i]) != nil {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	if first < 0 {
		return
	}
	o := overflowOf(&a.Replica.Checks[first])
	name := layerName(o.layer)
	f := Finding{
		Kind: Divergence, Severity: Error, Layer: name,
		Quantity: "values that are NaN or infinite", Value: record.Number(o.count), Tag: fmt.Sprintf(o.tag, name),
		Message: fmt.Sprintf("NaN or Inf in epoch %d, though the loss is finite: in %s of %s, %s.",
			a.Replica.Checks[first].Epoch, o.what, name, o.direction),
	}
	all := a.Replica.Checks
	f.Epoch, f.Last, f.Cleared = all[first].Epoch, all[last].Epoch, len(all)-1-last >= min(a.Running, len(all))
	if f.Cleared {
		f.Message += lastSeen(f.Last)
	}
	a.find(f)
}

// overflown is where NaN or Inf began at a check: the tag's layer is open.
type overflown struct {
	layer, count         int
	what, direction, tag string
	onlyUpdate           bool // all that was measured of the model itself is finite
}

// overflowOf returns where NaN or Inf began at a check: the lowest layer with some in
// its outputs, else the highest with some in its gradient, else the lowest whose
// kernel's change has some. Nil if all is finite. The deviations of outputs are left
// out: the squares that they are made of overflow long before what is computed with.
func overflowOf(c *record.Check) *overflown {
	for k := range c.Layers {
		if n := countUnits(&c.Layers[k], func(u *record.UnitFlow) bool { return !numeric.Finite(u.Mean) }); n > 0 {
			return &overflown{k, n, "the output of " + printable.Count(n, "unit"), "on the way forward", "%s_out", false}
		}
	}
	for k := len(c.Layers) - 1; k >= 0; k-- {
		if o := overflowBack(&c.Layers[k]); o != nil {
			o.layer, o.direction = k, "on the way back"
			return o
		}
	}
	for k := range c.Layers {
		if !numeric.Finite(c.Layers[k].UpdateRatio) {
			return &overflown{k, 1, "the update ratio", "in a step's update", "flow/%s/update_ratio", true}
		}
	}
	return nil
}

// overflowBack returns what of a layer's gradient is NaN or infinite; nil if all is
// finite.
func overflowBack(l *record.LayerFlow) *overflown {
	if l.NonFinite > 0 {
		return &overflown{count: l.NonFinite, what: printable.Count(l.NonFinite, "value") + " of the gradient", tag: "flow/%s/non_finite"}
	}
	if n := countUnits(l, func(u *record.UnitFlow) bool { return !numeric.Finite(u.Delta) || !numeric.Finite(u.OutputDelta) }); n > 0 {
		return &overflown{count: n, what: "the error signal of " + printable.Count(n, "unit"), tag: "flow/%s/delta"}
	}
	if !numeric.Finite(l.GradientRMS) || !numeric.Finite(l.GradientMean) || !numeric.Finite(l.GradientMax) {
		return &overflown{count: 1, what: "the size of the gradient", tag: "flow/%s/gradient_rms"}
	}
	return nil
}

func countUnits(l *record.LayerFlow, is func(u *record.UnitFlow) bool) int {
	n := 0
	for u := range l.Units {
		if is(&l.Units[u]) {
			n++
		}
	}
	return n
}
