// Package graph builds the TensorFlow graphs of gradwatch: a multilayer
// perceptron, its loss, gradients and optimizer, what is measured on it, and
// the summary ops that write TensorBoard's event files. It runs nothing; package
// train does.
//
// # Layout
//
// A graph holds R replicas of one model, which differ by their seed and train
// side by side in the same ops. A layer's kernel and bias are one weights
// tensor, [replica, rows, inputs+1]: a row a unit, the last column the bias.
// Points are columns: the inputs of a layer are [replica, inputs+1, points],
// their last row ones, so that one matrix product gives the pre-activations,
// [replica, rows, points]. In this form the inner loops run over the points, and
// neither the bias nor its gradient needs an op that broadcasts. The ones travel
// up through the layers by themselves: a hidden layer has one row of weights more
// than units, 0 but for the pre-activation whose activation is 1, and training
// leaves it as it is. With one replica the first axis is dropped and the product
// is a plain MatMul.
//
// Batch normalization belongs to a training step alone: where a model is measured,
// it is part of the weights (see fold in normalize.go).
//
// Where the number of points does not divide into batches or slices, the last
// one is filled up with points of weight 0, so that every shape is static.
//
// # Example
//
//	model, err := graph.NewModel(&run, points.Features())
//	program, err := graph.Build(graph.Spec{Model: model, Train: train, Test: test, ...})
//	session, err := tf.NewSession(program.Graph, nil)
package graph
