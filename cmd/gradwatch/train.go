package main

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/engine"
	"gradwatch/internal/printable"
	"gradwatch/internal/record"
	"gradwatch/internal/report"
	"gradwatch/internal/runflags"
	"gradwatch/internal/runfolder"
	"gradwatch/internal/runner"
	"gradwatch/internal/sweep"
	"gradwatch/internal/terminal"
)

func trainCommand(env *cli.Env) *cobra.Command {
	flags := runflags.New()
	says := cli.Verbosity{Plots: true}
	folder := ""
	workers := runner.NewClusterFlags()
	c := &cobra.Command{
		Use:   "train [FLAG...]",
		Short: "Train one model, or several that differ by their seed",
		Long: `Trains a multilayer perceptron that classifies rows or predicts a number. The
run's folder gets event files for TensorBoard, the history, the weights and
pictures. --resume continues a run that was stopped or killed; it ends with the
same bits as a run that was not.

The defaults below are those of generated data. A file as --dataset has others,
which its result names: layers of 128 and 64 ReLU units, Adam at 0.003 with a
rate that falls to 0, epochs and an L2 penalty by the number of rows, one-hot
words, medians for gaps, standard scaling, and a drawn fifth that tests.`,
		Example: `  gradwatch train --preset tanh-5
  gradwatch train --hidden-layers 5 --units 5 --activation tanh --optimizer adam
  gradwatch train --dataset points.csv --layers 8,8,4 --repeats 30
  gradwatch train --dataset points.csv --cross-validate 5
  gradwatch train --resume logs/relu-5x5
  gradwatch train --layers 1024,1024 --batch-size 4096 --cluster cluster.json`,
		Args: cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if c.Flags().Changed("resume") {
				return resumeRun(c.Context(), env, folder, workers, c.Flags(), says)
			}
			run, err := flags.Resolve(c.Flags())
			if err != nil {
				return err
			}
			if err := runner.ChooseStream(env, &run, c.Flags()); err != nil {
				return err
			}
			if run.CrossValidate > 0 && run.Fold == 0 {
				return sweep.CrossValidate(c.Context(), env, flags, &run, workers, c.Flags(), says)
			}
			return trainRun(c.Context(), env, run, workers, c.Flags(), says)
		},
		DisableFlagsInUseLine: true,
	}
	flags.AddTo(c)
	g := cli.NewGroup(config.CheckpointsGroup)
	g.Add(cli.NewValue(&folder, parseResume("a run's folder"), func(s string) string { return s }, "RUN"),
		"resume", "continue the run in this folder from its newest checkpoint, with its own settings")
	g.AddTo(c)
	_ = c.RegisterFlagCompletionFunc("resume", func(c *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		return cli.CompleteRun(c, nil, typed)
	})
	workers.AddTo(c, "train on its workers, each with a part of every batch", true)
	says.AddTo(c, true)
	out := cli.NewGroup("Output")
	out.AddBool(&says.ExitCode, "exit-code", "exit with 3 if the verdict has an error")
	out.AddTo(c)
	return c
}

// trainRun does a new run and prints its result.
func trainRun(ctx context.Context, env *cli.Env, run config.Run, cluster *runner.ClusterFlags, given *pflag.FlagSet, says cli.Verbosity) error {
	workers, err := cluster.WithChief(given, &run)
	if err != nil {
		return err
	}
	data, outline, err := checkRun(ctx, env, &run, says)
	if err != nil {
		return err
	}
	if !says.Quiet {
		for _, line := range data.Schema.Recognized() {
			fmt.Fprintf(env.Stderr, "gradwatch: %s: %s\n", printable.Text(run.Dataset), printable.Text(line))
		}
	}
	return trainJob(ctx, env, &runner.Job{Run: run, Data: data, Outline: outline, Workers: workers}, says)
}

