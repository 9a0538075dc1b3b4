package diagnose

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/record"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sideBySide returns runs of one model as the replicas of one run.
func sideBySide(runs ...*Run) *Run {
	all := runs[0]
	for _, r := range runs[1:] {
		all.Replicas = append(all.Replicas, r.Replicas...)
	}
	for i := range all.Replicas {
		all.Replicas[i].Seed = uint32(i + 1)
		for j := range all.Replicas[i].Checks {
			all.Replicas[i].Checks[j].Replica = i
		}
	}
	return all
}

// reportCases are runs whose reports are kept in testdata.
func reportCases() map[string]func() *Run {
	return map[string]func() *Run{
		"healthy":  of("tanh", 2),
		"vanished": of("tanh", 3, slowly, fade(0.005), full(0, 0.95, every), full(1, 0.95, every), full(2, 1, every)),
		"dead layers": of("relu", 5, func(r *Run) { losses(r, func(int) float64 { return 0.69 }) },
			idle(0, 1, every), idle(1, 2, every), idle(2, 4, every), idle(3, 3, every), idle(4, 4, every)),
		"three seeds": func() *Run {
			return sideBySide(of("relu", 2, slowly, step(0, 0.2))(), of("relu", 2, idle(1, 2, every))(),
				of("relu", 2, slowly, step(1, 0.3), idle(1, 3, every), copies(0, 0, 0, 0, 0))())
		},
		"diverged": of("tanh", 2, func(r *Run) {
			losses(r, func(int) float64 { return math.NaN() })
			r.Replicas[0].Divergence = &record.Divergence{Epoch: 0, Step: 3, Tensor: "dense_2 gradient"}
			layer(r, 1, func(l *record.LayerFlow) { l.GradientRMS, l.UpdateRatio = math.NaN(), math.Inf(1) })
			units(r, 1, func(u *record.UnitFlow) { u.Delta, u.OutputDelta = math.NaN(), math.Inf(1) })
		}),
		"no checks": of("tanh", 2, func(r *Run) { r.Replicas[0].Checks = nil }),
	}
}

// TestReports compares headline, lines and Markdown with testdata; -update writes
// them anew.
func TestReports(t *testing.T) {
	for name, run := range reportCases() {
		t.Run(name, func(t *testing.T) {
			report := Default().Report(run())
			var b strings.Builder
			fmt.Fprintf(&b, "%s\n", Headline(report))
			for _, line := range Lines(report) {
				fmt.Fprintf(&b, "%s %s at %s: %s\n", line.Severity, line.Kind, line.First.Tag, line.Text)
			}
			fmt.Fprintf(&b, "\n%s", Markdown(report))
			checkGolden(t, strings.ReplaceAll(name, " ", "-")+".md", b.String())
			checkJSON(t, report)
		})
	}
}

