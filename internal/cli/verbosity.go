package cli

import (
	"gradwatch/internal/record"

	"github.com/spf13/cobra"
)

// Verbosity says how much a command tells.
type Verbosity struct {
	Plots, Quiet, Verbose bool
	ExitCode              bool // train exits with exitFound where the verdict has an error
}

// AddTo adds the group Output to a command: --quiet and --verbose and, where the command draws pictures, --plots.
func (t *Verbosity) AddTo(c *cobra.Command, plots bool) {
	g := NewGroup("Output")
	if plots {
		g.AddBool(&t.Plots, "plots", "draw pictures into the run's folder")
	}
	t.AddLevels(g)
	if plots { // train
		g.Flags.Lookup("quiet").Usage = "print only the run's folder"
	}
	g.AddTo(c)
}

// AddLevels adds --quiet and --verbose to a group.
func (t *Verbosity) AddLevels(g Group) {
	g.AddBool(&t.Quiet, "quiet", "print only the result")
	g.AddBool(&t.Verbose, "verbose", "show TensorFlow's own messages")
}

// Found returns errFound where the verdict of a run that is done has an error, and that is
// asked for.
func (t *Verbosity) Found(s *record.Summary) error {
	if t.ExitCode && s.Verdict != nil && s.Verdict.Verdict == string(record.Error) {
		return ErrFound
	}
	return nil
}
