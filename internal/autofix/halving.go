package autofix

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"gradwatch/internal/record"
	"gradwatch/internal/study"
	"gradwatch/internal/sweep"
)

// stage says what a trial is for.
type stage int

const (
	whole      stage = iota // all epochs, and the seeds that outcomes are compared with
	screening               // few epochs and seeds: which are promising
	freshSeeds              // the best again, with seeds that took no part in the choice
)

// String names the stage in fixes.csv.
func (s stage) String() string { return [...]string{"whole", "screening", "fresh seeds"}[s] }

// rung is a stage of successive halving (Jamieson and Talwalkar 2016): all that are left train so
// many epochs with so many seeds, and the better part goes on. Each rung trains anew, which costs
// at most half as much again: what is reported is then trained as the printed command trains it.
type rung struct{ epochs, seeds int }

const (
	// reduction is the part of the candidates that goes on, and of the epochs of the next rung.
	reduction = 3
	// mostRungs before the last: the first has 1/27 of the epochs.
	mostRungs = 3
	// fewSeeds are those of a rung.
	fewSeeds = 3
	// leastSteps and leastEpochs are those of a rung: in fewer a model shows nothing yet.
	leastSteps, leastEpochs = 100, 2
	// leastKept is how many candidates go on at least.
	leastKept = 4
)

// fixedCost is what a trial takes besides its epochs, in the seconds of sweep.Trial.Cost: building
// graphs, reading rows, writing files.
const fixedCost = 0.1

// pace is how long training takes on this machine.
type pace struct {
	seconds, cost float64 // of what has ended, with what was trained first as a guess
}

// begin takes the time of the run itself for a guess.
func (p *pace) begin(was *record.Summary, first *sweep.Trial) {
	own := *first
	own.Run.Repeats, own.Run.Epochs = was.Configuration.Repeats, max(1, was.Epochs)
	// It had all cores, and measured and wrote more than candidates do.
	const oneCore = 1.5
	p.seconds, p.cost = oneCore*(was.Timings.Prepare+was.Timings.Train), fixedCost+own.Cost()
}

// add counts a trial that has ended.
func (p *pace) add(seconds float64, t *sweep.Trial) {
	p.seconds += seconds
	p.cost += fixedCost + t.Cost()
}

// of returns how many seconds a trial will probably take.
func (p *pace) of(t *sweep.Trial) float64 { return (fixedCost + t.Cost()) * p.seconds / p.cost }

// in returns that of a trial with the epochs and seeds of a rung.
func (p *pace) in(t *sweep.Trial, g rung) float64 {
	short := *t
	short.Run.Epochs, short.Run.Repeats = g.epochs, g.seeds
	return p.of(&short)
}

// engines returns how many trials of the run's size train at the same time.
func (x *Search) engines() float64 {
	if x.was.Large() {
		return 1
	}
	return float64(sweep.CoresFor(x.installation))
}

// chooseSeeds takes fewer seeds than the default where the time would be up before a few
// candidates were trained to their end. Three are the least that have a spread.
func (x *Search) chooseSeeds(first *sweep.Trial) {
	const wanted = 8 // the run as it is, a few fixes and their combinations, and a proof
	for _, seeds := range []int{x.repeats, 5, fewSeeds} {
		if x.given || seeds > x.repeats {
			continue
		}
		x.seeds = seeds
		if wanted*x.pace.in(first, rung{first.Run.Epochs, seeds}) <= x.budget.Seconds()*x.engines() {
			break
		}
	}
	if x.given {
		x.seeds = x.repeats
	}
	x.base = baseOf(x.was, x.seeds)
}

