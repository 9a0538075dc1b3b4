package autofix

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
	"gradwatch/internal/runflags"
	"gradwatch/internal/runfolder"
	"gradwatch/internal/runner"
	"gradwatch/internal/study"
	"gradwatch/internal/sweep"
	"gradwatch/internal/sysmem"
)

// fixesFolder holds, in a run's folder, what was tried for it.
const fixesFolder = "fixes"

// Flags are the flags of diagnose --try-fixes.
type Flags struct {
	Try       bool
	repeats   int
	budget    time.Duration
	Verbosity cli.Verbosity
}

// NewFlags returns the flags with their defaults: 10 seeds, 30 s.
func NewFlags() *Flags { return &Flags{repeats: 10, budget: 30 * time.Second} }

// Group returns the flags as a group of a command.
func (x *Flags) Group() cli.Group {
	g := cli.NewGroup("Fixes")
	g.AddBool(&x.Try, "try-fixes", "train the fixes that fit the verdict, and report what each reaches")
	g.Add(cli.NewValue(&x.repeats, parseRepeats, strconv.Itoa, "N"),
		"repeats", "seeds of each, from the run's own on")
	g.Add(cli.NewValue(&x.budget, parseBudget, budgetText, "DURATION"),
		"budget", "time after which no further fix is begun, such as 90s or 5m; what then trains is stopped at twice the time")
	return g
}

// Check refuses flags that go with others alone.
func (x *Flags) Check(watch bool, given *pflag.FlagSet) error {
	if x.Try && watch {
		return cli.RequestError("--try-fixes: want it without --watch: a run under way may mend itself")
	}
	for _, name := range []string{"repeats", "budget"} {
		if !x.Try && given.Changed(name) {
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

// Search tries fixes for one run.
type Search struct {
	*cli.Env
	*Flags
	limits diagnose.Thresholds
	own    []study.Setting // flags that ask for the run
	base   []study.Setting // for the run as it is tried: with so many seeds
	fixes  []Fix
	// trials are the run as it is and what was made of it; combinations the fixes
	// of each: none of the run as it is, nor of a part of a fix.
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
	results  map[int]study.Result // by the trial's index
	outcomes map[int]*Outcome     // of those that did not fail
}

// Needed reports whether there is something to mend.
func Needed(r *diagnose.Report) bool {
	return r.Verdict != diagnose.OK || r.Learned < r.Replicas
}

// KindsOf returns the kinds of errors, worst first; where there are none, of warnings.
func KindsOf(r *diagnose.Report) []diagnose.Kind {
	var kinds []diagnose.Kind
	worst := diagnose.Severity(r.Verdict)
	for _, line := range diagnose.Lines(r) {
		if line.Severity == worst {
			kinds = append(kinds, line.Kind)
		}
	}
	return kinds
}

// New finds the fixes for a run, and checks that all can be trained. Without
// any it makes no folder.
func New(env *cli.Env, folder string, report *diagnose.Report, limits diagnose.Thresholds, flags *Flags) (*Search, error) {
	summary, err := record.ReadSummary(filepath.Join(folder, runfolder.SummaryFile))
	if err != nil {
		return nil, err
	}
	if summary.State == record.Running {
		return nil, cli.RequestErrorf("run %q: is under way: want one that has ended", folder)
	}
	x := &Search{
		Env: env, Flags: flags, limits: limits,
		known: make(map[sweep.DataKey]runner.DataSize), results: make(map[int]study.Result), outcomes: make(map[int]*Outcome),
	}
	run := summary.Configuration
	x.own, x.base = runflags.SettingsOf(run), x.baseOf(run)
	if kinds := KindsOf(report); len(kinds) > 0 {
		x.fixes = Fitting(&run, kinds)
	} else {
		x.fixes = Unexplained(&run)
	}
	if len(x.fixes) == 0 {
		return x, nil
	}
	if err := x.prepare(summary); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("train %s again: %w: want the run's files where they were, seen from the current folder", filepath.Base(folder), err)
	} else if err != nil {
		return nil, fmt.Errorf("train %s again: %w", filepath.Base(folder), err)
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
func (x *Search) baseOf(run config.Run) []study.Setting {
	run.Repeats = x.repeats
	return slices.DeleteFunc(runflags.SettingsOf(run), func(s study.Setting) bool {
		f, ok := config.LookupField(s.Flag)
		return ok && f.Group == config.RecordsGroup
	})
}

// prepare makes the trials of the run as it is and of each fix. One that the data or
// the rest of the configuration don't allow is no fix.
func (x *Search) prepare(was *record.Summary) error {
	if err := x.add(nil); err != nil {
		return err
	}
	if err := x.trials[0].SameData(was); err != nil {
		return err
	}
	var fit []Fix
	for _, r := range x.fixes {
		if _, err := x.trial(r.Settings); err == nil {
			fit = append(fit, r)
		}
	}
	x.fixes = fit
	for i := range fit {
		if err := x.add([]int{i}); err != nil {
			return err
		}
	}
	return nil
}

// trial makes a trial of settings put over the run's.
func (x *Search) trial(settings []study.Setting) (*sweep.Trial, error) {
	t := &sweep.Trial{Configuration: study.Configuration{Index: len(x.trials), Settings: settings}}
	var err error
	if t.Run, t.Preset, err = runflags.Configure(Merge(x.base, settings)); err != nil {
		return nil, err
	}
	t.Run.Name = t.Name()
	return t, t.Check(x.known, sysmem.Read())
}

// add adds the trial of a combination of fixes.
func (x *Search) add(combination []int) error {
	t, err := x.trial(Settings(x.fixes, combination))
	if err != nil {
		return err
	}
	x.trials = append(x.trials, t)
	x.combinations = append(x.combinations, combination)
	return nil
}

// DisplayPath, Keep, Drop and Prune make the search a sweep.ResultStore.

// DisplayPath returns the folder as the user writes it.
func (x *Search) DisplayPath() string { return x.shown }

// Keep records what became of the results and writes the table anew.
func (x *Search) Keep(results []study.Result) error {
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
		outcome, err := x.outcomeOf(r)
		if err != nil {
			return err
		}
		x.outcomes[index] = outcome
	}
	return x.folder.Write(fixesFile, x.writeTable)
}

// Drop removes the run of a candidate that was stopped.
func (x *Search) Drop(name string) error { return sweep.DropRun(x.folder, name) }

// Prune removes what a candidate that was judged no longer needs, and hides its event file
// from TensorBoard until the best is known.
func (x *Search) Prune(name string) error {
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
func (x *Search) showBest() error {
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
func (x *Search) eachEventFile(name, prefix string, do func(root *os.Root, file string) error) error {
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

// outcomeOf returns how a trial's seeds came out.
func (x *Search) outcomeOf(r *study.Result) (*Outcome, error) {
	o := &Outcome{Combination: x.combinations[r.Configuration.Index], Changes: len(r.Configuration.Settings)}
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

// Train trains what may mend the run, within the budget, and keeps the best's event file.
func (x *Search) Train(ctx context.Context) error {
	if len(x.fixes) == 0 {
		return nil
	}
	err := x.search(ctx)
	if len(x.results) == 0 {
		err = errors.Join(err, x.folder.Discard())
	} else {
		err = errors.Join(err, x.showBest())
	}
	_ = x.folder.Close() // all that was written to it is on the disk
	return err
}

// None is the report where nothing is to be mended.
func None() *Report {
	return &Report{Seeds: []uint32{}, Tried: []*ReportedFix{}, NotTried: []string{}, Failed: []string{}}
}
