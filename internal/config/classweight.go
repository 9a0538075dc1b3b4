package config

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gradwatch/internal/invalid"
	"gradwatch/internal/numeric"
)

// Values of Run.ClassWeight beside a list.
const (
	NoClassWeight       = "none"
	BalancedClassWeight = "balanced"
)

// classWeightForms is what Run.ClassWeight accepts.
const classWeightForms = "none, balanced, or CLASS=WEIGHT,..., such as 0=1,1=3.5"

// ClassWeights returns the weight of each class in the training loss; nil where all weigh
// the same. classes are their names in the data, counts the numbers of their training rows.
// Balanced weights are scikit-learn's, rows / (classes x rows of the class); a class
// without rows weighs 0. A class that a list doesn't name weighs 1, as in Keras. The error is an [*invalid.Error] of the field class-weight.
func ClassWeights(text string, classes []string, counts []int) ([]float64, error) {
	switch text {
	case NoClassWeight:
		return nil, nil
	case BalancedClassWeight:
		return balanced(counts), nil
	}
	weights := make([]float64, len(counts))
	for class := range weights {
		weights[class] = 1
	}
	listed, wrong := parseClassWeights(text)
	if wrong != nil {
		return nil, wrong
	}
	for name, weight := range listed {
		class := slices.Index(classes, name)
		if class < 0 {
			return nil, invalid.New("class-weight", text, "the data's classes, "+strings.Join(classes, ", "))
		}
		weights[class] = weight
	}
	weighty := 0 // classes
	for class, weight := range weights {
		if weight > 0 && counts[class] > 0 {
			weighty++
		}
	}
	if weighty < 2 {
		return nil, invalid.New("class-weight", text, "a weight above 0 for at least two classes of the training rows")
	}
	return weights, nil
}

// The bounds of a weight that is not 0, far beyond any use: a smaller one trains nothing,
// and a larger one comes near float32's limit.
const leastWeight, mostWeight = 1e-9, 1e9

// ClassCounts returns the number of labels of each of that many classes.
func ClassCounts(labels []float64, classes int) []int {
	counts := make([]int, classes)
	for _, y := range labels {
		counts[int(y)]++
	}
	return counts
}

func balanced(counts []int) []float64 {
	rows := 0
	for _, n := range counts {
		rows += n
	}
	weights := make([]float64, len(counts))
	for class, n := range counts {
		if n > 0 {
			weights[class] = float64(rows) / float64(len(counts)*n)
		}
	}
	return weights
}

// parseClassWeights reads CLASS=WEIGHT,...
func parseClassWeights(text string) (map[string]float64, *invalid.Error) {
	refused := func(want string) *invalid.Error { return invalid.New("class-weight", text, want) }
	weights := make(map[string]float64)
	for part := range strings.SplitSeq(text, ",") {
		end := max(strings.LastIndexByte(part, '='), 0)
		class, number := strings.TrimSpace(part[:end]), strings.TrimPrefix(part[end:], "=")
		weight, wrong := numeric.Parse(number, 32)
		if errors.Is(wrong, strconv.ErrRange) || wrong == nil && weight > 0 && (weight < leastWeight || weight > mostWeight) {
			return nil, refused(fmt.Sprintf("weights of 0, or from %g to %g", leastWeight, mostWeight))
		}
		_, twice := weights[class]
		switch {
		case class == "" || wrong != nil || weight < 0:
			return nil, refused(classWeightForms)
		case twice:
			return nil, refused("the weight of class " + class + " once")
		}
		weights[class] = weight
	}
	return weights, nil
}

// refuseClassWeight refuses what is none of the forms; whether the data have the classes is
// not known yet.
func refuseClassWeight(text string) *invalid.Error {
	if text == NoClassWeight || text == BalancedClassWeight {
		return nil
	}
	_, wrong := parseClassWeights(text)
	return wrong
}
