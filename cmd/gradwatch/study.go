package main

import (
	"gradwatch/internal/cli"
	"gradwatch/internal/invalid"
	"gradwatch/internal/runflags"
	"gradwatch/internal/runner"
	"gradwatch/internal/sweep"

	"github.com/spf13/cobra"
)

func studyCommand(env *cli.Env) *cobra.Command {
	flags := &sweep.Flags{Base: runflags.NewStudy(), Workers: runner.NewClusterFlags()}
	says := cli.Verbosity{}
	c := &cobra.Command{
		Use:   "study [FLAG...] --vary FLAG=VALUES...",
		Short: "Train a grid of configurations, each with several seeds, and compare them",
		Long: `Trains every combination of the values that flags are varied over, side by side
on all cores, and writes tables and a picture that compare them. Any flag of
data, model and training can be varied; what is given besides holds for all. A
study that was stopped goes on with --resume.`,
		Example: `  gradwatch study --activation tanh --vary hidden-layers=1:10 --repeats 30
  gradwatch study --vary learning-rate=0.0001:1:x10 --vary optimizer=sgd,adam
  gradwatch study --vary 'layers=8,8,4;16,16' --vary noise=0.05:0.2:0.05
  gradwatch study --resume studies/study-hidden-layers
  gradwatch study --vary hidden-layers=1:10 --cluster cluster.json`,
		Args: cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := sweep.New(env, flags, c.Flags(), says)
			if err != nil {
				return err
			}
			defer s.Folder.Close()
			return s.Do(c.Context())
		},
		DisableFlagsInUseLine: true,
	}
	g := cli.NewGroup("Study")
	g.Add(&flags.Axes, "vary", "a flag and its values: a,b,c or 1:10 or 5:50:5 or 0.0001:1:x10; again for another flag")
	g.Add(flags.NameValue(), "name", "the study's folder in that of --logdir (default from what it varies, such as study-hidden-layers; a name that is taken gets -2)")
	g.Add(cli.NewValue(&flags.Resume, parseResume("a study's folder"), func(s string) string { return s }, "FOLDER"),
		"resume", "take up a study that was stopped: train what is missing or failed")
	g.AddTo(c)
	flags.Base.AddTo(c)
	flags.Workers.AddTo(c, "train the configurations on its workers, each on one", false)
	says.AddTo(c, false)
	return c
}

func parseResume(want string) func(string) (string, error) {
	return func(text string) (string, error) {
		if text == "" {
			return "", invalid.New("resume", text, want)
		}
		return text, nil
	}
}
