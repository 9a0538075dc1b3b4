package figures

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"gradwatch/internal/chart"
	"gradwatch/internal/diagnose"
	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
	"gradwatch/internal/study"
)

// flowPicture is the one that a verdict's marks are on.
const flowPicture = "flow.png"

// readChecks reads what was measured for a run's verdict; nothing for a run without.
func readChecks(folder string) ([]record.Check, error) {
	checks, err := record.ReadChecks(filepath.Join(folder, runfolder.FlowFile), filepath.Join(folder, runfolder.UnitsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return checks, err
}

// flowFigure shows what a verdict looks at, layer by epoch: of several replicas the
// median. Marks are where the findings begin.
func flowFigure(name string, summary *record.Summary, checks []record.Check) chart.Flow {
	run := &summary.Configuration
	figure := chart.Flow{Title: name + ": what flows through the layers"}
	if len(summary.Seeds) > 1 {
		figure.Title += fmt.Sprintf(", median of %d seeds", len(summary.Seeds))
	}
	for _, c := range checks {
		figure.Epochs = append(figure.Epochs, c.Epoch)
	}
	slices.Sort(figure.Epochs)
	figure.Epochs = slices.Compact(figure.Epochs) // a replica that has stopped early has fewer
	grid := func(of func(l *record.LayerFlow, k int) float64) [][]float64 {
		values := make([][]float64, len(checks[0].Layers))
		for k := range values {
			for _, epoch := range figure.Epochs {
				values[k] = append(values[k], medianAt(checks, epoch, func(c *record.Check) float64 { return of(&c.Layers[k], k) }))
			}
		}
		return values
	}
	for k := range checks[0].Layers {
		figure.Layers = append(figure.Layers, fmt.Sprintf("dense_%d", k+1))
	}
	figure.Gradient = grid(func(l *record.LayerFlow, _ int) float64 { return l.Delta() })
	figure.Update = grid(func(l *record.LayerFlow, _ int) float64 { return l.UpdateRatio })
	dies, saturates := false, false
	for i := range run.Layers {
		dies = dies || diagnose.Dies(run.LayerActivation(i))
		saturates = saturates || diagnose.Saturates(run.LayerActivation(i))
	}
	if dies || saturates {
		figure.IdleName = map[[2]bool]string{
			{true, false}: "inactive units", {false, true}: "saturated rows", {true, true}: "inactive units, saturated rows",
		}[[2]bool{dies, saturates}]
		figure.Idle = grid(func(l *record.LayerFlow, k int) float64 {
			switch {
			case k == len(run.Layers):
				return math.NaN() // the output layer has none
			case diagnose.Saturates(run.LayerActivation(k)):
				return l.SaturatedRows()
			case diagnose.Dies(run.LayerActivation(k)):
				return l.Inactive()
			default:
				return math.NaN()
			}
		})
	}
	figure.Marks = flowMarks(summary.Verdict, &figure)
	return figure
}

// medianAt returns the median over the replicas at an epoch.
func medianAt(checks []record.Check, epoch int, of func(*record.Check) float64) float64 {
	var values []float64
	for i := range checks {
		if checks[i].Epoch == epoch {
			values = append(values, of(&checks[i]))
		}
	}
	if len(values) == 1 {
		return values[0]
	}
	return study.NewSpread(values).Median
}

// mostMarks is how many findings a picture points out.
const mostMarks = 4

// flowMarks points out where the findings that are more than notes begin. A finding may
// begin later than what the picture shows of it, because it needs more than one check and
// looks at more than the median: a mark stands where the value that is drawn begins.
func flowMarks(verdict *record.Report, figure *chart.Flow) []chart.FlowMark {
	if verdict == nil {
		return nil
	}
	var marks []chart.FlowMark
	for _, line := range diagnose.Lines(verdict) {
		f := &line.First
		layer := 0
		if n, _ := fmt.Sscanf(f.Layer, "dense_%d", &layer); n != 1 || f.Severity == record.Note || len(marks) == mostMarks {
			continue
		}
		check, _ := slices.BinarySearch(figure.Epochs, f.Epoch)
		mark := chart.FlowMark{Layer: layer - 1, Check: min(check, len(figure.Epochs)-1), Text: string(f.Kind) + ", " + f.Layer, Map: flowMapOf(f)}
		if mark.Map == chart.FlowIdle && figure.Idle == nil {
			mark.Map = chart.FlowGradient
		}
		drawn := map[chart.FlowMap][][]float64{chart.FlowGradient: figure.Gradient, chart.FlowUpdate: figure.Update, chart.FlowIdle: figure.Idle}
		values := drawn[mark.Map][mark.Layer]
		shows := mark.Map != chart.FlowIdle || values[mark.Check] > 0 // else no idle unit of the finding's is in the median
		for shows && mark.Check > 0 && values[mark.Check-1] == values[mark.Check] {
			mark.Check--
		}
		marks = append(marks, mark)
	}
	return marks
}

// flowMapOf returns the map that shows a finding.
func flowMapOf(f *record.Finding) chart.FlowMap {
	switch {
	case strings.HasSuffix(f.Tag, "update_ratio"):
		return chart.FlowUpdate
	case strings.HasSuffix(f.Tag, "_units"):
		return chart.FlowIdle
	default:
		return chart.FlowGradient
	}
}
