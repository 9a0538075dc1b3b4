package events

import (
	"slices"

	"google.golang.org/protobuf/types/known/structpb"

	"gradwatch/internal/events/tbproto/hparams"
)

// Experiment adds what the HParams tab has columns for: the hyperparameters of
// the sessions, which are all of a study, and the metrics. Of either the tab shows
// five until the user asks for more: the first metrics, and hyperparameters that
// differ before the others. Without an experiment, TensorBoard makes every scalar
// tag of the sessions a metric, in alphabetical order.
//
// TensorBoard takes one experiment for the whole log folder, any of those that it
// finds, and has no column for a hyperparameter that is missing there. So all
// runs below a log folder should have the same names, those that they don't vary
// too, and every run of a study should have the study's experiment beside its
// session. A folder above the runs, for the experiment alone, would be an empty
// run to all other tabs.
func (s *Summary) Experiment(sessions []Session, metrics []Metric) {
	var names []string
	values := make(map[string][]HParam) // different ones of a name
	for _, session := range sessions {
		for _, h := range session.HParams {
			if _, found := values[h.Name]; !found {
				names = append(names, h.Name)
			}
			if !slices.Contains(values[h.Name], h) {
				values[h.Name] = append(values[h.Name], h)
			}
		}
	}
	experiment := new(hparams.Experiment)
	for _, name := range names {
		experiment.HparamInfos = append(experiment.HparamInfos, hparamInfo(name, values[name]))
	}
	for _, m := range metrics {
		experiment.MetricInfos = append(experiment.MetricInfos, &hparams.MetricInfo{
			Name: &hparams.MetricName{Tag: valid(m.Tag)}, DisplayName: valid(m.Name),
		})
	}
	s.hparams(experimentTag, &hparams.HParamsPluginData{Data: &hparams.HParamsPluginData_Experiment{Experiment: experiment}})
}

// hparamInfo returns the kind of the values, which are different from each other,
// and the domain as TensorBoard itself works it out, an interval of numbers or a list.
func hparamInfo(name string, values []HParam) *hparams.HParamInfo {
	var numbers []float64
	list := new(structpb.ListValue)
	kind := hparams.DataType_DATA_TYPE_BOOL
	for _, h := range values {
		switch value := h.value.(type) {
		case float64:
			numbers = append(numbers, value)
		case string:
			kind = hparams.DataType_DATA_TYPE_STRING
		}
		list.Values = append(list.Values, h.proto())
	}
	info := &hparams.HParamInfo{Name: valid(name), Differs: len(values) > 1}
	if len(numbers) == len(values) {
		info.Type = hparams.DataType_DATA_TYPE_FLOAT64
		info.Domain = &hparams.HParamInfo_DomainInterval{
			DomainInterval: &hparams.Interval{MinValue: slices.Min(numbers), MaxValue: slices.Max(numbers)},
		}
		return info
	}
	if len(numbers) > 0 {
		kind = hparams.DataType_DATA_TYPE_STRING
	}
	info.Type = kind
	info.Domain = &hparams.HParamInfo_DomainDiscrete{DomainDiscrete: list}
	return info
}
