// Package data loads the data set of a run: generated, read from a file, taken from memory, or streamed
// from the disk; split and scaled. It describes the rows for the verdict.
package data
