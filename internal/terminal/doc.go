// Package terminal lays out text for a terminal and for what is none: lines of at most
// [Width] columns, tables, colours, and the look of progress bars.
package terminal
