package diagnose

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ruleCase is a run and all that is found in it.
type ruleCase struct {
	name string
	run  func() *Run
	want []string // as head writes findings; testdata/rules.txt has all of them
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
		saturatedCases(), symmetricCases(), lossCases(), dataCases(), endCases(), causeCases(), episodeCases(), fewRecordsCases(), tableCases(), baselineCases(), outputCases())
}

// TestRules compares all that is found, and the texts with testdata/rules.txt, which -update writes anew. Every
// kind is found in some case.
func TestRules(t *testing.T) {
	var all strings.Builder
	found := make(map[Kind]bool)
	for _, tc := range allCases() {
		t.Run(tc.name, func(t *testing.T) {
			run := tc.run()
			if diff := cmp.Diff(tc.want, texts(Default(), run, head)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			for _, line := range append([]string{"# " + tc.name}, texts(Default(), run, text)...) {
				fmt.Fprintln(&all, line)
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
	checkGolden(t, "rules.txt", all.String())
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
		{"slow", of("tanh", 3, slowly), []string{
			"error too-short",
		}},
		{"slow, at a rate that falls to 0", of("tanh", 3, slowly, func(r *Run) {
			for p := range r.Replicas {
				for i := range r.Replicas[p].History {
					r.Replicas[p].History[i].LearningRate = 0.01 * (1 - float64(i)/float64(len(r.Replicas[p].History)-1))
				}
			}
		}), []string{
			"error too-short",
		}},
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
