// Package engine starts gradwatch-engine, the program that is linked with
// TensorFlow, and speaks with it.
//
// Training runs in a process of its own because TensorFlow reads part of its
// settings (oneDNN, its log level, which library: CPU or GPU) only while it is
// loaded, before main, and because it ends the process when an internal check
// fails: then the front can still say what happened.
//
// The front writes a [Request] to the engine's standard input and reads a
// [Message] a line from its file descriptor 3.
package engine
