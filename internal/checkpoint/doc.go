// Package checkpoint writes and reads a run's checkpoints: folders that are complete or
// absent, whatever ends the process that writes them.
//
// A checkpoint, checkpoints/epoch-000100 in the run's folder, holds the variables
// in TensorFlow's format and manifest.json: what the run was after that epoch, and
// the size and SHA-256 of each file. It is written under another name, which
// begins with a dot, the manifest last, synced to the disk with all its files, and
// only then renamed. Reading goes the other way: [Newest] looks at every byte before it says
// that there is a checkpoint, because TensorFlow may end the process when it reads
// a damaged one.
//
// The package knows no TensorFlow: the caller of [Write] saves the variables, and
// the caller of [Newest] restores them.
package checkpoint
