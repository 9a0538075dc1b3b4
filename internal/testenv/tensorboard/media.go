package tensorboard

import (
	"context"
	"net/url"
)

// Text is one step of a text series.
type Text struct {
	WallTime float64 `json:"wall_time"`
	Step     int64   `json:"step"`
	HTML     string  `json:"text"` // what the Text tab shows
}

// Image is one step of an image series.
type Image struct {
	WallTime float64 `json:"wall_time"`
	Step     int64   `json:"step"`
	Query    string  `json:"query"` // for ImageFile
}

// ImageInfo is what the Images tab knows of a tag beforehand.
type ImageInfo struct {
	Name        string `json:"displayName"`
	Description string `json:"description"` // HTML
	Samples     int    `json:"samples"`     // images a step
}

// Texts returns what the Text tab shows of a series: at most 100 steps of it,
// none where there is no such series.
func (s *Server) Texts(ctx context.Context, run, tag string) ([]Text, error) {
	var steps []Text
	return steps, s.series(ctx, TextPlugin, run, tag, &steps)
}

// TextTags returns each run's tags of texts, in TensorBoard's order.
func (s *Server) TextTags(ctx context.Context) (map[string][]string, error) {
	var tags map[string][]string
	return tags, s.get(ctx, "/data/plugin/text/tags", nil, &tags)
}

// Images returns what the Images tab shows of a series: at most 10 steps of it.
func (s *Server) Images(ctx context.Context, run, tag string) ([]Image, error) {
	var steps []Image
	return steps, s.series(ctx, ImagePlugin, run, tag, &steps)
}

// ImageTags returns each run's tags of images.
func (s *Server) ImageTags(ctx context.Context) (map[string]map[string]ImageInfo, error) {
	var tags map[string]map[string]ImageInfo
	return tags, s.get(ctx, "/data/plugin/images/tags", nil, &tags)
}

// ImageFile returns an image's file.
func (s *Server) ImageFile(ctx context.Context, image Image) ([]byte, error) {
	query, err := url.ParseQuery(image.Query)
	if err != nil {
		return nil, err
	}
	return s.read(ctx, "/data/plugin/images/individualImage", query)
}