// checkGolden compares a text with a file of testdata.
func checkGolden(t *testing.T, name, got string) {
	t.Helper()
	golden := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// checkJSON checks that a report comes back from JSON as it was.
func checkJSON(t *testing.T, report *Report) {
	t.Helper()
	data, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	var got Report
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(report, &got, near()); diff != "" {
		t.Errorf("JSON (-want +got):\n%s", diff)
	}
}

// TestShownEpoch shows the check where the worst finding of a layer began.
func TestShownEpoch(t *testing.T) {
	for name, tc := range map[string]struct {
		run  func() *Run
		want int
	}{
		"nothing found":           {of("relu", 2), 99},
		"notes alone":             {of("relu", 2, idle(0, 1, between(3, 10))), 99},
		"a warning":               {of("relu", 2, idle(0, 2, between(3, 10))), 30},
		"an error after it":       {of("relu", 2, slowly, idle(0, 2, between(3, 10)), idle(1, 4, between(5, 10))), 50},
		"an error of no layer":    {of("relu", 2, func(r *Run) { losses(r, func(int) float64 { return 0.69 }) }), 99},
		"diverged between checks": {of("relu", 2, func(r *Run) { r.Replicas[0].Divergence = &record.Divergence{Epoch: 41, Tensor: "dense_1 output"} }), 50},
		"diverged after them":     {of("relu", 2, func(r *Run) { r.Replicas[0].Divergence = &record.Divergence{Epoch: 120, Tensor: "dense_1 output"} }), 99},
		"no checks":               {of("relu", 2, func(r *Run) { r.Replicas[0].Checks = nil }), -1},
		"no replicas":             {func() *Run { r := base("relu", 2); r.Replicas = nil; return r }, -1},
	} {
		if got := Default().Report(tc.run()).Epoch; got != tc.want {
			t.Errorf("%s: got epoch %d, want %d", name, got, tc.want)
		}
	}
}

// TestLayers checks what is said of each layer, of three replicas the median.
func TestLayers(t *testing.T) {
	runs := make([]*Run, 3)
	for i := range runs {
		runs[i] = base("relu6", 2)
		layerAt(runs[i], 0, between(10, 10), func(l *record.LayerFlow) { l.GradientRMS, l.UpdateRatio = float64(i+1), math.NaN() })
		unitsAt(runs[i], 0, between(10, 10), func(u *record.UnitFlow) { u.Delta, u.OutputDelta = 0.01*float64(i+1), 0.04 })
		unitsAt(runs[i], 1, between(10, 10), func(u *record.UnitFlow) { u.Delta, u.OutputDelta = 0.05, 0.1 })
		active(0, i+1, 0.005, between(10, 10))(runs[i])
		layerAt(runs[i], 1, between(10, 10), func(l *record.LayerFlow) {
			for u := range i {
				l.Units[u].Saturated = 0.99
			}
		})
	}
	layerAt(runs[0], 0, between(10, 10), func(l *record.LayerFlow) { l.UpdateRatio = 0.002 })
	want := []LayerState{
		{Layer: "dense_1", Gradient: 2, Update: 0.002, Signal: 0.2, Keeps: 0.4, Activation: 0.5, Weights: 0.8, Units: 4, Idle: 2},
		{Layer: "dense_2", Gradient: 0.01, Update: 0.001, Signal: 0.5, Keeps: 0.5, Activation: 0.5, Weights: 1, Units: 4, Saturated: 1},
		{Layer: "dense_3", Gradient: 0.01, Update: 0.001, Signal: 1, Keeps: 1, Activation: 1, Weights: 1, Units: 1},
	}
	run := sideBySide(runs...)
	got := Default().layers(run, 99)
	if diff := cmp.Diff(want, got, near()); diff != "" {
		t.Errorf("layers (-want +got):\n%s", diff)
	}
	if got := Default().layers(run, 98); len(got) != 0 {
		t.Errorf("got %v at an epoch without a check, want nothing", got)
	}
}

// TestWords writes numbers and lists.
func TestWords(t *testing.T) {
	for _, tc := range []struct{ got, want string }{
		{part(0), "nothing"},
		{part(math.NaN()), "an unknown part"},
		{part(1e-7), "1.0e-07"},
		{part(1.0 / 750), "1/750"},
		{part(1.0 / 270704), "1/271000"},
		{part(0.199), "1/5"},
		{part(0.2), "0.2"},
		{part(0.42), "0.42"},
		{partOf(0.5), "0.5 of"},
		{partOf(17.44), "17.4 times"},
		{percent(0), "0%"},
		{percent(0.004), "0.4%"},
		{percent(0.5), "50%"},
		{percent(1), "100%"},
		{short(0), "0"},
		{short(-0.5), "-0.5"},
		{short(123456), "1.2e+05"},
		{unitsText([]int{3}, 5), "unit 3"},
		{unitsText([]int{0}, 1), "unit 0"},
		{unitsText([]int{0, 2}, 5), "units 0 and 2"},
		{unitsText([]int{0, 2, 4}, 5), "units 0, 2 and 4"},
		{unitsText([]int{0, 1}, 2), "all 2 units"},
		{unitsText([]int{0, 1, 2, 3, 4, 5, 6, 7, 8}, 20), "9 of 20 units"},
		{layersText([]int{2}), "dense_3"},
		{layersText([]int{0, 1}), "dense_1 and dense_2"},
		{layersText([]int{0, 1, 2}), "dense_1 to dense_3"},
		{layersText([]int{0, 1, 2, 4, 5, 8, 9, 10}), "dense_1 to dense_3, dense_5, dense_6 and dense_9 to dense_11"},
	} {
		if tc.got != tc.want {
			t.Errorf("got %q, want %q", tc.got, tc.want)
		}
	}
}
