package config

import (
	"slices"
	"strconv"
)

// HParam is a hyperparameter: its name and its value, a float64, a bool or a string.
type HParam struct {
	Name  string
	Value any
}

// HParams returns what the run's results depend on, for a table of runs: the same names,
// each with a value of the same type, for every run.
func (r *Run) HParams() []HParam {
	var initializers []string
	for i := range r.Layers {
		if name := r.LayerInitializer(i); !slices.Contains(initializers, name) {
			initializers = append(initializers, name)
		}
	}
	resolved := *r
	resolved.LearningRate, resolved.Constants = r.Rate(), r.OptimizerConstants()
	resolved.KernelInitializer = join(initializers, func(name string) string { return name })
	var all []HParam
	for _, f := range fields() {
		switch {
		case !f.has(hyper):
		case f.Name == "layers":
			uneven := ""
			if !r.Even() { // else hidden-layers and units say all
				uneven = join(r.Layers, strconv.Itoa)
			}
			all = append(
				all, HParam{"hidden-layers", float64(len(r.Layers))}, HParam{"units", float64(r.widest())}, HParam{"layers", uneven},
			)
		default:
			all = append(all, HParam{f.Name, f.Value(&resolved)})
		}
	}
	return all
}
