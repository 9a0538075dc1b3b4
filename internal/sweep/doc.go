// Package sweep carries out a study: it trains the configurations of a grid side by side,
// on this machine or on a cluster's workers, and writes their results, tables and picture.
package sweep
