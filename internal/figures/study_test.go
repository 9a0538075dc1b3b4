package figures

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gradwatch/internal/chart"
	"gradwatch/internal/record"
	"gradwatch/internal/study"
)

// TestStudyFigure checks which picture a study gets.
func TestStudyFigure(t *testing.T) {
	for _, tc := range []struct {
		vary string
		want string // the form, the x axis, the y axis or the series
	}{
		{"units=1:3", "study units []"},
		{"activation=tanh,relu", "study activation []"},
		{"units=1:2 hidden-layers=1:3", "grid hidden-layers units"},
		{"activation=tanh,relu,elu units=1:2", "study units [tanh relu elu]"},
		{"activation=tanh,relu optimizer=sgd,adam,adagrad", "study optimizer [tanh relu]"},
		{"units=1:2 shuffle=true,false seed=1:3", "study seed [units 1, shuffle true units 1, shuffle false units 2, shuffle true units 2, shuffle false]"},
		{"seed=1:20 activation=tanh,relu units=1:7", "study seed [tanh, units 1 tanh, units 2 tanh, units 3 tanh, units 4 tanh, units 5 tanh, units 6 tanh, units 7 relu, units 1 relu, units 2 relu, units 3 relu, units 4 relu, units 5]"},
	} {
		var axes []study.Axis
		for _, text := range strings.Fields(tc.vary) {
			axis, err := study.ParseAxis(text)
			if err != nil {
				t.Fatal(err)
			}
			axes = append(axes, axis)
		}
		var results []study.Result
		grid, err := study.Grid(axes)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range grid {
			results = append(results, study.Result{Configuration: c})
		}
		slices.Reverse(results) // their order doesn't matter
		var got string
		switch f := Study(axes, results, record.Accuracy, "test", 2, "").Figure.(type) {
		case chart.Study:
			var series []string
			for _, one := range f.Series {
				if one.Name != "" {
					series = append(series, one.Name)
				}
			}
			got = fmt.Sprintf("study %s %v", f.X.Name, series)
			if err := chart.WritePNG(&bytes.Buffer{}, f, chart.Size{}); err != nil {
				t.Error(err)
			}
		case chart.Grid:
			got = fmt.Sprintf("grid %s %s", f.X.Name, f.Y.Name)
			if err := chart.WritePNG(&bytes.Buffer{}, f, chart.Size{}); err != nil {
				t.Error(err)
			}
		}
		if got != tc.want {
			t.Errorf("%s: got %q, want %q", tc.vary, got, tc.want)
		}
	}
}
