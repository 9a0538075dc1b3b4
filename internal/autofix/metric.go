package autofix

import (
	"math"
	"slices"
	"strings"

	"gradwatch/internal/invalid"
	"gradwatch/internal/record"
	"gradwatch/internal/runner"
	"gradwatch/internal/study"
)

// autoMetric stands for the metric that the data ask for.
const autoMetric = "auto"

// metricNames are the metrics that --metric takes.
func metricNames() []string {
	names := []string{autoMetric}
	for _, m := range []record.Metric{record.Accuracy, record.AUC, record.F1Macro, record.BalancedAccuracy, record.R2, record.MAE} {
		names = append(names, string(m.Name()))
	}
	return names
}

// metricsFor returns the metrics that suit the data, the default first. Of a table it is the
// macro F1, which is low where a class is never predicted, and where it is predicted too often:
// the balanced accuracy takes class weights for a gain that only answer a rare class more often.
// The classes of generated data are of one size, so the accuracy will do.
func metricsFor(data runner.DataSize, generated bool) []record.Metric {
	switch {
	case data.Regression:
		return []record.Metric{record.R2, record.MAE}
	case generated && data.Classes == 2:
		return []record.Metric{record.Accuracy, record.F1Macro, record.BalancedAccuracy, record.AUC}
	case generated:
		return []record.Metric{record.Accuracy, record.F1Macro, record.BalancedAccuracy}
	case data.Classes == 2:
		return []record.Metric{record.F1Macro, record.BalancedAccuracy, record.Accuracy, record.AUC}
	default:
		return []record.Metric{record.F1Macro, record.BalancedAccuracy, record.Accuracy}
	}
}

// metricFor returns the metric of that name for the data, or an [*invalid.Error].
func metricFor(name string, data runner.DataSize, generated bool) (record.Metric, error) {
	suited := metricsFor(data, generated)
	if name == autoMetric {
		return suited[0], nil
	}
	var names []string
	for _, m := range suited {
		if string(m.Name()) == name {
			return m, nil
		}
		names = append(names, string(m.Name()))
	}
	what := "classes"
	switch {
	case data.Regression:
		what = "a regression"
	case data.Classes > 2:
		what = "more than two classes"
	}
	return "", invalid.New("metric", name, "one of "+strings.Join(names, ", ")+" for "+what)
}

// replicaValues returns the metric of each replica of a run that has ended; NaN of one that
// diverged and of one that it isn't known of.
func replicaValues(m record.Metric, summary *record.Summary) []float64 {
	var evaluated []record.Number // of the replicas that have not diverged
	e := summary.Validation
	if e == nil {
		e = summary.Evaluation
	}
	if e != nil {
		evaluated = map[record.Metric][]record.Number{
			record.F1Macro: e.MacroF1s, record.BalancedAccuracy: e.BalancedAccuracies, record.AUC: e.AUC, record.R2: e.R2,
		}[m]
	}
	values := make([]float64, len(summary.Result))
	for i := range summary.Result {
		r := &summary.Result[i]
		values[i] = math.NaN()
		switch {
		case r.Diverged():
		case m == record.Accuracy || m == record.MAE:
			values[i] = float64(r.ValAccuracy)
		case len(evaluated) > 0:
			values[i] = float64(evaluated[0])
			evaluated = evaluated[1:]
		}
	}
	return values
}

// scores returns values as they are compared: more is better, and one that is not finite is the
// least. A mean absolute error counts with the other sign, and at most as two standard
// deviations of the target, which no model needs to reach.
func scores(m record.Metric, values []float64, summary *record.Summary) []float64 {
	compared := slices.Clone(values)
	for i, x := range compared {
		if m != record.MAE {
			compared[i] = study.Score(m, x)
			continue
		}
		target := &summary.RowSchema().Target
		worst := 2 * math.Sqrt(float64(summary.Data.Variance)) * math.Abs(target.Unscale(1)-target.Unscale(0))
		if !(x < worst) {
			x = worst
		}
		compared[i] = -x
	}
	return compared
}
