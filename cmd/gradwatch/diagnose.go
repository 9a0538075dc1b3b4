package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"gradwatch/internal/autofix"
	"gradwatch/internal/cli"
	"gradwatch/internal/dataset"
	"gradwatch/internal/diagnose"
	"gradwatch/internal/invalid"
	"gradwatch/internal/printable"
	"gradwatch/internal/profile"
	"gradwatch/internal/record"
	"gradwatch/internal/report"
	"gradwatch/internal/runflags"
	"gradwatch/internal/runfolder"
	"gradwatch/internal/terminal"
)

// diagnoseFlags are the flags of diagnose.
type diagnoseFlags struct {
	format   string
	exitCode bool
	watch    bool
	eachSeed bool
	limits   diagnose.Thresholds
	fixes    *autofix.Flags
	events   eventFlags
}

// diagnosis is what diagnose --format json prints.
type diagnosis struct {
	Run    string         `json:"run"`
	Folder string         `json:"folder"`
	State  record.State   `json:"state"`
	Epochs int            `json:"epochs"`
	Seeds  []uint32       `json:"seeds"`
	Data   *diagnosedData `json:"data,omitempty"`
	*diagnose.Report
	Fixes *autofix.Report `json:"fixes,omitempty"`
}

// diagnosedData is what diagnose --format json says of the table that a run was trained on.
type diagnosedData struct {
	Target    string       `json:"target"`
	Task      dataset.Task `json:"task"`
	Inputs    int          `json:"inputs"`
	TrainRows int          `json:"train_rows"`
	TestRows  int          `json:"test_rows"`
	*profile.Table
}

func diagnoseCommand(env *cli.Env) *cobra.Command {
	flags := &diagnoseFlags{format: textFormat, limits: diagnose.Default(), fixes: autofix.NewFlags()}
	c := &cobra.Command{
		Use:   "diagnose [FLAG...] RUN",
		Short: "Say what is wrong with a run: which layer, which units, since when, and why",
		Long: `Reads what a run has recorded and says what is wrong with it: gradients that
vanish or explode, dead, saturated or symmetric units, steps too small or too
large, training that was too short, and more; each with the layer, the units,
the epoch, the number and what to look at in TensorBoard. A cause comes first,
what follows from it below it. RUN is the run's folder, such as logs/tanh-5.

RUN may also be a folder with TensorBoard's event files of any program, such as
Keras or PyTorch. Its runs are judged by the gradients, weights and losses that
were recorded under usual names, or those that the flags below give.

With --try-fixes it also proves what helps: it trains the run again with several
seeds, as it is and with fixes, those first that fit what was found, then the
best of them together; all with few epochs, the better ones with more. It trains
the best once more with seeds that took no part in the choice, and prints what
each reaches, which part of the gain is due to what, and the command that trains
the best.`,
		Example: `  gradwatch diagnose logs/tanh-5
  gradwatch diagnose --format json --exit-code logs/tanh-5
  gradwatch diagnose --watch logs/relu-5
  gradwatch diagnose --order natural ~/keras-logs
  gradwatch diagnose --try-fixes --repeats 30 --budget 2m logs/tanh-5`,
		Args:              oneRun,
		ValidArgsFunction: cli.CompleteRun,
		RunE: func(c *cobra.Command, args []string) error {
			if err := flags.fixes.Check(flags.watch, c.Flags()); err != nil {
				return err
			}
			if isEventFolder(args[0]) {
				return diagnoseEvents(env, args[0], flags)
			}
			if err := flags.events.refuse(c.Flags()); err != nil {
				return err
			}
			return diagnoseRun(c.Context(), env, args[0], flags)
		},
		DisableFlagsInUseLine: true,
	}
	g := cli.NewGroup("Output")
	g.Add(cli.NewValue(&flags.format, parseFormat, func(s string) string { return s }, "NAME"),
		"format", "text or json")
	g.AddBool(&flags.exitCode, "exit-code", "exit with 3 if an error was found")
	g.AddBool(&flags.eachSeed, "each-seed", "of a run with several seeds, also what was found with each of them")
	g.AddBool(&flags.watch, "watch", "stay with a run under way: print what is found and what has gone, until it ends")
	flags.fixes.Verbosity.AddLevels(g)
	g.AddTo(c)
	flags.fixes.Group().AddTo(c)
	flags.events.group().AddTo(c)
	runflags.AddThresholds(cli.NewGroup("Thresholds"), &flags.limits).AddTo(c)
	return c
}

