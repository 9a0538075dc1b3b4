package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/pflag"

	"gradwatch/internal/cli"
	"gradwatch/internal/conventions"
	"gradwatch/internal/diagnose"
	"gradwatch/internal/invalid"
	"gradwatch/internal/printable"
	"gradwatch/internal/record"
	"gradwatch/internal/report"
	"gradwatch/internal/runfolder"
	"gradwatch/internal/terminal"
)

// eventFlags are the flags of diagnose for event files that have no summary.json.
type eventFlags struct {
	table conventions.Table
	order conventions.Order
}

// group returns the flags.
func (e *eventFlags) group() cli.Group {
	g := cli.NewGroup("Event files of other programs")
	g.Add(cli.NewValue(&e.table.Gradients, parseRegexp("gradient-tags"), formatRegexp, "REGEX"),
		"gradient-tags", "tags of the gradients; its first group is the name of the parameter")
	g.Add(cli.NewValue(&e.table.Weights, parseRegexp("weight-tags"), formatRegexp, "REGEX"),
		"weight-tags", "tags of the weights, likewise")
	g.Add(cli.NewValue(&e.table.Loss, func(s string) (string, error) { return s, nil }, func(s string) string { return s }, "TAG"),
		"loss-tag", "tag of the training loss")
	g.Add(cli.NewValue(&e.order, conventions.ParseOrder, func(o conventions.Order) string { return o.Text }, "ORDER"),
		"order", "order of the layers: first-seen, natural (by the numbers in their names), or a file with their names, one a line, the input's first")
	return g
}

// refuse returns an error for a flag that says nothing of a run with a summary.json, which names all that it holds.
func (e *eventFlags) refuse(flags *pflag.FlagSet) error {
	for _, name := range []string{"gradient-tags", "weight-tags", "loss-tag", "order"} {
		if flags.Changed(name) {
			return cli.RequestErrorf("--%s: want it only with event files of other programs, in a folder without %s", name, runfolder.SummaryFile)
		}
	}
	return nil
}

func parseRegexp(name string) func(string) (*regexp.Regexp, error) {
	return func(text string) (*regexp.Regexp, error) {
		form, err := regexp.Compile(text)
		if err != nil || text == "" {
			return nil, invalid.New(name, text, "a regular expression (https://golang.org/s/re2syntax)")
		}
		return form, nil
	}
}

func formatRegexp(form *regexp.Regexp) string {
	if form == nil {
		return ""
	}
	return form.String()
}

// diagnosesOfFolder is what diagnose --format json prints of a folder with several runs.
type diagnosesOfFolder struct {
	Schema int                      `json:"schema"`
	Runs   []*conventions.Diagnosis `json:"runs"`
}

// isEventFolder reports whether a folder is to be read by its event files: it has no summary.json.
func isEventFolder(folder string) bool {
	info, err := os.Stat(folder)
	if err != nil || !info.IsDir() {
		return false
	}
	_, err = os.Lstat(filepath.Join(folder, runfolder.SummaryFile))
	return err != nil
}

// diagnoseEvents prints the verdict of each run below a folder by its event files.
func diagnoseEvents(env *cli.Env, folder string, flags *diagnoseFlags) error {
	if flags.watch || flags.eachSeed || flags.fixes.Try {
		return cli.RequestErrorf("%q has no %s: want a run of gradwatch train for --watch, --each-seed and --try-fixes", folder, runfolder.SummaryFile)
	}
	diagnoses, own, err := flags.events.read(folder, flags.limits)
	if err != nil {
		return err
	}
	if err := printEvents(env, diagnoses, own, flags.format); err != nil {
		return err
	}
	for _, d := range diagnoses {
		if flags.exitCode && d.Verdict == string(diagnose.Error) {
			return cli.ErrFound
		}
	}
	return nil
}

// read diagnoses the runs below a folder; own are those of gradwatch, which are left out.
func (e *eventFlags) read(folder string, limits diagnose.Thresholds) (diagnoses []*conventions.Diagnosis, own []string, err error) {
	found, err := conventions.Find(folder)
	if err != nil {
		return nil, nil, cli.FileOr(err, func(err error) error { return cli.RequestErrorf("%v", err) })
	}
	switch {
	case len(found.Runs) == 0 && len(found.Own) > 0:
		return nil, nil, cli.RequestErrorf("run %q: want the folder of one run, such as %s", folder, cli.RelativePath(found.Own[0]))
	case len(found.Runs) == 0:
		return nil, nil, cli.RequestErrorf("run %q: want the folder of a run, which holds a %s, or a folder with event files (*tfevents*)", folder, runfolder.SummaryFile)
	}
	for i := range found.Runs {
		d, err := e.table.Diagnose(folder, &found.Runs[i], &e.order, limits)
		if err != nil {
			return nil, nil, cli.FileOr(err, func(err error) error { return err })
		}
		diagnoses = append(diagnoses, d)
	}
	return diagnoses, found.Own, nil
}

func printEvents(env *cli.Env, diagnoses []*conventions.Diagnosis, own []string, format string) error {
	if format == jsonFormat {
		out := json.NewEncoder(env.Stdout)
		out.SetIndent("", "  ")
		if len(diagnoses) == 1 {
			return out.Encode(diagnoses[0])
		}
		return out.Encode(diagnosesOfFolder{record.Schema, diagnoses})
	}
	for i, d := range diagnoses {
		if i > 0 {
			fmt.Fprintln(env.Stdout)
		}
		report.Recorded(env.Stdout, terminal.NewStyle(env.Stdout), d)
	}
	if len(own) > 0 {
		text := fmt.Sprintf("%s with a %s below it: diagnose each by its folder, such as %s", printable.Count(len(own), "run"), runfolder.SummaryFile, printable.Path(own[0]))
		fmt.Fprintln(env.Stderr, strings.Join(terminal.Wrap("gradwatch: "+text, terminal.Width), "\n"))
	}
	return nil
}
