package chart

// Errors is the picture of a mean error on the training and the test set, from 0 on.
func Errors(title, label string, train, test [][]float64) Lines {
	return Lines{Title: title, YLabel: label, Series: []Series{{"train", train}, {"test", test}}}
}
