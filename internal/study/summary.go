package study

import (
	"io"
	"math"
	"strconv"

	"gradwatch/internal/record"
)

// Statistics are what summary.csv says of a configuration. The spreads are over
// the replicas that neither diverged nor failed.
type Statistics struct {
	Repeats  int // replicas, whatever their state; 0 if the configuration failed as a whole
	Diverged int // of them

	ValAccuracy, Accuracy, ValLoss Spread // in ValLoss, Worst is the least loss
}

// Statistics returns the configuration's statistics.
func (r *Result) Statistics() Statistics {
	s := Statistics{Repeats: len(r.Replicas)}
	var valAccuracy, accuracy, valLoss []float64
	for i := range r.Replicas {
		switch p := &r.Replicas[i]; p.State {
		case Failed:
		case record.Diverged:
			s.Diverged++
		default:
			valAccuracy = append(valAccuracy, float64(p.ValAccuracy))
			accuracy = append(accuracy, float64(p.Accuracy))
			valLoss = append(valLoss, float64(p.ValLoss))
		}
	}
	s.ValAccuracy, s.Accuracy, s.ValLoss = NewSpread(valAccuracy), NewSpread(accuracy), NewSpread(valLoss)
	return s
}

// summaryColumns follow those of the varied flags in summary.csv.
func summaryColumns() []string {
	names := []string{"state", "repeats", "diverged"}
	for _, measure := range []string{"val_accuracy", "accuracy"} {
		for _, number := range []string{"mean", "std", "median", "worst", "best"} {
			names = append(names, measure+"_"+number)
		}
	}
	return append(names, "val_loss_mean", "seconds", "message")
}

func (t Tables) writeSummary(w io.Writer, results []Result) error {
	rows := [][]string{columns(t.Axes, t.named(summaryColumns()))}
	for _, r := range ordered(results) {
		s := r.Statistics()
		row := append(r.leading(), string(r.State()), strconv.Itoa(s.Repeats), strconv.Itoa(s.Diverged))
		for _, spread := range []Spread{s.ValAccuracy, s.Accuracy} {
			for _, x := range []float64{spread.Mean, spread.Std, spread.Median, spread.Worst, spread.Best} {
				row = append(row, knownNumber(x))
			}
		}
		rows = append(rows, append(row, knownNumber(s.ValLoss.Mean), formatSeconds(r.Seconds), r.message()))
	}
	return writeTable(w, rows)
}

// knownNumber writes a number, NaN as nothing.
func knownNumber(x float64) string {
	if math.IsNaN(x) {
		return ""
	}
	return formatNumber(x)
}
