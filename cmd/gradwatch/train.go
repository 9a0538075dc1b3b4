package main

import (
	"context"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"gradwatch/internal/engine"
	"gradwatch/train/config"
	"gradwatch/train/record"
)

// talk says how much a command tells.
type talk struct {
	plots, quiet, verbose bool
}

func (f *front) trainCommand() *cobra.Command {
	flags := newRunFlags()
	says := talk{plots: true}
	c := &cobra.Command{
		Use:   "train [FLAG...]",
		Short: "Train one model, or several that differ by their seed",
		Long: `Trains a multilayer perceptron that tells two classes apart, and writes a folder
with event files for TensorBoard, the history, the weights and pictures.`,
		Example: `  gradwatch train --preset tanh-5
  gradwatch train --hidden-layers 5 --units 5 --activation tanh --optimizer adam
  gradwatch train --dataset points.csv --layers 8,8,4 --repeats 30`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			run, err := flags.resolve(c.Flags())
			if err != nil {
				return err
			}
			return f.train(c.Context(), run, says)
		},
		DisableFlagsInUseLine: true,
	}
	flags.addTo(c)
	says.addTo(c, true)
	return c
}

func (t *talk) addTo(c *cobra.Command, plots bool) {
	g := newGroup("Output")
	if plots {
		g.addBool(&t.plots, "plots", "draw pictures into the run's folder")
	}
	t.addLevels(g)
	g.addTo(c)
}

func (t *talk) addLevels(g group) {
	g.addBool(&t.quiet, "quiet", "print the result alone")
	g.addBool(&t.verbose, "verbose", "show TensorFlow's own messages")
}

// train does one run and prints its result.
func (f *front) train(ctx context.Context, run config.Run, says talk) error {
	points, err := check(&run)
	if err != nil {
		return err
	}
	installation, err := engine.Find(f.program, run.Device)
	if err != nil {
		return err
	}
	shows := newBoard(f.stderr, says.quiet, says.verbose)
	j := &job{
		run: run, points: points, cores: runtime.GOMAXPROCS(0), plots: says.plots, log: f.log(says.verbose),
		track: shows.track(run.FolderName(), run.Epochs),
	}
	ended, err := execute(ctx, installation, j)
	shows.close()
	if err != nil {
		return err
	}
	f.printRun(ended)
	switch ended.Summary.State {
	case record.Stopped:
		return fmt.Errorf("%w; %s keeps %d of %d epochs", context.Cause(ctx), shown(ended.folder), ended.history.Epochs(), run.Epochs)
	case record.Diverged:
		f.warnDiverged(ended)
		return errDiverged
	default:
		return nil
	}
}
