//go:build tensorflow

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"gradwatch/internal/autofix"
	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/diagnose"
	"gradwatch/internal/record"
	"gradwatch/internal/runflags"
	"gradwatch/internal/study"
	"gradwatch/internal/terminal"
)

// broken trains a small run that can't learn, its units being copies of one another,
// in logs/broken, and returns its flags.
func broken(t *testing.T) string {
	t.Helper()
	t.Chdir(t.TempDir())
	flags := "--dataset moons --samples 200 --hidden-layers 2 --epochs 60 --kernel-initializer zeros --seed 3"
	succeed(t, append([]string{"train", "--quiet", "--plots=false", "--run", "broken"}, strings.Fields(flags)...)...)
	return flags
}

// fixesOf runs diagnose --try-fixes --format json, and returns what it says of fixes.
func fixesOf(t *testing.T, args ...string) *autofix.Report {
	t.Helper()
	r := succeed(t, append([]string{"diagnose", "--try-fixes", "--quiet", "--format", "json"}, args...)...)
	if r.stderr != "" {
		t.Errorf("got %q on stderr, want nothing with --quiet", r.stderr)
	}
	var d struct {
		Run     string
		Verdict string
		Fixes   *autofix.Report
	}
	if err := json.Unmarshal([]byte(r.stdout), &d); err != nil || d.Fixes == nil || d.Run == "" || d.Verdict == "" {
		t.Fatalf("got %v of %s", err, r.stdout)
	}
	return d.Fixes
}

// TestTryFixes mends a run, and looks at all that is told of it.
func TestTryFixes(t *testing.T) {
	flags := broken(t)
	before := files(t)
	r := succeed(t, "diagnose", "--try-fixes", "--repeats", "3", "logs/broken")
	for _, form := range []string{
		`(?m)^Verdict: error, the model has not learned$`,
		`(?m)^Fixes, each with 3 seeds, 3 to 5; \d+\.\d s$`,
		`(?m)^as it is  +0\.\d{3} ± 0\.\d{3}  0\.\d{3}–0\.\d{3}   0 of 3$`,
		`(?m)^he_uniform kernels  +0\.\d{3} ± 0\.\d{3}  0\.\d{3}–0\.\d{3}   \d of 3  \+0\.\d{3}$`,
		`(?m)^Best: .*\n  test accuracy     0\.\d{3} ± 0\.\d{3} → 0\.\d{3} ± 0\.\d{3}\n  worst seed        0\.\d{3} → 0\.\d{3}\n  seeds that learn  0 of 3 → 3 of 3\n`,
		`(?m)^Train it so:\n  gradwatch train --dataset moons --samples 200 --hidden-layers 2 `,
		`(?m)^logs/broken/fixes: fixes.csv, and the runs\n$`,
	} {
		if !regexp.MustCompile(form).MatchString(r.stdout) {
			t.Errorf("got %s\nwant it to match %s", r.stdout, form)
		}
	}
	if !regexp.MustCompile(`(?m)^ *\d+/\d+  as it is: test accuracy 0\.\d{3} ± 0\.\d{3}$`).MatchString(r.stderr) {
		t.Errorf("got progress %s\nwant a line for the run as it is", r.stderr)
	}
	for _, line := range strings.Split(r.stdout, "\n") {
		if utf8.RuneCountInString(line) > terminal.Width {
			t.Errorf("got a line of %d columns: %s", utf8.RuneCountInString(line), line)
		}
	}
	rows := table(t, "logs/broken/fixes/fixes.csv")
	if rows[0]["configuration"] != "base" || rows[0]["learned"] != "0" || rows[0]["repeats"] != "3" || rows[0]["gain"] != "0" {
		t.Errorf("got first row %v, want the run as it is", rows[0])
	}
	after := files(t)
	for name, content := range before {
		if after[name] != content {
			t.Errorf("%s has changed", name)
		}
	}
	if diff := cmp.Diff(without(finishedFiles(), "events"), without(names(t, filepath.Join("logs/broken/fixes", rows[1]["configuration"])), "events")); diff != "" {
		t.Errorf("a candidate's files (-want +got):\n%s", diff)
	}
	events := 0
	for name := range after {
		if strings.HasPrefix(name, "logs/broken/fixes/") && strings.Contains(name, "tfevents") {
			events++
		}
	}
	if events != 1 {
		t.Errorf("got %d event files, want that of the best", events)
	}
	checkCommand(t, r.stdout, flags)
}

