// Package profile describes the rows of a table as a data set: how its training and test rows differ, which columns
// say nothing or number the rows, which one tells the target by itself, and which rows and columns are there twice. It
// only counts: package diagnose says what is wrong with that.
//
//	table := profile.Of(set)
//	for _, d := range table.Differences { ... } // the clearest first
//
// Of many rows it looks at evenly spaced ones, so that it costs a small part of reading the file.
package profile