// oneRun wants the folder of a run.
func oneRun(_ *cobra.Command, args []string) error {
	if len(args) != 1 || args[0] == "" {
		return cli.RequestErrorf("%d arguments: want one, a run's folder, such as logs/tanh-5", len(args))
	}
	return nil
}

const (
	textFormat = "text"
	jsonFormat = "json"
)

func parseFormat(text string) (string, error) {
	if text != textFormat && text != jsonFormat {
		return "", invalid.New("format", text, "one of text, json")
	}
	return text, nil
}

// diagnoseRun prints the verdict of a run, and with --try-fixes what mends it.
func diagnoseRun(ctx context.Context, env *cli.Env, folder string, flags *diagnoseFlags) error {
	if flags.watch {
		return watchRun(ctx, env, folder, flags)
	}
	d, err := flags.read(folder)
	if err != nil {
		return err
	}
	if flags.fixes.Try {
		err = tryFixes(ctx, env, folder, d, flags)
	} else {
		err = printDiagnosis(env, d, flags)
	}
	if err != nil {
		return err
	}
	if flags.exitCode && d.Verdict == string(diagnose.Error) {
		return cli.ErrFound
	}
	return nil
}

func printDiagnosis(env *cli.Env, d *diagnosis, flags *diagnoseFlags) error {
	if flags.format == jsonFormat {
		out := json.NewEncoder(env.Stdout)
		out.SetIndent("", "  ")
		return out.Encode(d)
	}
	fmt.Fprintf(env.Stdout, "%s: %s, %s\n\n", printable.Text(d.Run), d.State, printable.Count(d.Epochs, "epoch"))
	report.Verdict(env.Stdout, terminal.NewStyle(env.Stdout), d.Report)
	return nil
}

// read diagnoses the run in a folder. A folder that is no run's is a wrong request.
func (flags *diagnoseFlags) read(folder string) (*diagnosis, error) {
	_, err := os.Stat(filepath.Join(folder, runfolder.SummaryFile))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, cli.RequestErrorf("run %q: want the folder of a run, which holds a %s", folder, runfolder.SummaryFile)
	}
	run, summary, err := diagnose.Read(folder)
	if err != nil {
		return nil, cli.FileOr(err, func(err error) error { return cli.RequestErrorf("%v", err) })
	}
	absolute, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	d := &diagnosis{
		Run: filepath.Base(absolute), Folder: cli.RelativePath(absolute), State: summary.State, Seeds: summary.Seeds,
		Report: flags.limits.Report(run),
	}
	if table := summary.Data.Profile; table != nil {
		target := &summary.RowSchema().Target
		d.Data = &diagnosedData{target.Name, target.Task, len(summary.Columns), summary.TrainRows, summary.TestRows, table}
	}
	if flags.eachSeed {
		d.EachSeed = flags.limits.EachSeed(run)
	}
	for i := range run.Replicas {
		d.Epochs = max(d.Epochs, len(run.Replicas[i].History))
	}
	return d, nil
}

// tryFixes prints the diagnosis of a run and what its fixes reach. Where there is
// nothing to mend it trains nothing; where it is stopped, it prints what is there.
func tryFixes(ctx context.Context, env *cli.Env, folder string, d *diagnosis, flags *diagnoseFlags) error {
	text := flags.format == textFormat
	if !autofix.Needed(d.Report) && !flags.fixes.Wanted() {
		d.Fixes = autofix.None()
		err := printDiagnosis(env, d, flags)
		if text && err == nil {
			fmt.Fprintln(env.Stdout, "\nThere is nothing to fix. With --metric, changes are tried that may raise it.")
		}
		return err
	}
	x, err := autofix.New(env, folder, d.Report, flags.limits, flags.fixes)
	if err != nil {
		return err
	}
	if text {
		if err := printDiagnosis(env, d, flags); err != nil {
			return err
		}
	}
	err = x.Train(ctx)
	if text {
		x.Print()
		return err
	}
	d.Fixes = x.Report()
	return errors.Join(printDiagnosis(env, d, flags), err)
}