// checkCommand has the printed command train what was measured: its first seed is one
// of the seeds.
func checkCommand(t *testing.T, stdout, flags string) {
	t.Helper()
	_, command, found := strings.Cut(stdout, "Train it so:\n")
	if !found {
		t.Fatalf("no command in %s", stdout)
	}
	command, _, _ = strings.Cut(command, "\n\n")
	words := strings.Fields(strings.ReplaceAll(command, "\\\n", " "))
	run, was := resolved(t, words[2:]...), resolved(t, strings.Fields(flags)...)
	if run.Seed != was.Seed || run.Dataset != was.Dataset || run.Epochs != was.Epochs {
		t.Errorf("%v: want the run's own flags, %s", words, flags)
	}
	succeed(t, append(words[1:], "--quiet", "--plots=false", "--run", "again", "--repeats", "3")...)
	report := fixesOf(t, "--repeats", "3", "logs/broken")
	again := table(t, filepath.Join(report.Folder, "fixes.csv"))
	i := slices.IndexFunc(again, func(row map[string]string) bool { return row["configuration"] == report.Best.Folder })
	test := accuraciesOf(t, "logs/again")
	if i < 0 || math.Abs(study.NewSpread(test).Mean-number(t, again[i]["val_accuracy_mean"])) > 0.02 {
		t.Errorf("%v: got test accuracies %v, want a mean of %s", words, test, again[max(i, 0)]["val_accuracy_mean"])
	}
	if report.Folder != "logs/broken/fixes-2" {
		t.Errorf("got folder %s, want logs/broken/fixes-2", report.Folder)
	}
}

// accuraciesOf returns the test accuracies of a run's seeds.
func accuraciesOf(t *testing.T, folder string) []float64 {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(folder, "summary.json"))
	if err != nil {
		t.Fatal(err)
	}
	var summary struct {
		Result []struct {
			ValAccuracy float64 `json:"val_accuracy"`
		}
	}
	if err := json.Unmarshal(data, &summary); err != nil {
		t.Fatal(err)
	}
	var values []float64
	for _, r := range summary.Result {
		values = append(values, r.ValAccuracy)
	}
	return values
}

// TestTryFixesOnTanh5 mends the tutorial's model, which trains only as long as that takes, and
// checks that the parts of the gain are the whole.
func TestTryFixesOnTanh5(t *testing.T) {
	t.Chdir(t.TempDir())
	succeed(t, "train", "--quiet", "--preset", "tanh-5", "--epochs", "200", "--plots=false", "--histogram-freq", "0")
	r := fixesOf(t, "--repeats", "3", "--budget", "5m", "logs/tanh-5")
	if r.Best == nil || r.Best.Mean < 0.8 || r.Before.Mean > 0.7 || !r.Best.Suffices {
		t.Fatalf("got %+v before and %+v at best, want 0.8 at least", r.Before, r.Best)
	}
	if len(r.Best.Parts) == 0 || !strings.HasPrefix(r.Best.Command, "gradwatch train --preset tanh-5 ") {
		t.Errorf("got %+v, want parts and a command", r.Best)
	}
	sum := 0.0
	for _, part := range r.Best.Parts {
		sum += float64(part.Share)
	}
	if math.Abs(sum-float64(r.Best.Gain)) > 1e-6 {
		t.Errorf("got shares %+v, want a sum of %g", r.Best.Parts, r.Best.Gain)
	}
}

// TestTryFixesShort has no time for the run as it is: nothing can be compared, and that is said.
func TestTryFixesShort(t *testing.T) {
	broken(t)
	args := []string{"diagnose", "--try-fixes", "--quiet", "--repeats", "2", "--budget", "1ns", "logs/broken"}
	r := succeed(t, args...)
	want := "\nThe time of --budget 1ns was up before the run as it is was trained with 2\nseeds, 3 to 4: nothing can be compared."
	if !strings.Contains(r.stdout, want) {
		t.Errorf("got %s\nwant %s", r.stdout, want)
	}
	report := fixesOf(t, args[2:]...)
	if report.Before != nil || report.Best != nil || len(report.Tried) > 0 || !slices.Contains(report.NotTried, "as it is") {
		t.Errorf("got %+v, want that nothing was tried", report)
	}
	if left := names(t, "logs/broken"); slices.Contains(left, "fixes") {
		t.Errorf("got %v, want no folder of what was not trained", left)
	}
}

