// Package train trains the multilayer perceptrons of package graph in a TensorFlow session and
// records them: TensorBoard event files with each layer's gradient histograms, a history, weights
// and a summary, in a folder of its own for each run. A program of another module needs no other
// package of gradwatch.
//
// # Example
//
//	config := train.DefaultConfig()
//	config.Layers, config.Activations = train.Repeat(5, 5), []string{"tanh"}
//	result, err := train.Run(ctx, config, train.Options{})
//	...
//	fmt.Println(result.Folder, result.Summary.Result[0].ValAccuracy)
//
// # Errors
//
// An [*InvalidError] is wrong input: a value of the configuration, a file, or rows in memory. It has the
// field, the value and what is accepted. A [*ClusterError] is a call in which a cluster's servers failed. Other errors are faults
// of the file system or of the runtime.
//
// The package draws no charts and prints nothing. TensorFlow writes lines of its own to stderr
// unless the environment variable TF_CPP_MIN_LOG_LEVEL is 2.
package train
