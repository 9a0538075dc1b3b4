package runflags

import (
	"slices"
	"strings"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/invalid"
	"gradwatch/internal/printable"
)

// CheckDecisionColumns refuses columns that the data set has not.
func CheckDecisionColumns(run *config.Run, points *dataset.Examples) error {
	for _, name := range run.DecisionColumns {
		if !slices.Contains(points.Columns, name) {
			return &invalid.Error{
				Field: "decision-columns", Value: strings.Join(run.DecisionColumns, ","),
				Want: "two of the inputs: " + someColumns(points.Columns),
			}
		}
	}
	return nil
}

// someColumns names the first few.
func someColumns(names []string) string {
	const most = 12
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:most], ", ") + ", ... (" + printable.Count(len(names), "input") + ")"
}