// proofTime is how long the best will probably train with fresh seeds.
func (x *Search) proofTime() time.Duration {
	t := x.trials[0]
	if best := x.best(); best != nil {
		t = x.trials[x.place(best)]
	}
	return seconds(x.pace.of(t))
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// searchEnd is when the last candidate is begun, so that there is time for the proof. A proof
// that takes much of the budget may end after it, but with the last candidate it has to end before
// all is stopped.
func (x *Search) searchEnd() time.Time {
	proof := x.proofTime()
	if proof > x.budget/4 {
		return x.begin.Add(min(x.budget, max(x.budget/2, 2*x.budget-2*proof-proof/4)))
	}
	return x.begin.Add(x.budget - proof)
}

// rungs returns the rungs before the last, for so many candidates: as few as leave all of it
// done in a part of the time that is left. None are needed where there is time to train all to
// their end.
func (x *Search) rungs(trials []*sweep.Trial, part float64) []rung {
	capacity := part * time.Until(x.searchEnd()).Seconds() * x.engines()
	var rungs []rung
	for x.costOf(trials, rungs) > capacity && len(rungs) < mostRungs {
		epochs := x.was.Epochs
		for range len(rungs) + 1 {
			epochs = (epochs + reduction - 1) / reduction
		}
		if epochs < leastEpochs || epochs*x.stepsPerEpoch() < leastSteps {
			break
		}
		rungs = append([]rung{{epochs, min(fewSeeds, x.seeds)}}, rungs...)
	}
	return rungs
}

func (x *Search) stepsPerEpoch() int {
	t := x.trials[0]
	return max(1, int(math.Ceil(float64(t.Data.TrainRows)/float64(t.Run.BatchSize))))
}

// costOf returns how many seconds it takes to find the best of trials by the rungs and, of what
// is left, by training to the end.
func (x *Search) costOf(trials []*sweep.Trial, rungs []rung) float64 {
	left, sum := float64(len(trials)), 0.0
	for _, g := range rungs {
		if left <= leastKept {
			break
		}
		for _, t := range trials {
			sum += left / float64(len(trials)) * x.pace.in(t, g)
		}
		left = max(min(leastKept, left), left/reduction)
	}
	for _, t := range trials {
		sum += left / float64(len(trials)) * x.pace.of(t)
	}
	return sum
}

// halve trains combinations, as many at each rung as the time allows, and the best of them to
// their end.
func (x *Search) halve(ctx context.Context, w *sweep.Scheduler, sets [][]int, part float64) error {
	var trials []*sweep.Trial
	possible := sets[:0:0]
	for _, set := range sets {
		if t, err := x.trial(Settings(x.fixes, set)); err == nil && x.find(t.Settings) < 0 {
			trials = append(trials, t)
			possible = append(possible, set)
		}
	}
	sets = possible
	from := len(x.trials)
	for _, g := range x.rungs(trials, part) {
		if len(sets) <= leastKept {
			break // all go on
		}
		var screened []int
		for _, set := range sets {
			if x.add(set, screening, g.settings()...) == nil {
				screened = append(screened, len(x.trials)-1)
			}
		}
		if err := x.round(ctx, w, from); err != nil {
			return err
		}
		from = len(x.trials)
		sets = x.survivors(screened)
	}
	if _, known := x.results[0]; !known {
		w.Until = x.begin.Add(x.budget) // without the run as it is there is nothing to compare with
	}
	for _, set := range sets {
		if w.DeadlinePassed() {
			x.cut = append(x.cut, set)
			continue
		}
		if err := x.add(set, whole); err != nil {
			return err
		}
	}
	return x.round(ctx, w, from)
}

func (g rung) settings() []study.Setting {
	return []study.Setting{{Flag: "epochs", Value: strconv.Itoa(g.epochs)}, {Flag: "repeats", Value: strconv.Itoa(g.seeds)}}
}

// survivors returns the combinations that go on from a rung, the best first: a third of the
// trials, the first guess, and of those whose effect shows late the best of each sort. What has
// diverged with all seeds doesn't go on.
func (x *Search) survivors(trials []int) [][]int {
	trials = slices.DeleteFunc(slices.Clone(trials), func(i int) bool {
		o, ok := x.outcomes[i]
		return !ok || o.Diverged == len(o.Scores)
	})
	first := -1
	if len(trials) > 0 {
		first = slices.Min(trials)
	}
	keep := max(leastKept, (len(trials)+reduction-1)/reduction)
	slices.SortStableFunc(trials, func(i, j int) int {
		a, b := x.outcomes[i], x.outcomes[j]
		return cmp.Or(cmp.Compare(coarse(b), coarse(a)), cmp.Compare(a.ValLoss, b.ValLoss), i-j)
	})
	var sets [][]int
	sorts := make(map[string]bool)
	for place, i := range trials {
		set := x.combinations[i]
		sort := x.lateSort(set)
		if place < keep || i == first || sort != "" && !sorts[sort] {
			sets = append(sets, set)
		}
		if sort != "" {
			sorts[sort] = true
		}
	}
	return sets
}

// coarse returns the mean score in coarse steps: after few epochs most are at that of guessing, and
// only the loss tells them apart.
func coarse(o *Outcome) float64 {
	const step = 0.02
	return math.Round(o.Standing().Mean() / step)
}

// lateSort returns of what sort the fixes of a combination are whose effect shows late; "" if
// none is.
func (x *Search) lateSort(set []int) string {
	var sorts []string
	for _, i := range set {
		if x.fixes[i].late(&x.was) {
			sorts = append(sorts, x.fixes[i].sort())
		}
	}
	return strings.Join(sorts, ",")
}
