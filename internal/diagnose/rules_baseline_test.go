package diagnose

import "gradwatch/internal/record"

// baselineCases are runs beside a linear model.
func baselineCases() []ruleCase {
	const worse, worseError = "warning worse-than-linear", "error worse-than-linear"
	return []ruleCase{
		{"as good as a linear model", of("tanh", 3, beside(0.9, 0.5, 0.01)), nil},
		{"better than a linear model", of("tanh", 3, beside(0.95, 0.5, 0.01)), nil},
		{"worse than a linear model, within chance", of("tanh", 3, beside(0.88, 0.5, 0.01)), nil},
		{"worse than a linear model, by too little to matter", of("tanh", 3, beside(0.895, 0.5, 0.001)), nil},
		{"worse than a linear model", of("tanh", 3, beside(0.85, 0.5, 0.01)), []string{worse}},
		{"far worse than a linear model", of("tanh", 3, beside(0.65, 0.5, 0.01)), []string{worseError}},
		{"far worse than a linear model, with class weights", of("tanh", 3, beside(0.65, 0.5, 0.01), func(r *Run) { r.ClassWeights = []float64{1, 5} }), []string{worse}},
		{"worse than a linear model of a number", of("tanh", 3, beside(0.7, 0, 0.01), regression(1, 1), flat(0.1)), []string{worse}},
		{"a linear model that has not come to its end", of("tanh", 0, beside(0.8, 0.5, 0.01)), []string{worse}},
		{"no linear model", of("tanh", 3, beside(0.65, 0.5, 0.01), func(r *Run) { r.Baseline.Linear = nil }), nil},
		{"worse than a linear model, not ended", of("tanh", 3, beside(0.65, 0.5, 0.01), func(r *Run) { r.Ended = false }), nil},
		{"worse than a linear model for want of epochs", of("tanh", 3, slowly, beside(0.55, 0.5, 0.01)), []string{"error too-short", worse + " <- too-short"}},
	}
}

// beside sets what all replicas and guessing reach beside a linear model of 0.9, and the standard error of the difference.
func beside(score, guessing, deviation float64) func(r *Run) {
	return func(r *Run) {
		const linear = 0.9
		best := record.Number(linear)
		r.Baseline = &record.Baseline{Measure: record.BaselineAccuracy, Guessing: record.Number(guessing), Linear: &best}
		for i := range r.Replicas {
			r.Replicas[i].Difference = &record.Difference{
				Replica: i, Score: record.Number(score), Mean: record.Number(linear - score), StandardError: record.Number(deviation),
			}
		}
	}
}
