// Package cluster knows clusters of TensorFlow's servers: the file that names their
// tasks, which addresses are safe to listen on, and whether a task answers. It
// needs no TensorFlow.
package cluster
