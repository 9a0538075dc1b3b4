package diagnose

import (
	"slices"

	"gradwatch/internal/record"
)

// Diagnose returns a verdict on each replica.
func (t Thresholds) Diagnose(run *Run) []Verdict {
	verdicts := make([]Verdict, len(run.Replicas))
	for r := range run.Replicas {
		verdicts[r] = t.analyze(run, &run.Replicas[r])
	}
	return verdicts
}

// analyzer looks at one replica.
type analyzer struct {
	Thresholds
	run *Run
	*Replica
	// Checks are those whose values are finite, before the replica diverged for good.
	Checks   []record.Check
	progress Progress
	findings []Finding
}

// youngPart is the part of a run under way in which nothing but NaN is called an
// error: learning may just not have begun.
const youngPart = 0.2

func (t Thresholds) analyze(run *Run, r *Replica) Verdict {
	a := &analyzer{Thresholds: t, run: run, Replica: r, Checks: r.finiteChecks(), progress: t.progress(run, r)}
	for _, rule := range rules() {
		rule.find(a)
	}
	young := !run.Ended && float64(len(r.History)) < youngPart*float64(run.Epochs)
	for i := range a.findings {
		f := &a.findings[i]
		f.Seed, f.Seeds, f.InSeeds = r.Seed, 1, []uint32{r.Seed}
		if f.Units == nil {
			f.Units = []int{}
		}
		if young && f.Kind != Divergence && f.Severity == Error {
			f.Severity = Warning
		}
	}
	return Verdict{Seed: r.Seed, Progress: a.progress, Findings: linked(a.findings)}
}

// finiteChecks returns the checks that say something: with NaN or infinities nothing can be
// compared, and a unit whose output is NaN is not active, but not dead either.
func (r *Replica) finiteChecks() []record.Check {
	end := len(r.History) // where NaN or infinities begin and stay
	for end > 0 && notFinite(&r.History[end-1]) > 0 {
		end--
	}
	var checks []record.Check
	for i := range r.Checks {
		c := &r.Checks[i]
		if o := overflowOf(c); (o == nil || o.onlyUpdate) && (c.Epoch < end || len(r.History) == 0) {
			checks = append(checks, *c)
		}
	}
	return checks
}

// find adds a finding.
func (a *analyzer) find(f Finding) { a.findings = append(a.findings, f) }

// has reports whether one of the kinds was found, as an error.
func (a *analyzer) has(kinds ...Kind) bool {
	return slices.ContainsFunc(a.findings, func(f Finding) bool {
		return f.Severity == Error && slices.Contains(kinds, f.Kind)
	})
}

// explained reports whether an error was found.
func (a *analyzer) explained() bool {
	return slices.ContainsFunc(a.findings, func(f Finding) bool { return f.Severity == Error })
}

// failed reports whether the replica will not learn, or has ended without: only of such a one
// something is said for want of any other explanation.
func (a *analyzer) failed() bool {
	return !a.progress.Learned && a.run.Ended && len(a.History) > 0 && !a.explained()
}

// unlessLearned returns Error for a replica that has not learned, else Warning.
func (a *analyzer) unlessLearned() Severity {
	if a.progress.Learned {
		return Warning
	}
	return Error
}

// unlessFits returns Error for a replica that does not even fit its training rows, else otherwise.
func (a *analyzer) unlessFits(otherwise Severity) Severity {
	if a.fits() {
		return otherwise
	}
	return Error
}

// ifHeldBack returns Error for a replica that may be held back, else otherwise.
func (a *analyzer) ifHeldBack(otherwise Severity) Severity {
	if a.progress.Gain >= a.HeldBack || a.progress.Sufficient {
		return otherwise
	}
	return Error
}

// episode is the checks during which something held.
type episode struct {
	first, last int // checks
	cleared     bool
}

// episodeOf returns the time during which something is found: from the first of
// Running checks one after the other at which it holds, until it does not hold at as
// many. Of several times it is the one that goes on, else the longest. Nil if there
// is none. A run of fewer checks must have it at all.
func (a *analyzer) episodeOf(holds func(check int) bool) *episode {
	need := min(a.Running, len(a.Checks))
	var longest, now *episode
	running, without := 0, 0
	for i := range a.Checks {
		if holds(i) {
			running, without = running+1, 0
		} else {
			running, without = 0, without+1
		}
		switch {
		case now == nil && running >= need:
			now = &episode{first: i - need + 1, last: i}
		case now != nil && running > 0:
			now.last = i
		case now != nil && without >= need:
			now.cleared = true
			if longest == nil || now.last-now.first >= longest.last-longest.first {
				longest = now
			}
			now = nil
		}
	}
	if now != nil {
		return now
	}
	return longest
}

// when sets a finding's epochs from an episode, and says so where it has gone.
func (a *analyzer) when(f Finding, s *episode) Finding {
	f.Epoch, f.Last, f.Cleared = a.Checks[s.first].Epoch, a.Checks[s.last].Epoch, s.cleared
	if f.Cleared {
		f.Message += lastSeen(f.Last)
	}
	return f
}
