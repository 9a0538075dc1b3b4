// Package graph builds the TensorFlow graphs of gradwatch: a multilayer
// perceptron, its loss, gradients and optimizer, and what is measured on it. It
// runs nothing; package train does.
//
// # Layout
//
// A graph holds R replicas of one model, which differ by their seed and train
// side by side in the same ops. A layer's kernel and bias are one weights
// tensor, [replica, rows, inputs+1]: a row a unit, the last column the bias.
// Points are columns: the inputs of a layer are [replica, inputs+1, points],
// their last row ones, so that one matrix product gives the pre-activations,
// [replica, rows, points]. In this form the inner loops run over the points, and
// neither the bias nor its gradient needs an op that broadcasts. A hidden layer
// makes the row of ones that the layer above takes: its weights have one row more
// than the layer has units, the bias row, which is 0 but for the bias, the
// pre-activation whose activation is 1. Training leaves the bias row as it is. With one replica the first axis is dropped and the product
// is a plain MatMul.
//
// Batch normalization belongs to a training step alone: where a model is measured,
// it is part of the weights (see fold in normalize.go).
//
// Where the number of points does not divide into batches, the last
// one is filled up with points of weight 0, so that every shape is static.
//
// # Example
//
//	model, err := graph.NewModel(&run, points.Features())
//	program, err := graph.Build(graph.Spec{Model: model, Train: train, Test: test, ...})
//	session, err := tf.NewSession(program.Graph, nil)
package graph
