package report

import (
	"fmt"
	"io"
	"strings"

	"gradwatch/internal/format"
	"gradwatch/internal/printable"
	"gradwatch/internal/record"
	"gradwatch/internal/terminal"
)

// Baseline prints, in one sentence, what the model, a linear model and guessing reach on the test rows of a table.
func Baseline(w io.Writer, s *record.Summary) {
	if line := baselineText(s); line != "" {
		fmt.Fprintln(w, strings.Join(terminal.Wrap(line, terminal.Width), "\n"))
	}
}

func baselineText(s *record.Summary) string {
	b := s.Baseline
	if b == nil {
		return ""
	}
	measure, scores := b.Measure, testAccuracies(s.Result)
	if b.Measure == record.BaselineR2 {
		measure, scores = "R²", nil
		if s.Evaluation != nil {
			scores = s.Evaluation.R2
		}
	}
	text := measure + " on the test rows:"
	if len(scores) > 0 {
		text = fmt.Sprintf("%s %s on the test rows;", measure, format.Spread(scores))
	}
	score := func(n record.Number) string { return format.Metric(record.R2, float64(n)) }
	if b.Linear != nil {
		return fmt.Sprintf("%s linear %s; guessing %s", text, score(*b.Linear), score(b.Guessing))
	}
	return fmt.Sprintf("%s guessing %s; linear left out: %s", text, score(b.Guessing), printable.Text(b.LeftOut))
}

// testAccuracies returns those of the replicas that have not diverged.
func testAccuracies(results []record.Result) []record.Number {
	var accuracies []record.Number
	for i := range results {
		if r := &results[i]; !r.Diverged() {
			accuracies = append(accuracies, record.Number(r.TestAccuracy()))
		}
	}
	return accuracies
}
