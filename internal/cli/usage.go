package cli

import (
	"errors"
	"strings"

	"gradwatch/internal/invalid"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// HelpCommand is cobra's, but for an unknown command it fails.
func HelpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Print the help of a command",
		RunE: func(_ *cobra.Command, args []string) error {
			if err := UnknownCommand(root, args); err != nil {
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

// NoArguments refuses what is not a flag.
func NoArguments(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return RequestErrorf("unexpected argument %q: %s takes only flags", args[0], c.Name())
	}
	return nil
}

// UnknownCommand returns an error if args name a command that is not there.
func UnknownCommand(root *cobra.Command, args []string) error {
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
	return RequestErrorf("unknown command %q: %s", name, suggestion(root, "", name, "see gradwatch --help"))
}

// FlagError makes one line of pflag's errors.
func FlagError(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var wrong *pflag.InvalidValueError
	var missing *pflag.ValueRequiredError
	switch {
	case errors.Is(err, pflag.ErrHelp):
		return err
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() != "":
		return RequestErrorf("unknown flag \"-%s\": see %s --help", unknown.GetSpecifiedShortnames(), c.CommandPath())
	case errors.As(err, &unknown):
		name := unknown.GetSpecifiedName()
		return RequestErrorf("unknown flag \"--%s\": %s", name, suggestFlag(c, name))
	case errors.As(err, &wrong):
		return ValueError(wrong)
	case errors.As(err, &missing):
		return RequestErrorf("--%s: want a value after it", missing.GetFlag().Name)
	default:
		return RequestErrorf("%v", err)
	}
}

// ValueError returns what is wrong with a flag's value.
func ValueError(wrong *pflag.InvalidValueError) error {
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
		// cobra's default, unless a name has so few letters that any other is as near.
		c.SuggestionsMinimumDistance = max(1, min(2, len(name)/2))
	}
	near := c.SuggestionsFor(name)
	if len(near) == 0 || name == "" {
		return otherwise
	}
	return "did you mean " + mark + strings.Join(near[:min(len(near), 3)], " or "+mark) + "?"
}
