package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/diagnose"
	"gradwatch/internal/engine"
	"gradwatch/internal/invalid"
	"gradwatch/internal/record"
	"gradwatch/internal/remedy"
	"gradwatch/internal/runflags"
	"gradwatch/internal/runfolder"
	"gradwatch/internal/runner"
	"gradwatch/internal/study"
	"gradwatch/internal/sweep"
	"gradwatch/internal/sysmem"
)

// fixesFolder holds, in a run's folder, what was tried for it.
const fixesFolder = "fixes"

// fixFlags are the flags of diagnose --try-fixes.
type fixFlags struct {
	try     bool
	repeats int
	budget  time.Duration
	says    cli.Verbosity
}

func newFixFlags() *fixFlags { return &fixFlags{repeats: 10, budget: 30 * time.Second} }

func (x *fixFlags) group() cli.Group {
	g := cli.NewGroup("Remedies")
	g.AddBool(&x.try, "try-fixes", "train the remedies that fit the verdict, and report what each reaches")
	g.Add(cli.NewValue(&x.repeats, parseRepeats, strconv.Itoa, "N"),
		"repeats", "seeds of each, from the run's own on")
	g.Add(cli.NewValue(&x.budget, parseBudget, budgetText, "DURATION"),
		"budget", "time after which no further remedy is begun, such as 90s or 5m; what then trains is stopped at twice the time")
	return g
}

// check refuses flags that go with others alone.
func (x *fixFlags) check(flags *diagnoseFlags, given *pflag.FlagSet) error {
	if x.try && flags.watch {
		return cli.RequestError("--try-fixes: want it without --watch: a run under way may mend itself")
	}
	for _, name := range []string{"repeats", "budget"} {
		if !x.try && given.Changed(name) {
			return cli.RequestErrorf("--%s: want it with --try-fixes", name)
		}
	}
	return nil
}

func parseRepeats(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, invalid.New("repeats", text, "an integer of at least 1")
	}
	return n, nil
}

func parseBudget(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, invalid.New("budget", text, "a duration above 0, such as 90s or 5m")
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
	*cli.Env
	*fixFlags
	limits   diagnose.Thresholds
	own      []study.Setting // flags that ask for the run
	base     []study.Setting // for the run as it is tried: with so many seeds
	remedies []remedy.Remedy
	// trials are the run as it is and what was made of it; combinations the remedies
	// of each: none of the run as it is, nor of a part of a remedy.
	trials       []*sweep.Trial
	combinations [][]int
	others       int                               // the trial of the best with other seeds; 0 for none
	cut          bool                              // whether the time was up before combinations
	known        map[sweep.DataKey]runner.DataSize // data sets found right
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
	return r.Verdict != diagnose.OK || r.Learned < r.Replicas
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
func newFixes(env *cli.Env, folder string, d *diagnosis, flags *diagnoseFlags) (*fixes, error) {
	summary, err := record.ReadSummary(filepath.Join(folder, runfolder.SummaryFile))
	if err != nil {
		return nil, err
	}
	if summary.State == record.Running {
		return nil, cli.RequestErrorf("run %q: is under way: want one that has ended", folder)
	}
	x := &fixes{
		Env: env, fixFlags: flags.fixes, limits: flags.limits,
		known: make(map[sweep.DataKey]runner.DataSize), results: make(map[int]study.Result), outcomes: make(map[int]*remedy.Outcome),
	}
	run := summary.Configuration
	x.own, x.base = runflags.SettingsOf(run), x.baseOf(run)
	if kinds := kindsOf(d.Report); len(kinds) > 0 {
		x.remedies = remedy.Fitting(&run, kinds)
	} else {
		x.remedies = remedy.Unexplained(&run)
	}
	if len(x.remedies) == 0 {
		return x, nil
	}
	if err := x.prepare(summary); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("train %s again: %w: want the run's files where they were, seen from the current folder", d.Run, err)
	} else if err != nil {
		return nil, fmt.Errorf("train %s again: %w", d.Run, err)
	}
	if x.installation, err = engine.Find(env.Program, run.Device); err != nil {
		return nil, err
	}
	if x.folder, err = runfolder.Make(folder, fixesFolder); err != nil {
		return nil, err
	}
	x.shown = cli.DisplayPath(x.folder.Path)
	return x, nil
}

// baseOf returns the flags that ask for the run as it is, with as many seeds as are
// tried. What a run records is the study's affair.
func (x *fixes) baseOf(run config.Run) []study.Setting {
	run.Repeats = x.repeats
	records := runflags.New().RecordFlags().Flags
	return slices.DeleteFunc(runflags.SettingsOf(run), func(s study.Setting) bool { return records.Lookup(s.Flag) != nil })
}

