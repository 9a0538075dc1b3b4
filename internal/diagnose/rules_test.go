package diagnose

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ruleCase is a run and all that is found in it.
type ruleCase struct {
	name string
	run  func() *Run
	want []string // as text writes findings
}

// of returns how to make a run of base, changed.
func of(activation string, hidden int, changes ...func(r *Run)) func() *Run {
	return func() *Run {
		r := base(activation, hidden)
		for _, change := range changes {
			change(r)
		}
		return r
	}
}

func allCases() []ruleCase {
	return slices.Concat(healthyCases(), divergenceCases(), vanishingCases(), explodingCases(), stepCases(), deadCases(),
		saturatedCases(), symmetricCases(), lossCases(), spellCases(), fewRecordsCases())
}

// TestRules compares all that is found; every kind is, in some case.
func TestRules(t *testing.T) {
	found := make(map[Kind]bool)
	for _, tc := range allCases() {
		t.Run(tc.name, func(t *testing.T) {
			run := tc.run()
			if diff := cmp.Diff(tc.want, texts(Default(), run)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			report := Default().Report(run)
			for _, f := range report.Findings {
				found[f.Kind] = true
			}
			if _, err := json.Marshal(report); err != nil {
				t.Error(err)
			}
		})
	}
	for _, kind := range Kinds() {
		if !found[kind] {
			t.Errorf("no case with %s", kind)
		}
	}
}

func healthyCases() []ruleCase {
	return []ruleCase{
		{"tanh", of("tanh", 3), nil},
		{"relu", of("relu", 3), nil},
		{"slow", of("tanh", 3, slowly), nil},
		{"partly", of("tanh", 3, partly), nil},
		{"late", of("tanh", 3, late), nil},
		{"one class", of("tanh", 3, func(r *Run) {
			r.Class1 = 0
			losses(r, func(int) float64 { return 1e-7 })
			testLosses(r, func(e int) float64 { return 1e-7 * float64(1+e) })
		}), nil},
		{"a rare class", of("tanh", 3, func(r *Run) {
			r.Class1 = 0.1 // guessing: 0.325
			losses(r, func(e int) float64 { return 0.325 - 0.2*float64(e)/(testEpochs-1) })
		}), nil},
	}
}
