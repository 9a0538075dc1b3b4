//go:build tensorflow

package train

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"gradwatch/internal/baseline"
	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/metrics"
	"gradwatch/internal/record"
)

// linearFit is a linear model that is fitted while the runs train. It is plain Go in a goroutine of its own, so that no bit
// of the runs depends on it.
type linearFit struct {
	cancel context.CancelFunc
	done   chan struct{}
	model  *baseline.Model // after done; nil with err
	err    error
	scores *linearScores // see scoresOf
}

// linearScores is what a linear model and guessing reach on the test rows.
type linearScores struct {
	linear    float64
	right     []bool    // of each row, of classes
	predicted []float64 // of each row, of a regression, as the target is scaled
}

// compared reports whether a run is compared with a baseline.
func (t *trainer) compared(run *config.Run) bool {
	return run.Baseline && !run.Generated() && t.data.Stream == nil
}

// startBaseline begins to fit the linear model, if a run is to be compared with it and it is cheap enough.
func (t *trainer) startBaseline(ctx context.Context) {
	if !slices.ContainsFunc(t.runs, func(r *recorder) bool { return t.compared(&r.run) }) {
		return
	}
	all, classes := t.run, t.data.Schema.Target.Classes
	all.Repeats = len(t.rows)
	if all.BaselineCosts(t.data.Train.Len(), t.data.Train.Features(), baseline.Outputs(len(classes))) {
		return
	}
	fit := &linearFit{done: make(chan struct{})}
	ctx, fit.cancel = context.WithCancel(ctx)
	t.linear = fit
	train, weights := t.data.Train, t.data.ClassWeights
	go func() {
		defer close(fit.done)
		fit.model, fit.err = baseline.Fit(ctx, train, len(classes), weights)
	}()
}

// close stops the fit and waits for its end.
func (f *linearFit) close() {
	if f != nil {
		f.cancel()
		<-f.done
	}
}

// compare sets the summary's baseline, with tested, what the run's models predict for the test rows; nil where all have
// diverged. A run that was stopped may be resumed, and is compared when it is done.
func (t *trainer) compare(r *recorder, state record.State, tested *evaluation) {
	rows, target := t.data.Test, &t.data.Schema.Target
	regression := target.Task == dataset.Regression
	if !t.compared(&r.run) || state == record.Stopped || regression && slices.Min(rows.Y) == slices.Max(rows.Y) {
		return
	}
	b := &record.Baseline{Measure: record.BaselineAccuracy}
	if regression {
		b.Measure = record.BaselineR2
	}
	r.summary.Baseline = b
	b.Guessing = record.Number(t.guessing())
	if t.linear == nil {
		b.LeftOut = record.BaselineCost
		return
	}
	<-t.linear.done
	if err := t.linear.err; err != nil {
		b.LeftOut = err.Error() //nolint:forbidigo // it is shown, not compared
		return
	}
	s := t.linear.scoresOf(rows, regression)
	linear := record.Number(s.linear)
	b.Linear = &linear
	if tested == nil {
		return
	}
	for i, replica := range tested.replicas {
		gains, d := make([]float64, rows.Len()), record.Difference{Replica: replica}
		if regression {
			d.Score = tested.into.R2[i]
			regressionGains(gains, rows.Y, s.predicted, tested.outputs[i], t.model.Output.Loss == config.MSE)
		} else {
			right := 0
			for row, y := range rows.Y {
				own := tested.class(i, row) == int(y)
				gains[row] = number(s.right[row]) - number(own)
				right += int(number(own))
			}
			d.Score = record.Number(float64(right) / float64(rows.Len()))
		}
		mean, deviation := stat.PopMeanStdDev(gains, nil)
		d.Mean, d.StandardError = record.Number(mean), record.Number(deviation/math.Sqrt(float64(rows.Len())))
		b.Differences = append(b.Differences, d)
	}
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// regressionGains sets how much smaller the linear model's errors are than a replica's, squared or absolute, in units of
// the mean error of the rows' mean.
func regressionGains(gains, values, linear []float64, outputs []float32, squared bool) {
	size := math.Abs
	if squared {
		size = func(x float64) float64 { return x * x }
	}
	mean, unit := stat.Mean(values, nil), 0.0
	for i, y := range values {
		gains[i] = size(float64(outputs[i])-y) - size(linear[i]-y)
		unit += size(y-mean) / float64(len(values))
	}
	floats.Scale(1/unit, gains)
}

// guessing returns the score, on the test rows, of the training rows' largest class or their mean.
func (t *trainer) guessing() float64 {
	train, test := t.data.Train, t.data.Test
	if t.data.Schema.Target.Task == dataset.Regression {
		return metrics.Determination(test.Y, slices.Repeat([]float64{stat.Mean(train.Y, nil)}, test.Len()))
	}
	counts := config.ClassCounts(train.Y, len(t.data.Schema.Target.Classes))
	largest, right := slices.Index(counts, slices.Max(counts)), 0
	for _, y := range test.Y {
		if int(y) == largest {
			right++
		}
	}
	return float64(right) / float64(test.Len())
}

// scoresOf returns what the model reaches on rows, which are the same in each call.
func (f *linearFit) scoresOf(rows *dataset.Examples, regression bool) *linearScores {
	if f.scores != nil {
		return f.scores
	}
	s, out, right := &linearScores{}, make([]float64, f.model.Outputs()), 0.0
	for i, y := range rows.Y {
		f.model.Predict(rows.Row(i), out)
		if regression {
			s.predicted = append(s.predicted, out[0])
			continue
		}
		s.right = append(s.right, baseline.Class(out) == int(y))
		right += number(s.right[i])
	}
	s.linear = right / float64(rows.Len())
	if regression {
		s.linear = metrics.Determination(rows.Y, s.predicted)
	}
	f.scores = s
	return s
}
