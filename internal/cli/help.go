package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gradwatch/internal/terminal"
)

const (
	flagColumn = 30 // where the text beside a flag begins
	nameColumn = 14 // where the text beside a command begins
	leastText  = 26 // columns that a text beside a name has at least; else it stands below
)

// HelpText returns the command's help, at most helpWidth columns wide.
func HelpText(c *cobra.Command) string {
	var b strings.Builder
	text := c.Long
	if text == "" {
		text = c.Short
	}
	fmt.Fprintf(&b, "%s\n\nUsage:\n", terminal.Rewrap(strings.TrimSpace(text)))
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "  %s COMMAND [FLAG...]\n\nCommands:\n", c.CommandPath())
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() || sub.Name() == "help" {
				entry(&b, nameColumn, sub.Name(), sub.Short)
			}
		}
	} else {
		fmt.Fprintf(&b, "  %s\n", c.UseLine())
	}
	if c.HasExample() {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", c.Example)
	}
	for _, title := range titles(c) {
		fmt.Fprintf(&b, "\n%s:\n", title)
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if !f.Hidden && titleOf(f) == title {
				entry(&b, flagColumn, flagForm(f), f.Usage+defaultText(f))
			}
		})
	}
	return b.String()
}

// titles returns the groups of the command's flags, in the order of the flags.
func titles(c *cobra.Command) []string {
	c.InitDefaultHelpFlag()
	c.Flags().SortFlags = false
	var found []string
	seen := make(map[string]bool)
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if title := titleOf(f); !seen[title] {
			seen[title] = true
			found = append(found, title)
		}
	})
	return found
}

func titleOf(f *pflag.Flag) string {
	if title := f.Annotations[grouped]; len(title) == 1 {
		return title[0]
	}
	return "Flags"
}

// flagForm returns how a flag is written: --seed N.
func flagForm(f *pflag.Flag) string {
	form := "--" + f.Name
	if f.Shorthand != "" {
		form = "-" + f.Shorthand + ", " + form
	}
	switch {
	case f.Value.Type() == "bool" && f.DefValue == "true":
		return form + "=false" // the only way to give it that changes anything
	case f.Value.Type() == "bool":
		return form
	default:
		return form + " " + f.Value.Type()
	}
}

func defaultText(f *pflag.Flag) string {
	switch f.DefValue {
	case "", "false":
		return ""
	default:
		return " (default " + f.DefValue + ")"
	}
}

// entry writes a name and the text beside it from a column on; below it where the
// name is long.
func entry(b *strings.Builder, column int, name, text string) {
	head := "  " + name
	if terminal.Width-column < leastText {
		column = len("      ")
	}
	if len(head) > column-2 {
		fmt.Fprintln(b, head)
		head = ""
	}
	for _, line := range terminal.Wrap(text, terminal.Width-column) {
		fmt.Fprintf(b, "%-*s%s\n", column, head, line)
		head = ""
	}
}
