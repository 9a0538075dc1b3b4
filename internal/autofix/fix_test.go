package autofix

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/record"
	"gradwatch/internal/study"
)

func settings(pairs ...string) []study.Setting {
	list := []study.Setting{}
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, study.Setting{Flag: pairs[i], Value: pairs[i+1]})
	}
	return list
}

func TestMerge(t *testing.T) {
	for _, tc := range []struct {
		name            string
		run, over, want []study.Setting
	}{
		{"more", settings("units", "3"), settings("residual", "true"), settings("units", "3", "residual", "true")},
		{"in its place", settings("units", "3", "seed", "2"), settings("units", "4"), settings("units", "4", "seed", "2")},
		{"taken away", settings("initial-weights", "w.json", "seed", "2"), settings("initial-weights", "", "nesterov", ""), settings("seed", "2")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := settings()
			before = append(before, tc.run...)
			if diff := cmp.Diff(tc.want, Merge(tc.run, tc.over)); diff != "" {
				t.Errorf("got (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, tc.run); diff != "" {
				t.Errorf("the run's own settings have changed (-before +after):\n%s", diff)
			}
		})
	}
}

// TestCombine has six fixes, of which 1 and 2 set one flag, and 3 and 4 what one
// optimizer needs of the other.
func TestCombine(t *testing.T) {
	fixes := []Fix{
		one("a", "a", "1", ""), one("b", "b", "1", ""), one("b2", "b", "2", "").with("c", "1"),
		one("adam", "optimizer", "adam", ""), one("rate", "learning-rate", "1", ""), one("f", "f", "1", ""),
	}
	for _, tc := range []struct {
		name    string
		before  [][]int
		singles []int
		limit   int
		want    [][]int
	}{
		{"pairs, best first", Each([]int{5, 0, 1}), []int{5, 0, 1}, 9, [][]int{{0, 5}, {1, 5}, {0, 1}}},
		{"what contradicts itself is left out", Each([]int{1, 2, 3, 4}), []int{1, 2, 3, 4}, 9, [][]int{{1, 3}, {1, 4}, {2, 3}, {2, 4}}},
		{"triples", [][]int{{0, 3}, {1, 3}}, []int{3, 0, 1, 2, 4}, 9, [][]int{{0, 1, 3}, {0, 2, 3}}},
		{"limit", Each([]int{5, 0, 1}), []int{5, 0, 1}, 2, [][]int{{0, 5}, {1, 5}}},
		{"nothing", nil, nil, 9, nil},
		{"one", Each([]int{0}), []int{0}, 9, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, Combine(fixes, tc.before, tc.singles, tc.limit)); diff != "" {
				t.Errorf("got (-want +got):\n%s", diff)
			}
		})
	}
	if got := Name(fixes, []int{0, 3}); got != "a + adam" {
		t.Errorf("got name %q, want a + adam", got)
	}
	if diff := cmp.Diff(settings("b", "2", "c", "1", "f", "1"), Settings(fixes, []int{2, 5})); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

// outcome makes one of so many changes with four seeds around a mean: half of them
// above it, half below.
func outcome(changes int, mean, around float64, sound int) *Outcome {
	return &Outcome{
		Changes: changes, Learned: sound, Sound: sound,
		Scores: []float64{mean - around, mean + around, mean - around, mean + around},
	}
}

func TestBest(t *testing.T) {
	// Around a mean by d, four seeds have a standard error of d/sqrt(3).
	for _, tc := range []struct {
		name     string
		outcomes []*Outcome
		want     int
	}{
		{"the highest mean", []*Outcome{outcome(0, 0.5, 0.01, 0), outcome(1, 0.6, 0.01, 4), outcome(2, 0.8, 0.01, 4)}, 2},
		{"the smaller change within noise", []*Outcome{outcome(0, 0.5, 0.01, 0), outcome(2, 0.83, 0.03, 4), outcome(1, 0.81, 0.03, 4)}, 2},
		{"beyond noise", []*Outcome{outcome(2, 0.83, 0.01, 4), outcome(1, 0.81, 0.01, 4)}, 0},
		{"of changes as small the higher mean", []*Outcome{outcome(3, 0.84, 0.05, 4), outcome(1, 0.82, 0.05, 4), outcome(1, 0.83, 0.05, 4)}, 2},
		{"equals", []*Outcome{outcome(1, 0.8, 0, 4), outcome(1, 0.8, 0, 4)}, 0},
		{"one seed has no noise", []*Outcome{{Changes: 1, Scores: []float64{0.8}}, {Changes: 2, Scores: []float64{0.81}}}, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := Best(tc.outcomes); got != tc.outcomes[tc.want] {
				t.Errorf("got %+v, want %+v", got, tc.outcomes[tc.want])
			}
		})
	}
	if got := Best(nil); got != nil {
		t.Errorf("of none got %+v, want none", got)
	}
}