// prepare makes the trials of the run as it is and of each remedy. One that the data or
// the rest of the configuration don't allow is no remedy.
func (x *fixes) prepare(was *record.Summary) error {
	if err := x.add(nil); err != nil {
		return err
	}
	if err := x.trials[0].SameData(was); err != nil {
		return err
	}
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

// trial makes a trial of settings put over the run's.
func (x *fixes) trial(settings []study.Setting) (*sweep.Trial, error) {
	t := &sweep.Trial{Configuration: study.Configuration{Index: len(x.trials), Settings: settings}}
	var err error
	if t.Run, t.Preset, err = runflags.Configure(remedy.Merge(x.base, settings)); err != nil {
		return nil, err
	}
	t.Run.Name = t.Name()
	return t, t.Check(x.known, sysmem.Read())
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
func (x *fixes) DisplayPath() string { return x.shown }

// keep judges results and writes the table anew.
func (x *fixes) Keep(results []study.Result) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i := range results {
		r := &results[i]
		index := r.Configuration.Index
		x.results[index] = *r
		if r.State() == study.Failed { // nothing goes on with it
			if err := x.Drop(r.Configuration.Name()); err != nil {
				return err
			}
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

func (x *fixes) Drop(name string) error { return sweep.DropRun(x.folder, name) }

// prune removes what a candidate that was judged no longer needs, and hides its event file
// from TensorBoard until the best is known.
func (x *fixes) Prune(name string) error {
	if err := sweep.PruneRun(x.folder, name); err != nil {
		return err
	}
	return x.eachEventFile(name, runfolder.EventPrefix, func(root *os.Root, file string) error {
		return root.Rename(file, hiddenPrefix+strings.TrimPrefix(file, runfolder.EventPrefix))
	})
}

// hiddenPrefix stands in the place of runfolder.EventPrefix: TensorBoard reads files with
// tfevents in their names.
const hiddenPrefix = ".events."

// showBest gives the best candidate its event file back, and removes those of the others.
func (x *fixes) showBest() error {
	best := ""
	if o := x.best(); o != nil {
		best = x.trials[x.place(o)].Name()
	}
	for i := range x.outcomes {
		name := x.trials[i].Name()
		err := x.eachEventFile(name, hiddenPrefix, func(root *os.Root, file string) error {
			if name == best {
				return root.Rename(file, runfolder.EventPrefix+strings.TrimPrefix(file, hiddenPrefix))
			}
			return root.Remove(file)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// eachEventFile calls do with each file of a candidate whose name begins with the prefix.
func (x *fixes) eachEventFile(name, prefix string, do func(root *os.Root, file string) error) error {
	run, err := x.folder.OpenInside(name)
	if err != nil {
		return err
	}
	defer run.Close()
	files, err := fs.Glob(run.Root().FS(), prefix+"*")
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := do(run.Root(), file); err != nil {
			return err
		}
	}
	return nil
}

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
		if r.Replicas[i].State != record.Diverged {
			o.Reached = append(o.Reached, float64(r.Replicas[i].ValAccuracy))
		}
	}
	standing := r.Standing()
	o.Accuracies, o.Diverged = standing.Scores, standing.Lost
	return o, nil
}

// fix prints the diagnosis of a run and what its remedies reach. Where there is
// nothing to mend it trains nothing; where it is stopped, it prints what is there.
func tryFixes(ctx context.Context, env *cli.Env, folder string, d *diagnosis, flags *diagnoseFlags) error {
	text := flags.format == textFormat
	if !needed(d.Report) {
		d.Fixes = &fixesReport{Seeds: []uint32{}, Tried: []*fixOutcome{}, NotTried: []string{}, Failed: []string{}}
		err := printDiagnosis(env, d, flags)
		if text && err == nil {
			fmt.Fprintln(env.Stdout, "\nThere is nothing to fix.")
		}
		return err
	}
	x, err := newFixes(env, folder, d, flags)
	if err != nil {
		return err
	}
	if text {
		if err := printDiagnosis(env, d, flags); err != nil {
			return err
		}
	}
	if len(x.remedies) > 0 {
		err = x.search(ctx)
		if len(x.results) == 0 {
			err = errors.Join(err, x.folder.Discard())
		} else {
			err = errors.Join(err, x.showBest())
		}
		_ = x.folder.Close() // all that was written to it is on the disk
	}
	if text {
		x.print()
		return err
	}
	d.Fixes = x.report()
	return errors.Join(printDiagnosis(env, d, flags), err)
}
