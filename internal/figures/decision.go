package figures

import (
	"fmt"

	"gradwatch/internal/chart"
	"gradwatch/internal/dataset"
	"gradwatch/internal/record"
)

// decisionFigure shows the model's predictions on a plane of its inputs, with the test points
// projected onto it.
func decisionFigure(title string, points *dataset.Examples, summary *record.Summary, d *record.Decision) chart.Decision {
	figure := chart.Decision{
		Title: title, X: chart.Range{Min: d.XMin, Max: d.XMax}, Y: chart.Range{Min: d.YMin, Max: d.YMax},
	}
	target := &summary.RowSchema().Target
	if output := summary.Configuration.Output(target); !output.Probabilities() {
		figure.Value = "output"
	}
	if d.Probability != nil {
		figure.Probabilities = doubles(d.Probability)
	}
	for _, grid := range d.Classes {
		figure.Classes = append(figure.Classes, doubles(grid))
	}
	figure.XLabel, figure.YLabel, figure.Note = planeTexts(d.Plane, points.Columns)
	figure.Points.Inputs = 2
	scaler := summary.RowSchema().Scaling
	for i := summary.TrainRows + summary.ValidationRows; i < points.Len(); i++ {
		x, y := d.Plane.Project(scaler, points.Row(i))
		figure.Points.X = append(figure.Points.X, x, y)
	}
	figure.Points.Labels = points.Y[summary.TrainRows+summary.ValidationRows:]
	if classes := summary.RowSchema().Target.Classes; len(classes) > 2 || d.Classes != nil || len(classes) == 2 && (classes[0] != "0" || classes[1] != "1") {
		figure.Points.Classes = classes
	}
	return figure
}

func doubles(grid [][]float32) [][]float64 {
	wide := make([][]float64, len(grid))
	for j, row := range grid {
		wide[j] = make([]float64, len(row))
		for i, p := range row {
			wide[j][i] = float64(p)
		}
	}
	return wide
}

// planeTexts returns the axes' titles, and where the other directions are, if there
// are any.
func planeTexts(p *dataset.Plane, columns []string) (x, y, note string) {
	if len(p.Columns) == 2 {
		if len(columns) > 2 {
			note = "the other inputs at their mean; test points as seen along them"
		}
		return columns[p.Columns[0]], columns[p.Columns[1]], note
	}
	title := func(which string, share float64) string {
		if share == 0 {
			return which + " principal component"
		}
		return fmt.Sprintf("%s principal component, %.0f %% of the variance", which, 100*share)
	}
	return title("first", p.Share[0]), title("second", p.Share[1]), "other directions at their mean; test points as seen along them"
}
