package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/engine"
	"gradwatch/internal/figures"
	"gradwatch/internal/invalid"
	"gradwatch/internal/record"
	"gradwatch/internal/runflags"
	"gradwatch/internal/runfolder"
	"gradwatch/internal/runner"
	"gradwatch/internal/study"
	"gradwatch/internal/sysmem"
	"gradwatch/internal/terminal"
	"gradwatch/internal/version"
)

// studyFlags are the flags of a study: those of its base configuration, and what
// is varied.
type studyFlags struct {
	base         *runflags.Flags
	axes         axesValue
	name, resume string
	workers      *runner.ClusterFlags
}

func studyCommand(env *cli.Env) *cobra.Command {
	flags := &studyFlags{base: runflags.NewStudy(), workers: runner.NewClusterFlags()}
	says := cli.Verbosity{}
	c := &cobra.Command{
		Use:   "study [FLAG...] --vary FLAG=VALUES...",
		Short: "Train a grid of configurations, each with several seeds, and compare them",
		Long: `Trains every combination of the values that flags are varied over, side by side
on all cores, and writes tables and a picture that compare them. Any flag of
data, model and training can be varied; what is given besides holds for all. A
study that was stopped goes on with --resume.`,
		Example: `  gradwatch study --activation tanh --vary hidden-layers=1:10 --repeats 30
  gradwatch study --vary learning-rate=0.0001:1:x10 --vary optimizer=sgd,adam
  gradwatch study --vary 'layers=8,8,4;16,16' --vary noise=0.05:0.2:0.05
  gradwatch study --resume studies/study-hidden-layers
  gradwatch study --vary hidden-layers=1:10 --cluster cluster.json`,
		Args: cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := newStudyRun(env, flags, c.Flags(), says)
			if err != nil {
				return err
			}
			defer s.folder.close()
			return s.do(c.Context())
		},
		DisableFlagsInUseLine: true,
	}
	g := cli.NewGroup("Study")
	g.Add(&flags.axes, "vary", "a flag and its values: a,b,c or 1:10 or 5:50:5 or 0.0001:1:x10; again for another flag")
	g.Add(flags.nameValue(), "name", "the study's folder in that of --logdir (default from what it varies, such as study-hidden-layers; a name that is taken gets -2)")
	g.Add(cli.NewValue(&flags.resume, parseResume("a study's folder"), func(s string) string { return s }, "FOLDER"),
		"resume", "take up a study that was stopped: train what is missing or failed")
	g.AddTo(c)
	flags.base.AddTo(c)
	flags.workers.AddTo(c, "train the configurations on its workers, each on one", false)
	says.AddTo(c, false)
	return c
}

// axesValue collects what --vary was given.
type axesValue struct {
	axes  []study.Axis
	texts []string // as they were written
}

func (a *axesValue) Set(text string) error {
	axis, err := study.ParseAxis(text)
	if err == nil {
		a.axes = append(a.axes, axis)
		a.texts = append(a.texts, text)
	}
	return err
}

func (a *axesValue) String() string { return "" }

func (a *axesValue) Type() string { return "FLAG=VALUES" }

func (s *studyFlags) nameValue() pflag.Value {
	return cli.NewValue(&s.name, func(text string) (string, error) {
		run := config.Default()
		if run.Name = text; text == "" || run.Validate() != nil {
			return "", invalid.New("name", text, "the name of a folder inside the log folder")
		}
		return text, nil
	}, func(text string) string { return text }, "NAME")
}

func parseResume(want string) func(string) (string, error) {
	return func(text string) (string, error) {
		if text == "" {
			return "", invalid.New("resume", text, want)
		}
		return text, nil
	}
}

// studyRun is a study that is being done.
type studyRun struct {
	*cli.Env
	says         cli.Verbosity
	definition   *study.Definition
	trials       []*trial // in the grid's order
	installation engine.Installation
	cores        int // to train on
	folder       *studyFolder
	begin        time.Time
	crew         *runner.Workers // workers that train; nil for this machine
}

// newStudyRun checks all that was asked for before it makes or opens the study's
// folder.
func newStudyRun(env *cli.Env, flags *studyFlags, given *pflag.FlagSet, says cli.Verbosity) (*studyRun, error) {
	s := &studyRun{Env: env, says: says, begin: time.Now()}
	if given.Changed("resume") {
		return s, s.resume(flags, given)
	}
	if len(flags.axes.axes) == 0 {
		return nil, cli.RequestError("--vary: want at least one, such as --vary hidden-layers=1:10")
	}
	if err := flags.check(given); err != nil {
		return nil, err
	}
	s.definition = &study.Definition{
		Format: study.Format, Name: flags.name, Flags: runflags.StudySettings(given), Axes: flags.axes.axes, Versions: version.Versions(),
	}
	if s.definition.Name == "" {
		s.definition.Name = study.DefaultName(flags.axes.axes)
	}
	logdir := flags.base.Run.LogDir
	if err := runner.CheckInside(logdir, s.definition.Name); err != nil {
		return nil, err
	}
	if err := s.prepare(flags.axes.texts, flags.workers, given); err != nil {
		return nil, err
	}
	s.definition.Cores = s.cores
	var err error
	if s.folder, err = createStudy(logdir, s.definition); err == nil {
		s.folder.measure = measureOf(s.trials)
	}
	return s, err
}

