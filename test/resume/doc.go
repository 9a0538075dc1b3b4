// Package resume tests that a run which is killed and gone on with ends as one
// that never was: with the same weights, the same tables, and the same steps in
// TensorBoard. Its tests kill the built programs at random moments; scripts/soak
// does so for as long as it is asked to.
package resume
