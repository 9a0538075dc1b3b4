package autofix

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"gradwatch/internal/config"
	"gradwatch/internal/printable"
	"gradwatch/internal/study"
	"gradwatch/internal/sweep"
	"gradwatch/internal/sysmem"
)

const (
	// mostCombined is how many fixes are combined at most: of more, one does not
	// want to know which of them did it.
	mostCombined = 3
	// mostTried is how many combinations of as many fixes are tried.
	mostTried = 12
)

// search trains the run as it is and each fix by itself, then combinations of the
// best, as long as there is time and use.
func (x *Search) search(ctx context.Context) error {
	x.begin = time.Now()
	limited, release := context.WithDeadlineCause(ctx, x.begin.Add(2*x.budget), errBudget)
	defer release()
	ctx, cancel := context.WithCancelCause(limited)
	defer cancel(nil)
	w := &sweep.Scheduler{
		Env: x.Env, Verbosity: x.Verbosity, Installation: x.installation, Folder: x, Cancel: cancel,
		// The rest of the time is for the check with other seeds, and for taking the best apart.
		Until: x.begin.Add(x.budget * 3 / 4), Estimator: sweep.NewProgressEstimator(0, 0),
	}
	w.Estimator.Until = x.begin.Add(x.budget)
	w.Progress = sweep.NewProgress(x.Stderr, x.Verbosity, x.folder.Name, x.label, w.Estimator)
	err := x.rounds(ctx, w)
	w.Close()
	w.Progress.Close()
	x.took = time.Since(x.begin)
	if errors.Is(err, errBudget) {
		return nil // what was not tried is in the report
	}
	return err
}

// errBudget ends what trains at twice the budget.
var errBudget = errors.New("the time of --budget was up")

func (x *Search) rounds(ctx context.Context, w *sweep.Scheduler) error {
	if err := x.round(ctx, w, 0); err != nil {
		return err
	}
	if r, ok := x.results[0]; !ok {
		return nil // there was no time for it
	} else if r.State() == study.Failed {
		return fmt.Errorf("the run as it is could not be trained: %s", r.Message)
	}
	for size := 2; size <= mostCombined; size++ {
		from := len(x.trials)
		for _, combination := range x.promising(size) {
			if w.DeadlinePassed() {
				x.cut = true
				break
			}
			if err := x.add(combination); err != nil {
				continue // they don't go together
			}
		}
		if err := x.round(ctx, w, from); err != nil {
			return err
		}
	}
	w.Until = x.begin.Add(x.budget)
	from := len(x.trials)
	x.addOthers()
	if err := x.round(ctx, w, from); err != nil {
		return err
	}
	from = len(x.trials)
	x.addParts()
	return x.round(ctx, w, from)
}

// promising returns the combinations of so many fixes that are worth a try, best
// guess first. Where fewer fixes suffice, a second is tried if it helps by itself,
// and a third no more.
func (x *Search) promising(size int) [][]int {
	best := Best(x.all())
	before, ok := x.outcomes[0]
	if best == nil || !ok || size > 2 && best.Suffices() {
		return nil
	}
	var singles []int
	var smaller [][]int
	for _, o := range Rank(x.all()) {
		if n := len(o.Combination); n == 1 && (!best.Suffices() || Helps(o, before)) {
			singles = append(singles, o.Combination[0])
		}
		if len(o.Combination) == size-1 {
			smaller = append(smaller, o.Combination)
		}
	}
	if size == 2 {
		smaller = Each(singles)
	}
	return Combine(x.fixes, smaller, singles, mostTried)
}

// round trains the trials from the given one on.
func (x *Search) round(ctx context.Context, w *sweep.Scheduler, from int) error {
	if from == len(x.trials) {
		return nil
	}
	w.Trials = x.trials
	cores := sweep.CoresFor(x.installation)
	side, alone, plan := sweep.PlanTasks(x.trials, from, cores)
	first := func(a, b study.Task) int { return a.Configurations[0] - b.Configurations[0] }
	slices.SortFunc(side, first) // best guess first, for there may be no time for the last
	engines := sweep.Affordable(x.trials, side, min(cores, len(side)), sysmem.Read().Free)
	w.Estimator.Expect(len(x.trials) - from)
	w.Estimator.Add(side, engines)
	w.Estimator.Add(alone, 1)
	if from == 0 && len(alone) > 0 && alone[0].Configurations[0] == 0 {
		w.WorkAll(ctx, nil, alone[:1], plan, 0) // all others are compared with the run as it is
		alone = alone[1:]
	}
	w.WorkAll(ctx, side, alone, plan, engines)
	switch {
	case errors.Is(context.Cause(ctx), errBudget), ctx.Err() != nil && len(x.results) == 0:
		return context.Cause(ctx)
	case ctx.Err() != nil:
		return fmt.Errorf("%w; %s keeps %s that ended", context.Cause(ctx), x.shown, printable.Count(len(x.results), "candidate"))
	}
	return nil
}