// check refuses flags that can't be varied, or that are given and varied at once.
func (s *studyFlags) check(given *pflag.FlagSet) error {
	variable := s.base.Variable()
	for i, axis := range s.axes.axes {
		if !slices.Contains(variable, axis.Flag) {
			return &invalid.Error{
				Field: "vary", Value: s.axes.texts[i],
				Want: "a flag of data, model or training: " + strings.Join(variable, ", "),
			}
		}
		if given.Changed(axis.Flag) {
			return &invalid.Error{
				Field: "vary", Value: s.axes.texts[i], Want: "it without --" + axis.Flag + ", which says another thing",
			}
		}
	}
	return nil
}

// resume takes up the study in a folder, from its own definition alone.
func (s *studyRun) resume(flags *studyFlags, given *pflag.FlagSet) error {
	path := flags.resume
	if err := runner.CheckResumeFlags("a study", path, given, "resume", "quiet", "verbose", "cluster", "cluster-timeout"); err != nil {
		return err
	}
	var err error
	if s.folder, s.definition, err = openStudy(path); err != nil {
		return err
	}
	var texts []string
	for _, axis := range s.definition.Axes {
		texts = append(texts, axis.String())
	}
	if err = s.prepare(texts, flags.workers, given); err == nil {
		s.folder.measure = measureOf(s.trials)
		err = s.folder.readResults(s.definition.Axes, func(c study.Configuration) int { return s.trials[c.Index].run.Repeats })
	}
	if err == nil {
		err = s.sameData()
	}
	if err != nil {
		s.folder.close()
	}
	return err
}

// sameData refuses to go on with a study whose results are of other rows than there are now.
func (s *studyRun) sameData() error {
	for index := range s.folder.results {
		t := s.trials[index]
		summary, err := record.ReadSummary(filepath.Join(s.folder.Path, t.Name(), runfolder.SummaryFile))
		if err != nil {
			continue // its results are in study.csv
		}
		if err := t.sameData(summary); err != nil {
			return cli.RequestErrorf("--resume %q: %s: %v", s.folder.shown, t.Name(), err)
		}
	}
	return nil
}

// prepare makes and checks the configurations, and finds the engine. Texts are
// the axes as the user wrote them.
func (s *studyRun) prepare(texts []string, workers *runner.ClusterFlags, given *pflag.FlagSet) error {
	var err error
	if s.trials, err = newTrials(s.definition.Flags, s.definition.Axes, texts); err != nil {
		return err
	}
	if s.installation, err = engine.Find(s.Program, s.trials[0].run.Device); err != nil {
		return err
	}
	s.cores = coresFor(s.installation)
	if s.crew, err = workers.Workers(given, s.trials[0].run.Device); s.crew != nil {
		s.cores = max(s.cores, len(s.crew.Workers))
	}
	return err
}

// coresFor returns how many engines may train side by side.
func coresFor(installation engine.Installation) int {
	if strings.Contains(installation.Library, "-gpu-") {
		return 1 // the first engine takes all of a GPU's memory
	}
	return runtime.GOMAXPROCS(0)
}

// do trains what is missing, writes the tables and the picture, and prints the
// result.
func (s *studyRun) do(ctx context.Context) error {
	if err := s.folder.startResults(s.definition.Axes); err != nil {
		return err
	}
	if err := s.train(ctx); err != nil {
		return s.unfinished(err)
	}
	results, err := s.folder.finish(s.definition.Axes)
	if err != nil {
		return err
	}
	_, undrawn, err := figures.Draw(ctx, ctx.Done(), s.folder.Folder, []figures.Picture{{Name: studyPicture, Figure: s.figure(results)}})
	if err != nil {
		return s.unfinished(err)
	}
	s.print(results)
	if failed := countFailed(results); failed > 0 {
		return fmt.Errorf("%d of %s failed; try them again with: %s", failed, terminal.Count(len(results), "configuration"), s.resumeCommand())
	}
	return errors.Join(undrawn...)
}

// unfinished says what an error leaves, and how to go on.
func (s *studyRun) unfinished(err error) error {
	return fmt.Errorf("%w; %d of %s are done; go on with: %s",
		err, s.folder.done(), terminal.Count(len(s.trials), "configuration"), s.resumeCommand())
}

func (s *studyRun) resumeCommand() string {
	command := s.Command() + " study --resume " + cli.Quote(s.folder.shown)
	if s.crew != nil {
		command += " --cluster " + cli.Quote(s.crew.File)
	}
	return command
}

func countFailed(results []study.Result) int {
	failed := 0
	for i := range results {
		if results[i].State() == study.Failed {
			failed++
		}
	}
	return failed
}

// train has the engines do the tasks that are not done.
func (s *studyRun) train(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	side, alone, plan := s.tasks()
	if len(side)+len(alone) == 0 {
		return nil
	}
	w := &workshop{
		Env: s.Env, says: s.says, installation: s.installation, trials: s.trials, folder: s.folder, cancel: cancel,
		crew: s.crew, places: make(map[*engine.Engine]*engine.Cluster),
		describe: newDescriptions(s.definition.Name, s.trials), estimator: newProgressEstimator(len(s.trials), s.folder.done()),
	}
	workers := affordable(s.trials, side, s.cores, sysmem.Read().Free)
	w.estimator.add(side, workers)
	w.estimator.add(alone, 1)
	w.progress = newStudyProgress(s.Stderr, s.says, s.folder.Name, study.Configuration.String, w.estimator)
	if s.crew != nil {
		w.workOnCluster(ctx, side, alone, plan)
	} else {
		w.workAll(ctx, side, alone, plan, workers)
	}
	w.close()
	w.progress.close()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}
