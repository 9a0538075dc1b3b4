// Package eventlog reads TensorBoard's event files, whoever wrote them: it finds the runs below a
// folder and returns the scalars and histograms of a run as series of numbers. It reads
// files from the beginning to the end, once, with bounded memory.
package eventlog
