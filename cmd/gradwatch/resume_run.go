package main

import (
	"context"
	"fmt"
	"path/filepath"

	"gradwatch/internal/cli"
	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
	"gradwatch/internal/runner"
	"gradwatch/internal/terminal"

	"github.com/spf13/pflag"
)

// resume goes on with the run in a folder, by its own configuration and plan.
func resumeRun(ctx context.Context, env *cli.Env, folder string, workers *runner.ClusterFlags, given *pflag.FlagSet, says cli.Verbosity) error {
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
			fmt.Fprintf(env.Stdout, "%s is done: %s\n", cli.DisplayPath(filepath.Clean(folder)), terminal.Count(summary.Epochs, "epoch"))
		}
		return says.Found(summary)
	case record.Diverged:
		if says.Quiet {
			fmt.Fprintln(env.Stdout, cli.DisplayPath(filepath.Clean(folder)))
		}
		fmt.Fprintf(env.Stderr, "gradwatch: %s diverged after %s: there is nothing to go on with\n",
			filepath.Clean(folder), terminal.Count(summary.Epochs, "epoch"))
		return cli.ErrDiverged
	}
	crew, err := workers.ChiefCrew(given, &run)
	if err != nil {
		return err
	}
	reads := run
	reads.InitialWeights = "" // of use only where the run starts over: the engine looks at it then
	data, err := checkRun(ctx, env, &reads, says)
	if err != nil {
		return err
	}
	absolute, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	plan := summary.Plan
	plan.Towers = 0 // unless there is a cluster again
	return trainJob(ctx, env, &runner.Job{Run: run, Data: data, Plan: plan, Resume: absolute, Workers: crew}, says)
}
