package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Values of Run.ClassWeight beside a list.
const (
	NoClassWeight       = "none"
	BalancedClassWeight = "balanced"
)

// classWeightForms is what Run.ClassWeight accepts.
const classWeightForms = "none, balanced, or CLASS=WEIGHT,..., such as 0=1,1=3.5"

// maxClasses bounds a class's number.
const maxClasses = 1 << 20

// ClassWeights returns the weight of each class in the training loss, where counts
// are the training rows of each; nil for none. Balanced is, as scikit-learn's, the
// number of rows over that of the classes and over that of the class's rows; a class
// without rows weighs 0. Of a list, as in Keras, a class that is not named weighs 1.
// An error says what is wanted.
func ClassWeights(text string, counts []int) ([]float64, error) {
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
	listed, err := parseClassWeights(text)
	if err != nil {
		return nil, err
	}
	for class, weight := range listed {
		if class >= len(counts) {
			return nil, fmt.Errorf("want classes from 0 to %d, those of the data", len(counts)-1)
		}
		weights[class] = weight
	}
	return weights, nil
}

// ClassCounts returns the number of labels of each class, of two at least.
func ClassCounts(labels []float64) []int {
	counts := make([]int, 2)
	for _, y := range labels {
		for int(y) >= len(counts) {
			counts = append(counts, 0)
		}
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
func parseClassWeights(text string) (map[int]float64, error) {
	weights := make(map[int]float64)
	for part := range strings.SplitSeq(text, ",") {
		name, number, _ := strings.Cut(part, "=")
		class, err := strconv.Atoi(strings.TrimSpace(name))
		weight, wrong := strconv.ParseFloat(strings.TrimSpace(number), 32)
		_, twice := weights[class]
		switch {
		case err != nil || class < 0 || class >= maxClasses || wrong != nil || !(weight >= 0) || math.IsInf(weight, 0):
			return nil, fmt.Errorf("want %s", classWeightForms)
		case twice:
			return nil, fmt.Errorf("want the weight of class %d once", class)
		}
		weights[class] = weight
	}
	return weights, nil
}

// checkClassWeight refuses what is none of the forms; whether the data have the
// classes is not known yet.
func (r *Run) checkClassWeight() error {
	if r.ClassWeight == NoClassWeight || r.ClassWeight == BalancedClassWeight {
		return nil
	}
	if _, err := parseClassWeights(r.ClassWeight); err != nil {
		return &Error{"class-weight", r.ClassWeight, strings.TrimPrefix(err.Error(), "want ")}
	}
	return nil
}
