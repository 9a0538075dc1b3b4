package sweep

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"gradwatch/internal/cli"
	"gradwatch/internal/engine"
	"gradwatch/internal/figures"
	"gradwatch/internal/printable"
	"gradwatch/internal/record"
	"gradwatch/internal/runflags"
	"gradwatch/internal/runfolder"
	"gradwatch/internal/runner"
	"gradwatch/internal/study"
	"gradwatch/internal/sysmem"
	"gradwatch/internal/version"
)

// AxesValue collects what --vary was given.
type AxesValue struct {
	axes  []study.Axis
	texts []string // as they were written
}

// Set adds an axis: FLAG=VALUES.
func (a *AxesValue) Set(text string) error {
	axis, err := study.ParseAxis(text)
	if err == nil {
		a.axes = append(a.axes, axis)
		a.texts = append(a.texts, text)
	}
	return err
}

func (a *AxesValue) String() string { return "" }

// Type returns what stands for the value in the help.
func (a *AxesValue) Type() string { return "FLAG=VALUES" }

// Study is a study that is being done.
type Study struct {
	*cli.Env
	Verbosity    cli.Verbosity
	Definition   *study.Definition
	Trials       []*Trial // in the grid's order
	installation engine.Installation
	cores        int // to train on
	Folder       *Folder
	begin        time.Time
	Workers      *runner.Workers // workers that train; nil for this machine
}

// New checks all that was asked for before it makes or opens the study's
// folder.
func New(env *cli.Env, flags *Flags, given *pflag.FlagSet, says cli.Verbosity) (*Study, error) {
	s := &Study{Env: env, Verbosity: says, begin: time.Now()}
	if given.Changed("resume") {
		return s, s.resume(flags, given)
	}
	if len(flags.Axes.axes) == 0 {
		return nil, cli.RequestError("--vary: want at least one, such as --vary hidden-layers=1:10")
	}
	if err := flags.Check(given); err != nil {
		return nil, err
	}
	s.Definition = &study.Definition{
		Format: study.Format, Name: flags.name, Flags: runflags.StudySettings(given), Axes: flags.Axes.axes, Versions: version.Versions(),
	}
	if s.Definition.Name == "" {
		s.Definition.Name = study.DefaultName(flags.Axes.axes)
	}
	logdir := flags.Base.Run.LogDir
	if err := runner.CheckInside(logdir, s.Definition.Name); err != nil {
		return nil, err
	}
	if err := s.prepare(flags.Axes.texts, flags.Workers, given); err != nil {
		return nil, err
	}
	s.Definition.Cores = s.cores
	var err error
	if s.Folder, err = createFolder(logdir, s.Definition); err == nil {
		s.Folder.measure = MeasureOf(s.Trials)
	}
	return s, err
}

// resume takes up the study in a folder, from its own definition alone.
func (s *Study) resume(flags *Flags, given *pflag.FlagSet) error {
	path := flags.Resume
	if err := runner.CheckResumeFlags("a study", path, given, "resume", "quiet", "verbose", "cluster", "cluster-timeout"); err != nil {
		return err
	}
	var err error
	if s.Folder, s.Definition, err = OpenFolder(path); err != nil {
		return err
	}
	var texts []string
	for _, axis := range s.Definition.Axes {
		texts = append(texts, axis.String())
	}
	if err = s.prepare(texts, flags.Workers, given); err == nil {
		s.Folder.measure = MeasureOf(s.Trials)
		err = s.Folder.readResults(s.Definition.Axes, func(c study.Configuration) int { return s.Trials[c.Index].Run.Repeats })
	}
	if err == nil {
		err = s.SameData()
	}
	if err != nil {
		s.Folder.Close()
	}
	return err
}

// SameData refuses to go on with a study whose results are of other rows than there are now.
func (s *Study) SameData() error {
	for index := range s.Folder.results {
		t := s.Trials[index]
		summary, err := record.ReadSummary(filepath.Join(s.Folder.Path, t.Name(), runfolder.SummaryFile))
		if err != nil {
			continue // its results are in study.csv
		}
		if err := t.SameData(summary); err != nil {
			return cli.RequestErrorf("--resume %q: %s: %v", s.Folder.shown, t.Name(), err)
		}
	}
	return nil
}

