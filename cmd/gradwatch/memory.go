package main

import (
	"slices"

	"gradwatch/internal/study"
)

// affordable returns how many engines, at most so many, can do any of the tasks side
// by side in that much memory; at least one.
func affordable(trials []*trial, tasks []study.Task, most int, free float64) int {
	var needs []float64
	for _, task := range tasks {
		t := trials[task.Configurations[0]]
		run := t.run
		run.Repeats = task.Replicas
		needs = append(needs, run.Memory(t.data.config()).Total())
	}
	slices.Sort(needs)
	engines := 0
	for _, need := range slices.Backward(needs) {
		if free -= need; free < 0 || engines == most {
			break
		}
		engines++
	}
	return max(1, engines)
}
