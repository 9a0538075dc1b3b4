package record

// Scalar is a number of a [Row] that TensorBoard and early stopping call by a name.
type Scalar struct {
	Tag   string // by Keras's name, such as val_loss
	Title string // for people
	Of    func(*Row) float64
}

// Scalars returns the scalars of a history with that metric: loss and metric on the training
// rows, then on the measured rows; see [config.Run.MeasuredName].
func Scalars(metric Metric, measured string) []Scalar {
	name, title := string(metric.Name()), metric.Title()
	return []Scalar{
		{"loss", "Loss, training rows", func(row *Row) float64 { return row.Loss }},
		{name, title + ", training rows", func(row *Row) float64 { return row.Accuracy }},
		{"val_loss", "Loss, " + measured + " rows", func(row *Row) float64 { return row.ValLoss }},
		{"val_" + name, title + ", " + measured + " rows", func(row *Row) float64 { return row.ValAccuracy }},
	}
}
