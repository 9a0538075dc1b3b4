package main

import (
	"bytes"
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/diagnose"
	"gradwatch/internal/record"
	"gradwatch/internal/terminal"
)

// wideReport returns a report whose numbers are as long as they can be.
func wideReport(replicas int) *diagnose.Report {
	nan, inf := record.Number(math.NaN()), record.Number(math.Inf(1))
	r := &diagnose.Report{Verdict: "error", Replicas: replicas, Learned: 1, Epoch: 999999}
	for k := range 1001 {
		r.Layers = append(r.Layers, diagnose.LayerState{
			Layer: fmt.Sprintf("dense_%d", k+1), Gradient: 1.234e-38, Update: 3.4e38, Signal: 1.234e-30, Keeps: 1.234e-30,
			Units: 1 << 20, Idle: 1 << 20, Saturated: 1 << 20,
		})
	}
	r.Layers[1] = diagnose.LayerState{Layer: "dense_2", Gradient: nan, Update: inf, Signal: nan, Keeps: nan, Units: 999, Idle: 998.5, Saturated: 999}
	r.Layers[2] = diagnose.LayerState{Layer: "dense_3", Signal: inf, Keeps: 0, Units: 1}
	for _, severity := range []record.Severity{diagnose.Error, diagnose.Warning, diagnose.Note} {
		for _, kind := range diagnose.Kinds() {
			r.Findings = append(r.Findings, diagnose.Finding{
				Kind: kind, Severity: severity, Seed: 1, Seeds: 1, InSeeds: []uint32{1}, Layer: "dense_1000", Tag: "flow/dense_1000/saturated_units",
				Message: strings.Repeat("Some words that say what is wrong. ", 5),
			})
		}
	}
	return r
}

// TestReportColumns prints the widest of reports within 80 columns, with the same
// words on a terminal, in colour.
func TestReportColumns(t *testing.T) {
	for _, replicas := range []int{1, 10000} {
		var plain, coloured bytes.Buffer
		printReport(&plain, terminal.Style{}, wideReport(replicas))
		printReport(&coloured, terminal.Style{On: true}, wideReport(replicas))
		checkColumns(t, plain.String())
		if strings.Contains(plain.String(), "\x1b") {
			t.Error("got colours without a terminal")
		}
		for _, code := range []string{"31", "33", "2", "34", "1"} {
			if !strings.Contains(coloured.String(), "\x1b["+code+"m") {
				t.Errorf("got no colour %s on a terminal", code)
			}
		}
		bare := regexp.MustCompile("\x1b\\[[0-9]*m").ReplaceAllString(coloured.String(), "")
		if diff := cmp.Diff(plain.String(), bare); diff != "" {
			t.Errorf("words in colour (-plain +coloured):\n%s", diff)
		}
	}
}

// TestReport compares a small report, letter by letter.
func TestReport(t *testing.T) {
	r := &diagnose.Report{
		Verdict: "error", Replicas: 3, Learned: 1, Epoch: 40,
		Findings: []diagnose.Finding{
			{Kind: diagnose.DeadUnits, Severity: diagnose.Error, Seed: 2, Seeds: 2, InSeeds: []uint32{2, 3}, Layer: "dense_1", Tag: "flow/dense_1/inactive_units", Message: "dense_1 is dead."},
			{Kind: diagnose.StalledLoss, Severity: diagnose.Warning, Seed: 2, Seeds: 1, InSeeds: []uint32{2}, Cause: new(int), Tag: "loss", Message: "The loss no longer falls: it stays at 0.693; guessing by the classes' shares gives 0.693."},
			{Kind: diagnose.DeadUnits, Severity: diagnose.Note, Seed: 3, Seeds: 1, InSeeds: []uint32{3}, Layer: "dense_2", Tag: "flow/dense_2/inactive_units", Message: "In dense_2 unit 0 is dead."},
		},
		EachSeed: []record.SeedReport{
			{Seed: 1, Learned: true},
			{Seed: 2, Findings: []diagnose.Finding{{Kind: diagnose.DeadUnits, Severity: diagnose.Error, Seed: 2, Seeds: 1, InSeeds: []uint32{2}, Tag: "flow/dense_1/inactive_units", Message: "dense_1 is dead."}}},
		},
		Layers: []diagnose.LayerState{
			{Layer: "dense_1", Gradient: 0.00012, Update: 0.001, Signal: 0.25, Keeps: 0.25, Units: 4, Idle: 2},
			{Layer: "dense_2", Gradient: 0.01, Update: 0.002, Signal: 1, Keeps: 1, Units: 4, Idle: 0, Saturated: 1},
			{Layer: "dense_3", Gradient: 0.5, Update: 0, Signal: 1, Keeps: 1, Units: 1},
		},
	}
	want := `Verdict: error, 1 of 3 seeds have learned
  error: dead-units. In 2 of 3 seeds (clearest with seed 2): dense_1 is dead.
    Look at flow/dense_1/inactive_units.
    so: stalled-loss. In 1 of 3 seeds (seed 2): The loss no longer falls: it
      stays at 0.693; guessing by the classes' shares gives 0.693. Look at loss.
  note: dead-units. In 1 of 3 seeds (seed 3): In dense_2 unit 0 is dead. Look
    at flow/dense_2/inactive_units.

Seed 1: has learned

Seed 2: has not learned
  error: dead-units. dense_1 is dead. Look at flow/dense_1/inactive_units.

Layers at epoch 40, median, on the training rows: gradient, the root mean square
of the kernel's; signal, how much of the output layer's error comes back, decay,
how much from one layer to the next; units that are idle or saturated; update,
the part of the kernel's norm that a step changes.

          gradient  signal              decay    idle   saturated  update
dense_1   1.2e-04   0.2500  █           0.2500   2/4    0/4        0.0010
dense_2   0.0100    1.0000  ████        1.0000   0/4    1/4        0.0020
dense_3   0.5000    1.0000  ████        -        -      -          0
`
	var got bytes.Buffer
	printReport(&got, terminal.Style{}, r)
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
}
