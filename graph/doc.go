// Package graph builds the TensorFlow graphs of gradwatch: a multilayer
// perceptron, its loss, gradients and optimizer, what is measured on it, and
// the summary ops that write TensorBoard's event files. It runs nothing; package
// train does.
//
// # Layout
//
// A graph holds R replicas of one model, which differ by their seed and train
// side by side in the same ops. A layer's kernel and bias are one weights
// tensor, [replica, units, inputs+1]: its last column is the bias. Points are
// columns: the inputs of a layer are [replica, inputs+1, points], their last
// row ones, so that one matrix product gives the pre-activations,
// [replica, units, points]. In this form the inner loops run over the points,
// and neither the bias nor its gradient needs an op that broadcasts. With one
// replica the first axis is dropped and the product is a plain MatMul.
//
// Where the number of points does not divide into batches or slices, the last
// one is filled up with points of weight 0, so that every shape is static.
//
// # Example
//
//	model := graph.Model{Inputs: 2, Layers: layers, Replicas: 30}
//	program, err := graph.Build(graph.Spec{Model: model, ...}, data)
//	session, err := tf.NewSession(program.Graph, nil)
package graph
