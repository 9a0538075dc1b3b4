// Package testenv is for tests only: it finds the repository, builds the programs, and
// waits for processes and what they write. [gradwatch/internal/testenv/tensorboard]
// reads log folders back with TensorBoard.
package testenv
