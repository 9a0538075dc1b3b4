package tensorboard

import (
	"context"
	_ "embed" // the script
	"errors"
	"fmt"
	"io"
	"strconv"
)

//go:embed dump_events.py
var dumpScript string

// Event is one thing that an event file holds, in the file's order.
type Event struct {
	File string `json:"file"` // the event file's name
	Step int64  `json:"step"`
	// Kind is version, graph, session, scalar, histogram or tensor, or what
	// TensorBoard calls the content where it is another.
	Kind string `json:"kind"`
	// Tag is that of a scalar, histogram or tensor, or of what else a summary holds.
	Tag string `json:"tag"`
	// Value is a scalar's, a float32. It may be NaN or infinite.
	Value float64 `json:"value"`
	// Histogram is a histogram's protobuf.
	Histogram *HistogramProto `json:"histogram"`
	// Shown is what TensorBoard's loader makes of a histogram for its plugins:
	// left edge, right edge and number of values of each bucket, float32.
	Shown [][3]float64 `json:"shown"`
	// Plugin, Description and Strings are of a tensor: whose it is, what its user is
	// told, and its values if they are strings.
	Plugin      string   `json:"plugin"`
	Description string   `json:"description"`
	Strings     [][]byte `json:"strings"`
	// Nodes are the names of a graph's nodes.
	Nodes []string `json:"nodes"`
}

// HistogramProto is TensorFlow's HistogramProto.
type HistogramProto struct {
	Min        float64 `json:"min"`
	Max        float64 `json:"max"`
	Num        float64 `json:"num"`
	Sum        float64 `json:"sum"`
	SumSquares float64 `json:"sum_squares"`
	// Counts[i] values are at least Limits[i-1] and below Limits[i].
	Limits []float64 `json:"limits"`
	Counts []float64 `json:"counts"`
}

// ReadEvents reads all event files of each of the folders with TensorBoard's
// Python readers, and returns a list of events for each folder. Those readers
// end at the first damaged record without a word. A folder without an event file
// is an error.
func ReadEvents(ctx context.Context, folders ...string) ([][]Event, error) {
	decoder, err := runScript(ctx, dumpScript, "read event files", folders)
	if err != nil {
		return nil, err
	}
	events := make([][]Event, len(folders))
	for {
		var line struct {
			Folder    int    `json:"folder"`     // its place among the arguments
			NotFinite string `json:"not_finite"` // a scalar's value that JSON has no number for
			Event
		}
		err := decoder.Decode(&line)
		if errors.Is(err, io.EOF) {
			return events, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read event files: %w", err)
		}
		if line.NotFinite != "" {
			if line.Value, err = strconv.ParseFloat(line.NotFinite, 64); err != nil {
				return nil, fmt.Errorf("read event files: %w", err)
			}
		}
		events[line.Folder] = append(events[line.Folder], line.Event)
	}
}
