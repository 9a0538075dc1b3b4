package tensorboard

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// Plugin is one of TensorBoard's kinds of data.
type Plugin string

// The plugins that show series by tag.
const (
	HistogramPlugin    Plugin = "histograms"
	DistributionPlugin Plugin = "distributions"
	ScalarPlugin       Plugin = "scalars"
	TextPlugin         Plugin = "text"
	ImagePlugin        Plugin = "images"
)

// Scalar is one step of a scalar series.
type Scalar struct {
	WallTime float64
	Step     int64
	Value    float64
}

// Histogram is one step of a histogram series.
type Histogram struct {
	WallTime float64
	Step     int64
	Buckets  [][3]float64 // left edge, right edge, number of values
}

// Distribution is one step of what the Distributions tab draws.
type Distribution struct {
	WallTime float64
	Step     int64
	Points   [][2]float64 // basis points from 0 to 10000, the value there
}

// UnmarshalJSON reads [wall time, step, value]. TensorBoard writes NaN and
// infinities as text.
func (s *Scalar) UnmarshalJSON(data []byte) error {
	var value json.RawMessage
	if err := unmarshalStep(data, &s.WallTime, &s.Step, &value); err != nil {
		return err
	}
	var text string
	if err := json.Unmarshal(value, &text); err != nil {
		return json.Unmarshal(value, &s.Value)
	}
	var err error
	s.Value, err = strconv.ParseFloat(text, 64)
	return err
}

// UnmarshalJSON reads [wall time, step, [[left, right, count], ...]].
func (h *Histogram) UnmarshalJSON(data []byte) error {
	return unmarshalStep(data, &h.WallTime, &h.Step, &h.Buckets)
}

// UnmarshalJSON reads [wall time, step, [[basis points, value], ...]].
func (d *Distribution) UnmarshalJSON(data []byte) error {
	return unmarshalStep(data, &d.WallTime, &d.Step, &d.Points)
}

func unmarshalStep(data []byte, wallTime *float64, step *int64, value any) error {
	var parts []json.RawMessage
	if err := json.Unmarshal(data, &parts); err != nil {
		return err
	}
	if len(parts) != 3 {
		return fmt.Errorf("a step of %d parts: want wall time, step and value", len(parts))
	}
	if err := json.Unmarshal(parts[0], wallTime); err != nil {
		return err
	}
	if err := json.Unmarshal(parts[1], step); err != nil {
		return err
	}
	return json.Unmarshal(parts[2], value)
}

// Runs returns the names of the runs that were found.
func (s *Server) Runs(ctx context.Context) ([]string, error) {
	var runs []string
	return runs, s.get(ctx, "/data/runs", nil, &runs)
}

// Tags returns each run's tags of a plugin, sorted.
func (s *Server) Tags(ctx context.Context, plugin Plugin) (map[string][]string, error) {
	var index map[string]map[string]json.RawMessage
	if err := s.get(ctx, "/data/plugin/"+string(plugin)+"/tags", nil, &index); err != nil {
		return nil, err
	}
	tags := make(map[string][]string, len(index))
	for run, entries := range index {
		tags[run] = slices.Sorted(maps.Keys(entries))
	}
	return tags, nil
}

// Scalars returns a scalar series, of at most 1000 steps.
func (s *Server) Scalars(ctx context.Context, run, tag string) ([]Scalar, error) {
	var steps []Scalar
	return steps, s.series(ctx, ScalarPlugin, run, tag, &steps)
}

// Histograms returns what the Histograms tab draws of a series: at most 51
// steps of it.
func (s *Server) Histograms(ctx context.Context, run, tag string) ([]Histogram, error) {
	var steps []Histogram
	return steps, s.series(ctx, HistogramPlugin, run, tag, &steps)
}

// Distributions returns what the Distributions tab draws of a histogram series:
// at most 501 steps of it.
func (s *Server) Distributions(ctx context.Context, run, tag string) ([]Distribution, error) {
	var steps []Distribution
	return steps, s.series(ctx, DistributionPlugin, run, tag, &steps)
}

// series gets a series; its path's last part is the plugin's name again.
func (s *Server) series(ctx context.Context, plugin Plugin, run, tag string, steps any) error {
	return s.get(ctx, fmt.Sprintf("/data/plugin/%s/%s", plugin, plugin), url.Values{"run": {run}, "tag": {tag}}, steps)
}

// Graph returns a run's graph as GraphDef in protobuf's text format.
func (s *Server) Graph(ctx context.Context, run string) (string, error) {
	text, err := s.read(ctx, "/data/plugin/graphs/graph", url.Values{"run": {run}, "conceptual": {"false"}})
	return string(text), err
}

// get reads JSON into value.
func (s *Server) get(ctx context.Context, path string, query url.Values, value any) error {
	data, err := s.read(ctx, path, query)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, value); err != nil {
		return fmt.Errorf("read TensorBoard's %s: %w", path, err)
	}
	return nil
}

func (s *Server) read(ctx context.Context, path string, query url.Values) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+path+"?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask TensorBoard: %w", err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("read TensorBoard's %s: %w", path, err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask TensorBoard for %s?%s: %s: %s", path, query.Encode(), response.Status, data)
	}
	return data, nil
}
