package diagnose

import (
	"fmt"

	"gradwatch/train/record"
)

// divergence: NaN or Inf in what was recorded. They are counted: one is enough.
func (d *doctor) divergence() {
	first, last, values := -1, -1, 0
	for i := range d.History {
		if n := notFinite(&d.History[i]); n > 0 {
			if first < 0 {
				first = i
			}
			last, values = i, values+n
		}
	}
	if first < 0 && d.Divergence == nil {
		d.overflow()
		return
	}
	end := max(len(d.History)-1, 0)
	f := Finding{
		Kind: Divergence, Severity: Error, Epoch: first, Last: last, Cleared: last >= 0 && last < end,
		Quantity: "recorded values that are NaN or infinite", Value: record.Number(values), Tag: "loss",
	}
	if d.Divergence != nil {
		f.Epoch = d.Divergence.Epoch
	}
	if values == 0 { // found in training alone
		f.Last, f.Value = end, 1
	}
	f.Layer, f.Message = d.whereDiverged(&f)
	if f.Cleared {
		f.Message += lastSeen(f.Last)
	}
	d.find(f)
}

// whereDiverged tells where a divergence began, as far as training has looked for
// it.
func (d *doctor) whereDiverged(f *Finding) (layer, message string) {
	o := d.Divergence
	switch {
	case o == nil || o.Step < 0:
		return "", fmt.Sprintf("Training diverged: from epoch %d on its loss, its weights or its gradients are NaN or infinite.", f.Epoch)
	case layerOf(o.Tensor) == "":
		return "", fmt.Sprintf("Training diverged: NaN or Inf appeared first in %s, in epoch %d; no training step shows any.", o.Tensor, o.Epoch)
	default:
		return layerOf(o.Tensor), fmt.Sprintf("Training diverged: NaN or Inf appeared first in the %s, in epoch %d, step %d: %s.",
			o.Tensor, o.Epoch, o.Step, directionOf(o.Tensor))
	}
}

// notFinite returns how many values of a record are NaN or infinite.
func notFinite(r *record.Row) int {
	n := 0
	for _, values := range [][]float64{{r.Loss, r.Accuracy, r.ValLoss, r.ValAccuracy}, r.GradientL2, r.KernelL1} {
		for _, x := range values {
			if !finite(x) {
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

// overflow: NaN or Inf in what a check measured, though the records are finite.
func (d *doctor) overflow() {
	first, last := -1, -1
	for i := range d.Checks {
		if overflowOf(&d.Checks[i]) != nil {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	if first < 0 {
		return
	}
	o := overflowOf(&d.Checks[first])
	name := layerName(o.layer)
	f := Finding{
		Kind: Divergence, Severity: Error, Layer: name,
		Quantity: o.quantity, Value: record.Number(o.count), Tag: fmt.Sprintf(o.tag, name),
		Message: fmt.Sprintf("In epoch %d %s of %s %s NaN or infinite, though the loss is finite: %s.",
			d.Checks[first].Epoch, o.text, name, verb(o.count, "is", "are"), o.direction),
	}
	clean := len(d.Checks) - 1 - last
	d.find(d.when(f, &spell{first: first, last: last, cleared: clean >= min(d.Running, len(d.Checks))}))
}

// overflown is where NaN or Inf began at a check.
type overflown struct {
	layer, count                   int
	quantity, text, direction, tag string // the tag's layer is open
}

// overflowOf returns where NaN or Inf began at a check: the lowest layer with some in
// its outputs, else the highest with some in its gradient, else the lowest whose
// kernel's change has some. Nil if all is finite. The deviations of outputs are left
// out: the squares that they are made of overflow long before what is computed with.
func overflowOf(c *record.Check) *overflown {
	for k := range c.Layers {
		n := countUnits(&c.Layers[k], func(u *record.UnitFlow) bool { return !finite(u.Mean) })
		if n > 0 {
			return &overflown{
				k, n, "units whose output is NaN or infinite", "the output of " + counted(n, "unit"),
				"on the way forward", "%s_out",
			}
		}
	}
	for k := len(c.Layers) - 1; k >= 0; k-- {
		l := &c.Layers[k]
		n := max(l.NonFinite, countUnits(l, func(u *record.UnitFlow) bool { return !finite(u.Delta) || !finite(u.OutputDelta) }))
		if n == 0 && !(finite(l.GradientRMS) && finite(l.GradientMean) && finite(l.GradientMax)) {
			n = 1
		}
		if n > 0 {
			return &overflown{
				k, n, "values of the gradient that are NaN or infinite", counted(n, "value") + " of the gradient",
				"on the way back", "flow/%s/non_finite",
			}
		}
	}
	for k := range c.Layers {
		if !finite(c.Layers[k].UpdateRatio) {
			return &overflown{
				k, 1, "update ratios that are NaN or infinite", "the update ratio",
				"in a step's update", "flow/%s/update_ratio",
			}
		}
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
