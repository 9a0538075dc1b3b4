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
	// mostProofs is how many outcomes are trained with fresh seeds at most: of many, the gain of
	// one is there again by luck.
	mostProofs = 3
	// mostTried is how many combinations of as many fixes are tried.
	mostTried = 12
	// mostBetter is how many pairs are tried where a single fix suffices.
	mostBetter = 4
)

// search trains the run as it is and what may mend it: first the fixes that fit what was found,
// then, if none of them suffices, all others, more epochs, and combinations of the best. What is
// best is proven with fresh seeds.
func (x *Search) search(ctx context.Context) error {
	x.begin = time.Now()
	limited, release := context.WithDeadlineCause(ctx, x.begin.Add(2*x.budget), errBudget)
	defer release()
	ctx, cancel := context.WithCancelCause(limited)
	defer cancel(nil)
	w := &sweep.Scheduler{
		Env: x.Env, Verbosity: x.Verbosity, Installation: x.installation, Folder: x, Cancel: cancel,
		Evaluate: true, Until: x.searchEnd(), Estimator: sweep.NewProgressEstimator(0, 0),
	}
	w.Estimator.Until = x.begin.Add(x.budget)
	w.Progress = sweep.NewProgress(x.Stderr, x.Verbosity, x.folder.Name, x.was.MeasuredName(), x.label, w.Estimator)
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
	const most = 0.6 // of the time that is left, for fixes by themselves
	if err := x.halve(ctx, w, x.singles(0, x.fit), most); err != nil {
		return err
	}
	if r, ok := x.results[0]; !ok {
		return nil // there was no time for it
	} else if r.State() == study.Failed {
		return fmt.Errorf("the run as it is could not be trained: %s", r.Message)
	}
	w.Until = x.searchEnd()
	if err := x.longer(ctx, w, true); err != nil {
		return err
	}
	for _, step := range []func() error{
		func() error { return x.halve(ctx, w, x.singles(x.fit, len(x.fixes)), most) },
		func() error { return x.longer(ctx, w, false) },
		func() error { return x.halve(ctx, w, x.promising(2), 1) },
		func() error { return x.halve(ctx, w, x.promising(3), 1) },
	} {
		if x.suffices() {
			if err := x.conclude(ctx, w); err != nil || x.proven > 0 || len(x.refuted) == mostProofs {
				return err
			}
		}
		w.Until = x.searchEnd()
		if w.DeadlinePassed() {
			break
		}
		if err := step(); err != nil {
			return err
		}
	}
	return x.conclude(ctx, w)
}

// conclude combines what helps, takes the best apart, and proves it.
func (x *Search) conclude(ctx context.Context, w *sweep.Scheduler) error {
	w.Until = x.searchEnd()
	if x.suffices() {
		if err := x.halve(ctx, w, x.promising(2), 1); err != nil {
			return err
		}
	}
	from := len(x.trials)
	x.addParts()
	if err := x.round(ctx, w, from); err != nil {
		return err
	}
	return x.prove(ctx, w)
}

// singles returns the fixes from one on to before another, except for those that only train
// longer: see longer.
func (x *Search) singles(from, to int) [][]int {
	var sets [][]int
	for i := from; i < to; i++ {
		if x.fixes[i].sort() != "epochs" {
			sets = append(sets, []int{i})
		}
	}
	return sets
}

// longer trains more and more epochs, as long as there is time and nothing suffices, or, if what
// was found asks for it, the last step was better than the one before. If it doesn't ask for it,
// the loss on the training rows has to fall still.
func (x *Search) longer(ctx context.Context, w *sweep.Scheduler, asked bool) error {
	from, to := 0, x.fit
	if !asked {
		from, to = x.fit, len(x.fixes)
	}
	before, better := x.outcomes[0], asked
	for i := from; i < to; i++ {
		if x.fixes[i].sort() != "epochs" {
			continue
		}
		if x.suffices() && !better || !asked && !before.Falling {
			return nil
		}
		t, err := x.trial(x.fixes[i].Settings)
		if err != nil {
			continue
		}
		if time.Now().Add(seconds(x.pace.of(t))).After(w.Until) {
			x.cut = append(x.cut, []int{i})
			continue
		}
		n := len(x.trials)
		if err := x.add([]int{i}, whole); err != nil {
			return err
		}
		if err := x.round(ctx, w, n); err != nil {
			return err
		}
		o, ok := x.outcomes[n]
		if !ok {
			return nil
		}
		before, better = o, asked && o.Spread().Mean > before.Spread().Mean
	}
	return nil
}

