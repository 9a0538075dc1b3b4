package events

// Category is a section of the Custom Scalars tab.
type Category struct {
	Title  string
	Charts []Chart
}

// Chart is one of a category's charts. It draws each band of each run.
type Chart struct {
	Title string
	Bands []Band
}

// Band is a line, and around it a shaded area between two others. All three are
// scalars of the same run and steps, named by their tags.
type Band struct{ Value, Lower, Upper string }

// Spread is the band of a scalar that is the mean over replicas, with its spread: for
// val_accuracy spread/val_accuracy_mean, spread/val_accuracy_lower and
// spread/val_accuracy_upper. The mean has a tag of its own, which no run of one replica
// has: TensorBoard says "Missing Tags" of each run that has some of a band's tags alone.
func Spread(tag string) Band {
	return Band{Value: "spread/" + tag + "_mean", Lower: "spread/" + tag + "_lower", Upper: "spread/" + tag + "_upper"}
}

// layoutTag is where TensorBoard looks for a layout, layoutPlugin whose it is
// (tensorboard/plugins/custom_scalar/metadata.py).
const (
	layoutTag    = "custom_scalars__config__"
	layoutPlugin = "custom_scalars"
)

// Fields of the messages of tensorboard/plugins/custom_scalar/layout.proto.
const (
	layoutCategory = 2

	categoryTitle = 1
	categoryChart = 2

	chartTitle  = 1
	chartMargin = 3

	marginSeries = 1

	seriesValue = 1
	seriesLower = 2
	seriesUpper = 3
)

// Layout adds the layout of the Custom Scalars tab. TensorBoard has one for all
// runs of a log folder, with the categories and charts of all runs' layouts: of
// charts that are the same it keeps one.
func (s *Summary) Layout(categories []Category) {
	var layout []byte
	for _, category := range categories {
		c := appendText(nil, categoryTitle, category.Title)
		for _, chart := range category.Charts {
			c = appendMessage(c, categoryChart, chart.proto())
		}
		layout = appendMessage(layout, layoutCategory, c)
	}
	s.plugin(layoutTag, layoutPlugin, "", nil, stringTensor(layout))
}

// proto returns the chart as a serialized tensorboard.Chart.
func (c Chart) proto() []byte {
	var margin []byte
	for _, band := range c.Bands {
		series := appendText(nil, seriesValue, band.Value)
		series = appendText(series, seriesLower, band.Lower)
		series = appendText(series, seriesUpper, band.Upper)
		margin = appendMessage(margin, marginSeries, series)
	}
	return appendMessage(appendText(nil, chartTitle, c.Title), chartMargin, margin)
}
