// Package tutorial trains the three models of the tutorial with thirty seeds each, chooses
// the typical run of each, and prints and draws what becomes of their gradients.
package tutorial
