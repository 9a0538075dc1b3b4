package config

import (
	"slices"
	"strconv"

	"gradwatch/internal/dataset"
	"gradwatch/internal/invalid"
)

// Streaming is how a run takes data that don't fit into memory.
type Streaming struct {
	// Stream reads the data set's rows from a cache on the disk, batch by batch,
	// instead of holding them in memory. Then Dataset may be a pattern of several files.
	Stream bool `json:"stream,omitempty"`
	// Cache is the folder that holds caches; empty for the user's.
	Cache string `json:"cache,omitempty"`
	// ShuffleBuffer is how many training rows are held while a stream is shuffled, at
	// least 1. 100,000, as few megabytes as do no harm.
	ShuffleBuffer int `json:"shuffle-buffer,omitempty"`
	// CheckpointSteps is the number of steps between checkpoints within an epoch of a
	// stream; 0 for none but at a stop.
	CheckpointSteps int `json:"checkpoint-steps,omitempty"`
}

func defaultStreaming() Streaming { return Streaming{ShuffleBuffer: 100_000} }

// checkStreaming returns an error for choices that a stream can't keep, or that mean
// something to a stream alone.
func (r *Run) checkStreaming() error {
	switch {
	case r.Stream && slices.Contains(dataset.Names(), r.Dataset):
		return invalid.New("stream", "true", "a CSV file or a pattern of several as --dataset: "+r.Dataset+" is generated in memory")
	case r.CheckpointSteps > 0 && !r.Stream:
		return invalid.New("checkpoint-steps", strconv.Itoa(r.CheckpointSteps), "it with --stream: what is in memory is saved between epochs")
	}
	return nil
}
