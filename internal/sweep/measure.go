package sweep

import (
	"math"

	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/record"
	"gradwatch/internal/study"
)

// MeasureOf returns what configurations are compared by: the accuracy or, of those that
// regress, R². There are not both in a study.
func MeasureOf(trials []*Trial) record.Metric {
	if len(trials) > 0 && trials[0].Data.Regression {
		return record.R2
	}
	return record.Accuracy
}

// checkOneMeasure refuses configurations of which some classify and others regress.
func checkOneMeasure(trials []*Trial) error {
	for _, t := range trials {
		if t.Data.Regression != trials[0].Data.Regression {
			return cli.RequestErrorf("--vary: %s and %s: want configurations that all classify or all regress",
				trials[0].Configuration, t.Configuration)
		}
	}
	return nil
}

// determined returns a regression's replica with R² in the accuracies' place: of the
// training rows by the mean squared error that is the loss, NaN with another loss; of the test rows as evaluated. explained are those that have
// not diverged, in their order; the rest is returned.
func determined(p *study.Replica, summary *record.Summary, explained []record.Number) []record.Number {
	p.Metric = record.R2
	if p.Diverged() || len(explained) == 0 {
		return explained
	}
	p.Accuracy = record.Number(math.NaN())
	if output := summary.Configuration.Output(&summary.RowSchema().Target); output.Loss == config.MSE {
		p.Accuracy = record.Number(1 - float64(p.Loss-p.Penalty)/float64(summary.Data.Variance))
	}
	p.ValAccuracy = explained[0]
	return explained[1:]
}
