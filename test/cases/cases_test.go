//go:build tensorflow

package cases

import (
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"gradwatch/internal/config"
	"gradwatch/internal/record"
	"gradwatch/internal/runflags"
	"gradwatch/internal/testenv"
	"gradwatch/train"
)

var update = flag.Bool("update", false, "rewrite docs/cases.md")

// TestCases trains each case as asked and with its remedy, and checks what the verdict says first, what both reach, and that
// docs/cases.md says so.
func TestCases(t *testing.T) {
	if testing.Short() {
		t.Skip("trains two runs of each case")
	}
	all := All()
	outcomes := make([]outcome, len(all))
	for i := range all {
		t.Run(all[i].Name, func(t *testing.T) { outcomes[i] = prove(t, &all[i]) })
	}
	if t.Failed() {
		return // the page would say something else
	}
	repository, err := testenv.Repository()
	if err != nil {
		t.Fatal(err)
	}
	path, got := filepath.Join(repository, "docs", "cases.md"), page(all, outcomes)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil { //nolint:gosec // a page that everybody may read
			t.Fatal(err)
		}
		return
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := differences(string(text), got); diff != "" {
		t.Errorf("docs/cases.md differs from what was trained; after a look at it, write it with -update:\n%s", diff)
	}
}

// prove trains a case and checks what comes of it.
func prove(t *testing.T, c *Case) outcome {
	t.Helper()
	before, findings := trained(t, c, c.Net)
	after, _ := trained(t, c, c.Net, c.Remedy)
	if len(findings) == 0 {
		t.Fatal("nothing found")
	}
	first := &findings[0]
	found, mended := slices.Contains(c.Kinds, string(first.Kind)), before <= c.Before && after >= c.After
	switch {
	case c.Open == "" && !found:
		t.Errorf("the first finding is %s (%s), want one of %v", first.Kind, first.Message, c.Kinds)
	case c.Open == "" && !mended:
		t.Errorf("got %.3f and with the remedy %.3f, want at most %v and at least %v", before, after, c.Before, c.After)
	case c.Open != "" && found && mended:
		t.Error("found and mended: docs/cases.md may say so")
	}
	return outcome{kind: string(first.Kind), severity: string(first.Severity), message: first.Message, before: before, after: after}
}

// trained trains a case with some seeds, by flags of which the last count, and returns the mean of the test accuracy, or of R²
// in a regression, and what was found. A seed that diverged counts as 0, and an R² below -1 as -1.
func trained(t *testing.T, c *Case, flags ...string) (float64, []record.Finding) {
	t.Helper()
	folder := t.TempDir()
	file := filepath.Join(folder, c.Name+".csv")
	if err := os.WriteFile(file, []byte(c.Table()), 0o600); err != nil {
		t.Fatal(err)
	}
	run := resolve(t, append([]string{fmt.Sprintf("--repeats %d --histogram-freq 0", seeds)}, flags...), file)
	run.LogDir = folder
	result, err := train.Run(context.Background(), run, train.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, sum := &result.Summary, 0.0
	for i, r := range s.Result {
		score := float64(r.ValAccuracy)
		if run.Task == "regression" {
			score = -1
			if s.State == record.Done && i < len(s.Evaluation.R2) {
				score = max(score, float64(s.Evaluation.R2[i]))
			}
		}
		if !math.IsNaN(score) {
			sum += score
		}
	}
	if s.Verdict == nil {
		return sum / seeds, nil
	}
	return sum / seeds, s.Verdict.Findings
}

// resolve returns the run that flags ask for, the last first, on a file.
func resolve(t *testing.T, flags []string, file string) config.Run {
	t.Helper()
	all, command := runflags.New(), &cobra.Command{}
	all.AddTo(command)
	if err := command.ParseFlags(append(strings.Fields(strings.Join(flags, " ")), "--dataset", file)); err != nil {
		t.Fatal(err)
	}
	run, err := all.Resolve(command.Flags())
	if err != nil {
		t.Fatal(err)
	}
	return run
}