// TestTryFixesOfLargeNets stops what is under way at twice the budget.
func TestTryFixesOfLargeNets(t *testing.T) {
	t.Chdir(t.TempDir())
	succeed(t, "train", "--quiet", "--plots=false", "--layers", "512,512", "--activation", "sigmoid", "--epochs", "3", "--histogram-freq", "0", "--run", "large")
	r := succeed(t, "diagnose", "--try-fixes", "--repeats", "30", "--budget", "1s", "logs/large")
	if !strings.Contains(r.stdout, "\nThe time of --budget 1s was up before ") {
		t.Errorf("got %s\nwant the baseline stopped", r.stdout)
	}
}

// TestTryFixesOfChangedData refuses to compare a run with others on other rows.
func TestTryFixesOfChangedData(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "a.csv", "x,y\n1,0\n2,1\n3,0\n4,1\n5,0\n6,1\n")
	succeed(t, "train", "--quiet", "--plots=false", "--dataset", "a.csv", "--epochs", "20", "--kernel-initializer", "zeros", "--run", "r")
	write(t, "a.csv", "x,y\n1,0\n2,1\n3,0\n4,1\n5,0\n7,1\n")
	before := files(t)
	r := gradwatch(t.Context(), "diagnose", "--try-fixes", "logs/r")
	want := "gradwatch: train r again: a.csv: the data set has changed since: want the rows with which the others are trained\n"
	if r.status != cli.ExitFailed || r.stderr != want {
		t.Errorf("got status %d, %q, want %d, %q", r.status, r.stderr, cli.ExitFailed, want)
	}
	if diff := cmp.Diff(before, files(t)); diff != "" {
		t.Errorf("files (-before +after):\n%s", diff)
	}
}

// TestTryFixesDiverged has every seed of the run diverge: it ranks below all that don't.
func TestTryFixesDiverged(t *testing.T) {
	t.Chdir(t.TempDir())
	gradwatch(t.Context(), "train", "--quiet", "--plots=false", "--hidden-layers", "2", "--epochs", "40", "--learning-rate", "1e20", "--run", "high")
	r := fixesOf(t, "--repeats", "2", "logs/high")
	if r.Before.Diverged != 2 || !math.IsNaN(float64(r.Before.Mean)) || r.Before.Learned != 0 {
		t.Errorf("got %+v, want both diverged, and no mean", r.Before)
	}
	if r.Best == nil || r.Best.Diverged > 0 || r.Best.Learned == 0 || !math.IsNaN(float64(r.Best.Gain)) {
		t.Errorf("got best %+v, want one that learns and does not diverge", r.Best)
	}
	for i, o := range r.Tried {
		if o.Diverged == o.Seeds && slices.ContainsFunc(r.Tried[i:], func(o *autofix.ReportedFix) bool { return o.Diverged == 0 }) {
			t.Errorf("%s, which diverged, comes before one that did not", o.Name)
		}
	}
}

// TestFixesKeys compares what is written of fixes with docs/json.md.
func TestFixesKeys(t *testing.T) {
	page, err := os.ReadFile("../../docs/json.md")
	if err != nil {
		t.Fatal(err)
	}
	broken(t)
	r := succeed(t, "diagnose", "--try-fixes", "--quiet", "--format", "json", "--repeats", "3", "--budget", "1m", "logs/broken")
	var d struct{ Fixes map[string]any }
	if err := json.Unmarshal([]byte(r.stdout), &d); err != nil {
		t.Fatal(err)
	}
	best, ok := d.Fixes["best"].(map[string]any)
	if !ok {
		t.Fatalf("got no best: %s", r.stdout)
	}
	first := func(list any) any { return append(list.([]any), nil)[0] }
	candidate := documentedKeys(t, string(page), "A candidate")
	for name, tc := range map[string]struct {
		want   []string
		object any
	}{
		"fixes":       {documentedKeys(t, string(page), "Fixes"), d.Fixes},
		"before":      {candidate, d.Fixes["before"]},
		"tried":       {candidate, first(d.Fixes["tried"])},
		"best":        {slices.Sorted(slices.Values(append(documentedKeys(t, string(page), "The best"), candidate...))), best},
		"other seeds": {candidate, best["other_seeds"]},
		"parts":       {documentedKeys(t, string(page), "A part of the best"), first(best["parts"])},
	} {
		if diff := cmp.Diff(tc.want, keysOf(t, tc.object)); diff != "" {
			t.Errorf("%s (-documented +written):\n%s", name, diff)
		}
	}
}

