package diagnose

import (
	"fmt"
	"strings"

	"gradwatch/internal/printable"
	"gradwatch/internal/probe"
)

const probeCertain = probe.Certain

// reaches says what a method reaches on the measured rows.
func (r *Run) reaches(s probe.Score) string {
	if r.Target.Regression {
		return fmt.Sprintf("explain %s of the %s rows' variance", percent(max(0, s.Explained)), r.rows())
	}
	return fmt.Sprintf("get %s of the %s rows right", percent(s.Accuracy), r.rows())
}

// reachesBriefly says so after another one.
func (r *Run) reachesBriefly(s probe.Score) string {
	if r.Target.Regression {
		return percent(max(0, s.Explained))
	}
	return percent(s.Accuracy)
}

// probeText says whether something can be learned of the data, as far as nearest neighbours and a linear model show.
func (r *Run) probeText() string {
	p := r.Probe
	switch {
	case p == nil:
		return ""
	case !p.Finds() && !p.Enough():
		return fmt.Sprintf(" %s are few to learn from.", printable.Count(p.TrainRows, "training row"))
	case !p.Finds() && p.FindsWithin():
		return " Among the training rows simple methods find a pattern that does not hold for the " + r.rows() + " rows: these may be drawn differently, as by the order of the table."
	case !p.Finds():
		return fmt.Sprintf(" Nearest neighbours and a linear model find nothing in the data either: the inputs may say little about the %s.", r.labels())
	case p.Linear.Explained > p.Neighbors.Explained:
		return fmt.Sprintf(" There is something to learn: a linear model %s.", strings.Replace(r.reaches(p.Linear), " ", "s ", 1))
	default:
		return fmt.Sprintf(" There is something to learn: nearest neighbours %s.", r.reaches(p.Neighbors))
	}
}