// suffices reports whether nearly all seeds are well with the best.
func (x *Search) suffices() bool {
	best := x.best()
	return best != nil && best.Suffices()
}

// prove trains the best with as many seeds that took no part in the choice: of the many that were
// tried, the best owes a part of its mean to luck. Where its gain is not there again, the next
// best is tried.
func (x *Search) prove(ctx context.Context, w *sweep.Scheduler) error {
	w.Until = x.begin.Add(2*x.budget - x.proofTime()) // so that it will be whole
	for len(x.refuted) < mostProofs {
		best := x.best()
		if best == nil {
			return nil
		}
		of, from := x.place(best), len(x.trials)
		if _, ok := x.fresh[of]; ok {
			return nil // there was no time for it
		}
		seed := uint64(x.was.Seed) + uint64(x.seeds)
		settings := append(slices.Clone(x.trials[of].Settings), study.Setting{Flag: "seed", Value: strconv.FormatUint(seed, 10)})
		t, err := x.trial(settings)
		if err != nil {
			return nil // there are no more seeds
		}
		x.fresh[of] = from
		x.append(t, best.Combination, freshSeeds)
		if err := x.round(ctx, w, from); err != nil {
			return err
		}
		o, ok := x.outcomes[from]
		switch {
		case !ok:
			return nil
		case o.Learned > 0 && Helps(o, x.outcomes[0]):
			x.proven = of
			return nil
		}
		x.refuted = append(x.refuted, of)
	}
	return nil
}

// promising returns the combinations of so many fixes that are worth a try, best
// guess first. Where fewer fixes suffice, a second is tried if it helps by itself,
// and a third no more.
func (x *Search) promising(size int) [][]int {
	before, ok := x.outcomes[0]
	enough := x.suffices()
	if !ok || size > 2 && enough {
		return nil
	}
	limit := mostTried
	if enough {
		limit = mostBetter
	}
	var singles []int
	var smaller [][]int
	for _, o := range Rank(x.all()) {
		if n := len(o.Combination); n == 1 && (!enough || Helps(o, before)) {
			singles = append(singles, o.Combination[0])
		}
		if len(o.Combination) == size-1 {
			smaller = append(smaller, o.Combination)
		}
	}
	if size == 2 {
		smaller = Each(singles)
	}
	return Combine(x.fixes, smaller, singles, limit)
}

// round trains the trials from the given one on. With the first of those that are trained to
// their end it trains the run as it is, with which they are compared.
func (x *Search) round(ctx context.Context, w *sweep.Scheduler, from int) error {
	short := from < len(x.trials) && x.stages[from] == screening
	_, known := x.results[0]
	base := !known && !short && from > 0
	if from == len(x.trials) && !base {
		return nil
	}
	w.Trials = x.trials
	cores := sweep.CoresFor(x.installation)
	side, alone, plan := sweep.PlanTasks(x.trials, from, cores)
	if base {
		firstSide, firstAlone, firstPlan := sweep.PlanTasks(x.trials[:1], 0, cores)
		if len(side) == 0 {
			plan = firstPlan
		}
		side, alone = append(side, firstSide...), append(firstAlone, alone...)
		w.Estimator.Expect(1)
	}
	first := func(a, b study.Task) int { return a.Configurations[0] - b.Configurations[0] }
	slices.SortFunc(side, first) // best guess first, for there may be no time for the last
	engines := sweep.Affordable(x.trials, side, min(cores, len(side)), sysmem.Read().Free)
	w.Estimator.Expect(len(x.trials) - from)
	w.Estimator.Add(side, engines)
	w.Estimator.Add(alone, 1)
	if base && len(alone) > 0 {
		w.WorkAll(ctx, nil, alone[:1], plan, 0)
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

// all returns the outcomes that are compared, in the order of their trials.
func (x *Search) all() []*Outcome {
	var all []*Outcome
	for i := range x.trials {
		if o, ok := x.outcomes[i]; ok && x.stages[i] == whole {
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
		x.append(t, combination, whole)
	}
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

// best returns the best outcome of which it is not known that its gain was luck, nil where the
// run as it is does as well.
func (x *Search) best() *Outcome {
	before, ok := x.outcomes[0]
	if !ok {
		return nil
	}
	switch {
	case x.proven > 0:
		return x.outcomes[x.proven]
	case len(x.refuted) == mostProofs:
		return nil
	}
	left := slices.DeleteFunc(x.all(), func(o *Outcome) bool { return slices.Contains(x.refuted, x.place(o)) })
	return Recommended(left, before)
}
