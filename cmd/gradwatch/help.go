package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"
)

// helpWidth is the most columns that text takes. main makes it less in a terminal that
// has fewer.
var helpWidth = widestText

const (
	widestText, narrowestText = 80, 40

	flagColumn = 30 // where the text beside a flag begins
	nameColumn = 14 // where the text beside a command begins
	leastText  = 26 // columns that a text beside a name has at least; else it stands below
)

// fitText makes text fit into the terminal that w is, if it is one.
func fitText(w io.Writer) {
	file, ok := w.(*os.File)
	if !ok {
		return
	}
	if columns, _, err := term.GetSize(int(file.Fd())); err == nil && columns > 0 {
		helpWidth = max(narrowestText, min(widestText, columns))
	}
}

// grouped is the annotation under which a command's flag keeps its group's title.
const grouped = "group"

// helpText returns the command's help, at most helpWidth columns wide.
func helpText(c *cobra.Command) string {
	var b strings.Builder
	text := c.Long
	if text == "" {
		text = c.Short
	}
	fmt.Fprintf(&b, "%s\n\nUsage:\n", rewrap(strings.TrimSpace(text)))
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
	if helpWidth-column < leastText {
		column = len("      ")
	}
	if len(head) > column-2 {
		fmt.Fprintln(b, head)
		head = ""
	}
	for _, line := range wrap(text, helpWidth-column) {
		fmt.Fprintf(b, "%-*s%s\n", column, head, line)
		head = ""
	}
}

// rewrap breaks paragraphs, which are written for widestText columns, anew where there
// are fewer.
func rewrap(text string) string {
	if helpWidth >= widestText {
		return text
	}
	paragraphs := strings.Split(text, "\n\n")
	for i, p := range paragraphs {
		if !strings.Contains(p, "\n  ") && !strings.HasPrefix(p, "  ") { // else a list
			paragraphs[i] = strings.Join(wrap(p, helpWidth), "\n")
		}
	}
	return strings.Join(paragraphs, "\n\n")
}

// wrap breaks text at spaces into lines of at most width columns.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len([]rune(line))+1+len([]rune(word)) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
