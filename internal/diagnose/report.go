package diagnose

import (
	"gradwatch/internal/config"
	"gradwatch/internal/record"
)

// Report is what is said of a run as a whole.
type Report = record.Report

// LayerState is what is said of a layer.
type LayerState = record.LayerState

// OK is the verdict where nothing worse than a note was found.
const OK = record.OK

// Report diagnoses a run.
func (t Thresholds) Report(run *Run) *Report {
	verdicts := t.Diagnose(run)
	report := &Report{Schema: record.Schema, Verdict: OK, Replicas: len(run.Replicas), Layers: []LayerState{}}
	worst := Note
	findings := make([][]Finding, len(verdicts))
	for i := range verdicts {
		v := &verdicts[i]
		findings[i] = v.Findings
		if v.Progress.Learned {
			report.Learned++
		}
		if s := v.Severity(); s.Weight() > worst.Weight() {
			worst = s
			report.Verdict = string(s)
		}
	}
	report.Findings = record.Together(findings, Kinds())
	report.Epoch = shownEpoch(report, run)
	report.Layers = t.layers(run, report.Epoch)
	return report
}

// EachSeed returns what is said of each replica.
func (t Thresholds) EachSeed(run *Run) []record.SeedReport {
	reports := []record.SeedReport{}
	for _, v := range t.Diagnose(run) {
		reports = append(reports, record.SeedReport{Seed: v.Seed, Learned: v.Progress.Learned, Findings: append([]Finding{}, v.Findings...)})
	}
	return reports
}

// shownEpoch returns the epoch of the check to show: that where the worst finding of a layer
// began, or the last; one at which some replica is finite. -1 where there is none.
func shownEpoch(r *Report, run *Run) int {
	last, worst := -1, (*Finding)(nil)
	checks := make([][]record.Check, len(run.Replicas))
	for i := range run.Replicas {
		checks[i] = run.Replicas[i].finiteChecks()
		if n := len(checks[i]); n > 0 {
			last = max(last, checks[i][n-1].Epoch)
		}
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Severity != Note && f.Layer != "" && (worst == nil || f.Severity.Weight() > worst.Severity.Weight()) {
			worst = f
		}
	}
	if worst == nil {
		return last
	}
	for i := range checks { // those that have stopped early have fewer
		for _, c := range checks[i] {
			if c.Epoch >= worst.Epoch {
				last = min(last, c.Epoch)
			}
		}
	}
	return last
}

// layers returns the layers at a check; none where there is no such check.
func (t Thresholds) layers(run *Run, epoch int) []LayerState {
	var checks []*record.Check
	for i := range run.Replicas {
		for j := range run.Replicas[i].Checks {
			if c := &run.Replicas[i].Checks[j]; c.Epoch == epoch {
				checks = append(checks, c)
			}
		}
	}
	states := []LayerState{}
	if len(checks) == 0 {
		return states
	}
	top := len(checks[0].Layers) - 1
	for k := range checks[0].Layers {
		median := func(of func(c *record.Check) float64) record.Number {
			values := make([]float64, len(checks))
			for i, c := range checks {
				values[i] = of(c)
			}
			return record.Number(medianOf(values))
		}
		s := LayerState{
			Layer:    layerName(k),
			Units:    len(checks[0].Layers[k].Units),
			Gradient: median(func(c *record.Check) float64 { return c.Layers[k].GradientRMS }),
			Update:   median(func(c *record.Check) float64 { return c.Layers[k].UpdateRatio }),
			Signal:   median(func(c *record.Check) float64 { return c.Layers[k].Delta() / c.Layers[top].Delta() }),
			Keeps:    1, Activation: 1, Weights: 1,
		}
		if k < top {
			s.Activation = median(func(c *record.Check) float64 { return c.Layers[k].Delta() / c.Layers[k].OutputDelta() })
			s.Weights = median(func(c *record.Check) float64 { return c.Layers[k].OutputDelta() / c.Layers[k+1].Delta() })
			s.Keeps = median(func(c *record.Check) float64 { return c.Layers[k].Delta() / c.Layers[k+1].Delta() })
			exactly, nearly := below(run.Activations[k]) == config.Zero, Dies(run.Activations[k])
			s.Idle = median(func(c *record.Check) float64 {
				return float64(len(holding(c, k, func(u *record.UnitFlow) bool {
					return exactly && u.Active < t.NearlyDead || nearly && u.Active <= 0 && u.Extreme >= t.SaturatedUnit
				})))
			})
			s.Saturated = median(func(c *record.Check) float64 {
				return float64(len(holding(c, k, func(u *record.UnitFlow) bool {
					return Saturates(run.Activations[k]) && u.Saturated >= t.SaturatedUnit
				})))
			})
		}
		states = append(states, s)
	}
	return states
}
