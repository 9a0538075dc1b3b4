package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"gradwatch/internal/cli"
	"gradwatch/internal/terminal"
)

// runCommand does what args ask for and returns the exit status. An error is one line
// on stderr.
func runCommand(ctx context.Context, env *cli.Env, args []string) int {
	out := &terminal.Output{Writer: env.Stdout}
	env.Stdout, env.Stderr = out, &terminal.Output{Writer: env.Stderr}
	root := rootCommand(env)
	root.SetArgs(append([]string{}, args...)) // of nil cobra makes the arguments of the process
	err := cli.UnknownCommand(root, args)
	if err == nil {
		err = root.ExecuteContext(ctx)
	}
	reported := err == nil || errors.Is(err, cli.ErrDiverged) || errors.Is(err, cli.ErrFound) || errors.Is(err, cli.ErrPictures)
	if unwritten := out.Failed(); reported && unwritten != nil {
		err, reported = fmt.Errorf("write the result: %w", unwritten), false
	}
	if errors.As(err, new(cli.Stopped)) && terminal.IsTerminal(env.Stderr) {
		fmt.Fprint(env.Stderr, terminal.ClearLine)
	}
	if !reported {
		fmt.Fprintln(env.Stderr, "gradwatch:", cli.Message(err))
	}
	return cli.Status(err)
}

func rootCommand(env *cli.Env) *cobra.Command {
	printVersion := false
	root := &cobra.Command{
		Use:   "gradwatch",
		Short: "Train multilayer perceptrons on TensorFlow and watch their gradients",
		Long: `gradwatch trains multilayer perceptrons on the TensorFlow runtime and shows in
TensorBoard what flows through them: a gradient histogram of each layer, each
epoch. Begin with "gradwatch tutorial".`,
		SilenceErrors: true, // runCommand prints them
		SilenceUsage:  true,
		RunE: func(c *cobra.Command, _ []string) error {
			if !printVersion {
				return c.Help()
			}
			printOwnVersion(env)
			return nil
		},
	}
	// Not cobra's Version: a template of its own would link text/template, and with it 6 MB of methods that reflection may call.
	root.InitDefaultHelpFlag()
	root.Flags().BoolVarP(&printVersion, "version", "v", false, "print gradwatch's version")
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	root.SetFlagErrorFunc(cli.FlagError)
	root.SetHelpFunc(func(c *cobra.Command, _ []string) { fmt.Fprint(c.OutOrStdout(), cli.HelpText(c)) })
	root.SetHelpCommand(cli.HelpCommand(root))
	root.AddCommand(tutorialCommand(env), trainCommand(env), studyCommand(env), diagnoseCommand(env), exportCommand(env), predictCommand(env),
		dataCommand(env), workerCommand(env), devicesCommand(env), versionCommand(env))
	return root
}
