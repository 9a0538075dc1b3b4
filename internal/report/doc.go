// Package report prints what a run ended with: its results, what they say of each class,
// the verdict.
package report
