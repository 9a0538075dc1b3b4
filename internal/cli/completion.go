package cli

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// chooser is a flag's value that takes one of some texts, or several of them separated by commas.
type chooser interface{ Choices() []string }

// completeChoices lets shells complete the values of the flags that have choices.
func completeChoices(c *cobra.Command, flags *pflag.FlagSet) {
	flags.VisitAll(func(f *pflag.Flag) {
		of, ok := f.Value.(chooser)
		if !ok || of.Choices() == nil {
			return
		}
		several := strings.HasSuffix(f.Value.Type(), ",...")
		err := c.RegisterFlagCompletionFunc(f.Name, func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
			before := ""
			if several {
				before = typed[:strings.LastIndexByte(typed, ',')+1]
			}
			var texts []string
			for _, choice := range of.Choices() {
				texts = append(texts, before+choice)
			}
			return texts, cobra.ShellCompDirectiveNoFileComp
		})
		if err != nil {
			panic(err) // two groups of a command have the same flag
		}
	})
}

// CompleteRun completes the first argument of a command by the folders of runs: those in logs, and those
// that begin with what is typed. Files and folders complete what else is typed.
func CompleteRun(_ *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveDefault
	}
	var runs []string
	for _, pattern := range []string{"logs/*", escapePattern(typed) + "*"} {
		found, _ := filepath.Glob(pattern + "/summary.json") // the pattern is well formed
		for _, path := range found {
			if run := filepath.Dir(path); strings.HasPrefix(run, typed) {
				runs = append(runs, run)
			}
		}
	}
	slices.Sort(runs)
	return slices.Compact(runs), cobra.ShellCompDirectiveDefault
}

// escapePattern returns the pattern that matches text alone.
func escapePattern(text string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(text)
}
