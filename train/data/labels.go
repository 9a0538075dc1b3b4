//go:build tensorflow

package data

import (
	"math"

	"gradwatch/internal/config"
	"gradwatch/internal/record"
)

// fewValues is the largest number of different values that are counted.
const fewValues = 10

// Labels describes the labels of an output layer of one unit that stands for a number: that of a regression, or of one
// of more than two classes; nil for others.
func (d *Dataset) Labels(o *config.Output) *record.Labels {
	y := d.Train.Y
	if o.Units != 1 || len(y) == 0 || !o.Regression() && o.Classes == 2 {
		return nil
	}
	loss, _ := config.LookupLoss(o.Loss)
	low, high := o.Range()
	const rounding = 1e-6 // of scaled targets
	outside, unsuited, floor := 0, 0, 0.0
	l := &record.Labels{Low: record.Number(y[0]), High: record.Number(y[0])}
	for _, label := range y {
		l.Low, l.High = min(l.Low, record.Number(label)), max(l.High, record.Number(label))
		if label < low-rounding || label > high+rounding {
			outside++
		}
		if !loss.Takes(label) {
			unsuited++
		}
	}
	rows := float64(len(y))
	l.Outside, l.Unsuited = record.Number(float64(outside)/rows), record.Number(float64(unsuited)/rows)
	if outside > 0 && loss.Value != nil {
		for _, label := range y {
			floor += loss.Value(label, min(max(label, low), high)) / rows
		}
		l.Floor = record.Number(floor)
	}
	if o.Regression() {
		l.Values = d.wholeValues(y)
	}
	return l
}

// wholeValues returns how many different values the target has, if these are few and whole numbers; else 0.
func (d *Dataset) wholeValues(y []float64) int {
	const rounding = 1e-6
	values := make(map[float64]bool)
	for _, label := range y {
		if values[label] {
			continue
		}
		value := d.Schema.Target.Unscale(label)
		if len(values) == fewValues || math.Abs(value-math.Round(value)) > rounding*max(1, math.Abs(value)) {
			return 0
		}
		values[label] = true
	}
	return len(values)
}
