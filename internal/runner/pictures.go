package runner

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"path/filepath"
	"strings"

	"gradwatch/internal/engine"
	"gradwatch/internal/events"
	"gradwatch/internal/runfolder"
)

// pictureTag returns a picture's tag in TensorBoard's Images tab.
func pictureTag(name string) string { return "pictures/" + strings.TrimSuffix(name, ".png") }

// comparisonTag is that of the picture of several runs, in the group of what shows all
// layers on one scale: TensorBoard's first.
const comparisonTag = "all_layers/gradients"

// showPictures has the engine write a run's pictures for TensorBoard's Images tab.
func (o *Outcome) showPictures(ctx context.Context, e *engine.Engine, pictures []string) error {
	folder, err := runfolder.Open(o.Folder)
	if err != nil {
		return err
	}
	defer folder.Close()
	var s events.Summary
	for _, name := range pictures {
		content, err := folder.Read(name)
		if err != nil {
			return err
		}
		size, err := png.DecodeConfig(bytes.NewReader(content))
		if err != nil {
			return fmt.Errorf("read %s: %w", filepath.Join(o.Folder, name), err)
		}
		s.Image(pictureTag(name), "", size.Width, size.Height, content)
	}
	if o.Comparison != nil {
		size, err := png.DecodeConfig(bytes.NewReader(o.Comparison))
		if err != nil {
			return fmt.Errorf("read the comparison of %s: %w", o.Name, err)
		}
		s.Image(comparisonTag, "", size.Width, size.Height, o.Comparison)
	}
	step := max(0, o.Summary.Epochs-1)
	return e.Append(ctx, engine.Append{Folder: o.Folder, Step: step, Summary: s.Bytes()})
}
