package autofix

import (
	"math"
	"strings"
	"testing"

	"gradwatch/internal/cli"
	"gradwatch/internal/record"
	"gradwatch/internal/runner"
	"gradwatch/internal/study"
	"gradwatch/internal/sweep"

	"github.com/google/go-cmp/cmp"
)

// TestParts takes what is best apart: into flags where they stand alone.
func TestParts(t *testing.T) {
	setting := func(flag, value string) study.Setting { return study.Setting{Flag: flag, Value: value} }
	x := &Search{
		Env: &cli.Env{}, Flags: NewFlags(), known: make(map[sweep.DataKey]runner.DataSize),
		results: make(map[int]study.Result), outcomes: make(map[int]*Outcome),
		base: []study.Setting{setting("nesterov", "true")},
		fixes: []Fix{
			{Name: "elu", Settings: []study.Setting{setting("activation", "elu"), setting("kernel-initializer", "he_uniform")}},
			{Name: "residual", Settings: []study.Setting{setting("residual", "true")}},
			{Name: "adam", Settings: []study.Setting{setting("optimizer", "adam"), setting("nesterov", "")}},
			{Name: "batch norm", Settings: []study.Setting{setting("batch-norm", "true")}},
			{Name: "2 hidden layers", Settings: []study.Setting{setting("hidden-layers", "2")}},
			{Name: "3 hidden layers", Settings: []study.Setting{setting("hidden-layers", "3"), setting("activation", "relu,tanh,relu")}},
		},
	}
	for _, tc := range []struct {
		name        string
		combination []int
		want        []string
	}{
		{"one flag", []int{1}, []string{"--residual"}},
		{"flags of two fixes", []int{0, 1}, []string{"--activation elu", "--kernel-initializer he_uniform", "--residual"}},
		{"a flag that does not stand alone", []int{5}, []string{"--hidden-layers 3 --activation relu,tanh,relu"}},
		{"an optimizer", []int{1, 2}, []string{"--residual", "--optimizer adam without --nesterov"}},
		{"many flags", []int{0, 1, 3, 4}, []string{"--activation elu --kernel-initializer he_uniform", "--residual", "--batch-norm", "--hidden-layers 2"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			for _, p := range x.parts(&Outcome{Combination: tc.combination}) {
				got = append(got, changeText(p.settings))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("parts (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSharesOfFlags divides the gain of two flags, each of which was trained.
func TestSharesOfFlags(t *testing.T) {
	x := &Search{
		Env: &cli.Env{}, Flags: NewFlags(), known: make(map[sweep.DataKey]runner.DataSize), outcomes: make(map[int]*Outcome),
		fixes: []Fix{
			{Name: "a", Settings: []study.Setting{{Flag: "residual", Value: "true"}}},
			{Name: "b", Settings: []study.Setting{{Flag: "batch-norm", Value: "true"}}},
		},
	}
	means := []float64{0.5, 0.6, 0.7, 0.9}
	for i, combination := range [][]int{nil, {0}, {1}, {0, 1}} {
		if err := x.add(combination, whole); err != nil {
			t.Fatal(err)
		}
		x.outcomes[i] = &Outcome{Combination: combination, Changes: len(combination), Scores: []float64{means[i]}}
	}
	want := []FixPart{
		{Flags: "--residual", Alone: 0.6, Without: 0.7, Share: 0.15},
		{Flags: "--batch-norm", Alone: 0.7, Without: 0.6, Share: 0.25},
	}
	near := cmp.Comparer(func(a, b record.Number) bool { return math.Abs(float64(a-b)) < 1e-12 })
	if diff := cmp.Diff(want, x.shares(x.outcomes[3]), near); diff != "" {
		t.Errorf("shares (-want +got):\n%s", diff)
	}
	x.combinations[3], x.outcomes[3].Combination = nil, nil // as of parts of a fix
	if diff := cmp.Diff(want, x.shares(x.outcomes[3]), near); diff != "" {
		t.Errorf("shares of a fix's parts (-want +got):\n%s", diff)
	}
	if got := x.name(3); got != "--residual + --batch-norm" {
		t.Errorf("got name %q, want --residual + --batch-norm", got)
	}
	delete(x.outcomes, 1)
	if got := x.shares(x.outcomes[3]); len(got) > 0 {
		t.Errorf("with a set untrained got %v, want none", got)
	}
}

func TestNameLines(t *testing.T) {
	for _, tc := range []struct {
		name string
		room int
		want string
	}{
		{"adam", 10, "adam"},
		{"adam + residual", 15, "adam + residual"},
		{"adam + residual + 2 hidden layers", 15, "adam + residual|  + 2 hidden layers"},
	} {
		if got := strings.Join(nameLines(tc.name, tc.room), "|"); got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.name, got, tc.want)
		}
	}
}
