package runflags

import (
	"slices"
	"strings"

	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/invalid"
	"gradwatch/internal/terminal"
)

// addDecisionFlag adds the flag that says which plane decision.png shows.
func addDecisionFlag(g cli.Group, run *config.Run) {
	join := func(names []string) string { return strings.Join(names, ",") }
	g.Add(cli.NewValue(&run.DecisionColumns, parseDecisionColumns, join, "A,B"),
		"decision-columns", "of more than two inputs, the two that decision.png shows, the others at their mean "+
			"(default the plane of the two principal components)")
}

func parseDecisionColumns(text string) ([]string, error) {
	probe := config.Default()
	for _, name := range strings.Split(text, ",") {
		probe.DecisionColumns = append(probe.DecisionColumns, strings.TrimSpace(name))
	}
	return probe.DecisionColumns, probe.Validate()
}

// CheckDecisionColumns refuses columns that the data set has not.
func CheckDecisionColumns(run *config.Run, points *dataset.Points) error {
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
	return strings.Join(names[:most], ", ") + ", ... (" + terminal.Count(len(names), "input") + ")"
}
