package autofix

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
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
	given     bool // the seeds were asked for
	budget    time.Duration
	metric    string
	Verbosity cli.Verbosity
}

// NewFlags returns the flags with their defaults: 10 seeds, 30 s, the task's metric.
func NewFlags() *Flags { return &Flags{repeats: 10, budget: 30 * time.Second, metric: autoMetric} }

// Group returns the flags as a group of a command.
func (x *Flags) Group() cli.Group {
	g := cli.NewGroup("Fixes")
	g.AddBool(&x.Try, "try-fixes", "train the fixes that fit the verdict, and report what each reaches")
	g.Add(cli.NewValue(&x.repeats, parseRepeats, strconv.Itoa, "N"),
		"repeats", "seeds of each that is trained to its end, from the run's own on; without the flag fewer, if the time is short")
	g.Add(cli.NewValue(&x.budget, parseBudget, budgetText, "DURATION"),
		"budget", "time after which no further fix is begun, such as 90s or 5m; what then trains is stopped at twice the time")
	g.Add(cli.NewValue(&x.metric, parseMetric, func(s string) string { return s }, "NAME"),
		"metric", "what fixes are compared by: "+strings.Join(metricNames(), ", ")+
			" (f1_macro of a table's classes, accuracy of generated data, r2 of a regression)")
	return g
}

// Check refuses flags that go with others alone.
func (x *Flags) Check(watch bool, given *pflag.FlagSet) error {
	if x.Try && watch {
		return cli.RequestError("--try-fixes: want it without --watch: a run under way may mend itself")
	}
	x.given = given.Changed("repeats")
	for _, name := range []string{"repeats", "budget", "metric"} {
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

func parseMetric(text string) (string, error) {
	if !slices.Contains(metricNames(), text) {
		return "", invalid.New("metric", text, "one of "+strings.Join(metricNames(), ", "))
	}
	return text, nil
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
	was    config.Run
	own    []study.Setting // flags that ask for the run
	base   []study.Setting // for the run as it is tried: with so many seeds
	metric record.Metric
	kinds  []diagnose.Kind // what was found, worst first
	fixes  []Fix
	seeds  int // of each that is trained to its end
	fit    int // of the fixes, the first so many fit what was found; the others are tried if none of these suffices
	// trials are the run as it is and what was made of it; combinations the fixes
	// of each: none of the run as it is, nor of a part of a fix.
	trials       []*sweep.Trial
	combinations [][]int
	stages       []stage
	cut          [][]int                           // what was promising after few epochs, for which there was no time
	refuted      []int                             // trials whose gain was not there with fresh seeds
	proven       int                               // the trial that was proven; 0 for none
	fresh        map[int]int                       // by a trial's index, that of the same with fresh seeds
	known        map[sweep.DataKey]runner.DataSize // data sets found right
	installation engine.Installation
	folder       *runfolder.Folder
	shown        string // the folder, as the user writes it
	begin        time.Time
	took         time.Duration

	mu       sync.Mutex
	pace     pace
	results  map[int]study.Result // by the trial's index
	outcomes map[int]*Outcome     // of those that did not fail
}

// Needed reports whether there is something to mend.
func Needed(r *diagnose.Report) bool {
	return r.Verdict != diagnose.OK || r.Learned < r.Replicas
}

// Wanted reports whether a search was asked for though there is nothing to mend: for more of a
// metric.
func (x *Flags) Wanted() bool { return x.metric != autoMetric }

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
		known: make(map[sweep.DataKey]runner.DataSize), fresh: make(map[int]int), results: make(map[int]study.Result), outcomes: make(map[int]*Outcome),
	}
	x.was = summary.Configuration
	x.own = runflags.SettingsOf(x.was)
	if x.kinds = KindsOf(report); len(x.kinds) > 0 {
		x.fixes = Fitting(&x.was, x.kinds)
		if t := summary.Data.Profile; t != nil {
			var columns []string
			for _, id := range t.Identifiers {
				columns = append(columns, id.Column)
			}
			x.fixes = ForColumns(&x.was, x.kinds, columns, x.fixes)
		}
	} else {
		x.fixes = Unexplained(&x.was)
	}
	x.fit = len(x.fixes)
	x.fixes = append(x.fixes, Others(&x.was, x.fixes)...)
	if len(x.fixes) == 0 {
		return x, nil
	}
	if x.installation, err = engine.Find(env.Program, x.was.Device); err != nil {
		return nil, err
	}
	var wrong *invalid.Error
	if err := x.prepare(summary); errors.As(err, &wrong) && wrong.Field == "metric" {
		return nil, err
	} else if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("train %s again: %w: want the run's files where they were, seen from the current folder", filepath.Base(folder), err)
	} else if err != nil {
		return nil, fmt.Errorf("train %s again: %w", filepath.Base(folder), err)
	}
	if x.folder, err = runfolder.Make(folder, fixesFolder); err != nil {
		return nil, err
	}
	x.shown = cli.DisplayPath(x.folder.Path)
	return x, nil
}

