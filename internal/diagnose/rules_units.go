package diagnose

import (
	"fmt"

	"gradwatch/internal/config"
	"gradwatch/internal/record"
)

// holding returns the units of layer k of which something holds at a check, from 0.
func holding(c *record.Check, k int, is func(u *record.UnitFlow) bool) []int {
	var units []int
	for u := range c.Layers[k].Units {
		if is(&c.Layers[k].Units[u]) {
			units = append(units, u)
		}
	}
	return units
}

// lasting returns the units of layer k of which something holds at the last checks,
// Running of them, and since which check it has held of all of these units.
func (a *analyzer) lasting(k int, is func(u *record.UnitFlow) bool) (units []int, s *episode) {
	end := len(a.Checks) - 1
	from := max(0, end-a.Running+1)
	holds := func(i, u int) bool { return is(&a.Checks[i].Layers[k].Units[u]) }
	for u := range a.Checks[end].Layers[k].Units {
		all := true
		for i := from; i <= end; i++ {
			all = all && holds(i, u)
		}
		if all {
			units = append(units, u)
		}
	}
	if len(units) == 0 {
		return nil, nil
	}
	first := from
	for first > 0 {
		for _, u := range units {
			if !holds(first-1, u) {
				return units, &episode{first: first, last: end}
			}
		}
		first--
	}
	return units, &episode{first: first, last: end}
}

// below returns what the derivative of an activation is far below 0.
func below(activation string) config.Derivative {
	a, _ := config.LookupActivation(activation)
	return a.Below
}

// dead: units whose pre-activation is at or below 0 on every row (where the
// derivative only comes near 0, below -5 on nearly every one): they output one
// number and learn nothing. Of layers with none but dead units, the lowest cuts the
// rest off.
func (a *analyzer) dead() {
	if len(a.Checks) == 0 {
		return
	}
	cut := false
	for k, activation := range a.run.Activations {
		exactly, nearly := below(activation) == config.Zero, Dies(activation)
		if !nearly {
			continue
		}
		units, s := a.lasting(k, func(u *record.UnitFlow) bool { return u.Active <= 0 && (exactly || u.Extreme >= a.SaturatedUnit) })
		if len(units) == 0 {
			a.nearlyDead(k, exactly)
			continue
		}
		all := len(a.Checks[0].Layers[k].Units)
		share := float64(len(units)) / float64(all)
		if a.notNeeded() && share < a.DeadLayer {
			continue
		}
		whole := len(units) == all && !a.fits() && !a.run.shortcut(k)
		if whole && cut {
			continue // it follows from the layer below
		}
		f := Finding{
			Kind: DeadUnits, Severity: Note, Layer: layerName(k), Units: units,
			Quantity: "share of the layer's units that are dead", Value: record.Number(share), Threshold: record.Number(a.DeadLayer),
			Tag: "flow/" + layerName(k) + "/inactive_units",
			Message: fmt.Sprintf("In %s %s %s dead: never active since epoch %d.",
				layerName(k), unitsText(units, all), verb(len(units), "is", "are"), a.Checks[s.first].Epoch),
		}
		switch {
		case whole:
			cut = true
			f.Severity = Error
			f.Message = fmt.Sprintf("%s is dead: %s active on any row since epoch %d, so it passes on neither the inputs nor a gradient.",
				f.Layer, verb(all, "its one unit is not", fmt.Sprintf("none of its %d units is", all)), a.Checks[s.first].Epoch)
		case share >= a.DeadLayer && a.notNeeded():
			f.Message += " The penalty on the weights has probably shrunk them, since the model has learned without them."
		case share >= a.DeadLayer:
			f.Severity = Warning
		}
		a.find(a.when(f, s))
	}
}

// notNeeded reports whether dead units are what is to be expected: a penalty shrinks the weights of units that a model
// doesn't need, and it has learned without them.
func (a *analyzer) notNeeded() bool { return a.run.Penalized && a.progress.Learned }

