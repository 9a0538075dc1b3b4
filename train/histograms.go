//go:build tensorflow

package train

import (
	"runtime"

	tf "github.com/galeone/tensorflow/tensorflow/go"

	"gradwatch/graph"
	"gradwatch/internal/events"
)

// histograms are those of one epoch, by layer, with Keras 2.3's tags, and the sizes of the gradients. A
// tag has one histogram of the values of all shown replicas and all gradient batches.
type histograms []layerHistograms

type layerHistograms struct {
	kernelTag, kernelGradientTag, biasTag, biasGradientTag, outputTag, sizesTag string
	kernel, kernelGradient, bias, biasGradient, output                          events.Histogram
}

func newHistograms(layers int) histograms {
	h := make(histograms, layers)
	for k := range h {
		name := graph.LayerName(k)
		h[k] = layerHistograms{
			kernelTag: name + "/kernel_0", kernelGradientTag: name + "/kernel_0_grad",
			biasTag: name + "/bias_0", biasGradientTag: name + "/bias_0_grad",
			outputTag: name + "_out",
			sizesTag:  sizesPrefix + name,
		}
	}
	return h
}

// collect counts the values that the groups fetched of those of count replicas, from first on, that
// are shown and have not stopped before the epoch. It reports whether there are any.
func (h histograms) collect(groups []*group, epoch, first, count int) (bool, error) {
	found := false
	for k := range h {
		h[k].reset()
	}
	for _, g := range groups {
		shown := g.shown()
		low, high := 0, 0 // the range of the run's replicas among the shown ones
		for _, r := range shown {
			switch at := g.first + r; {
			case at < first:
				low, high = low+1, high+1
			case at < first+count:
				high++
			}
		}
		for low < high {
			next := low // end of the consecutive replicas that trained in this epoch
			for next < high && g.rows[shown[next]].Epoch == epoch {
				next++
			}
			if next == low {
				low++
				continue
			}
			if err := h.add(g, low, next, len(shown)); err != nil {
				return false, err
			}
			low, found = next, true
		}
	}
	return found, nil
}

// add counts the values of a group's shown replicas from low up to high.
func (h histograms) add(g *group, low, high, shown int) error {
	part := func(tensor *tf.Tensor) ([]float32, error) {
		values, err := graph.Floats(tensor)
		if err != nil {
			return nil, err
		}
		each := len(values) / shown
		return values[low*each : high*each], nil
	}
	for k := range h {
		rows, width, units := g.model.Rows(k), g.model.FanIn(k)+1, g.model.Layers[k].Units
		weights, err := part(g.weights[k])
		if err != nil {
			return err
		}
		addWeights(&h[k].kernel, &h[k].bias, weights, units, rows, width)
		gradients, err := part(g.gradients[k])
		if err != nil {
			return err
		}
		addWeights(&h[k].kernelGradient, &h[k].biasGradient, gradients, units, rows, width)
		for chunk, layers := range g.outputs {
			outputs, err := part(layers[k])
			if err != nil {
				return err
			}
			lie := g.program.Outputs
			addOutputs(&h[k].output, outputs, min(lie.Size, lie.Points-chunk*lie.Size), lie.Size, units, rows)
		}
	}
	runtime.KeepAlive(g.shownValues) // the values are in its tensors
	return nil
}

// addWeights counts [..., rows, width] weights or gradients without the bias
// row; the last of a row is the bias's.
func addWeights(kernel, bias *events.Histogram, values []float32, units, rows, width int) {
	for at := 0; at < len(values); at += rows * width {
		for u := range units {
			row := values[at+u*width : at+(u+1)*width]
			kernel.Add(row[:width-1])
			bias.Add(row[width-1:])
		}
	}
}

// addOutputs counts the outputs, [replica, rows, size], of the first points, without the bias row. The
// other points fill up the chunk.
func addOutputs(output *events.Histogram, values []float32, points, size, units, rows int) {
	for at := 0; at < len(values); at += rows * size {
		if points == size {
			output.Add(values[at : at+units*size])
			continue
		}
		for u := range units {
			output.Add(values[at+u*size : at+u*size+points])
		}
	}
}

func (l *layerHistograms) reset() {
	for _, h := range []*events.Histogram{&l.kernel, &l.kernelGradient, &l.bias, &l.biasGradient, &l.output} {
		h.Reset()
	}
}

// sizesPrefix is before a layer's name in the tag of the sizes of its kernel's
// gradient, on the same axis for all layers. It begins a group of its own in
// TensorBoard, the first.
const sizesPrefix = "all_layers/gradient_log10_"

// nonFinitePrefix is before a histogram's tag in that of the number of its values
// which are NaN or infinite, and so in no bucket.
const nonFinitePrefix = "non_finite/"

// addTo adds the histograms to an event, and of those that lack values how many.
func (h histograms) addTo(s *events.Summary) {
	for k := range h {
		l := &h[k]
		s.Sizes(l.sizesTag, &l.kernelGradient)
		for _, shown := range []struct {
			tag    string
			values *events.Histogram
		}{
			{l.kernelTag, &l.kernel},
			{l.kernelGradientTag, &l.kernelGradient},
			{l.biasTag, &l.bias},
			{l.biasGradientTag, &l.biasGradient},
			{l.outputTag, &l.output},
		} {
			s.Histogram(shown.tag, shown.values)
			if n := shown.values.NonFinite(); n > 0 {
				s.Scalar(nonFinitePrefix+shown.tag, float32(n))
			}
		}
	}
}
