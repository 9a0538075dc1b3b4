package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"gradwatch/internal/dataset"
	"gradwatch/internal/diagnose"
	"gradwatch/internal/engine"
	"gradwatch/internal/memory"
	"gradwatch/internal/remedy"
	"gradwatch/internal/runfolder"
	"gradwatch/internal/study"
	"gradwatch/train/config"
	"gradwatch/train/record"
)

// fixFlags are the flags of diagnose --try-fixes.
type fixFlags struct {
	try     bool
	repeats int
	budget  time.Duration
	says    talk
}

func newFixFlags() *fixFlags { return &fixFlags{repeats: 10, budget: 30 * time.Second} }

func (x *fixFlags) group() group {
	g := newGroup("Remedies")
	g.addBool(&x.try, "try-fixes", "train the remedies that fit the verdict, and tell what each reaches")
	g.add(&value[int]{&x.repeats, parseRepeats, strconv.Itoa, "N"},
		"repeats", "seeds of each, from the run's own on")
	g.add(&value[time.Duration]{&x.budget, parseBudget, budgetText, "DURATION"},
		"budget", "time after which no further remedy is begun, such as 90s or 5m")
	return g
}

// check refuses flags that go with others alone.
func (x *fixFlags) check(flags *diagnoseFlags, given *pflag.FlagSet) error {
	if x.try && flags.watch {
		return requestError("--try-fixes: want it without --watch: a run under way may mend itself")
	}
	for _, name := range []string{"repeats", "budget"} {
		if !x.try && given.Changed(name) {
			return requestErrorf("--%s: want it with --try-fixes", name)
		}
	}
	return nil
}

func parseRepeats(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, &config.Error{Field: "repeats", Value: text, Want: "an integer of at least 1"}
	}
	return n, nil
}

func parseBudget(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, &config.Error{Field: "budget", Value: text, Want: "a duration above 0, such as 90s or 5m"}
	}
	return d, nil
}

// budgetText writes a duration without parts that are 0: 2m, not 2m0s.
func budgetText(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-len(zero)+1]
		}
	}
	return text
}

// fixes tries remedies for one run.
type fixes struct {
	*front
	*fixFlags
	limits   diagnose.Thresholds
	own      []study.Setting // flags that ask for the run
	base     []study.Setting // for the run as it is tried: with so many seeds
	remedies []remedy.Remedy
	// trials are the run as it is and what was made of it; combinations the remedies
	// of each: none of the run as it is, nor of a part of a remedy.
	trials       []*trial
	combinations [][]int
	others       int                  // the trial of the best with other seeds; 0 for none
	cut          bool                 // whether the time was up before combinations
	known        map[dataKey]dataSize // data sets found right
	guess        float64              // the test accuracy of guessing the larger class
	installation engine.Installation
	folder       *runfolder.Folder
	shown        string // the folder, as the user writes it
	begin        time.Time
	took         time.Duration

	mu       sync.Mutex
	results  map[int]study.Result    // by the trial's index
	outcomes map[int]*remedy.Outcome // of those that did not fail
}

// needed reports whether there is something to mend.
func needed(r *diagnose.Report) bool {
	return r.Verdict == string(diagnose.Error) || r.Learned < r.Replicas
}

// kindsOf returns the kinds of errors, worst first; where there are none, of warnings.
func kindsOf(r *diagnose.Report) []diagnose.Kind {
	var kinds []diagnose.Kind
	worst := diagnose.Severity(r.Verdict)
	for _, line := range diagnose.Lines(r) {
		if line.Severity == worst {
			kinds = append(kinds, line.Kind)
		}
	}
	return kinds
}

// newFixes finds the remedies for a run, and checks that all can be trained. Without
// any it makes no folder.
func (f *front) newFixes(folder string, d *diagnosis, flags *diagnoseFlags) (*fixes, error) {
	summary, err := record.ReadSummary(filepath.Join(folder, runfolder.SummaryFile))
	if err != nil {
		return nil, err
	}
	if summary.State == record.Running {
		return nil, requestErrorf("run %q: is under way: want one that has ended", folder)
	}
	x := &fixes{
		front: f, fixFlags: flags.fixes, limits: flags.limits,
		known: make(map[dataKey]dataSize), results: make(map[int]study.Result), outcomes: make(map[int]*remedy.Outcome),
	}
	run := summary.Configuration
	x.own, x.base = settingsOf(run), x.baseOf(run)
	if kinds := kindsOf(d.Report); len(kinds) > 0 {
		x.remedies = remedy.Fitting(&run, kinds)
	} else {
		x.remedies = remedy.Unexplained(&run)
	}
	if len(x.remedies) == 0 {
		return x, nil
	}
	if err := x.prepare(); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("train %s again: %w: want the run's files where they were, seen from the current folder", d.Run, err)
	} else if err != nil {
		return nil, fmt.Errorf("train %s again: %w", d.Run, err)
	}
	if x.installation, err = engine.Find(f.program, run.Device); err != nil {
		return nil, err
	}
	beside := filepath.Dir(filepath.Clean(folder))
	if x.folder, err = runfolder.Make(beside, d.Run+"-fixes"); err != nil {
		return nil, err
	}
	x.shown = shown(x.folder.Path)
	return x, nil
}

