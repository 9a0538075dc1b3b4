package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"gradwatch/internal/cli"
	"gradwatch/internal/dataset"
	"gradwatch/internal/engine"
	"gradwatch/internal/invalid"
	"gradwatch/internal/printable"
	"gradwatch/internal/runfolder"
	"gradwatch/internal/terminal"
)

// standardInput is the file name that stands for it.
const standardInput = "-"

// predictFlags are those of the predict command.
type predictFlags struct {
	out       string
	overwrite bool
	replica   int
	how       dataset.Reading
}

func predictCommand(env *cli.Env) *cobra.Command {
	flags := &predictFlags{how: dataset.Reading{
		Header: dataset.HeaderAuto, Separator: dataset.Automatic, Decimal: dataset.Automatic, Encoding: dataset.Automatic,
	}}
	c := &cobra.Command{
		Use:   "predict [FLAG...] RUN FILE",
		Short: "Predict the rows of a CSV file with a run's model",
		Long: `Predicts the rows of a CSV file with the model of a run that has ended. FILE is
the file, or - for standard input. RUN is the run's folder, such as logs/relu-5.

The output is CSV, one line for each row, in the order of the rows. For two
classes it holds the probability of the second class and the predicted class;
for more classes the probability of each class and the predicted class; for a
regression the predicted value. Outputs that are neither sigmoid nor softmax are
no probabilities: their columns are called output.

If the file and the run's data have headers, columns are found by name, in any
order, and other columns are ignored. Without headers the file needs the same
columns in the same order; the target may be left out. Words, dates, missing
values and numbers are treated as in the training rows. The separator, the
decimal mark and the encoding are recognized, and may differ from those of the
run's data.

Rows are read one after the other, so a file may have any number of them. The
command stops at the first wrong line; the predictions before it are on standard
output. A file that --out names is written completely or not at all.`,
		Example: `  gradwatch predict logs/relu-5 new.csv --out predictions.csv
  zcat points.csv.gz | gradwatch predict logs/relu-5 - | tail -n 3`,
		Args:              runAndFile,
		ValidArgsFunction: cli.CompleteRun,
		RunE: func(c *cobra.Command, args []string) error {
			return predictRows(c.Context(), env, args[0], args[1], flags)
		},
		DisableFlagsInUseLine: true,
	}
	g := cli.NewGroup("Flags")
	g.Add(cli.NewValue(&flags.out, parseOut, func(s string) string { return s }, "FILE"),
		"out", "file to write (default standard output)")
	g.AddBool(&flags.overwrite, "overwrite", "replace a file that is there")
	addReplica(g, &flags.replica)
	addReading(g, &flags.how)
	g.Add(cli.NewValue(&flags.how.Ignore, func(s string) (string, error) { return s, nil }, func(s string) string { return s }, "COLUMN,..."),
		"ignore", "columns that are left out, as in train; needed only for a file without a header")
	g.AddTo(c)
	return c
}

// addReading adds the flags that say how a file is written.
func addReading(g cli.Group, how *dataset.Reading) {
	for _, choice := range []struct {
		at         *string
		name, help string
		names      []string
	}{
		{&how.Header, "header", "whether the file's first line names the columns", dataset.HeaderNames()},
		{&how.Separator, "separator", "between the file's fields", dataset.SeparatorNames()},
		{&how.Decimal, "decimal", "mark before decimals in the file", dataset.DecimalNames()},
		{&how.Encoding, "encoding", "of the file's text", dataset.EncodingNames()},
	} {
		names := strings.Join(choice.names, ", ")
		parse := func(text string) (string, error) {
			if !slices.Contains(choice.names, text) {
				return "", invalid.New(choice.name, text, "one of "+names)
			}
			return text, nil
		}
		g.Add(cli.NewValue(choice.at, parse, func(s string) string { return s }, "NAME"), choice.name, choice.help+": "+names)
	}
}

// runAndFile wants the folder of a run and a file.
func runAndFile(_ *cobra.Command, args []string) error {
	if len(args) != 2 || args[0] == "" || args[1] == "" {
		return cli.RequestErrorf("%d arguments: want two, a run's folder and a CSV file, such as logs/relu-5 new.csv", len(args))
	}
	return nil
}

// predictRows writes the predictions of the rows of a file, or of standard input.
func predictRows(ctx context.Context, env *cli.Env, folder, file string, flags *predictFlags) error {
	ended, err := openEnded(env, folder, flags.replica)
	if err != nil {
		return err
	}
	rows, err := awaitRows(ctx, func() (*rowSource, error) { return openRows(env, file, ended, flags) })
	if err != nil {
		return err
	}
	defer rows.Close()
	installation, err := engine.Find(env.Program, "cpu")
	if err != nil {
		return err
	}
	if flags.out == "" {
		err = ended.predict(ctx, installation, rows, env.Stdout)
	} else {
		err = writePredictions(flags, func(w io.Writer) error { return ended.predict(ctx, installation, rows, w) })
	}
	if err != nil {
		return err
	}
	if which := ended.which(); which != "" {
		fmt.Fprintf(env.Stderr, "gradwatch: predicted with %s\n", which[len(": "):])
	}
	dialect := rows.Dialect()
	if line := dialect.String(); line != "" {
		fmt.Fprintf(env.Stderr, "gradwatch: %s: %s\n", printable.Text(rows.Name()), line)
	}
	for _, line := range rows.unknown() {
		fmt.Fprintf(env.Stderr, "gradwatch: %s\n", line)
	}
	return nil
}

