package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gradwatch/internal/diagnose"
	"gradwatch/train/record"
)

// watchEvery is how often a run under way is looked at.
const watchEvery = 500 * time.Millisecond

// watch stays with a run until it ends, and prints what is found when it is found
// and when it has gone; at the end the whole verdict.
func (f *front) watch(ctx context.Context, folder string, flags *diagnoseFlags) error {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	var known []diagnose.Finding
	for {
		d, err := readDiagnosis(folder, flags.limits)
		if err != nil {
			return err
		}
		if d.State != record.Running {
			if err := f.printDiagnosis(d, flags); err != nil {
				return err
			}
			if flags.exitCode && d.Verdict == string(diagnose.Error) {
				return errFound
			}
			return nil
		}
		f.tellChanges(d, known)
		known = d.Findings
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// tellChanges prints to stderr, where progress goes, what was not known, or not
// that bad, and what has gone.
func (f *front) tellChanges(d *diagnosis, known []diagnose.Finding) {
	same := func(a diagnose.Finding) func(diagnose.Finding) bool {
		return func(b diagnose.Finding) bool {
			return a.Kind == b.Kind && a.Layer == b.Layer && a.Seed == b.Seed && a.Severity == b.Severity
		}
	}
	seed := func(finding diagnose.Finding) string {
		if len(d.Seeds) == 1 {
			return ""
		}
		return fmt.Sprintf("seed %d, ", finding.Seed)
	}
	for _, finding := range d.Findings {
		if finding.Severity != diagnose.Note && !slices.ContainsFunc(known, same(finding)) {
			fmt.Fprintf(f.stderr, "epoch %d: %s%s: %s. %s\n", d.Epochs-1, seed(finding), finding.Severity, finding.Kind, finding.Message)
		}
	}
	for _, finding := range known {
		if finding.Severity != diagnose.Note && !slices.ContainsFunc(d.Findings, same(finding)) {
			fmt.Fprintf(f.stderr, "epoch %d: %sno longer a %s: %s in %s\n", d.Epochs-1, seed(finding), finding.Severity, finding.Kind, orModel(finding.Layer))
		}
	}
}

// orModel names a layer, or the model where there is none.
func orModel(layer string) string {
	if layer == "" {
		return "the model"
	}
	return layer
}
