// Package serving loads a model from the folder of a run that has ended, to predict with it or to export
// it as a SavedModel. It needs no other files than the run's summary and weights.
package serving
