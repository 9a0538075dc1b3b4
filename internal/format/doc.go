// Package format writes what runs are about as people read it: metrics, losses, sizes,
// means with their deviation, seeds, widths of layers, durations.
package format