// baseOf returns the flags that ask for the run as it is, with so many seeds. What a run
// records is the study's affair.
func baseOf(run config.Run, seeds int) []study.Setting {
	run.Repeats = seeds
	return slices.DeleteFunc(runflags.SettingsOf(run), func(s study.Setting) bool {
		f, ok := config.LookupField(s.Flag)
		return ok && f.Group == config.RecordsGroup
	})
}

// prepare makes the trial of the run as it is, and removes fixes that the data or the rest of
// the configuration don't allow.
func (x *Search) prepare(was *record.Summary) error {
	x.base = baseOf(x.was, x.repeats)
	first, err := x.trial(nil)
	if err != nil {
		return err
	}
	if err := first.SameData(was); err != nil {
		return err
	}
	if x.metric, err = metricFor(x.Flags.metric, first.Data, x.was.Generated()); err != nil {
		return err
	}
	x.pace.begin(was, first)
	x.chooseSeeds(first)
	if err := x.add(nil, whole); err != nil {
		return err
	}
	var fixes []Fix
	fit := 0
	for i, r := range x.fixes {
		if _, err := x.trial(r.Settings); err == nil {
			fixes = append(fixes, r)
			if i < x.fit {
				fit++
			}
		}
	}
	x.fixes, x.fit = fixes, fit
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

// add adds the trial of a combination of fixes, with more settings for its stage.
func (x *Search) add(combination []int, s stage, more ...study.Setting) error {
	t, err := x.trial(append(Settings(x.fixes, combination), more...))
	if err != nil {
		return err
	}
	x.append(t, combination, s)
	return nil
}

func (x *Search) append(t *sweep.Trial, combination []int, s stage) {
	x.trials = append(x.trials, t)
	x.combinations = append(x.combinations, combination)
	x.stages = append(x.stages, s)
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
		if x.results[index] = *r; r.State() == study.Failed { // nothing goes on with it
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
		x.pace.add(r.Seconds, x.trials[index])
	}
	return x.folder.Write(fixesFile, x.writeTable)
}

// Drop removes the run of a candidate that was stopped.
func (x *Search) Drop(name string) error { return sweep.DropRun(x.folder, name) }

// Prune removes what a candidate that was judged no longer needs, and hides its event file
// from TensorBoard until the best is known. Of one that was trained with few epochs, nothing
// but its row in the table stays.
func (x *Search) Prune(name string) error {
	if i := slices.IndexFunc(x.trials, func(t *sweep.Trial) bool { return t.Name() == name }); i >= 0 && x.stages[i] == screening {
		return x.Drop(name)
	}
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
		if x.stages[i] == screening {
			continue
		}
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

// outcomeOf returns how a trial's seeds came out, and gives the result the metric that fixes
// are compared by.
func (x *Search) outcomeOf(r *study.Result) (*Outcome, error) {
	o := &Outcome{Combination: x.combinations[r.Configuration.Index], Changes: len(r.Configuration.Settings)}
	run, summary, err := diagnose.Read(filepath.Join(x.folder.Path, r.Configuration.Name()))
	if err != nil {
		return nil, err
	}
	falling := 0
	for i, v := range x.limits.Diagnose(run) {
		if v.Progress.Learned {
			o.Learned++
			if !slices.ContainsFunc(v.Findings, x.unsound) {
				o.Sound++
			}
		}
		if falls(run.Replicas[i].History) {
			falling++
		}
	}
	o.Falling = 2*falling > len(run.Replicas)
	values := replicaValues(x.metric, summary)
	var losses []float64
	for i := range r.Replicas {
		p := &r.Replicas[i]
		if p.State == record.Diverged {
			values[i] = math.NaN()
			o.Diverged++
		} else {
			o.Reached = append(o.Reached, values[i])
			losses = append(losses, float64(p.ValLoss))
		}
		p.Metric, p.ValAccuracy = x.metric, record.Number(values[i])
	}
	o.Scores, o.ValLoss = scores(x.metric, values, summary), study.NewSpread(losses).Mean
	return o, nil
}

// unsound reports whether a finding leaves something to mend: it is an error, or a warning of what was found of
// the run as it is, or that much is left to learn.
func (x *Search) unsound(f diagnose.Finding) bool {
	left := append([]diagnose.Kind{diagnose.TooShort, diagnose.StoppedEarly, diagnose.MinorityIgnored}, x.kinds...)
	return f.Severity == diagnose.Error || f.Severity == diagnose.Warning && slices.Contains(left, f.Kind)
}

// falls reports whether the loss on the training rows was still falling at a run's end.
func falls(history []record.Row) bool {
	const part, least = 3, 0.01 // by so much of itself, over the last third
	n := len(history)
	width := max(1, n/10)
	if n < 2*part {
		return n > 0
	}
	mean := func(from int) float64 {
		sum := 0.0
		for i := range width {
			sum += history[from+i].Loss
		}
		return sum / float64(width)
	}
	before, after := mean(n-n/part-width), mean(n-width)
	return before-after > least*math.Abs(before)
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
	return &Report{
		Seeds: []uint32{}, Tried: []*ReportedFix{}, Screened: []ScreenedFix{}, Refuted: []*ReportedFix{}, NotTried: []string{}, Failed: []string{},
	}
}
