package report

import (
	"bytes"
	"testing"

	"gradwatch/internal/record"
	"gradwatch/internal/runner/runnertest"
)

// TestBaseline compares the sentence.
func TestBaseline(t *testing.T) {
	linear := record.Number(0.745)
	accuracy := record.Baseline{Measure: record.BaselineAccuracy, Guessing: 0.735, Linear: &linear}
	for want, s := range map[string]*record.Summary{
		"": {},
		"accuracy 0.697 on the test rows; linear 0.745; guessing 0.735\n": {Baseline: &accuracy, Result: runnertest.Results(0.697)},
		"R² 0.853 on the test rows; guessing 0.000; linear left out: more than a tenth of\nthe run's time\n": {
			Baseline:   &record.Baseline{Measure: record.BaselineR2, Guessing: -0.0001, LeftOut: record.BaselineCost},
			Evaluation: &record.Evaluation{R2: []record.Number{0.853}},
		},
		"accuracy on the test rows: linear 0.745; guessing 0.735\n": {Baseline: &accuracy},
	} {
		var got bytes.Buffer
		Baseline(&got, s)
		if got.String() != want {
			t.Errorf("got %q, want %q", got.String(), want)
		}
	}
}
