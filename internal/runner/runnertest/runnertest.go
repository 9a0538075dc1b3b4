// Package runnertest makes outcomes of runs, for tests.
package runnertest

import (
	"math"

	"gradwatch/internal/config"
	"gradwatch/internal/engine"
	"gradwatch/internal/record"
	"gradwatch/internal/runner"
)

// Results are replicas that reached the given test accuracies, with seeds from 1
// on; NaN diverged.
func Results(accuracies ...float64) []record.Result {
	var list []record.Result
	for i, a := range accuracies {
		r := record.Result{Seed: uint32(i + 1), Accuracy: record.Number(a), ValAccuracy: record.Number(a), Loss: 1, ValLoss: 1}
		if math.IsNaN(a) {
			r.Loss, r.Accuracy, r.ValAccuracy = record.Number(a), 0.5, 0.5 // as training records it
		}
		list = append(list, r)
	}
	return list
}

// Ended is a run that ended so, after two epochs.
func Ended(name string, list []record.Result) *runner.Outcome {
	o := &runner.Outcome{Name: name, Folder: "/logs/" + name, Ended: &engine.Ended{}, History: &record.History{Replicas: len(list)}}
	o.Summary = record.Summary{Configuration: config.Default(), Result: list}
	for i, r := range list {
		o.Summary.Seeds = append(o.Summary.Seeds, r.Seed)
		o.History.Rows = append(o.History.Rows, record.Row{Replica: i}, record.Row{Replica: i, Epoch: 1})
	}
	return o
}