// corner writes a table of 400 points of a square, of which the 16 in a corner are of class 1.
func corner(t *testing.T, name string) {
	t.Helper()
	var rows strings.Builder
	rows.WriteString("x,y,class\n")
	for i := range 400 {
		j := i * 173 % 400
		class := 0
		if j%20 >= 16 && j/20 >= 16 {
			class = 1
		}
		fmt.Fprintf(&rows, "%d,%d,%d\n", j%20, j/20, class)
	}
	write(t, name, rows.String())
}

// TestTryFixesOfMinority compares by a metric that an ignored class lowers.
func TestTryFixesOfMinority(t *testing.T) {
	t.Chdir(t.TempDir())
	corner(t, "corner.csv")
	succeed(t, "train", "--quiet", "--plots=false", "--dataset", "corner.csv", "--layers", "8", "--epochs", "150", "--learning-rate", "1e-6",
		"--optimizer", "sgd", "--learning-rate-schedule", "constant", "--l2", "0", "--run", "few")
	r := fixesOf(t, "--repeats", "3", "--budget", "30s", "logs/few")
	if r.Metric != record.F1Macro || float64(r.Before.Mean) > 0.6 {
		t.Fatalf("got metric %s and %v before, want f1_macro, below 0.6", r.Metric, r.Before)
	}
	if r.Best == nil || r.Best.Mean < 0.7 || r.Best.Others == nil || !r.Best.Proven {
		t.Fatalf("got best %+v, want it proven, and a macro F1 above 0.7", r.Best)
	}
	rows := table(t, filepath.Join(r.Folder, "fixes.csv"))
	i := slices.IndexFunc(rows, func(row map[string]string) bool { return row["stage"] == "fresh seeds" })
	if i < 0 || rows[i]["seed"] != "4" || number(t, rows[i]["val_f1_macro_mean"]) != float64(r.Best.Others.Mean) {
		t.Errorf("got rows %v, want one of fresh seeds from 4 on, with a mean of %v", rows, r.Best.Others)
	}
	// The row's metric is that of the run in its folder.
	summary, err := record.ReadSummary(filepath.Join(r.Folder, r.Best.Folder, "summary.json"))
	if err != nil {
		t.Fatal(err)
	}
	var macro []float64
	for _, x := range summary.Evaluation.MacroF1s {
		macro = append(macro, float64(x))
	}
	if got := study.NewSpread(macro).Mean; math.Abs(got-float64(r.Best.Mean)) > 1e-6 {
		t.Errorf("got a mean of %v, want that of the run, %v", r.Best.Mean, got)
	}
}

// TestTryFixesByMetric asks for a metric: of a regression, of generated data, and of a run that is well.
func TestTryFixesByMetric(t *testing.T) {
	t.Chdir(t.TempDir())
	var rows strings.Builder
	rows.WriteString("a,b,sum\n")
	for i := range 100 {
		j := i * 37 % 100
		fmt.Fprintf(&rows, "%d,%d,%d\n", j%10, j/10, 3*(j%10)+100*(j/10))
	}
	write(t, "plane.csv", rows.String())
	succeed(t, "train", "--quiet", "--plots=false", "--dataset", "plane.csv", "--task", "regression", "--layers", "8",
		"--epochs", "40", "--learning-rate", "1e-6", "--run", "regression")
	r := fixesOf(t, "--repeats", "3", "--budget", "20s", "--metric", "mae", "logs/regression")
	if r.Metric != record.MAE || r.Before.Worst < r.Before.Best || r.Before.Best <= 0 {
		t.Errorf("got %s, %+v, want an error, the largest for the worst", r.Metric, r.Before)
	}
	if r.Best == nil || r.Best.Mean >= r.Before.Mean || !(r.Best.Gain > 0) {
		t.Errorf("got best %+v, want a smaller error, and a gain", r.Best)
	}
	wrong := gradwatch(t.Context(), "diagnose", "--try-fixes", "--metric", "auc", "logs/regression")
	if want := "gradwatch: --metric \"auc\": want one of r2, mae for a regression\n"; wrong.status != cli.ExitRequest || wrong.stderr != want {
		t.Errorf("got status %d, %q, want %d, %q", wrong.status, wrong.stderr, cli.ExitRequest, want)
	}
	succeed(t, "train", "--quiet", "--plots=false", "--dataset", "blobs", "--samples", "200", "--hidden-layers", "1", "--epochs", "30", "--run", "good")
	r = fixesOf(t, "--repeats", "2", "--budget", "3s", "--metric", "balanced_accuracy", "logs/good")
	if r.Metric != record.BalancedAccuracy || r.Before == nil || r.Before.Mean < 0.8 || r.Before.Mean > 1 {
		t.Errorf("got %s, %+v, want the balanced accuracy of the run", r.Metric, r.Before)
	}
}

