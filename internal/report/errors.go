package report

import (
	"fmt"
	"io"

	"gradwatch/internal/format"
	"gradwatch/internal/record"
	"gradwatch/internal/study"
)

// printError prints the errors of a regression on both sets; of several replicas their
// distribution, in which the least is the best.
func printError(w io.Writer, results []record.Result) {
	cell := func(x float64) string { return fmt.Sprintf("%9s", format.Metric(record.MAE, x)) }
	if len(results) == 1 {
		r := &results[0]
		fmt.Fprintf(w, "                         train       test\nmean absolute error  %s  %s\nloss                 %s  %s\n",
			cell(float64(r.Accuracy)), cell(float64(r.ValAccuracy)), cell(float64(r.Loss)), cell(float64(r.ValLoss)))
		return
	}
	train, test, diverged := record.Accuracies(results)
	if len(test) == 0 {
		fmt.Fprintf(w, "mean absolute error  none: all %d diverged\n", diverged)
		return
	}
	fmt.Fprintln(w, "mean absolute error       mean        std     median      worst       best")
	for _, row := range []struct {
		name   string
		values []float64
	}{{"train", train}, {"test", test}} {
		s := study.NewSpread(row.values)
		deviation := "        -"
		if s.N > 1 {
			deviation = cell(s.Std)
		}
		fmt.Fprintf(w, "%-19s  %s  %s  %s  %s  %s\n", row.name, cell(s.Mean), deviation, cell(s.Median), cell(s.Best), cell(s.Worst))
	}
	if diverged > 0 {
		fmt.Fprintf(w, "%d of %d diverged: left out\n", diverged, len(results))
	}
}