// nearlyDead: units of a layer without dead ones that are active on next to no row.
func (a *analyzer) nearlyDead(k int, exactly bool) {
	units, s := a.lasting(k, func(u *record.UnitFlow) bool { return exactly && u.Active < a.NearlyDead })
	if len(units) == 0 || a.notNeeded() {
		return
	}
	all := len(a.Checks[0].Layers[k].Units)
	a.find(a.when(Finding{
		Kind: DeadUnits, Severity: Note, Layer: layerName(k), Units: units,
		Quantity: "share of the layer's units that are nearly dead", Threshold: record.Number(a.DeadLayer),
		Value: record.Number(float64(len(units)) / float64(all)),
		Tag:   "flow/" + layerName(k) + "/inactive_units",
		Message: fmt.Sprintf("In %s %s %s nearly dead, active on less than %s of the rows since epoch %d.",
			layerName(k), unitsText(units, all), verb(len(units), "is", "are"), percent(a.NearlyDead), a.Checks[s.first].Epoch),
	}, s))
}

// Dies reports whether units of an activation can be dead.
func Dies(activation string) bool { return below(activation) != config.NotZero }

// Saturates reports whether an activation ends on both sides, or above.
func Saturates(activation string) bool {
	a, _ := config.LookupActivation(activation)
	return a.Reach > 0
}

// saturated: layers whose units are near an end of the activation's range on most
// rows, where its derivative is next to 0.
func (a *analyzer) saturated() {
	for k, activation := range a.run.Activations {
		if !Saturates(activation) {
			continue
		}
		s := a.episodeOf(func(i int) bool { return a.Checks[i].Layers[k].SaturatedRows() >= a.SaturatedLayer })
		if s == nil {
			continue
		}
		c := &a.Checks[s.last]
		all, mean := len(c.Layers[k].Units), min(1, c.Layers[k].SaturatedRows()) // a sum of float32 may pass 1
		full := holding(c, k, func(u *record.UnitFlow) bool { return u.Saturated >= a.SaturatedUnit })
		severe := holding(c, k, func(u *record.UnitFlow) bool { return u.Extreme >= a.SaturatedUnit })
		f := Finding{
			Kind: SaturatedUnits, Severity: Note, Layer: layerName(k), Units: full,
			Quantity: "share of rows on which the layer's units are saturated", Value: record.Number(mean), Threshold: record.Number(a.SaturatedLayer),
			Tag: "flow/" + layerName(k) + "/saturated_units",
		}
		switch {
		case mean >= a.SaturatedError && !s.cleared:
			f.Severity = a.ifHeldBack(Note)
		case !a.fits():
			f.Severity = Warning
		}
		f.Message = fmt.Sprintf("%s is saturated: its outputs are near the ends of %s, where the derivative is almost 0, on %s of the rows (epoch %d)",
			f.Layer, activation, percent(mean), c.Epoch)
		if len(full) > 0 && all > 1 {
			f.Message += fmt.Sprintf(", %s on at least %s", unitsText(full, all), percent(a.SaturatedUnit))
		}
		if len(severe) > 0 {
			f.Message += fmt.Sprintf("; %s severely, with pre-activations beyond 5", verb(all, "it is", unitsText(severe, all)))
		}
		f.Message += "."
		a.find(a.when(f, s))
	}
}

// symmetric: hidden layers all of whose units have the same weights, so that they
// compute, and learn, the same.
func (a *analyzer) symmetric() {
	if len(a.Checks) == 0 {
		return
	}
	var layers []int
	var since *episode
	var units []int
	for k := range a.run.Activations {
		if len(a.Checks[0].Layers[k].Units) < 2 {
			continue
		}
		duplicates, s := a.lasting(k, func(u *record.UnitFlow) bool { return u.Duplicate >= 0 })
		if len(duplicates) < len(a.Checks[0].Layers[k].Units) {
			continue
		}
		if len(layers) == 0 {
			since, units = s, duplicates
		}
		layers = append(layers, k)
	}
	if len(layers) == 0 {
		return
	}
	duplicates := make(map[int]bool) // the first of each that are alike
	for _, k := range layers {
		for _, u := range a.Checks[len(a.Checks)-1].Layers[k].Units {
			duplicates[u.Duplicate] = true
		}
	}
	message := "The units of %s have the same weights, so they get the same gradients and stay the same. One unit would do as much."
	if len(duplicates) > 1 {
		message = "In %s every unit has the same weights as another one, so both get the same gradients and stay the same. Half of the units would do as much."
	}
	a.find(a.when(Finding{
		Kind: SymmetricUnits, Severity: a.ifHeldBack(Warning), Layer: layerName(layers[0]), Units: units,
		Quantity: "share of the layer's units whose weights another one has", Value: 1, Threshold: 1,
		Tag:     layerName(layers[0]) + "/kernel_0",
		Message: fmt.Sprintf(message, layersText(layers)),
	}, since))
}