func TestHelps(t *testing.T) {
	four := outcome(0, 0.5, 0.03, 0) // with another such, the noise is 0.0245
	ten := func(low int, rest float64) *Outcome {
		o := &Outcome{}
		for i := range 10 {
			if i < low {
				o.Scores = append(o.Scores, 0.5)
			} else {
				o.Scores = append(o.Scores, rest+0.001*float64(i))
			}
		}
		return o
	}
	for _, tc := range []struct {
		name      string
		o, before *Outcome
		want      bool
	}{
		{"worse", outcome(1, 0.4, 0.03, 4), four, false},
		{"the same", outcome(1, 0.5, 0.03, 4), four, false},
		{"within noise", outcome(1, 0.54, 0.03, 4), four, false},
		{"beyond noise", outcome(1, 0.56, 0.03, 4), four, true},
		{"the mean suffers of one seed, but nearly all pairs are won", ten(0, 0.85), ten(1, 0.82), true},
		{"one bad seed less", ten(0, 0.82), ten(1, 0.82), false},
		{"most pairs are won, but the mean falls", ten(3, 0.85), ten(0, 0.8), false},
		{"one seed", &Outcome{Scores: []float64{0.8}}, &Outcome{Scores: []float64{0.5}}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := Helps(tc.o, tc.before); got != tc.want {
				t.Errorf("got %t, want %t", got, tc.want)
			}
		})
	}
}

// TestRecommended never recommends what diverges, does not learn or does not gain.
func TestRecommended(t *testing.T) {
	floor := study.Score(record.R2, math.NaN())
	diverged := &Outcome{Changes: 1, Diverged: 4, Scores: []float64{floor, floor, floor, floor}}
	negative := outcome(0, -0.5, 0.01, 0)
	if got := Rank([]*Outcome{diverged, negative}); got[0] != negative {
		t.Errorf("got %+v first, want the one that did not diverge", got[0])
	}
	worst := &Outcome{Scores: []float64{study.Score(record.R2, -5), -1, -1, -1}}
	if got := Rank([]*Outcome{diverged, worst}); got[0] != worst {
		t.Errorf("got %+v first, want the one that did not diverge", got[0])
	}
	unlearned, learns, less := outcome(1, 0.9, 0.01, 0), outcome(1, 0.8, 0.01, 4), outcome(1, -0.6, 0.01, 4)
	for _, tc := range []struct {
		name     string
		outcomes []*Outcome
		want     *Outcome
	}{
		{"all diverge", []*Outcome{negative, diverged}, nil},
		{"better, but nothing learns", []*Outcome{negative, unlearned}, nil},
		{"what learns", []*Outcome{negative, unlearned, learns}, learns},
		{"no gain", []*Outcome{negative, less}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := Recommended(tc.outcomes, negative); got != tc.want {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
		})
	}
}

func TestSuffices(t *testing.T) {
	for _, tc := range []struct {
		seeds, sound int
		want         bool
	}{{10, 10, true}, {10, 9, true}, {10, 8, false}, {1, 0, false}, {0, 0, false}} {
		o := &Outcome{Scores: make([]float64, tc.seeds), Learned: tc.seeds, Sound: tc.sound}
		if got := o.Suffices(); got != tc.want {
			t.Errorf("%d of %d: got %t, want %t", tc.sound, tc.seeds, got, tc.want)
		}
	}
}

// TestShares divides gains whose division is known.
func TestShares(t *testing.T) {
	for _, tc := range []struct {
		name   string
		values []float64 // by set
		want   []float64
	}{
		{"one part", []float64{0.5, 0.8}, []float64{0.3}},
		{"parts that add up", []float64{0.5, 0.6, 0.7, 0.8}, []float64{0.1, 0.2}},
		{"either does it all", []float64{0.5, 0.8, 0.8, 0.8}, []float64{0.15, 0.15}},
		{"both are needed", []float64{0.5, 0.5, 0.5, 0.8}, []float64{0.15, 0.15}},
		{"one of three does nothing", []float64{0, 1, 0, 1, 2, 3, 2, 3}, []float64{1, 0, 2}},
		{"all three are needed", []float64{0, 0, 0, 0, 0, 0, 0, 3}, []float64{1, 1, 1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := Shares(len(tc.want), func(set uint) float64 { return tc.values[set] })
			for i := range got {
				if math.Abs(got[i]-tc.want[i]) > 1e-12 {
					t.Errorf("got %v, want %v", got, tc.want)
					break
				}
			}
		})
	}
}