// all returns the outcomes in the order of their trials, but for that of other seeds.
func (x *Search) all() []*Outcome {
	var all []*Outcome
	for i := range x.trials {
		if o, ok := x.outcomes[i]; ok && (i == 0 || i != x.others) {
			all = append(all, o)
		}
	}
	return all
}

// change is one of what the best is made of: a flag, those of an optimizer, or a fix.
type change struct {
	settings []study.Setting
	fixes    []int // one, or none for a part of one
}

// parts returns what an outcome is made of: its flags, or, where they are many or don't
// stand alone, its fixes.
func (x *Search) parts(o *Outcome) []change {
	const most = 4 // of five, 31 sets would have to be trained
	var whole []change
	for _, i := range o.Combination {
		whole = append(whole, change{x.fixes[i].Settings, []int{i}})
	}
	flags := x.flags(x.settings(o))
	if len(flags) > most {
		return whole
	}
	for set := range uint(1) << len(flags) {
		settings, _ := combined(flags, set)
		if x.find(settings) >= 0 {
			continue
		}
		if _, err := x.trial(settings); err != nil {
			return whole
		}
	}
	return flags
}

// flags divides settings into single flags; an optimizer keeps its own.
func (x *Search) flags(settings []study.Setting) []change {
	var parts []change
	optimizer := -1
	for _, s := range settings {
		own := slices.Contains(append(config.ConstantNames(), "learning-rate", "momentum", "nesterov"), s.Flag)
		switch {
		case own && optimizer >= 0:
			parts[optimizer].settings = append(parts[optimizer].settings, s)
			continue
		case s.Flag == "optimizer":
			optimizer = len(parts)
		}
		parts = append(parts, change{settings: []study.Setting{s}})
	}
	for k := range parts {
		i := slices.IndexFunc(x.fixes, func(r Fix) bool { return slices.Equal(r.Settings, parts[k].settings) })
		if i >= 0 {
			parts[k].fixes = []int{i}
		}
	}
	return parts
}

// settings returns what was set to reach an outcome.
func (x *Search) settings(o *Outcome) []study.Setting {
	if len(o.Combination) == 0 {
		return x.trials[x.place(o)].Settings
	}
	return Settings(x.fixes, o.Combination)
}

// addParts adds the trials of the sets of the best's parts that were not trained.
func (x *Search) addParts() {
	best := x.best()
	if best == nil {
		return
	}
	parts := x.parts(best)
	for set := range uint(1) << len(parts) {
		settings, combination := combined(parts, set)
		if x.find(settings) >= 0 {
			continue
		}
		t, err := x.trial(settings)
		if err != nil {
			continue // fixes that were not tried together: then there are no shares
		}
		x.trials = append(x.trials, t)
		x.combinations = append(x.combinations, combination)
	}
}

// addOthers adds the trial of the best with as many other seeds: of the many that were
// tried, the best owes a part of its mean to luck.
func (x *Search) addOthers() {
	best := x.best()
	if best == nil {
		return
	}
	run := &x.trials[0].Run
	settings := slices.Clone(x.trials[x.place(best)].Settings)
	seed := uint64(run.Seed) + uint64(run.Repeats)
	t, err := x.trial(append(settings, study.Setting{Flag: "seed", Value: strconv.FormatUint(seed, 10)}))
	if err != nil {
		return // there are no more seeds
	}
	x.others = t.Index
	x.trials = append(x.trials, t)
	x.combinations = append(x.combinations, best.Combination)
}

// combined returns the settings of a set of parts, and the fixes where each is one.
func combined(parts []change, set uint) (settings []study.Setting, combination []int) {
	settings = []study.Setting{}
	whole := true
	for i, p := range parts {
		if set>>i&1 == 1 {
			settings = append(settings, p.settings...)
			combination = append(combination, p.fixes...)
			whole = whole && len(p.fixes) == 1
		}
	}
	if !whole {
		return settings, nil
	}
	return settings, slices.Sorted(slices.Values(combination))
}

// find returns the trial that has the settings, whatever their order, or -1.
func (x *Search) find(settings []study.Setting) int {
	return slices.IndexFunc(x.trials, func(t *sweep.Trial) bool {
		return len(t.Settings) == len(settings) &&
			!slices.ContainsFunc(settings, func(s study.Setting) bool { return !slices.Contains(t.Settings, s) })
	})
}

// best returns the best outcome, nil where the run as it is does as well.
func (x *Search) best() *Outcome {
	before, ok := x.outcomes[0]
	if !ok {
		return nil
	}
	return Recommended(x.all(), before)
}
