package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/pflag"

	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
	"gradwatch/internal/study"
	"gradwatch/internal/terminal"
)

// resume goes on with the run in a folder, by its own configuration and plan.
func resumeRun(ctx context.Context, env *cli.Env, folder string, workers *clusterFlags, given *pflag.FlagSet, says cli.Verbosity) error {
	if err := resumesAlone("a run", folder, given, "resume", "plots", "quiet", "verbose", "exit-code", "cluster", "cluster-timeout", "insecure"); err != nil {
		return err
	}
	folder, err := named(folder)
	if err != nil {
		return err
	}
	runfolder.Sweep(folder)
	summary, err := readResumed(folder)
	if err != nil {
		return err
	}
	run := summary.Configuration
	moveTo(&run, folder)
	if err := run.Validate(); err != nil {
		return cli.RequestErrorf("--resume %q: %s: %v", folder, runfolder.SummaryFile, err)
	}
	if says.Plots && (summary.State == record.Done || summary.State == record.Diverged) {
		if err := drawMissing(ctx, env, folder, &run, summary, says); err != nil {
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
	crew, err := workers.chiefCrew(given, &run)
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
	return trainJob(ctx, env, &job{run: run, data: data, plan: plan, resume: absolute, crew: crew}, says)
}

// named returns a path of the folder that ends with its name: of "." its absolute path.
func named(folder string) (string, error) {
	if base := filepath.Base(folder); base != "." && base != ".." {
		return folder, nil
	}
	return filepath.Abs(folder)
}

// resumesAlone refuses flags beside --resume but those allowed: what is resumed
// goes on as it began.
func resumesAlone(what, folder string, given *pflag.FlagSet, allowed ...string) error {
	var extra error
	given.Visit(func(flag *pflag.Flag) {
		if extra == nil && !slices.Contains(allowed, flag.Name) {
			extra = cli.RequestErrorf("--resume %q: want it without --%s: %s goes on as it began", folder, flag.Name, what)
		}
	})
	return extra
}

// readResumed reads the summary of a run. A folder that is no run's is a wrong
// request.
func readResumed(folder string) (*record.Summary, error) {
	summary, err := record.ReadSummary(filepath.Join(folder, runfolder.SummaryFile))
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		if _, err := os.Stat(filepath.Join(folder, study.DefinitionFile)); err == nil {
			return nil, cli.RequestErrorf("--resume %q: it is a study's folder: want gradwatch study --resume", folder)
		}
		if runfolder.IsLeftOver(folder) {
			return nil, cli.RequestErrorf("--resume %q: the run was ended before it had a %s: train it again, it takes this folder", folder, runfolder.SummaryFile)
		}
		return nil, cli.RequestErrorf("--resume %q: want a run's folder, which holds a %s", folder, runfolder.SummaryFile)
	case err != nil:
		return nil, cli.FileOr(err, func(err error) error { return cli.RequestErrorf("--resume: %v", err) })
	}
	return summary, nil
}

// moveTo sets the run's log folder and name to where its folder lies now.
func moveTo(run *config.Run, folder string) {
	folder = filepath.Clean(folder)
	if folder == filepath.Join(run.LogDir, run.Name) {
		return
	}
	if logdir, found := strings.CutSuffix(folder, string(filepath.Separator)+run.Name); found && run.Name != "" && logdir != "" {
		run.LogDir = logdir
		return
	}
	run.LogDir, run.Name = filepath.Dir(folder), filepath.Base(folder)
}
