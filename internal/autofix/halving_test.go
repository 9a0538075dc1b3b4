package autofix

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/engine"
	"gradwatch/internal/record"
	"gradwatch/internal/runner"
	"gradwatch/internal/study"
	"gradwatch/internal/sweep"
)

// searchOf returns a search of the default run with these fixes, which has trained nothing, on a machine where the
// run takes so many seconds.
func searchOf(t *testing.T, seconds float64, fixes ...Fix) *Search {
	t.Helper()
	x := &Search{
		Env: &cli.Env{}, Flags: NewFlags(), known: make(map[sweep.DataKey]runner.DataSize), fresh: make(map[int]int),
		results: make(map[int]study.Result), outcomes: make(map[int]*Outcome), fixes: fixes, fit: len(fixes), was: config.Default(),
		begin: time.Now(), installation: engine.Installation{Library: "tensorflow-gpu-2"}, // one engine, whatever the machine
	}
	first, err := x.trial(nil)
	if err != nil {
		t.Fatal(err)
	}
	x.pace.add(seconds, first)
	x.chooseSeeds(first)
	if err := x.add(nil, whole); err != nil {
		t.Fatal(err)
	}
	return x
}

// TestRungs takes few epochs first only where there is no time to train all to their end.
func TestRungs(t *testing.T) {
	var fixes []Fix
	for range 20 {
		fixes = append(fixes, one("residual", "residual", "true", ""))
	}
	for _, tc := range []struct {
		name    string
		seconds float64 // of the run
		epochs  int
		given   bool // --repeats
		seeds   int
		want    []rung
	}{
		{"time for all", 0.001, 500, false, 10, nil},
		{"no time for all", 0.5, 500, false, 10, []rung{{167, 3}}},
		{"no time for many", 20, 500, false, 3, []rung{{19, 3}, {56, 3}, {167, 3}}},
		{"seeds that were asked for", 20, 500, true, 10, []rung{{19, 3}, {56, 3}, {167, 3}}},
		{"few epochs have few steps", 20, 20, false, 3, []rung{{7, 3}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			x := searchOf(t, tc.seconds, fixes...)
			x.was.Epochs, x.given = tc.epochs, tc.given
			x.chooseSeeds(x.trials[0])
			var trials []*sweep.Trial
			for i := range x.fixes {
				trial, err := x.trial(Settings(x.fixes, []int{i}))
				if err != nil {
					t.Fatal(err)
				}
				trials = append(trials, trial)
			}
			if diff := cmp.Diff(tc.want, x.rungs(trials, 0.6), cmp.AllowUnexported(rung{})); diff != "" || x.seeds != tc.seeds {
				t.Errorf("got %d seeds, want %d; rungs (-want +got):\n%s", x.seeds, tc.seeds, diff)
			}
		})
	}
}

// TestSurvivors keeps the better third, the first guess, and the best of each sort that shows late.
func TestSurvivors(t *testing.T) {
	fixes := []Fix{
		one("first guess", "residual", "true", ""), one("slow", "learning-rate", "0.001", ""), one("slower", "learning-rate", "0.0001", ""),
		one("penalty", "l2", "0.01", ""), one("diverged", "learning-rate", "5", ""), one("best", "activation", "elu", ""),
		one("second", "batch-norm", "true", ""), one("third", "activation", "tanh", ""), one("fourth", "units", "8", ""),
		one("fast", "learning-rate", "0.1", ""), one("last", "hidden-layers", "2", ""), one("no result", "units", "9", ""),
	}
	means := []float64{0.4, 0.45, 0.49, 0.41, 0, 0.9, 0.8, 0.7, 0.6, 0.55, 0.3}
	x := searchOf(t, 1, fixes...)
	var screened []int
	for i := range fixes {
		if err := x.add([]int{i}, screening, rung{20, 2}.settings()...); err != nil {
			t.Fatal(err)
		}
		at := len(x.trials) - 1
		screened = append(screened, at)
		if i < len(means) {
			x.outcomes[at] = &Outcome{Combination: []int{i}, Scores: []float64{means[i], means[i]}}
		}
	}
	x.outcomes[screened[4]].Diverged = 2
	var names []string
	for _, set := range x.survivors(screened) {
		names = append(names, Name(fixes, set))
	}
	if diff := cmp.Diff([]string{"best", "second", "third", "fourth", "slower", "penalty", "first guess"}, names); diff != "" {
		t.Errorf("go on (-want +got):\n%s", diff)
	}
	if run := x.trials[screened[0]].Run; run.Epochs != 20 || run.Repeats != 2 || !run.Residual {
		t.Errorf("got %d epochs and %d seeds, residual %t, want 20, 2, true", run.Epochs, run.Repeats, run.Residual)
	}
}

