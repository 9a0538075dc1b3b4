// Package chart draws the pictures of a run as PNG: the data, accuracy and
// loss by epoch, gradients by layer and epoch, the weights' norms, and the
// decision boundary; and several of them side by side. Flow maps what a verdict
// looks at. Study, Grid and Spreads draw what many replicas came to, each of them
// as a dot where there is room: a mean of 0.67 may stand for no replica at all.
//
// A picture is a plain struct of numbers; WritePNG draws it:
//
//	fig := chart.Scatter{Title: "circles", Points: chart.Points{X: x, Inputs: 2, Labels: labels}}
//	err := chart.WritePNG(w, fig, chart.Size{})
//
// Numbers that are zero, NaN or infinite where a logarithm or a finite value is
// wanted are never dropped in silence: they are drawn in colours of their own,
// or counted in a note under the title.
//
// The package knows nothing of training and opens no files. Axes and text are
// gonum/plot's; points, grids and heat maps are written as pixels, because
// thousands of small vector paths cost more than the rest of the picture.
package chart
