//go:build tensorflow

package train

import (
	"math"

	"gonum.org/v1/gonum/stat"

	"gradwatch/internal/events"
	"gradwatch/internal/record"
)

// scalarTags are the tags of scalars, as Keras names them, with what they are of.
func scalarTags(metric record.Metric) []scalarTag {
	name, title := string(metric.Name()), metric.Title()
	return []scalarTag{
		{"loss", "Loss, training rows", func(row *record.Row) float64 { return row.Loss }},
		{name, title + ", training rows", func(row *record.Row) float64 { return row.Accuracy }},
		{"val_loss", "Loss, test rows", func(row *record.Row) float64 { return row.ValLoss }},
		{"val_" + name, title + ", test rows", func(row *record.Row) float64 { return row.ValAccuracy }},
	}
}

type scalarTag struct {
	tag, title string
	of         func(*record.Row) float64
}

// addScalars adds an epoch's scalars: of several replicas the mean of those that
// have not diverged, and one standard deviation around it.
func addScalars(s *events.Summary, metric record.Metric, rows []record.Row) {
	if len(rows) == 1 {
		for _, t := range scalarTags(metric) {
			s.Scalar(t.tag, float32(t.of(&rows[0])))
		}
		return
	}
	finite := finiteRows(rows)
	values := make([]float64, len(finite))
	for _, t := range scalarTags(metric) {
		for i := range finite {
			values[i] = t.of(&finite[i])
		}
		mean, deviation := math.NaN(), math.NaN()
		switch len(values) {
		case 0:
		case 1:
			mean, deviation = values[0], 0
		default:
			mean, deviation = stat.MeanStdDev(values, nil)
		}
		band := events.Spread(t.tag)
		s.Scalar(t.tag, float32(mean))
		s.Scalar(band.Value, float32(mean))
		s.Scalar(band.Lower, float32(mean-deviation))
		s.Scalar(band.Upper, float32(mean+deviation))
	}
}

// spreadLayout is what the Custom Scalars tab shows: each scalar's mean over the
// replicas with its spread.
func spreadLayout(metric record.Metric) []events.Category {
	category := events.Category{Title: "Mean over the replicas, and one standard deviation around it"}
	for _, t := range scalarTags(metric) {
		category.Charts = append(category.Charts, events.Chart{Title: t.title, Bands: []events.Band{events.Spread(t.tag)}})
	}
	return []events.Category{category}
}