// prepare makes and checks the configurations, and finds the engine. Texts are
// the axes as the user wrote them.
func (s *Study) prepare(texts []string, workers *runner.ClusterFlags, given *pflag.FlagSet) error {
	var err error
	if s.Trials, err = NewTrials(s.Definition.Flags, s.Definition.Axes, texts); err != nil {
		return err
	}
	if s.installation, err = engine.Find(s.Program, s.Trials[0].Run.Device); err != nil {
		return err
	}
	s.cores = CoresFor(s.installation)
	if s.Workers, err = workers.Workers(given, s.Trials[0].Run.Device); s.Workers != nil {
		s.cores = max(s.cores, len(s.Workers.Workers))
	}
	return err
}

// CoresFor returns how many engines may train side by side.
func CoresFor(installation engine.Installation) int {
	if strings.Contains(installation.Library, "-gpu-") {
		return 1 // the first engine takes all of a GPU's memory
	}
	return runtime.GOMAXPROCS(0)
}

// Do trains what is missing, writes the tables and the picture, and prints the
// result.
func (s *Study) Do(ctx context.Context) error {
	if err := s.Folder.startResults(s.Definition.Axes); err != nil {
		return err
	}
	if err := s.train(ctx); err != nil {
		return s.unfinished(err)
	}
	results, err := s.Folder.finish(s.Definition.Axes)
	if err != nil {
		return err
	}
	classes := 0
	for _, t := range s.Trials {
		classes = max(classes, t.Data.Classes)
	}
	picture := figures.Study(s.Definition.Axes, results, MeasureOf(s.Trials), s.Trials[0].measuredName(), classes, strings.Join(runflags.SettingsText(s.Definition.Flags), " "))
	_, undrawn, err := figures.Draw(ctx, ctx.Done(), s.Folder.Folder, []figures.Picture{picture})
	if err != nil {
		return s.unfinished(err)
	}
	s.print(results)
	if failed := countFailed(results); failed > 0 {
		return fmt.Errorf("%d of %s failed; try them again with: %s", failed, printable.Count(len(results), "configuration"), s.resumeCommand())
	}
	return errors.Join(undrawn...)
}

// unfinished says what an error leaves, and how to go on.
func (s *Study) unfinished(err error) error {
	return fmt.Errorf("%w; %d of %s are done; go on with: %s",
		err, s.Folder.done(), printable.Count(len(s.Trials), "configuration"), s.resumeCommand())
}

func (s *Study) resumeCommand() string {
	command := s.Command() + " study --resume " + cli.Quote(s.Folder.shown)
	if s.Workers != nil {
		command += " --cluster " + cli.Quote(s.Workers.File)
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
func (s *Study) train(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	side, alone, plan := s.Tasks()
	if len(side)+len(alone) == 0 {
		return nil
	}
	w := &Scheduler{
		Env: s.Env, Verbosity: s.Verbosity, Installation: s.installation, Trials: s.Trials, Folder: s.Folder, Cancel: cancel,
		Workers: s.Workers, places: make(map[*engine.Engine]*engine.Cluster),
		describe: newDescriptions(s.Definition.Name, s.Trials), Estimator: NewProgressEstimator(len(s.Trials), s.Folder.done()),
	}
	workers := Affordable(s.Trials, side, s.cores, sysmem.Read().Free)
	w.Estimator.Add(side, workers)
	w.Estimator.Add(alone, 1)
	w.Progress = NewProgress(s.Stderr, s.Verbosity, s.Folder.Name, s.Trials[0].measuredName(), study.Configuration.String, w.Estimator)
	if s.Workers != nil {
		w.workOnCluster(ctx, side, alone, plan)
	} else {
		w.WorkAll(ctx, side, alone, plan, workers)
	}
	w.Close()
	w.Progress.Close()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}
