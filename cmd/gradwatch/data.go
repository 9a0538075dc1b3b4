package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/figures"
	"gradwatch/internal/invalid"
	"gradwatch/internal/printable"
	"gradwatch/internal/runflags"
	"gradwatch/internal/runfolder"
)

// dataFlags are those of the data command.
type dataFlags struct {
	run       config.Run // its data alone
	out       string
	overwrite bool
}

func dataCommand(env *cli.Env) *cobra.Command {
	flags := &dataFlags{run: config.Default()}
	c := &cobra.Command{
		Use:   "data [FLAG...]",
		Short: "Make a data set: CSV and scatter plot",
		Long: `Makes a data set and writes it to two files. NAME.csv has a header, the inputs,
not scaled, and the class, 0 or 1; the rows are in the order that training uses.
NAME.png is a scatter plot: class 0 is blue, class 1 orange.`,
		Example: "  gradwatch data\n  gradwatch data --dataset moons --samples 500 --out data/moons-500",
		Args:    cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if !c.Flags().Changed("out") {
				flags.out = flags.run.Dataset
			}
			return printData(env, flags)
		},
		DisableFlagsInUseLine: true,
	}
	g := cli.NewGroup("Data")
	runflags.AddAs(g, &flags.run, "dataset", strings.Join(dataset.Names(), ", "))
	runflags.Add(g, &flags.run, "samples", "noise", "data-seed")
	g.AddTo(c)
	out := cli.NewGroup("Files")
	out.Add(cli.NewValue(&flags.out, func(s string) (string, error) { return s, nil }, func(s string) string { return s }, "NAME"),
		"out", "path of the files without their ending (default the data set's name, in this folder)")
	out.AddBool(&flags.overwrite, "overwrite", "replace files of that name")
	out.AddTo(c)
	return c
}

// printData makes the data set and writes its files.
func printData(env *cli.Env, flags *dataFlags) error {
	run := &flags.run
	if !slices.Contains(dataset.Names(), run.Dataset) {
		return invalid.New("dataset", run.Dataset, "one of "+strings.Join(dataset.Names(), ", "))
	}
	if err := run.Validate(); err != nil {
		return err
	}
	if name := filepath.Base(flags.out); flags.out == "" || name == "." || name == ".." || strings.HasSuffix(flags.out, "/") {
		return invalid.New("out", flags.out, "a path whose last part is a file's name, without ending")
	}
	points, err := dataset.Generate(run.Dataset, run.Samples, run.Noise, run.DataSeed)
	if err != nil {
		return err
	}
	if err := writeData(flags, points); err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "%s.csv  %d rows: %s and the class\n", printable.Text(flags.out), points.Len(), strings.Join(points.Columns, ", "))
	fmt.Fprintf(env.Stdout, "%s.png  scatter plot: class 0 blue, class 1 orange\n", printable.Text(flags.out))
	return nil
}

func writeData(flags *dataFlags, points *dataset.Examples) error {
	folder, err := runfolder.Open(filepath.Dir(flags.out))
	if err != nil {
		return fmt.Errorf("--out %q: folder %q: %w", flags.out, filepath.Dir(flags.out), errors.Unwrap(err))
	}
	defer folder.Close()
	name := filepath.Base(flags.out)
	files := []string{name + ".csv", name + ".png"}
	for _, file := range files {
		if err := checkOut(folder, flags.out, file, flags.overwrite); err != nil {
			return err
		}
	}
	if err := writeOut(folder, flags.out, files[0], flags.overwrite, points.WriteCSV); err != nil {
		return err
	}
	return writeOut(folder, flags.out, files[1], flags.overwrite, func(w io.Writer) error {
		return figures.WriteData(w, flags.run.Dataset, points)
	})
}
