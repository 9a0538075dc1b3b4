package chart

import (
	"io"
	"testing"
)

// BenchmarkWritePNG times the pictures of a run of 500 epochs: `gradwatch data`
// must answer in 20 ms, its scatter plot included, and all pictures of a run
// should take less than 150 ms.
func BenchmarkWritePNG(b *testing.B) {
	points, test := circles(1000), circles(500)
	for _, bc := range []struct {
		name string
		fig  Figure
	}{
		{"scatter", Scatter{Title: "circles", Points: points}},
		{"accuracy", Accuracy("relu-5", learning(1, 0.5, 0.85), learning(1, 0.5, 0.83))},
		{"accuracy30", Accuracy("relu-5", learning(30, 0.5, 0.85), learning(30, 0.5, 0.83))},
		{"loss", Loss("relu-5", nats, learning(1, 0.7, 0.4), learning(1, 0.7, 0.43))},
		{"gradients", Gradients{Title: "relu-5", Norms: vanishing(6, 500, 0.5)}},
		{"weights", Norms{Title: "relu-5", L1: growing(6)}},
		{"weights50", Norms{Title: "relu-5", L1: growing(50)}},
		{"decision", Decision{Title: "relu-5", Probabilities: ring(100), X: Range{-1, 1}, Y: Range{-1, 1}, Points: test}},
		{"study", Study{X: Setting{Numbers: upTo(10)}, Series: []StudySeries{{"tanh", byDepth(1, 10, 30, 0.3)}, {"relu", byDepth(2, 10, 30, 0.1)}}}},
		{"grid", Grid{X: Setting{Numbers: upTo(10)}, Y: Setting{Numbers: upTo(5)}, Cells: gridOf(5, 10, 30)}},
		{"spreads", Spreads{Models: threeModels()}},
	} {
		b.Run(bc.name, func(b *testing.B) {
			for b.Loop() {
				if err := WritePNG(io.Discard, bc.fig, Size{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
