// Package diagnose says what is wrong with a training run: numbers in, verdict
// out. It reads what a run has recorded (history.csv, flow.csv, units.csv,
// summary.json) and returns findings, each with the layer and the units, the
// epoch where it began, the number, the threshold, and where in TensorBoard to
// look. It knows nothing of TensorFlow and changes nothing.
//
//	run, summary, err := diagnose.Read("logs/tanh-5")
//	for _, verdict := range diagnose.Default().Diagnose(run) {
//		for _, finding := range verdict.Findings { ... }
//	}
//
// A model that has learned has small gradients too, and a few dead units cost it
// nothing: so most findings are errors only in a model that has not learned.
package diagnose
