package figures

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gradwatch/internal/chart"
	"gradwatch/internal/diagnose"
	"gradwatch/internal/record"
)

// flowChecks returns checks of two hidden layers and the output, each of one unit,
// at epochs 0, 10 and 20: replica r's error signals are r+1 times the layer's number.
func flowChecks(replicas int) []record.Check {
	var checks []record.Check
	for r := range replicas {
		for _, epoch := range []int{0, 10, 20} {
			c := record.Check{Replica: r, Epoch: epoch}
			for k := range 3 {
				c.Layers = append(c.Layers, record.LayerFlow{
					UpdateRatio: float64(epoch) / 1000, GradientRMS: 1,
					Units: []record.UnitFlow{{Active: 0.005, Saturated: 0.25, Delta: float64((r + 1) * (k + 1))}},
				})
			}
			checks = append(checks, c)
		}
	}
	return checks
}

func TestFlowFigure(t *testing.T) {
	nan := math.NaN()
	row := func(x float64) []float64 { return []float64{x, x, x} }
	for _, tc := range []struct {
		name        string
		activations []string
		replicas    int
		title, idle string
		gradient    float64 // of dense_1
		shares      [][]float64
	}{
		{"relu", []string{"relu"}, 1, "run: what flows through the layers", "inactive units", 1, [][]float64{row(1), row(1), row(nan)}},
		{"tanh", []string{"tanh"}, 1, "run: what flows through the layers", "saturated rows", 1, [][]float64{row(0.25), row(0.25), row(nan)}},
		{"both", []string{"tanh", "elu"}, 1, "run: what flows through the layers", "inactive units, saturated rows", 1, [][]float64{row(0.25), row(1), row(nan)}},
		{"some", []string{"linear", "elu"}, 1, "run: what flows through the layers", "inactive units", 1, [][]float64{row(nan), row(1), row(nan)}},
		{"neither", []string{"linear"}, 1, "run: what flows through the layers", "", 1, nil},
		{"three replicas", []string{"linear"}, 3, "run: what flows through the layers, median of 3 seeds", "", 2, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			summary := &record.Summary{Seeds: make([]uint32, tc.replicas)}
			summary.Configuration.Layers, summary.Configuration.Activations = []int{1, 1}, tc.activations
			got := flowFigure("run", summary, flowChecks(tc.replicas))
			want := chart.Flow{
				Title: tc.title, Epochs: []int{0, 10, 20}, Layers: []string{"dense_1", "dense_2", "dense_3"},
				Gradient: [][]float64{row(tc.gradient), row(2 * tc.gradient), row(3 * tc.gradient)},
				Update:   [][]float64{{0, 0.01, 0.02}, {0, 0.01, 0.02}, {0, 0.01, 0.02}},
				Idle:     tc.shares, IdleName: tc.idle,
			}
			if diff := cmp.Diff(want, got, cmpopts.EquateNaNs()); diff != "" {
				t.Errorf("figure (-want +got):\n%s", diff)
			}
		})
	}
}

// TestFlowMarks points out what is more than a note, at the check where it began.
func TestFlowMarks(t *testing.T) {
	finding := func(kind diagnose.Kind, severity diagnose.Severity, layer string, epoch int, tag string) diagnose.Finding {
		return diagnose.Finding{Kind: kind, Severity: severity, Layer: layer, Epoch: epoch, Tag: tag}
	}
	report := &diagnose.Report{Replicas: 1, Findings: []diagnose.Finding{
		finding(diagnose.Divergence, diagnose.Error, "dense_3", 25, "flow/dense_3/non_finite"),
		finding(diagnose.Vanishing, diagnose.Error, "dense_1", 0, "flow/dense_1/delta"),
		finding(diagnose.StalledLoss, diagnose.Error, "", 10, "loss"),
		finding(diagnose.UnchangedWeights, diagnose.Error, "dense_2", 7, "flow/dense_2/update_ratio"),
		finding(diagnose.DeadUnits, diagnose.Warning, "dense_2", 20, "flow/dense_2/inactive_units"),
		finding(diagnose.SaturatedUnits, diagnose.Note, "dense_1", 0, "flow/dense_1/saturated_units"),
	}}
	marks := func(idle chart.FlowMap) []chart.FlowMark {
		return []chart.FlowMark{
			{Layer: 2, Check: 2, Text: "divergence, dense_3", Map: chart.FlowGradient},
			{Layer: 0, Check: 0, Text: "vanishing, dense_1", Map: chart.FlowGradient},
			{Layer: 1, Check: 1, Text: "unchanged-weights, dense_2", Map: chart.FlowUpdate},
			{Layer: 1, Check: 2, Text: "dead-units, dense_2", Map: idle},
		}
	}
	rises := [][]float64{{1, 2, 3}, {1, 2, 3}, {1, 2, 3}}
	figure := chart.Flow{Epochs: []int{0, 10, 20}, Gradient: rises, Update: rises, Idle: rises}
	without := figure
	without.Idle = nil
	if diff := cmp.Diff(marks(chart.FlowIdle), flowMarks(report, &figure)); diff != "" {
		t.Errorf("marks (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(marks(chart.FlowGradient), flowMarks(report, &without)); diff != "" {
		t.Errorf("marks without idle units (-want +got):\n%s", diff)
	}
	report.Findings = slices.Insert(report.Findings, 1, finding(diagnose.Exploding, diagnose.Error, "dense_1", 0, "flow/dense_1/update_ratio"))
	if got := flowMarks(report, &figure); len(got) != mostMarks || got[1].Text != "exploding, dense_1" {
		t.Errorf("got marks %v, want the worst %d", got, mostMarks)
	}
	if got := flowMarks(nil, &figure); got != nil {
		t.Errorf("got marks %v without a verdict", got)
	}
}

// TestMarksOfWhatIsDrawn has findings that begin later than what is drawn of them.
func TestMarksOfWhatIsDrawn(t *testing.T) {
	for _, tc := range []struct {
		name, tag  string
		gradient   []float64
		idle       []float64
		begins, at int
	}{
		{"no gradient since the second check", "flow/dense_1/delta", []float64{1, 0, 0, 0}, []float64{0, 0, 0, 0}, 30, 1},
		{"a gradient that falls", "flow/dense_1/delta", []float64{1, 0.3, 0.2, 0.1}, []float64{0, 0, 0, 0}, 30, 3},
		{"dead units since the third check", "flow/dense_1/inactive_units", []float64{1, 1, 1, 1}, []float64{0, 0.2, 0.4, 0.4}, 30, 2},
		{"dead units of one seed of many", "flow/dense_1/inactive_units", []float64{1, 1, 1, 1}, []float64{0, 0, 0, 0}, 30, 3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			figure := chart.Flow{Epochs: []int{0, 10, 20, 30}, Gradient: [][]float64{tc.gradient}, Update: [][]float64{tc.gradient}, Idle: [][]float64{tc.idle}}
			report := &diagnose.Report{Replicas: 1, Findings: []diagnose.Finding{
				{Kind: diagnose.Vanishing, Severity: diagnose.Error, Layer: "dense_1", Epoch: tc.begins, Tag: tc.tag},
			}}
			if got := flowMarks(report, &figure); len(got) != 1 || got[0].Check != tc.at {
				t.Errorf("got marks %+v, want one at check %d", got, tc.at)
			}
		})
	}
}

func TestReadNoChecks(t *testing.T) {
	if checks, err := readChecks(t.TempDir()); checks != nil || err != nil {
		t.Errorf("got %v, %v of a run without checks, want nothing", checks, err)
	}
}
