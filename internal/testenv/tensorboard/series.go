package tensorboard

import (
	"context"
	_ "embed" // the script
	"errors"
	"fmt"
	"io"
)

//go:embed dump_series.py
var seriesScript string

// Series is all that TensorBoard's Python reader has of one tag.
type Series struct {
	Run   string `json:"run"` // inside the folder; "." for its own
	Tag   string `json:"tag"`
	Steps []Step `json:"steps"`
}

// Step is one step of a series.
type Step struct {
	Step int64 `json:"step"`
	// Value is a scalar's digits, and of anything else a digest.
	Value string `json:"value"`
}

// ReadSeries returns the series in each of the folders and the folders below, by
// run and tag, as TensorBoard's Python reader has them: where a session starts in
// a later file, it forgets what earlier ones have from there on.
func ReadSeries(ctx context.Context, folders ...string) ([][]Series, error) {
	decoder, err := runScript(ctx, seriesScript, "read series", folders)
	if err != nil {
		return nil, err
	}
	series := make([][]Series, len(folders))
	for {
		var line struct {
			Folder int `json:"folder"` // its place among the arguments
			Series
		}
		err := decoder.Decode(&line)
		if errors.Is(err, io.EOF) {
			return series, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read series: %w", err)
		}
		series[line.Folder] = append(series[line.Folder], line.Series)
	}
}
