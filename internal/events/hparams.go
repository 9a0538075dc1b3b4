package events

import (
	"time"

	"google.golang.org/protobuf/types/known/structpb"

	"gradwatch/internal/events/tbproto/hparams"
)

// HParam is a hyperparameter with its value in one run. [Number], [Text] and
// [Bool] make one. A name should have values of one kind in all runs of a log
// folder: TensorBoard's filters take a mixture for text that numbers never match.
type HParam struct {
	Name  string
	value any // float64, string or bool
}

// Number is a hyperparameter with a number. TensorBoard leaves out NaN and
// infinities.
func Number(name string, value float64) HParam { return HParam{name, value} }

// Text is a hyperparameter with a text.
func Text(name, value string) HParam { return HParam{name, value} }

// Bool is a hyperparameter that is true or false.
func Bool(name string, value bool) HParam { return HParam{name, value} }

// Session is one run as the HParams tab has it: a row of its table. Its metrics
// are the last values of the scalars in the folder that the session is written
// to.
type Session struct {
	HParams []HParam // each name once
	// Group makes one row, of means, of all sessions in the log folder that have
	// it; so it must tell studies apart. Without one a session is a row by itself.
	Group string
	Start time.Time
}

// Status is how a session ended. A session without an end counts as unknown.
type Status int

// The ways to end.
const (
	Success = Status(hparams.Status_STATUS_SUCCESS)
	Failure = Status(hparams.Status_STATUS_FAILURE)
)

// Metric is a scalar that the HParams tab shows.
type Metric struct {
	Tag  string // of the scalar
	Name string // what the tab calls it; the tag if it is empty
}

// Tags of the summaries of an experiment, a session's start and its end
// (tensorboard/plugins/hparams/metadata.py).
const (
	experimentTag   = "_hparams_/experiment"
	sessionStartTag = "_hparams_/session_start_info"
	sessionEndTag   = "_hparams_/session_end_info"
	hparamsPlugin   = "hparams"
)

// SessionStart adds what the HParams tab has to know of a run: one for each run,
// in its folder.
func (s *Summary) SessionStart(session Session) {
	start := &hparams.SessionStartInfo{
		Hparams: make(map[string]*structpb.Value), GroupName: valid(session.Group), StartTimeSecs: seconds(session.Start),
	}
	for _, h := range session.HParams {
		start.Hparams[valid(h.Name)] = h.proto()
	}
	s.hparams(sessionStartTag, &hparams.HParamsPluginData{
		Data: &hparams.HParamsPluginData_SessionStartInfo{SessionStartInfo: start},
	})
}

// SessionEnd adds how and when a run ended. TensorBoard keeps the first end that
// it reads of a run, even when a later event file has another: a run that may be
// resumed should be left without one.
func (s *Summary) SessionEnd(status Status, end time.Time) {
	s.hparams(sessionEndTag, &hparams.HParamsPluginData{Data: &hparams.HParamsPluginData_SessionEndInfo{
		SessionEndInfo: &hparams.SessionEndInfo{Status: hparams.Status(status), EndTimeSecs: seconds(end)},
	}})
}

// hparams adds a message of the HParams plugin, which is all metadata.
func (s *Summary) hparams(tag string, message *hparams.HParamsPluginData) {
	s.addTensor(tag, noTensor(), metadata(hparamsPlugin, "", encode(nil, message)))
}

// seconds since 1970, to the microsecond; 0 for no time.
func seconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMicro()) / 1e6
}

func (h HParam) proto() *structpb.Value {
	switch value := h.value.(type) {
	case float64:
		return structpb.NewNumberValue(value)
	case bool:
		return structpb.NewBoolValue(value)
	default:
		text, _ := value.(string)
		return structpb.NewStringValue(valid(text))
	}
}
