//go:build tensorflow

package train

import (
	"context"
	"math"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/record"
)

// onTable returns a short run on one of scikit-learn's tables, whose last 30 % of the rows test.
func onTable(t *testing.T, file string) Config {
	t.Helper()
	run := small(t)
	run.Dataset, run.Scale, run.TestFraction = filepath.Join("testdata", "tables", file), "standard", 0.3
	run.Epochs, run.Repeats = 20, 2
	return run
}

// TestBaseline compares what the summary says with scikit-learn's scores (internal/baseline/testdata), and checks that
// the linear model changes no weight.
func TestBaseline(t *testing.T) {
	for file, want := range map[string]struct {
		measure          string
		linear, guessing float64
	}{
		"wine.csv":     {record.BaselineAccuracy, 1, 0.352},
		"diabetes.csv": {record.BaselineR2, 0.5703413950470598, -0.03},
	} {
		t.Run(file, func(t *testing.T) {
			run := onTable(t, file)
			with := mustRun(t, run)
			b := with.Summary.Baseline
			if b == nil || b.Linear == nil {
				t.Fatalf("got baseline %+v, want one with a linear model", b)
			}
			if b.Measure != want.measure || math.Abs(float64(*b.Linear)-want.linear) > 1e-3 || math.Abs(float64(b.Guessing)-want.guessing) > 0.03 {
				t.Errorf("got %s, linear %g, guessing %g, want %+v", b.Measure, *b.Linear, b.Guessing, want)
			}
			if len(b.Differences) != run.Repeats {
				t.Fatalf("got differences %+v, want %d", b.Differences, run.Repeats)
			}
			for i, d := range b.Differences {
				score := with.Summary.Result[i].TestAccuracy()
				if want.measure == record.BaselineR2 {
					score = float64(with.Summary.Evaluation.R2[i])
				}
				if d.Replica != i || math.Abs(float64(d.Score)-score) > 1e-6 || math.Abs(float64(*b.Linear-d.Score-d.Mean)) > 1e-6 {
					t.Errorf("replica %d: got %+v beside a score of %g and a linear model's %g", i, d, score, *b.Linear)
				}
			}
			run.Baseline, run.LogDir = false, t.TempDir()
			without := mustRun(t, run)
			if without.Summary.Baseline != nil {
				t.Errorf("got baseline %+v, which was not asked for", without.Summary.Baseline)
			}
			if diff := cmp.Diff(with.Weights, without.Weights); diff != "" {
				t.Errorf("weights (-with +without):\n%s", diff)
			}
		})
	}
}

// TestBaselineLeftOut: generated data have no baseline; a run much shorter than the fit has guessing and the reason.
func TestBaselineLeftOut(t *testing.T) {
	if b := mustRun(t, small(t)).Summary.Baseline; b != nil {
		t.Errorf("generated: got %+v, want none", b)
	}
	run := onTable(t, "digits.csv.gz")
	run.Epochs, run.Repeats = 1, 1
	b := mustRun(t, run).Summary.Baseline
	if b == nil || b.Linear != nil || b.LeftOut != record.BaselineCost || b.Guessing <= 0 {
		t.Errorf("got %+v, want one without a linear model", b)
	}
}

// TestBaselineOfResumedRun: a run that is stopped has none; when it is resumed it has that of a run that was not stopped.
func TestBaselineOfResumedRun(t *testing.T) {
	run := onTable(t, "wine.csv")
	whole := mustRun(t, run)
	run.LogDir = t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	part, err := Run(ctx, run, Options{Epoch: func(epoch int, _ []Row) {
		if epoch == 5 {
			cancel()
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if part.Summary.State != Stopped || part.Summary.Baseline != nil {
		t.Errorf("got %s, baseline %+v, want a stopped run without", part.Summary.State, part.Summary.Baseline)
	}
	resumed, err := Run(t.Context(), part.Summary.Configuration, Options{Resume: part.Folder})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(whole.Summary.Baseline, resumed.Summary.Baseline); diff != "" {
		t.Errorf("baseline (-whole +resumed):\n%s", diff)
	}
}