// awaitRows opens the rows, unless it is stopped before. Opening reads the beginning, for which standard input may let
// it wait. The program ends where it was stopped, so what still waits is left behind.
func awaitRows(ctx context.Context, open func() (*rowSource, error)) (*rowSource, error) {
	var rows *rowSource
	opened := make(chan error, 1)
	go func() {
		var err error
		rows, err = open()
		opened <- err
	}()
	select {
	case err := <-opened:
		return rows, err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// openRows opens the file whose rows the run's model is to predict.
func openRows(env *cli.Env, file string, ended *endedRun, flags *predictFlags) (*rowSource, error) {
	schema := ended.summary.RowSchema()
	how := flags.how
	how.Like = schema.Dialect
	var records *dataset.Records
	var err error
	if file == standardInput {
		input := env.Stdin
		if input == nil {
			input = os.Stdin
		}
		records, err = dataset.NewRecords(input, "standard input", how)
	} else {
		records, err = dataset.OpenRecords(file, how)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, cli.RequestErrorf("file %q: want a CSV file, or - for standard input: there is none of that name", file)
	}
	if err != nil {
		return nil, err
	}
	rows, err := newRowSource(records, schema)
	if err != nil {
		_ = records.Close() // the first error is the one to tell
		return nil, invalid.At(err, records.Name(), 1)
	}
	return rows, nil
}

// writePredictions has a file written whole, or not at all.
func writePredictions(flags *predictFlags, write func(io.Writer) error) error {
	name := filepath.Base(flags.out)
	folder, err := runfolder.Open(filepath.Dir(flags.out))
	if err != nil {
		return fmt.Errorf("--out %q: folder %q: %w", flags.out, filepath.Dir(flags.out), errors.Unwrap(err))
	}
	defer folder.Close()
	if err := checkOut(folder, flags.out, name, flags.overwrite); err != nil {
		return err
	}
	var failed error
	err = writeOut(folder, flags.out, name, flags.overwrite, func(w io.Writer) error {
		failed = write(w)
		return failed
	})
	if failed != nil {
		return failed // about what was read, not what was to be written
	}
	return err
}

// checkOut refuses the name of a file that is there, unless it is to be overwritten. out is
// what was asked for.
func checkOut(folder *runfolder.Folder, out, name string, overwrite bool) error {
	switch info, err := folder.Root().Lstat(name); {
	case err == nil && (!overwrite || !info.Mode().IsRegular()):
		return takenOut(folder, out, name)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("--out %q: %w", out, err)
	}
	return nil
}

func takenOut(folder *runfolder.Folder, out, name string) error {
	return cli.RequestErrorf("--out %q: %s is there already: want another name, or --overwrite for a file",
		out, cli.DisplayPath(filepath.Join(folder.Path, name)))
}

// writeOut writes a file of that name whole, in the place of another only where it is to
// be overwritten.
func writeOut(folder *runfolder.Folder, out, name string, overwrite bool, write func(io.Writer) error) error {
	if overwrite {
		return folder.Write(name, write)
	}
	err := folder.WriteNew(name, write)
	if errors.Is(err, fs.ErrExist) {
		return takenOut(folder, out, name)
	}
	return err
}

// predict writes a header and a line for each row.
func (e *endedRun) predict(ctx context.Context, installation engine.Installation, rows *rowSource, w io.Writer) error {
	out := bufio.NewWriterSize(w, 1<<16)
	lines := newPredictionLines(&rows.schema.Target, e.summary.Configuration.Output(&rows.schema.Target), terminal.IsTerminal(w))
	if _, err := out.WriteString(lines.header()); err != nil {
		return fmt.Errorf("write predictions: %w", err)
	}
	request := engine.Predict{
		Folder: e.folder, Replica: e.replica, Plan: e.summary.Configuration.Plan(runtime.GOMAXPROCS(0)),
	}
	err := installation.Predict(ctx, request, rows.next, func(p *engine.Predicted) error {
		if _, err := out.Write(lines.of(p)); err != nil {
			return fmt.Errorf("write predictions: %w", err)
		}
		return nil
	})
	if flushed := out.Flush(); flushed != nil && err == nil {
		return fmt.Errorf("write predictions: %w", flushed)
	}
	return err
}
