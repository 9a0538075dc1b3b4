package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/spf13/cobra"

	"gradwatch/internal/cli"
	"gradwatch/internal/engine"
	"gradwatch/internal/invalid"
	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
	"gradwatch/internal/savedmodel"
)

// modelFolder is where export puts a SavedModel inside the run's folder.
const modelFolder = "saved_model"

// exportFlags are those of the export command.
type exportFlags struct {
	out       string
	overwrite bool
	replica   int
}

func exportCommand(env *cli.Env) *cobra.Command {
	flags := &exportFlags{}
	c := &cobra.Command{
		Use:   "export [FLAG...] RUN",
		Short: "Write a run's model as a SavedModel",
		Long: `Writes the model of a run that has ended as a SavedModel, which Python, Go and
TensorFlow Serving load. RUN is the run's folder, such as logs/relu-5; the data
set isn't needed.

The SavedModel has the tag serve and the signature serving_default. Its input is
"inputs", float32 [batch, inputs], not scaled: the model scales them. Its
outputs are, by what the model predicts:
  two classes   "probability", float32 [batch], of the second class, and
                "class", int64 [batch], 0 or 1
  more classes  "probabilities", float32 [batch, classes], and "class"
  a regression  "prediction", float32 [batch]

The file assets.extra/gradwatch.json names the inputs and the classes. The
weights, with those of batch normalization, are constants of the graph.`,
		Example:           "  gradwatch export logs/relu-5\n  gradwatch export --out models/circles --replica 3 logs/relu-5-30",
		Args:              oneRun,
		ValidArgsFunction: cli.CompleteRun,
		RunE: func(c *cobra.Command, args []string) error {
			return exportRun(c.Context(), env, args[0], flags)
		},
		DisableFlagsInUseLine: true,
	}
	g := cli.NewGroup("Flags")
	g.Add(cli.NewValue(&flags.out, parseOut, func(s string) string { return s }, "FOLDER"),
		"out", "folder to write (default RUN/"+modelFolder+")")
	g.AddBool(&flags.overwrite, "overwrite", "replace a SavedModel that is there")
	addReplica(g, &flags.replica)
	g.AddTo(c)
	return c
}

func parseOut(text string) (string, error) {
	if text == "" {
		return "", invalid.New("out", text, "a path")
	}
	return text, nil
}

// addReplica adds the flag that picks one of a run's replicas.
func addReplica(g cli.Group, replica *int) {
	parse := func(text string) (int, error) {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return 0, invalid.New("replica", text, "the number of a replica, from 0")
		}
		return n, nil
	}
	g.Add(cli.NewValue(replica, parse, strconv.Itoa, "N"),
		"replica", "number of the model in a run with --repeats; 0 is the first, with the run's --seed")
}

// exportRun writes the model of a run that has ended as a SavedModel.
func exportRun(ctx context.Context, env *cli.Env, folder string, flags *exportFlags) error {
	ended, err := openEnded(env, folder, flags.replica)
	if err != nil {
		return err
	}
	out := filepath.Join(ended.folder, modelFolder)
	if flags.out != "" {
		if out, err = filepath.Abs(flags.out); err != nil {
			return err
		}
	}
	if err := savedmodel.Check(out, flags.overwrite); err != nil {
		return invalid.Of(err, "out", cli.DisplayPath(out))
	}
	installation, err := engine.Find(env.Program, "cpu")
	if err != nil {
		return err
	}
	err = installation.Export(ctx, engine.Export{
		Folder: ended.folder, Replica: flags.replica, Out: out, Overwrite: flags.overwrite,
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "%s%s\n", cli.DisplayPath(out), ended.which())
	return nil
}

// endedRun is a run whose model can be used.
type endedRun struct {
	folder  string // absolute
	replica int
	summary *record.Summary
}

// openEnded reads the summary of the run in a folder. It returns an error if that is
// no run's, or one that has not ended, or has no such replica.
func openEnded(env *cli.Env, folder string, replica int) (*endedRun, error) {
	summary, err := record.ReadSummary(filepath.Join(folder, runfolder.SummaryFile))
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return nil, cli.RequestErrorf("run %q: want the folder of a run, which holds a %s", folder, runfolder.SummaryFile)
	case err != nil:
		return nil, cli.FileOr(err, func(err error) error { return cli.RequestErrorf("%v", err) })
	}
	if count := len(summary.Seeds); replica >= count {
		want := fmt.Sprintf("0 to %d, the run's replicas", count-1)
		if count == 1 {
			want = "0: the run has one model"
		}
		return nil, invalid.New("replica", strconv.Itoa(replica), want)
	}
	if len(summary.Result) > replica && summary.Result[replica].Diverged() {
		return nil, cli.RequestErrorf("run %q: replica %d diverged: it has no weights to predict with", folder, replica)
	}
	_, weightless := os.Stat(filepath.Join(folder, runfolder.WeightsFile))
	if summary.State == record.Running || errors.Is(weightless, fs.ErrNotExist) {
		return nil, cli.RequestErrorf("run %q: want one that has ended: this one is under way, or was killed; go on with: %s",
			folder, cli.ResumeCommand(env.Command(), folder))
	}
	absolute, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	return &endedRun{folder: absolute, replica: replica, summary: summary}, nil
}

// which says which model it is, where there are several.
func (e *endedRun) which() string {
	if len(e.summary.Seeds) == 1 {
		return ""
	}
	return fmt.Sprintf(": replica %d of %d, seed %d", e.replica, len(e.summary.Seeds), e.summary.Seeds[e.replica])
}
