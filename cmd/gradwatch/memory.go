package main

import (
	"slices"
	"strings"

	"gradwatch/internal/config"
	"gradwatch/internal/study"
	"gradwatch/internal/sysmem"
)

// fits refuses a run that needs more memory than there is. On a GPU most of it lies
// there, and TensorFlow itself says so when it is full.
func fits(run *config.Run, data dataSize, have sysmem.Sizes) error {
	if strings.HasPrefix(run.Device, "gpu") {
		return nil
	}
	return run.Fits(data.config(), have)
}

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
