// Package savedmodel makes the folder of a SavedModel, complete or not at all. It
// knows the folder, not what is in its files.
package savedmodel
