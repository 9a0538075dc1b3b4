package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gradwatch/internal/cli"
	"gradwatch/internal/diagnose"
	"gradwatch/internal/printable"
	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
	"gradwatch/internal/terminal"
)

// watchEvery is how often a run under way is looked at.
const watchEvery = 500 * time.Millisecond

// watchRun stays with a run until it ends, and prints what is found when it is found
// and when it has gone; at the end the whole verdict.
func watchRun(ctx context.Context, env *cli.Env, folder string, flags *diagnoseFlags) error {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	var known []diagnose.Finding
	var d *diagnosis
	files := watchedFiles{folder: folder}
	for {
		var err error
		if files.changed() || d == nil {
			if d, err = flags.read(folder); err != nil {
				return err
			}
		}
		if d.State == record.Running && !runfolder.Locked(folder) {
			if d, err = flags.read(folder); err != nil { // it may have ended just now
				return err
			}
			if d.State == record.Running {
				fmt.Fprintf(env.Stderr, "gradwatch: no process works on %s any more; go on with: %s\n", printable.Text(d.Folder), cli.ResumeCommand(env.Command(), d.Folder))
				return printDiagnosis(env, d, flags)
			}
		}
		if d.State != record.Running {
			if err := printDiagnosis(env, d, flags); err != nil {
				return err
			}
			if flags.exitCode && d.Verdict == string(diagnose.Error) {
				return cli.ErrFound
			}
			return nil
		}
		tellChanges(env, d, known)
		known = d.Findings
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// watchedFiles are the files of a run that a verdict is made of, as they were last.
type watchedFiles struct {
	folder string
	states [4]fileState
}

type fileState struct {
	size     int64
	modified time.Time
}

// changed reports whether a file has another size or time than at the last call.
func (w *watchedFiles) changed() bool {
	before := w.states
	for i, name := range []string{runfolder.SummaryFile, runfolder.HistoryFile, runfolder.FlowFile, runfolder.UnitsFile} {
		w.states[i] = fileState{}
		if info, err := os.Stat(filepath.Join(w.folder, name)); err == nil {
			w.states[i] = fileState{info.Size(), info.ModTime()}
		}
	}
	return w.states != before
}

// tellChanges prints to stderr, where progress goes, what was not known, or not
// that bad, and what has gone.
func tellChanges(env *cli.Env, d *diagnosis, known []diagnose.Finding) {
	tell := func(finding *diagnose.Finding, text string) {
		head := fmt.Sprintf("epoch %d: ", d.Epochs-1)
		if len(d.Seeds) > 1 {
			head += fmt.Sprintf("%d of %d seeds, ", finding.Seeds, len(d.Seeds))
		}
		fmt.Fprintln(env.Stderr, strings.Join(terminal.Wrap(head+text, terminal.Width), "\n"))
	}
	for i := range d.Findings {
		finding := &d.Findings[i]
		if finding.Severity != diagnose.Note && !slices.ContainsFunc(known, same(finding, true)) {
			tell(finding, fmt.Sprintf("%s: %s. %s", finding.Severity, finding.Kind, finding.Message))
		}
	}
	for i := range known {
		finding := &known[i]
		if finding.Severity != diagnose.Note && !slices.ContainsFunc(d.Findings, same(finding, false)) {
			tell(finding, fmt.Sprintf("gone: %s in %s", finding.Kind, orModel(finding.Layer)))
		}
	}
}

// same returns whether a finding, more than a note, is of the same thing; as bad as
// it, where so asked.
func same(a *diagnose.Finding, asBad bool) func(diagnose.Finding) bool {
	return func(b diagnose.Finding) bool {
		return a.Kind == b.Kind && a.Layer == b.Layer && b.Severity != diagnose.Note && (!asBad || a.Severity == b.Severity)
	}
}

// orModel names a layer, or the model where there is none.
func orModel(layer string) string {
	if layer == "" {
		return "the model"
	}
	return layer
}
