package diagnose

import (
	"cmp"
	"slices"
)

// Diagnose returns a verdict on each replica.
func (t Thresholds) Diagnose(run *Run) []Verdict {
	verdicts := make([]Verdict, len(run.Replicas))
	for r := range run.Replicas {
		verdicts[r] = t.examine(run, &run.Replicas[r])
	}
	return verdicts
}

// analyzer examines one replica.
type analyzer struct {
	Thresholds
	run *Run
	*Replica
	progress Progress
	findings []Finding
}

// youngPart is the part of a run under way in which nothing but NaN is called an
// error: learning may just not have begun.
const youngPart = 0.2

func (t Thresholds) examine(run *Run, r *Replica) Verdict {
	d := &analyzer{Thresholds: t, run: run, Replica: r, progress: t.progress(run, r)}
	a.divergence()
	if len(r.History) > 0 && len(r.Checks) > 0 {
		a.inputs()
		a.symmetric()
		a.exploding()
		a.dead()
		a.saturated()
		a.vanishing()
		a.unchanged()
		a.smallRate()
		a.oscillation()
		a.signal()
		a.overfitting()
		a.stalled()
	}
	young := !run.Ended && float64(len(r.History)) < youngPart*float64(run.Epochs)
	kinds := Kinds()
	for i := range a.findings {
		f := &a.findings[i]
		f.Seed = r.Seed
		if young && f.Kind != Divergence && f.Severity == Error {
			f.Severity = Warning
		}
	}
	slices.SortStableFunc(a.findings, func(a, b Finding) int {
		return cmp.Or(weight(b.Severity)-weight(a.Severity), slices.Index(kinds, a.Kind)-slices.Index(kinds, b.Kind))
	})
	return Verdict{Seed: r.Seed, Progress: a.progress, Findings: a.findings}
}

// find adds a finding.
func (a *analyzer) find(f Finding) { a.findings = append(a.findings, f) }

// has reports whether one of the kinds was found, as an error.
func (a *analyzer) has(kinds ...Kind) bool {
	return slices.ContainsFunc(a.findings, func(f Finding) bool {
		return f.Severity == Error && slices.Contains(kinds, f.Kind)
	})
}

// unlessLearned returns Error for a replica that has not learned, else otherwise.
func (a *analyzer) unlessLearned(otherwise Severity) Severity {
	if a.progress.Learned {
		return otherwise
	}
	return Error
}

// ifHeldBack returns Error for a replica that may be held back, else otherwise.
func (a *analyzer) ifHeldBack(otherwise Severity) Severity {
	if a.progress.Gain >= a.HeldBack {
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
