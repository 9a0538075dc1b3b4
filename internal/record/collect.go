package record

import (
	"slices"
	"strconv"
)

// Collect appends rows of one epoch, rounded to the digits that history.csv has, so that what is
// made of h is made of the file, too. Call Order before reading.
func (h *History) Collect(rows ...Row) {
	for _, row := range rows {
		row.GradientL2, row.KernelL1 = slices.Clone(row.GradientL2), slices.Clone(row.KernelL1)
		numbers := []*float64{&row.Loss, &row.Accuracy, &row.ValLoss, &row.ValAccuracy, &row.Penalty, &row.LearningRate}
		for k := range row.GradientL2 {
			numbers = append(numbers, &row.GradientL2[k], &row.KernelL1[k])
		}
		roundAll(numbers...)
		h.Rows = append(h.Rows, row)
	}
}

// Order sorts the rows by replica, then epoch.
func (h *History) Order() { h.sort() }

// RoundChecks returns copies of checks, rounded to the digits that flow.csv and units.csv have.
func RoundChecks(checks []Check) []Check {
	rounded := slices.Clone(checks)
	for i := range rounded {
		rounded[i].Layers = slices.Clone(rounded[i].Layers)
		for k := range rounded[i].Layers {
			l := &rounded[i].Layers[k]
			roundAll(&l.UpdateRatio, &l.GradientRMS, &l.GradientMean, &l.GradientMax, &l.GradientZeros)
			l.Units = slices.Clone(l.Units)
			for j := range l.Units {
				u := &l.Units[j]
				roundAll(&u.Active, &u.Saturated, &u.Extreme, &u.Mean, &u.Std, &u.Delta, &u.OutputDelta)
			}
		}
	}
	return rounded
}

func roundAll(numbers ...*float64) {
	for _, x := range numbers {
		*x, _ = strconv.ParseFloat(strconv.FormatFloat(*x, 'g', digits, 64), 64) // a text of its own
	}
}