// TestLeft names once what few epochs have left behind, and once what there was no time for.
func TestLeft(t *testing.T) {
	x := searchOf(t, 1, one("behind", "residual", "true", ""), one("whole", "batch-norm", "true", ""), one("cut", "units", "8", ""), one("unseen", "units", "9", ""))
	for i := range 3 {
		if err := x.add([]int{i}, screening, rung{20, 2}.settings()...); err != nil {
			t.Fatal(err)
		}
		x.outcomes[i+1] = &Outcome{Combination: []int{i}, Scores: []float64{0.5, 0.7}, Reached: []float64{0.5, 0.7}}
		x.results[i+1] = study.Result{}
	}
	if err := x.add([]int{1}, whole); err != nil {
		t.Fatal(err)
	}
	x.results[4], x.outcomes[4] = study.Result{}, &Outcome{Combination: []int{1}}
	x.results[0] = study.Result{}
	x.cut = [][]int{{2}}
	screened, notTried := x.left()
	want := []ScreenedFix{{Name: "behind", Flags: "--residual", Epochs: 20, Seeds: 2, Mean: 0.6}}
	if diff := cmp.Diff(want, screened); diff != "" {
		t.Errorf("screened (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"cut", "unseen"}, notTried); diff != "" {
		t.Errorf("not tried (-want +got):\n%s", diff)
	}
}

func TestFalls(t *testing.T) {
	history := func(losses ...float64) []record.Row {
		rows := make([]record.Row, len(losses))
		for i, loss := range losses {
			rows[i].Loss = loss
		}
		return rows
	}
	for _, tc := range []struct {
		name   string
		losses []float64
		want   bool
	}{
		{"nothing recorded", nil, false},
		{"too few epochs to tell", []float64{1, 1}, true},
		{"falls", []float64{1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2}, true},
		{"stands", []float64{1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.5, 0.5, 0.499}, false},
		{"rises", []float64{1, 0.9, 0.8, 0.5, 0.6, 0.6, 0.7, 0.7, 0.8}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := falls(history(tc.losses...)); got != tc.want {
				t.Errorf("got %t, want %t", got, tc.want)
			}
		})
	}
}

// TestPrintProof says whether the best was proven with fresh seeds, and whose gain was not there with them.
func TestPrintProof(t *testing.T) {
	for _, tc := range []struct {
		name         string
		again        []float64 // with fresh seeds; nil for none
		refuted      bool
		proven, want string
	}{
		{"proven", []float64{0.88, 0.9, 0.92}, false, "residual", "Proven: the seeds from 11 on took no part in the choice.\n"},
		{"no time", nil, false, "", "Not proven: the time was up before it was trained with fresh seeds. Try a larger\n--budget.\n"},
		{"luck", []float64{0.5, 0.5, 0.5}, true, "", "Not proven: residual. With fresh seeds it reaches 0.500 ± 0.000, and 3 of 3\nlearn: its gain may be chance.\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out bytes.Buffer
			x := searchOf(t, 1, one("residual", "residual", "true", "It helps."))
			x.Stdout = &out
			set := func(values ...float64) {
				i := len(x.trials) - 1
				x.results[i] = study.Result{Replicas: make([]study.Replica, len(values))}
				x.outcomes[i] = &Outcome{Combination: x.combinations[i], Changes: len(x.combinations[i]), Scores: values, Reached: values, Learned: 3, Sound: 3}
			}
			set(0.5, 0.52, 0.48)
			if err := x.add([]int{0}, whole); err != nil {
				t.Fatal(err)
			}
			set(0.89, 0.9, 0.91)
			if tc.again != nil {
				x.fresh[1] = 2
				if err := x.add([]int{0}, freshSeeds, study.Setting{Flag: "seed", Value: "11"}); err != nil {
					t.Fatal(err)
				}
				set(tc.again...)
			}
			if tc.refuted {
				x.refuted = []int{1}
			} else if tc.again != nil {
				x.proven = 1
			}
			x.Print()
			if !strings.Contains(out.String(), tc.want) {
				t.Errorf("got %s\nwant %s", out.String(), tc.want)
			}
			r := x.Report()
			if proven := r.Best != nil && r.Best.Proven; proven != (tc.proven != "") || tc.refuted != (r.Best == nil) || tc.refuted != (len(r.Refuted) == 1) {
				t.Errorf("got best %+v, refuted %v", r.Best, r.Refuted)
			}
		})
	}
}
