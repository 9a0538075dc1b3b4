package config

import (
	"slices"
	"strconv"

	"gradwatch/internal/dataset"
	"gradwatch/internal/invalid"
)

// Streaming says how a run reads data that don't fit into memory.
type Streaming struct {
	// Stream reads the data set's rows from a cache on the disk, batch by batch,
	// instead of holding them in memory. Then Dataset may be a pattern of several files.
	Stream bool `json:"stream,omitempty"`
	// Cache is the folder that holds caches; empty for the user's.
	Cache string `json:"cache,omitempty"`
	// ShuffleBuffer is the number of training rows that are held in memory to shuffle a
	// stream, at least 1. By default 100,000, which take a few megabytes.
	ShuffleBuffer int `json:"shuffle-buffer,omitempty"`
	// CheckpointSteps is the number of steps between checkpoints within an epoch of a
	// stream; 0 for none but at a stop.
	CheckpointSteps int `json:"checkpoint-steps,omitempty"`
}

func defaultStreaming() Streaming { return Streaming{ShuffleBuffer: 100_000} }

// checkStreaming refuses settings that a stream can't have, and those that only a stream
// can have.
func (r *Run) checkStreaming() error {
	switch {
	case r.Stream && slices.Contains(dataset.Names(), r.Dataset):
		return invalid.New("stream", "true", "a CSV file or a pattern of several as --dataset: "+r.Dataset+" is generated in memory")
	case r.CheckpointSteps > 0 && !r.Stream:
		return invalid.New("checkpoint-steps", strconv.Itoa(r.CheckpointSteps), "it with --stream: what is in memory is saved between epochs")
	}
	return nil
}
