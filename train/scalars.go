//go:build tensorflow

package train

import (
	"math"

	"gonum.org/v1/gonum/stat"

	"gradwatch/graph"
	"gradwatch/internal/events"
	"gradwatch/internal/record"
)

// addScalars adds an epoch's scalars: with several replicas, the mean over those that have not
// diverged, and one standard deviation below and above it.
func addScalars(s *events.Summary, scalars []record.Scalar, rows []record.Row) {
	if len(rows) == 1 {
		for _, t := range scalars {
			s.Scalar(t.Tag, float32(t.Of(&rows[0])))
		}
		return
	}
	finite := finiteRows(rows)
	values := make([]float64, len(finite))
	for _, t := range scalars {
		for i := range finite {
			values[i] = t.Of(&finite[i])
		}
		mean, deviation := math.NaN(), math.NaN()
		switch len(values) {
		case 0:
		case 1:
			mean, deviation = values[0], 0
		default:
			mean, deviation = stat.MeanStdDev(values, nil)
		}
		band := events.Spread(t.Tag)
		s.Scalar(t.Tag, float32(mean))
		s.Scalar(band.Value, float32(mean))
		s.Scalar(band.Lower, float32(mean-deviation))
		s.Scalar(band.Upper, float32(mean+deviation))
	}
}

// spreadLayout returns the layout of the Custom Scalars tab: each scalar's mean over the replicas, with
// its spread.
func spreadLayout(scalars []record.Scalar) []events.Category {
	category := events.Category{Title: "Mean over the replicas, and one standard deviation around it"}
	for _, t := range scalars {
		category.Charts = append(category.Charts, events.Chart{Title: t.Title, Bands: []events.Band{events.Spread(t.Tag)}})
	}
	return []events.Category{category}
}

// addLearningRate adds the learning rate of the epoch's last step, as Keras's callbacks name
// it, where a schedule changes it; with several replicas, the mean.
func (r *recorder) addLearningRate(s *events.Summary) {
	if !r.run.Schedule().Changes() {
		return
	}
	sum := 0.0
	for i := range r.rows {
		sum += r.rows[i].LearningRate
	}
	s.Scalar("learning_rate", float32(sum/float64(len(r.rows))))
}

// metricOf returns the metric of a model, beside its loss.
func metricOf(m graph.Model) record.Metric {
	if m.Output.Regression() {
		return record.MAE
	}
	return record.Accuracy
}
