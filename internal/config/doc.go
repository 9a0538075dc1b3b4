// Package config says what a training run is: one struct, [Run], with its
// defaults, its checks and the tables of names that it accepts.
//
// It is pure Go, so that a program can prepare, check and store runs without
// the TensorFlow library. Each default stands here once; the command's flags
// bind to the fields.
//
//	run := config.Default()
//	run.Layers = config.Repeat(5, 5) // five hidden layers of five units
//	run.Activations = []string{"tanh"}
//	if err := run.Validate(); err != nil { ... }
//
// The package trains nothing and reads no file: package train does.
package config