// trainJob trains a job that is new or resumed, and prints its result.
func trainJob(ctx context.Context, env *cli.Env, j *runner.Job, says cli.Verbosity) error {
	installation, err := engine.Find(env.Program, j.Run.Device)
	if err != nil {
		return err
	}
	if j.Outline != nil && !says.Quiet {
		fmt.Fprintf(env.Stdout, "%s\n\n", strings.Join(j.Outline.Lines(), "\n"))
	}
	shows := terminal.NewProgress(env.Stderr, says.Quiet, says.Verbose)
	j.Command = env.Command()
	j.Cores, j.Plots, j.Log = runtime.GOMAXPROCS(0), says.Plots, env.Log(says.Verbose)
	name := j.Run.FolderName()
	if j.Workers != nil {
		name = printable.Count(len(j.Workers.Workers), "worker") + ": " + name
	}
	j.Progress, j.Notify = runner.NewProgress(shows, &j.Run, name), shows.Notify
	ended, err := runner.Execute(ctx, installation, j)
	shows.Close()
	if err != nil {
		return err
	}
	if says.Quiet {
		fmt.Fprintln(env.Stdout, cli.DisplayPath(ended.Folder))
	} else {
		report.Run(env, ended)
	}
	undrawn := runner.WarnUndrawn(env, ended)
	switch ended.Summary.State {
	case record.Stopped:
		return fmt.Errorf("%w; %s keeps %d of %d epochs; go on with: %s", context.Cause(ctx), cli.DisplayPath(ended.Folder),
			ended.History.Epochs(), j.Run.Epochs, j.ResumeCommand(ended.Folder))
	case record.Diverged:
		report.Diverged(env, ended)
		return cli.ErrDiverged
	}
	if undrawn != nil {
		return undrawn
	}
	return says.Found(&ended.Summary)
}

// checkRun checks what a run needs before an engine starts, and returns its data, of a stream a sample, and what it is
// about to do.
func checkRun(ctx context.Context, env *cli.Env, run *config.Run, says cli.Verbosity) (*dataset.Dataset, *runner.Outline, error) {
	if run.Stream {
		return runner.CheckStream(ctx, env, run, says)
	}
	data, err := runner.Check(run)
	if err != nil {
		return nil, nil, err
	}
	return data, runner.OutlineOf(run, data), nil
}

// resumeRun goes on with the run in a folder, by its own configuration and plan.
func resumeRun(ctx context.Context, env *cli.Env, folder string, cluster *runner.ClusterFlags, given *pflag.FlagSet, says cli.Verbosity) error {
	if err := runner.CheckResumeFlags("a run", folder, given, "resume", "plots", "quiet", "verbose", "exit-code", "cluster", "cluster-timeout", "insecure"); err != nil {
		return err
	}
	folder, err := runner.CleanFolder(folder)
	if err != nil {
		return err
	}
	runfolder.Sweep(folder)
	summary, err := runner.ReadResumed(folder)
	if err != nil {
		return err
	}
	run := summary.Configuration
	runner.MoveTo(&run, folder)
	if err := run.Validate(); err != nil {
		return cli.RequestErrorf("--resume %q: %s: %v", folder, runfolder.SummaryFile, err)
	}
	if says.Plots && (summary.State == record.Done || summary.State == record.Diverged) {
		if err := runner.DrawMissing(ctx, env, folder, &run, summary, says); err != nil {
			return err
		}
	}
	switch summary.State {
	case record.Done:
		if says.Quiet {
			fmt.Fprintln(env.Stdout, cli.DisplayPath(filepath.Clean(folder)))
		} else {
			fmt.Fprintf(env.Stdout, "%s is done: %s\n", cli.DisplayPath(filepath.Clean(folder)), printable.Count(summary.Epochs, "epoch"))
		}
		return says.Found(summary)
	case record.Diverged:
		if says.Quiet {
			fmt.Fprintln(env.Stdout, cli.DisplayPath(filepath.Clean(folder)))
		}
		fmt.Fprintf(env.Stderr, "gradwatch: %s diverged after %s: there is nothing to go on with\n",
			filepath.Clean(folder), printable.Count(summary.Epochs, "epoch"))
		return cli.ErrDiverged
	}
	workers, err := cluster.WithChief(given, &run)
	if err != nil {
		return err
	}
	reads := run
	reads.InitialWeights = "" // of use only where the run starts over: the engine looks at it then
	data, outline, err := checkRun(ctx, env, &reads, says)
	if err != nil {
		return err
	}
	absolute, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	plan := summary.Plan
	plan.Towers = 0 // unless there is a cluster again
	return trainJob(ctx, env, &runner.Job{Run: run, Data: data, Outline: outline, Plan: plan, Resume: absolute, Workers: workers}, says)
}
