package main

import (
	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/runflags"
	"gradwatch/internal/tutorial"

	"github.com/spf13/cobra"
)

func tutorialCommand(env *cli.Env) *cobra.Command {
	run := config.Default()
	says := cli.Verbosity{Plots: true}
	c := &cobra.Command{
		Use:   "tutorial [FLAG...]",
		Short: "The vanishing-gradients tutorial: three models and what their gradients say",
		Long: `Does what the tutorial "How to Fix the Vanishing Gradients Problem Using the
ReLU" does: draws the two circles, trains a small tanh network, a deep one and a
deep ReLU network, and shows side by side what becomes of their gradients.

Each model is trained with thirty seeds, because one run may be luck. Shown is
the typical run of each: the one nearest to the median of the thirty in how much
of the gradient reaches the first layer, when the model learns, and what it ends
with. Of each of the three the seeds are ranked, and the seed whose ranks are
nearest to the middle, summed up, is taken.

The deep models' runs go into the log folder, for TensorBoard; the others, with
the thirty seeds, into a folder beside it (logs-seeds for logs).`,
		Args: cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			return tutorial.Run(c.Context(), env, run, c.Flags().Changed("seed"), says)
		},
		DisableFlagsInUseLine: true,
	}
	g := cli.NewGroup("Training")
	runflags.Add(g, &run, "epochs")
	runflags.AddAs(g, &run, "seed", "the first of the thirty, which is also the one shown where it is given: the same seed gives the same bits")
	g.AddTo(c)
	g = cli.NewGroup("Records")
	runflags.Add(g, &run, "logdir")
	g.AddBool(&run.Overwrite, "overwrite", "replace the runs of an earlier tutorial, which are kept otherwise")
	g.AddTo(c)
	g = cli.NewGroup("Machine")
	runflags.Add(g, &run, "device", "threads")
	g.AddTo(c)
	says.AddTo(c, false)
	return c
}
