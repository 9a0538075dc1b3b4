package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gradwatch/internal/invalid"
)

// front is the command with what it stands on.
type front struct {
	program        string // the path of the program itself, beside which the engine lies
	stdout, stderr io.Writer
	stdin          io.Reader // nil for the process's own
}

// run does what args ask for and returns the exit status. An error is one line
// on stderr.
func (f *front) run(ctx context.Context, args []string) int {
	out := &output{Writer: f.stdout}
	f.stdout, f.stderr = out, &output{Writer: f.stderr}
	root := f.root()
	root.SetArgs(append([]string{}, args...)) // of nil cobra makes the arguments of the process
	err := unknownCommand(root, args)
	if err == nil {
		err = root.ExecuteContext(ctx)
	}
	reported := err == nil || errors.Is(err, errDiverged) || errors.Is(err, errFound) || errors.Is(err, errPictures)
	if unwritten := out.failed(); reported && unwritten != nil {
		err, reported = fmt.Errorf("write the result: %w", unwritten), false
	}
	if errors.As(err, new(stopped)) && isTerminal(f.stderr) {
		fmt.Fprint(f.stderr, clearLine)
	}
	if !reported {
		fmt.Fprintln(f.stderr, "gradwatch:", message(err))
	}
	return status(err)
}

func (f *front) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "gradwatch",
		Short: "Train multilayer perceptrons on TensorFlow and watch their gradients",
		Long: `gradwatch trains multilayer perceptrons on the TensorFlow runtime and shows in
TensorBoard what flows through them: a gradient histogram of each layer, each
epoch. Begin with "gradwatch tutorial".`,
		SilenceErrors: true, // front.run prints them
		SilenceUsage:  true,
		Version:       version + revision(),
	}
	root.SetVersionTemplate("gradwatch   {{.Version}}\n") // as the version command's first line
	root.SetOut(f.stdout)
	root.SetErr(f.stderr)
	root.SetFlagErrorFunc(flagError)
	root.SetHelpFunc(func(c *cobra.Command, _ []string) { fmt.Fprint(c.OutOrStdout(), helpText(c)) })
	root.SetHelpCommand(helpCommand(root))
	root.AddCommand(f.tutorialCommand(), f.trainCommand(), f.studyCommand(), f.diagnoseCommand(), f.exportCommand(), f.predictCommand(),
		f.dataCommand(), f.workerCommand(), f.devicesCommand(), f.versionCommand())
	return root
}

// helpCommand is cobra's, but for an unknown command it fails.
func helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Print the help of a command",
		RunE: func(_ *cobra.Command, args []string) error {
			if err := unknownCommand(root, args); err != nil {
				return err
			}
			c, _, err := root.Find(args)
			if err != nil {
				return err
			}
			return c.Help()
		},
		DisableFlagsInUseLine: true,
	}
}

// noArguments refuses what is not a flag.
func noArguments(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return requestErrorf("unexpected argument %q: %s takes flags alone", args[0], c.Name())
	}
	return nil
}

// unknownCommand returns an error if args name a command that is not there.
func unknownCommand(root *cobra.Command, args []string) error {
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		return nil // a shell asks for completions by a command that cobra adds later
	}
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd(args...)
	if _, _, err := root.Find(args); err == nil {
		return nil
	}
	name := ""
	for _, arg := range args {
		if !strings.HasPrefix(arg, "-") {
			name = arg
			break
		}
	}
	return requestErrorf("unknown command %q: %s", name, suggestion(root, "", name, "see gradwatch --help"))
}

// flagError makes one line of pflag's errors.
func flagError(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var wrong *pflag.InvalidValueError
	var missing *pflag.ValueRequiredError
	switch {
	case errors.Is(err, pflag.ErrHelp):
		return err
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() != "":
		return requestErrorf("unknown flag \"-%s\": see %s --help", unknown.GetSpecifiedShortnames(), c.CommandPath())
	case errors.As(err, &unknown):
		name := unknown.GetSpecifiedName()
		return requestErrorf("unknown flag \"--%s\": %s", name, suggestFlag(c, name))
	case errors.As(err, &wrong):
		return valueError(wrong)
	case errors.As(err, &missing):
		return requestErrorf("--%s: want a value after it", missing.GetFlag().Name)
	default:
		return requestErrorf("%v", err)
	}
}

// valueError returns what is wrong with a flag's value.
func valueError(wrong *pflag.InvalidValueError) error {
	if wrong.GetFlag().Value.Type() == "bool" {
		return invalid.New(wrong.GetFlag().Name, wrong.GetValue(), "true or false")
	}
	return errors.Unwrap(wrong)
}

// suggestFlag returns the flags that name could mean, by cobra's rule for
// commands.
func suggestFlag(c *cobra.Command, name string) string {
	flags := &cobra.Command{}
	c.Flags().VisitAll(func(flag *pflag.Flag) {
		flags.AddCommand(&cobra.Command{Use: flag.Name, Run: func(*cobra.Command, []string) {}})
	})
	return suggestion(flags, "--", name, "see "+c.CommandPath()+" --help")
}

// suggestion returns "did you mean a or b?", each with mark before it, or otherwise
// where nothing is near.
func suggestion(c *cobra.Command, mark, name, otherwise string) string {
	if c.SuggestionsMinimumDistance == 0 {
		c.SuggestionsMinimumDistance = 2 // cobra's default
	}
	near := c.SuggestionsFor(name)
	if len(near) == 0 || name == "" {
		return otherwise
	}
	return "did you mean " + mark + strings.Join(near[:min(len(near), 3)], " or "+mark) + "?"
}
