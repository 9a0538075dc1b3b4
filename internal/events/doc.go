// Package events encodes what goes into TensorBoard's event files, as
// serialized tensorflow.Summary messages that TensorFlow's own op
// WriteRawProtoSummary writes. It is pure Go and writes no file itself.
//
// [Histogram] counts values as TensorFlow's WriteHistogramSummary does, an order
// of magnitude faster, and can be merged with others. [Summary] collects scalars,
// histograms, texts, images, a layout of the Custom Scalars tab, and
// hyperparameters:
//
//	var h events.Histogram
//	h.Add(gradients)
//	var s events.Summary
//	s.Scalar("loss", 0.25)
//	s.Histogram("dense_1/kernel_0_grad", &h)
//	write(step, s.Bytes())
package events