// TestNothingToFix leaves a run alone that has learned.
func TestNothingToFix(t *testing.T) {
	t.Chdir(t.TempDir())
	succeed(t, "train", "--quiet", "--plots=false", "--dataset", "blobs", "--hidden-layers", "1", "--epochs", "60", "--run", "good")
	before := files(t)
	r := succeed(t, "diagnose", "--try-fixes", "logs/good")
	if !strings.HasSuffix(r.stdout, "\nThere is nothing to fix. With --metric, changes are tried that may raise it.\n") || r.stderr != "" {
		t.Errorf("got %s%s, want nothing to fix", r.stdout, r.stderr)
	}
	if report := fixesOf(t, "logs/good"); report.Needed || report.Best != nil || report.Folder != "" {
		t.Errorf("got %+v, want nothing needed", report)
	}
	if diff := cmp.Diff(before, files(t)); diff != "" {
		t.Errorf("files (-before +after):\n%s", diff)
	}
}

// TestNoFix has a verdict that nothing mends.
func TestNoFix(t *testing.T) {
	var stdout bytes.Buffer
	x := &autofix.Search{Env: &cli.Env{Stdout: &stdout}, Flags: autofix.NewFlags()}
	x.Print()
	if want := "\nNothing was tried: of the changes that fit this verdict, the run has all.\n"; stdout.String() != want {
		t.Errorf("got %q, want %q", stdout.String(), want)
	}
	report := &diagnose.Report{Verdict: "error", Findings: []diagnose.Finding{
		{Kind: diagnose.NoSignal, Severity: diagnose.Error}, {Kind: diagnose.StalledLoss, Severity: diagnose.Warning},
	}}
	if diff := cmp.Diff([]diagnose.Kind{diagnose.NoSignal}, autofix.KindsOf(report)); diff != "" {
		t.Errorf("kinds (-want +got):\n%s", diff)
	}
}

// TestWrongFixes asks for what can't be done: one line, and nothing written.
func TestWrongFixes(t *testing.T) {
	t.Chdir(t.TempDir())
	var rows strings.Builder
	rows.WriteString("a,b\n")
	for i := range 40 {
		fmt.Fprintf(&rows, "%d,%d\n", i*100, i%2)
	}
	write(t, "points.csv", rows.String())
	succeed(t, "train", "--quiet", "--plots=false", "--dataset", "points.csv", "--epochs", "30", "--activation", "tanh", "--scale", "none", "--run", "csv")
	if err := os.Remove("points.csv"); err != nil {
		t.Fatal(err)
	}
	succeed(t, "train", "--quiet", "--plots=false", "--epochs", "30", "--kernel-initializer", "zeros", "--run", "half")
	summary, err := os.ReadFile("logs/half/summary.json")
	if err != nil {
		t.Fatal(err)
	}
	write(t, "logs/half/summary.json", strings.Replace(string(summary), `"state": "done"`, `"state": "running"`, 1))
	for _, tc := range []struct {
		args   string
		status int
		want   string
	}{
		{"--try-fixes none", 2, `run "none": want the folder of a run, which holds a summary.json`},
		{"--try-fixes --budget 3 logs/half", 2, `--budget "3": want a duration above 0, such as 90s or 5m`},
		{"--try-fixes --budget -3s logs/half", 2, `--budget "-3s": want a duration above 0, such as 90s or 5m`},
		{"--try-fixes --repeats 0 logs/half", 2, `--repeats "0": want an integer of at least 1`},
		{"--budget 3s logs/half", 2, "--budget: want it with --try-fixes"},
		{"--try-fixes --metric f2 logs/half", 2, `--metric "f2": want one of auto, accuracy, auc, f1_macro, balanced_accuracy, r2, mae`},
		{"--metric auc logs/half", 2, "--metric: want it with --try-fixes"},
		{"--repeats 3 logs/half", 2, "--repeats: want it with --try-fixes"},
		{"--try-fixes --watch logs/half", 2, "--try-fixes: want it without --watch: a run under way may mend itself"},
		{"--try-fixes logs/half", 2, `run "logs/half": is under way: want one that has ended`},
		{"--try-fixes logs/csv", 1, "train csv again: read data set: open points.csv: no such file or directory: want the run's files where they were, seen from the current folder"},
	} {
		t.Run(tc.args, func(t *testing.T) {
			before := files(t)
			r := gradwatch(t.Context(), append([]string{"diagnose"}, strings.Fields(tc.args)...)...)
			if want := "gradwatch: " + tc.want + "\n"; r.stderr != want || r.status != tc.status || r.stdout != "" {
				t.Errorf("got status %d, %q\nwant %d, %q", r.status, r.stderr, tc.status, want)
			}
			if diff := cmp.Diff(before, files(t)); diff != "" {
				t.Errorf("files (-before +after):\n%s", diff)
			}
		})
	}
}

