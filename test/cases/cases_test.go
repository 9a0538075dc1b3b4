//go:build tensorflow

package cases

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"gradwatch/internal/config"
	"gradwatch/internal/record"
	"gradwatch/internal/runflags"
	"gradwatch/train"
)

var update = flag.Bool("update", false, "rewrite docs/cases.md")

const seeds = 3

// outcome is what a run ended with.
type outcome struct {
	summary *record.Summary
	mean    float64 // over the seeds, of the test accuracy or of R²
}

// resolve returns the run that flags ask for, those further right before those further left.
func resolve(t *testing.T, flags ...string) config.Run {
	t.Helper()
	run := runflags.New()
	command := &cobra.Command{}
	run.AddTo(command)
	if err := command.ParseFlags(strings.Fields(strings.Join(flags, " "))); err != nil {
		t.Fatal(err)
	}
	resolved, err := run.Resolve(command.Flags())
	if err != nil {
		t.Fatal(err)
	}
	return resolved
}

// trained trains a case in a folder with its table.
func trained(t *testing.T, folder string, c *Case, flags ...string) outcome {
	t.Helper()
	file := filepath.Join(folder, c.Name+".csv")
	if err := os.WriteFile(file, []byte(c.Table()), 0o600); err != nil {
		t.Fatal(err)
	}
	run := resolve(t, append([]string{fmt.Sprintf("--dataset %s --repeats %d --histogram-freq 0", file, seeds)}, flags...)...)
	run.LogDir = folder
	result, err := train.Run(context.Background(), run, train.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o := outcome{summary: &result.Summary}
	return o
}

func TestTry(t *testing.T) {
	for _, c := range All() {
		t.Run(c.Name, func(t *testing.T) {
			for i, flags := range [][]string{{c.Net}, {c.Net, c.Remedy}} {
				o := trained(t, t.TempDir(), &c, flags...)
				s := o.summary
				var line strings.Builder
				fmt.Fprintf(&line, "%-20s %d %s", c.Name, i, s.State)
				for _, r := range s.Result {
					fmt.Fprintf(&line, " %.3f", float64(r.ValAccuracy))
				}
				if s.Evaluation != nil {
					fmt.Fprintf(&line, " R2 %.3v", s.Evaluation.R2)
				}
				fmt.Fprintf(&line, " %.1fs", s.Timings.Train)
				if s.Verdict == nil {
					fmt.Println(line.String(), "no verdict")
					continue
				}
				for _, f := range s.Verdict.Findings {
					fmt.Fprintf(&line, "; %s/%s/%d", f.Kind, f.Severity, f.Seeds)
				}
				fmt.Println(line.String())
				if i == 0 && len(s.Verdict.Findings) > 0 {
					fmt.Println("     ", s.Verdict.Findings[0].Message)
				}
			}
		})
	}
}
