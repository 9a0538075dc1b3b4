package sweep

import (
	"context"
	"fmt"

	"github.com/spf13/pflag"

	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/format"
	"gradwatch/internal/runflags"
	"gradwatch/internal/runner"
	"gradwatch/internal/study"
)

// foldFlag is the flag that a cross-validation varies.
const foldFlag = "fold"

// CrossValidate trains a run once with each of its folds, side by side, as a study of them, and prints how
// well the models do on the folds that they were not trained on.
func CrossValidate(
	ctx context.Context, env *cli.Env, base *runflags.Flags, run *config.Run, workers *runner.ClusterFlags, given *pflag.FlagSet, says cli.Verbosity,
) error {
	for _, name := range []string{"overwrite", "exit-code", "plots"} {
		if given.Changed(name) {
			return cli.RequestErrorf("--%s: want it without --cross-validate, which trains %d runs", name, run.CrossValidate)
		}
	}
	flags := &Flags{Base: base, Workers: workers, name: run.Name}
	if flags.name == "" {
		flags.name = fmt.Sprintf("%s-%d-folds", run.FolderName(), run.CrossValidate)
	}
	if err := flags.Axes.Set(fmt.Sprintf("%s=1:%d", foldFlag, run.CrossValidate)); err != nil {
		return err
	}
	s, err := New(env, flags, given, says)
	if err != nil {
		return err
	}
	defer s.Folder.Close()
	return s.Do(ctx)
}

// crossValidates reports whether the study's configurations are the folds of one run.
func (s *Study) crossValidates() bool {
	axes := s.Definition.Axes
	return len(axes) == 1 && axes[0].Flag == foldFlag
}

// printFolds prints the mean over the folds, and their spread.
func (s *Study) printFolds(results []study.Result) {
	var means []float64
	for i := range results {
		if of := results[i].Statistics().ValAccuracy; of.N > 0 {
			means = append(means, of.Mean)
		}
	}
	if len(means) > 0 {
		fmt.Fprintf(s.Stdout, "\nmean of %d folds: test %s %s\n", len(means), MeasureOf(s.Trials).Short(), format.Mean(study.NewSpread(means)))
	}
}

// measuredName names the rows of the values that are compared: those of a fold, whatever validates.
func (t *Trial) measuredName() string {
	if t.Run.Fold > 0 {
		return "test"
	}
	return t.Run.MeasuredName()
}
