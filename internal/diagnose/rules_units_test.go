package diagnose

import (
	"gradwatch/internal/record"
)

// idle makes the first count units of layer k inactive at the selected checks.
func idle(k, count int, selected func(check int) bool) func(r *Run) {
	return active(k, count, 0, selected)
}

func active(k, count int, share float64, selected func(check int) bool) func(r *Run) {
	return func(r *Run) {
		layerAt(r, k, selected, func(l *record.LayerFlow) {
			for u := range count {
				l.Units[u].Active = share
			}
		})
	}
}

func extreme(k int, share float64) func(r *Run) {
	return func(r *Run) { units(r, k, func(u *record.UnitFlow) { u.Extreme = share }) }
}

// narrow leaves hidden layers one unit.
func narrow(r *Run) {
	for k := range r.Activations {
		layer(r, k, func(l *record.LayerFlow) { l.Units = l.Units[:1] })
	}
}

func deadCases() []ruleCase {
	shortcuts := func(r *Run) { r.Shortcuts = []bool{false, true, true} }
	return []ruleCase{
		{"a dead unit", of("relu", 3, idle(1, 1, every)), []string{
			"note dead-units dense_2 [0]",
		}},
		{"dead units since epoch 30", of("relu6", 3, slowly, idle(0, 1, between(1, 1)), idle(0, 1, between(3, 10))), []string{
			"error too-short",
			"note dead-units dense_1 [0]",
		}},
		{"a dead unit beside a penalty", of("relu", 3, idle(1, 1, every), func(r *Run) { r.Penalized = true }), nil},
		{"half a layer dead beside a penalty", of("relu", 3, idle(1, 2, every), func(r *Run) { r.Penalized = true }), []string{
			"note dead-units dense_2 [0 1]",
		}},
		{"half a layer dead", of("relu", 3, idle(1, 2, every)), []string{
			"warning dead-units dense_2 [0 1]",
		}},
		{"a unit that was dead, and lives at the last check", of("relu", 3, idle(1, 2, between(0, 9))), nil},
		{"a unit dead at the last two checks", of("relu", 3, idle(1, 2, between(9, 10))), nil},
		{"a unit dead at the last three checks", of("relu", 3, idle(1, 1, between(8, 10))), []string{
			"note dead-units dense_2 [0]",
		}},
		{"dead layers", of("relu", 3, slowly, idle(1, 4, between(2, 10)), idle(2, 4, every)), []string{
			"error dead-units dense_2 [0 1 2 3]",
		}},
		{"a dead layer in one that learns", of("relu", 3, idle(1, 4, every)), []string{
			"warning dead-units dense_2 [0 1 2 3]",
		}},
		{"a dead layer with a shortcut", of("relu", 3, slowly, shortcuts, idle(1, 4, every)), []string{
			"error too-short",
			"warning dead-units dense_2 [0 1 2 3]",
		}},
		{"a dead layer of one unit", of("relu", 3, slowly, narrow, idle(0, 1, every)), []string{
			"error dead-units dense_1 [0]",
		}},
		{"a dead layer of one unit in one that learns", of("relu", 3, narrow, idle(2, 1, every)), []string{
			"warning dead-units dense_3 [0]",
		}},
		{"a unit that is nearly dead", of("relu", 3, active(2, 1, 0.009, between(4, 10))), []string{
			"note dead-units dense_3 [0]",
		}},
		{"a unit that is nearly dead at two checks", of("relu", 3, active(2, 1, 0.009, between(9, 10))), nil},
		{"a unit that is active on few rows", of("relu", 3, active(2, 1, 0.01, every)), nil},
		{"tanh has no dead units", of("tanh", 3, slowly, idle(1, 4, every)), []string{
			"error too-short",
		}},
		{"elu far below 0", of("elu", 3, slowly, idle(1, 4, every), extreme(1, 0.99)), []string{
			"error dead-units dense_2 [0 1 2 3]",
		}},
		{"elu not so far below 0", of("elu", 3, slowly, idle(1, 4, every), extreme(1, 0.98)), []string{
			"error too-short",
		}},
		{"elu is never nearly dead", of("elu", 3, slowly, active(1, 4, 0.005, every), extreme(1, 0.99)), []string{
			"error too-short",
		}},
	}
}

