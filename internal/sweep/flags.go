package sweep

import (
	"slices"
	"strings"

	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/invalid"
	"gradwatch/internal/runflags"
	"gradwatch/internal/runner"

	"github.com/spf13/pflag"
)

// Flags are the flags of a study: those of its base configuration, and what
// is varied.
type Flags struct {
	Base         *runflags.Flags
	Axes         AxesValue
	name, Resume string
	Workers      *runner.ClusterFlags
}

// NameValue returns the value of the flag --name, which is checked as a run's name is.
func (s *Flags) NameValue() pflag.Value {
	return cli.NewValue(&s.name, func(text string) (string, error) {
		run := config.Default()
		if run.Name = text; text == "" || run.Validate() != nil {
			return "", invalid.New("name", text, "the name of a folder inside the log folder")
		}
		return text, nil
	}, func(text string) string { return text }, "NAME")
}

// Check refuses flags that can't be varied, or that are given and varied at once.
func (s *Flags) Check(given *pflag.FlagSet) error {
	variable := s.Base.Variable()
	for i, axis := range s.Axes.axes {
		if !slices.Contains(variable, axis.Flag) {
			return &invalid.Error{
				Field: "vary", Value: s.Axes.texts[i],
				Want: "a flag of data, model or training: " + strings.Join(variable, ", "),
			}
		}
		if given.Changed(axis.Flag) {
			return &invalid.Error{
				Field: "vary", Value: s.Axes.texts[i], Want: "it without --" + axis.Flag + ", which says another thing",
			}
		}
	}
	return nil
}
