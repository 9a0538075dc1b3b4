// Package train trains the multilayer perceptrons of package graph in a
// TensorFlow session and records them: TensorBoard event files with each
// layer's gradient histograms, a history, weights and a summary, in a folder of
// its own for each run.
//
// # Example
//
//	run := config.Default()
//	run.Layers, run.Activations = config.Repeat(5, 5), []string{"tanh"}
//	result, err := train.Run(ctx, run, train.Options{})
//	...
//	fmt.Println(result.Folder, result.Summary.Result[0].ValAccuracy)
//
// The package draws no charts and prints nothing.
package train
