package chart_test

import (
	"bytes"
	"fmt"
	"image/png"

	"gradwatch/internal/chart"
)

// Gradients of two models beside each other, in one colour scale, at twice the
// pixels for a high-density screen.
func ExampleWritePNG() {
	fig := chart.Panels{Title: "Gradient size by layer and epoch", Share: true, Figures: []chart.Figure{
		chart.Gradients{Title: "tanh-5", Norms: [][]float64{{1e-6, 2e-6}, {1e-3, 2e-3}}},
		chart.Gradients{Title: "relu-5", Norms: [][]float64{{0.1, 0.2}, {0.2, 0.2}}},
	}}
	var buf bytes.Buffer
	if err := chart.WritePNG(&buf, fig, chart.Size{Scale: 2}); err != nil {
		fmt.Println(err)
		return
	}
	img, err := png.DecodeConfig(&buf)
	fmt.Println(img.Width, img.Height, err)
	// Output: 1760 840 <nil>
}
