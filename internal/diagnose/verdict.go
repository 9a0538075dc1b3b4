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

// doctor examines one replica.
type doctor struct {
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
	d := &doctor{Thresholds: t, run: run, Replica: r, progress: t.progress(run, r)}
	d.divergence()
	if len(r.History) > 0 && len(r.Checks) > 0 {
		d.inputs()
		d.symmetric()
		d.exploding()
		d.dead()
		d.saturated()
		d.vanishing()
		d.unchanged()
		d.smallRate()
		d.oscillation()
		d.signal()
		d.overfitting()
		d.stalled()
	}
	young := !run.Ended && float64(len(r.History)) < youngPart*float64(run.Epochs)
	kinds := Kinds()
	for i := range d.findings {
		f := &d.findings[i]
		f.Seed = r.Seed
		if young && f.Kind != Divergence && f.Severity == Error {
			f.Severity = Warning
		}
	}
	slices.SortStableFunc(d.findings, func(a, b Finding) int {
		return cmp.Or(weight(b.Severity)-weight(a.Severity), slices.Index(kinds, a.Kind)-slices.Index(kinds, b.Kind))
	})
	return Verdict{Seed: r.Seed, Progress: d.progress, Findings: d.findings}
}

// find adds a finding.
func (d *doctor) find(f Finding) { d.findings = append(d.findings, f) }

// has reports whether one of the kinds was found, as an error.
func (d *doctor) has(kinds ...Kind) bool {
	return slices.ContainsFunc(d.findings, func(f Finding) bool {
		return f.Severity == Error && slices.Contains(kinds, f.Kind)
	})
}

// unlessLearned returns Error for a replica that has not learned, else otherwise.
func (d *doctor) unlessLearned(otherwise Severity) Severity {
	if d.progress.Learned {
		return otherwise
	}
	return Error
}

// ifHeldBack returns Error for a replica that may be held back, else otherwise.
func (d *doctor) ifHeldBack(otherwise Severity) Severity {
	if d.progress.Gain >= d.HeldBack {
		return otherwise
	}
	return Error
}

// spell is the checks during which something held.
type spell struct {
	first, last int // checks
	cleared     bool
}

// spellOf returns the time during which something is found: from the first of
// Running checks one after the other at which it holds, until it does not hold at as
// many. Of several times it is the one that goes on, else the longest. Nil if there
// is none. A run of fewer checks must have it at all.
func (d *doctor) spellOf(holds func(check int) bool) *spell {
	need := min(d.Running, len(d.Checks))
	var longest, now *spell
	running, without := 0, 0
	for i := range d.Checks {
		if holds(i) {
			running, without = running+1, 0
		} else {
			running, without = 0, without+1
		}
		switch {
		case now == nil && running >= need:
			now = &spell{first: i - need + 1, last: i}
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

// when sets a finding's epochs from a spell, and says so where it has gone.
func (d *doctor) when(f Finding, s *spell) Finding {
	f.Epoch, f.Last, f.Cleared = d.Checks[s.first].Epoch, d.Checks[s.last].Epoch, s.cleared
	if f.Cleared {
		f.Message += lastSeen(f.Last)
	}
	return f
}