// baseOf returns the flags that ask for the run as it is, with as many seeds as are
// tried. What a run records is the study's affair.
func (x *fixes) baseOf(run config.Run) []study.Setting {
	run.Repeats = x.repeats
	records := newRunFlags().recordFlags().flags
	return slices.DeleteFunc(settingsOf(run), func(s study.Setting) bool { return records.Lookup(s.Flag) != nil })
}

// prepare makes the trials of the run as it is and of each remedy. One that the data or
// the rest of the configuration don't allow is no remedy.
func (x *fixes) prepare() error {
	if err := x.add(nil); err != nil {
		return err
	}
	data, err := openData(&x.trials[0].run)
	if err != nil {
		return err
	}
	x.guess = guessing(data)
	var fit []remedy.Remedy
	for _, r := range x.remedies {
		if _, err := x.trial(r.Settings); err == nil {
			fit = append(fit, r)
		}
	}
	x.remedies = fit
	for i := range fit {
		if err := x.add([]int{i}); err != nil {
			return err
		}
	}
	return nil
}

// guessing returns the share of the test rows that are of the class that most training
// rows are of, the last of several; of a regression 0, the part of the variance that the
// mean explains.
func guessing(data *dataset.Set) float64 {
	target := &data.Schema.Target
	if target.Task == dataset.Regression {
		return 0
	}
	train, test := make([]int, len(target.Classes)), make([]int, len(target.Classes))
	for i, y := range data.Points.Y {
		if i < data.Train {
			train[int(y)]++
		} else {
			test[int(y)]++
		}
	}
	most := 0
	for class, n := range train {
		if n >= train[most] {
			most = class
		}
	}
	return float64(test[most]) / float64(data.Points.Len()-data.Train)
}

// trial makes a trial of settings put over the run's.
func (x *fixes) trial(settings []study.Setting) (*trial, error) {
	t := &trial{Configuration: study.Configuration{Index: len(x.trials), Settings: settings}}
	var err error
	if t.run, t.preset, err = configure(remedy.Merge(x.base, settings)); err != nil {
		return nil, err
	}
	t.run.Name = t.Name()
	return t, t.check(x.known, memory.Read())
}

// add adds the trial of a combination of remedies.
func (x *fixes) add(combination []int) error {
	t, err := x.trial(remedy.Settings(x.remedies, combination))
	if err != nil {
		return err
	}
	x.trials = append(x.trials, t)
	x.combinations = append(x.combinations, combination)
	return nil
}

// path, keep and drop make the folder a workshop's.
func (x *fixes) path() string { return x.shown }

// keep judges results and writes the table anew.
func (x *fixes) keep(results []study.Result) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i := range results {
		r := &results[i]
		index := r.Configuration.Index
		x.results[index] = *r
		if r.State() == study.Failed {
			continue
		}
		outcome, err := x.judge(r)
		if err != nil {
			return err
		}
		x.outcomes[index] = outcome
	}
	return x.folder.Write(fixesFile, x.writeTable)
}

func (x *fixes) drop(name string) error { return dropRun(x.folder, name) }

// judge says how a trial's seeds came out.
func (x *fixes) judge(r *study.Result) (*remedy.Outcome, error) {
	o := &remedy.Outcome{Combination: x.combinations[r.Configuration.Index], Changes: len(r.Configuration.Settings)}
	run, _, err := diagnose.Read(filepath.Join(x.folder.Path, r.Configuration.Name()))
	if err != nil {
		return nil, err
	}
	for _, v := range x.limits.Diagnose(run) {
		if v.Progress.Learned {
			o.Learned++
			if v.Severity() != diagnose.Error {
				o.Sound++
			}
		}
	}
	for i := range r.Replicas {
		accuracy := float64(r.Replicas[i].ValAccuracy)
		if r.Replicas[i].State == record.Diverged {
			o.Diverged++
			accuracy = x.guess
		}
		o.Accuracies = append(o.Accuracies, accuracy)
	}
	return o, nil
}

// fix prints the diagnosis of a run and what its remedies reach. Where there is
// nothing to mend it trains nothing; where it is stopped, it prints what is there.
func (f *front) fix(ctx context.Context, folder string, d *diagnosis, flags *diagnoseFlags) error {
	text := flags.format == textFormat
	if !needed(d.Report) {
		d.Fixes = &fixesReport{Tried: []*fixOutcome{}, NotTried: []string{}}
		err := f.printDiagnosis(d, flags)
		if text && err == nil {
			fmt.Fprintln(f.stdout, "\nThere is nothing to fix.")
		}
		return err
	}
	x, err := f.newFixes(folder, d, flags)
	if err != nil {
		return err
	}
	if text {
		if err := f.printDiagnosis(d, flags); err != nil {
			return err
		}
	}
	if len(x.remedies) > 0 {
		err = x.search(ctx)
		if len(x.results) == 0 {
			err = errors.Join(err, x.folder.Discard())
		}
		_ = x.folder.Close() // all that was written to it is on the disk
	}
	if text {
		x.print()
		return err
	}
	d.Fixes = x.report()
	return errors.Join(f.printDiagnosis(d, flags), err)
}
