// Package figures is the pictures of runs: which there are, what they show of the numbers
// that were recorded, and their files.
package figures