// stopper ends a context when a text is written to it.
type stopper struct {
	io.Writer
	text string
	stop context.CancelCauseFunc
}

func (s *stopper) Write(p []byte) (int, error) {
	if strings.Contains(string(p), s.text) {
		s.stop(cli.Stopped{Signal: syscall.SIGINT})
	}
	return s.Writer.Write(p)
}

// TestTryFixesStopped is interrupted when the run as it is has a result.
func TestTryFixesStopped(t *testing.T) {
	broken(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	var stdout, stderr bytes.Buffer
	f := &cli.Env{
		Program: filepath.Join(programs, "gradwatch"), Stdout: &stdout,
		Stderr: &stopper{&stderr, "as it is: ", cancel},
	}
	if status, want := runCommand(ctx, f, []string{"diagnose", "--try-fixes", "--repeats", "30", "logs/broken"}), 128+int(syscall.SIGINT); status != want {
		t.Errorf("got status %d, want %d", status, want)
	}
	want := regexp.MustCompile(`\ngradwatch: stopped by signal: interrupt; logs/broken/fixes keeps (\d+) candidates? that ended\n$`)
	found := want.FindStringSubmatch(stderr.String())
	if found == nil {
		t.Fatalf("got %q, want it to match %s", stderr.String(), want)
	}
	if !strings.Contains(stdout.String(), "\nas it is  ") {
		t.Errorf("got %s\nwant what is known", stdout.String())
	}
	rows := table(t, "logs/broken/fixes/fixes.csv")
	if fmt.Sprint(len(rows)) != found[1] {
		t.Errorf("got %d rows in fixes.csv, want %s", len(rows), found[1])
	}
	if folders := names(t, "logs/broken/fixes"); len(folders) != len(rows)+1 {
		t.Errorf("got %v, want fixes.csv and the runs that ended", folders)
	}
}

// TestTryFixesOnTerminal looks at what a terminal of 80 columns gets.
func TestTryFixesOnTerminal(t *testing.T) {
	broken(t)
	out := onTerminal(t, terminal.Widest, "diagnose", "--try-fixes", "--repeats", "10", "logs/broken")
	bars := 0
	for _, line := range regexp.MustCompile(`[\r\n]+`).Split(escapes.ReplaceAllString(out, "\r"), -1) {
		if width := utf8.RuneCountInString(line); width > terminal.Width {
			t.Errorf("got a line of %d columns: %q", width, line)
		}
		if regexp.MustCompile(`^fixes  +\d+ of \d+ done  .*(left|starting)`).MatchString(line) {
			bars++
		}
	}
	if bars == 0 {
		t.Errorf("got no progress bar:\n%q", out)
	}
}

// resolved returns the run that train's flags ask for.
func resolved(t *testing.T, args ...string) config.Run {
	t.Helper()
	c, flags := &cobra.Command{}, runflags.New()
	flags.AddTo(c)
	if err := c.ParseFlags(args); err != nil {
		t.Fatal(err)
	}
	run, err := flags.Resolve(c.Flags())
	if err != nil {
		t.Fatal(err)
	}
	return run
}
