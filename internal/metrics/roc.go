package metrics

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/integrate"
	"gonum.org/v1/gonum/stat"
)

// Curve is a ROC curve: for falling thresholds, of which the first is above all scores,
// the part of the negative points whose score is at or above it, and of the positive.
type Curve struct {
	False, True, Threshold []float64
}

// ROC returns the curve of points whose scores should be high where they are positive.
// Points of equal scores count together. What lies on a straight line between its
// neighbours is left out, as scikit-learn's roc_curve does. It returns false where there
// is no curve: without a positive or without a negative point, or with a score that is not finite.
func ROC(scores []float32, positive []bool) (Curve, bool) {
	values, classes := make([]float64, len(scores)), slices.Clone(positive)
	trues, falses := 0.0, 0.0
	for i, score := range scores {
		values[i] = float64(score)
		if math.IsNaN(values[i]) || math.IsInf(values[i], 0) {
			return Curve{}, false
		}
		if positive[i] {
			trues++
		} else {
			falses++
		}
	}
	if trues == 0 || falses == 0 {
		return Curve{}, false
	}
	stat.SortWeightedLabeled(values, classes, nil)
	tpr, fpr, thresholds := stat.ROC(nil, values, classes, nil)
	for i := range tpr { // gonum's parts are rounded: their counts are whole numbers
		tpr[i], fpr[i] = math.Round(tpr[i]*trues), math.Round(fpr[i]*falses)
	}
	var c Curve
	for i, threshold := range thresholds {
		if i > 1 && i < len(thresholds)-1 && // the first corner after (0, 0) stays, as in scikit-learn
			fpr[i]-fpr[i-1] == fpr[i+1]-fpr[i] && tpr[i]-tpr[i-1] == tpr[i+1]-tpr[i] {
			continue
		}
		c.False = append(c.False, fpr[i]/falses)
		c.True = append(c.True, tpr[i]/trues)
		c.Threshold = append(c.Threshold, threshold)
	}
	return c, true
}

// Area returns the area under the curve: the probability that a positive point has the
// higher score of a pair, where an equal one counts half.
func (c Curve) Area() float64 { return integrate.Trapezoidal(c.False, c.True) }

// Determination returns the coefficient of determination, R²: 1 less the sum of the
// squared errors over that of the squared distances from the mean. Where all values are
// the same it is 1 for no error, else 0.
func Determination(values, predicted []float64) float64 {
	switch {
	case slices.Min(values) < slices.Max(values):
		return stat.RSquaredFrom(predicted, values, nil)
	case slices.Equal(values, predicted):
		return 1
	}
	return 0
}