// full saturates each unit of layer k on a share of the rows, at the selected checks.
func full(k int, share float64, selected func(check int) bool) func(r *Run) {
	return func(r *Run) { unitsAt(r, k, selected, func(u *record.UnitFlow) { u.Saturated = share }) }
}

func saturatedCases() []ruleCase {
	return []ruleCase{
		{"half saturated", of("tanh", 3, slowly, full(1, 0.5, every)), []string{
			"error too-short",
			"warning saturated-units dense_2",
		}},
		{"less than half saturated", of("tanh", 3, slowly, full(1, 0.499, every)), []string{
			"error too-short",
		}},
		{"half saturated in one that learns", of("tanh", 3, full(1, 0.5, every)), []string{
			"note saturated-units dense_2",
		}},
		{"saturated", of("sigmoid", 3, slowly, full(1, 1.0000001, every), extreme(1, 0.99)), []string{
			"error saturated-units dense_2 [0 1 2 3]",
		}},
		{"saturated in one that is held back", of("sigmoid", 3, partly, full(1, 0.9, every)), []string{
			"error saturated-units dense_2",
		}},
		{"saturated in one that learns", of("sigmoid", 3, full(1, 0.9, every)), []string{
			"note saturated-units dense_2",
		}},
		{"some units saturated", of("softsign", 3, slowly, full(0, 0.3, every), func(r *Run) {
			layer(r, 0, func(l *record.LayerFlow) {
				l.Units[1].Saturated, l.Units[3].Saturated, l.Units[3].Extreme = 0.99, 0.995, 1
			})
		}), []string{
			"error too-short",
			"warning saturated-units dense_1 [1 3]",
		}},
		{"one unit saturated", of("tanh", 3, slowly, narrow, full(0, 0.995, every), extreme(0, 1)), []string{
			"error saturated-units dense_1 [0]",
		}},
		{"saturated until epoch 60", of("tanh", 3, slowly, full(1, 0.95, between(0, 6))), []string{
			"error too-short",
			"warning saturated-units dense_2",
		}},
		{"relu doesn't saturate", of("relu", 3, slowly, full(1, 1, every)), []string{
			"error too-short",
		}},
	}
}

// copies makes units of layer k copies: duplicates says of each which is the first like it.
func copies(k int, duplicates ...int) func(r *Run) {
	return func(r *Run) {
		layer(r, k, func(l *record.LayerFlow) {
			for u, duplicate := range duplicates {
				l.Units[u].Duplicate = duplicate
			}
		})
	}
}

func symmetricCases() []ruleCase {
	large := func(rms float64) func(r *Run) { return func(r *Run) { r.InputRMS, r.InputMax = rms, 40 } }
	return []ruleCase{
		{"copies", of("tanh", 3, slowly, copies(1, 0, 0, 0, 0)), []string{
			"error symmetric-units dense_2 [0 1 2 3]",
		}},
		{"copies in two layers", of("tanh", 3, partly, copies(0, 0, 0, 0, 0), copies(2, 0, 0, 0, 0)), []string{
			"error symmetric-units dense_1 [0 1 2 3]",
		}},
		{"copies in one that learns", of("tanh", 3, copies(0, 0, 0, 0, 0), copies(1, 0, 0, 0, 0), copies(2, 0, 0, 0, 0)), []string{
			"warning symmetric-units dense_1 [0 1 2 3]",
		}},
		{"copies in pairs", of("tanh", 3, slowly, copies(1, 0, 0, 2, 2)), []string{
			"error symmetric-units dense_2 [0 1 2 3]",
		}},
		{"all but one are copies", of("tanh", 3, slowly, copies(1, 0, 0, 0, -1)), []string{
			"error too-short",
		}},
		{"one unit is no copy", of("tanh", 3, slowly, narrow, copies(0, 0)), []string{
			"error too-short",
		}},

		{"large inputs", of("tanh", 3, slowly, large(10.5)), []string{
			"error unscaled-inputs dense_1",
		}},
		{"large inputs in one that is held back", of("tanh", 3, partly, large(10.5)), []string{
			"error unscaled-inputs dense_1",
		}},
		{"large inputs in one that learns", of("tanh", 3, large(10.5)), []string{
			"warning unscaled-inputs dense_1",
		}},
		{"inputs that are not too large", of("tanh", 3, slowly, large(10)), []string{
			"error too-short",
		}},
	}
}
