package sweep

import (
	"slices"

	"gradwatch/internal/study"
)

// Affordable returns how many engines, at most so many, can do any of the tasks side
// by side in that much memory; at least one.
func Affordable(trials []*Trial, tasks []study.Task, most int, free float64) int {
	var needs []float64
	for _, task := range tasks {
		t := trials[task.Configurations[0]]
		run := t.Run
		run.Repeats = task.Replicas
		needs = append(needs, run.Memory(t.Data.ConfigRows()).Total())
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
