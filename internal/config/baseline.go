package config

// BaselineCosts reports whether fitting the baseline's linear model to so many rows would take more than a tenth of the
// run. Both times are estimates, by numbers that BenchmarkFit of internal/baseline and runs on one core gave, so
// that the same run has the same answer everywhere.
func (r *Run) BaselineCosts(rows, inputs, outputs int) bool {
	const (
		passes      = 40        // over the rows: 15 to 60 on ordinary tables
		perOutput   = 100e-9    // seconds for each row, output
		perWeight   = 1e-9      // and input
		start       = 0.5       // seconds that any run takes
		perStep     = 100e-6    // seconds of a step at least
		perMultiply = 1.0 / 5e9 // seconds
		products    = 3         // of each weight and row: forwards, and backwards to inputs and weights
		part        = 0.1
	)
	linear := passes * float64(rows*outputs) * (perOutput + perWeight*float64(inputs))
	weights, before := 0, inputs
	for _, units := range append(r.Layers[:len(r.Layers):len(r.Layers)], outputs) {
		weights += before * units
		before = units
	}
	steps := float64(r.Epochs) * float64(roundUp(rows, r.BatchSize))
	run := start + steps*perStep + float64(r.Epochs)*float64(rows)*float64(weights*r.Repeats)*products*perMultiply
	return linear > part*run
}
