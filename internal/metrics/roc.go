package metrics

import (
	"cmp"
	"math"
	"slices"
)

// Curve is a ROC curve: for falling thresholds, of which the first is above all scores,
// the part of the negative points whose score is at or above it, and of the positive.
type Curve struct {
	False, True, Threshold []float64
}

// ROC returns the curve of points whose scores should be high where they are positive.
// Points of equal scores count together. What lies on a straight line between its
// neighbours is left out, as scikit-learn's roc_curve does. Without a positive, or
// without a negative point, there is no curve; false.
func ROC(scores []float32, positive []bool) (Curve, bool) {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	type corner struct {
		falses, trues int
		threshold     float64
	}
	corners := []corner{{0, 0, math.Inf(1)}}
	falses, trues := 0, 0
	for i, point := range order {
		if positive[point] {
			trues++
		} else {
			falses++
		}
		if i+1 < len(order) && scores[order[i+1]] == scores[point] {
			continue
		}
		corners = append(corners, corner{falses, trues, float64(scores[point])})
	}
	if falses == 0 || trues == 0 {
		return Curve{}, false
	}
	var c Curve
	for i, at := range corners {
		if i > 1 && i < len(corners)-1 { // the first corner after (0, 0) stays, as in scikit-learn
			before, after := corners[i-1], corners[i+1]
			if at.falses-before.falses == after.falses-at.falses && at.trues-before.trues == after.trues-at.trues {
				continue
			}
		}
		c.False = append(c.False, float64(at.falses)/float64(falses))
		c.True = append(c.True, float64(at.trues)/float64(trues))
		c.Threshold = append(c.Threshold, at.threshold)
	}
	return c, true
}

// Area returns the area under the curve: the probability that a positive point has the
// higher score of a pair, where an equal one counts half.
func (c Curve) Area() float64 {
	area := 0.0
	for i := 1; i < len(c.False); i++ {
		area += (c.False[i] - c.False[i-1]) * (c.True[i] + c.True[i-1]) / 2
	}
	return area
}

// Determination returns the coefficient of determination, R²: 1 less the sum of the
// squared errors over that of the squared distances from the mean. Where all values are
// the same it is 1 for no error, else 0.
func Determination(values, predicted []float64) float64 {
	mean, errors, total := 0.0, 0.0, 0.0
	for _, v := range values {
		mean += v / float64(len(values))
	}
	for i, v := range values {
		errors += (v - predicted[i]) * (v - predicted[i])
		total += (v - mean) * (v - mean)
	}
	constant := slices.Min(values) == slices.Max(values) // whose mean may be another double
	switch {
	case total > 0 && !constant:
		return 1 - errors/total
	case errors == 0:
		return 1
	}
	return 0
}
