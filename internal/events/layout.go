package events

import "gradwatch/internal/events/tbproto"

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

// Layout adds the layout of the Custom Scalars tab. TensorBoard has one for all
// runs of a log folder, with the categories and charts of all runs' layouts: of
// charts that are the same it keeps one.
func (s *Summary) Layout(categories []Category) {
	layout := new(tbproto.Layout)
	for _, category := range categories {
		c := &tbproto.Category{Title: valid(category.Title)}
		for _, chart := range category.Charts {
			c.Chart = append(c.Chart, chart.proto())
		}
		layout.Category = append(layout.Category, c)
	}
	s.addTensor(layoutTag, stringTensor(encode(nil, layout)), metadata(layoutPlugin, "", nil))
}

func (c Chart) proto() *tbproto.Chart {
	margin := new(tbproto.MarginChartContent)
	for _, band := range c.Bands {
		margin.Series = append(margin.Series, &tbproto.MarginChartContent_Series{
			Value: valid(band.Value), Lower: valid(band.Lower), Upper: valid(band.Upper),
		})
	}
	return &tbproto.Chart{Title: valid(c.Title), Content: &tbproto.Chart_Margin{Margin: margin}}
}
