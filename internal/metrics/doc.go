// Package metrics says how good predictions are: confusion matrices with precision,
// recall and F1 of each class, ROC curves and the area under them, and the coefficient
// of determination. Definitions, ties and empty classes included, are those of
// scikit-learn's sklearn.metrics, whose numbers are its test's.
package metrics
