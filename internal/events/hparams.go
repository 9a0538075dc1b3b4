package events

import (
	"math"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
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

// The ways to end, with their numbers in tensorboard/plugins/hparams/api.proto.
const (
	Success Status = 1
	Failure Status = 2
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

// Fields of the messages of tensorboard/plugins/hparams/plugin_data.proto.
const (
	pluginExperiment   = 2
	pluginSessionStart = 3
	pluginSessionEnd   = 4

	startHParams = 1
	startGroup   = 4
	startTime    = 5

	endStatus = 1
	endTime   = 2

	entryKey   = 1 // of a map
	entryValue = 2
)

// SessionStart adds what the HParams tab has to know of a run: one for each run,
// in its folder.
func (s *Summary) SessionStart(session Session) {
	var start []byte
	for _, h := range session.HParams {
		entry := appendText(nil, entryKey, h.Name)
		start = appendMessage(start, startHParams, appendMessage(entry, entryValue, h.proto()))
	}
	start = appendText(start, startGroup, session.Group)
	start = appendDouble(start, startTime, seconds(session.Start))
	s.hparams(sessionStartTag, pluginSessionStart, start)
}

// SessionEnd adds how and when a run ended. TensorBoard keeps the first end that
// it reads of a run, even when a later event file has another: a run that may be
// resumed should be left without one.
func (s *Summary) SessionEnd(status Status, end time.Time) {
	b := appendNumber(nil, endStatus, uint64(status))
	s.hparams(sessionEndTag, pluginSessionEnd, appendDouble(b, endTime, seconds(end)))
}

// hparams adds a message of the HParams plugin, which is all metadata.
func (s *Summary) hparams(tag string, field protowire.Number, message []byte) {
	s.plugin(tag, hparamsPlugin, "", appendMessage(nil, field, message), noTensor())
}

// seconds since 1970, to the microsecond; 0 for no time.
func seconds(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMicro()) / 1e6
}

// Fields of google.protobuf.Value and ListValue.
const (
	valueNumber = 2
	valueText   = 3
	valueBool   = 4

	listValues = 1
)

// proto returns the value as a serialized google.protobuf.Value. Each kind is
// there even when it is 0, empty or false.
func (h HParam) proto() []byte {
	switch value := h.value.(type) {
	case float64:
		return protowire.AppendFixed64(protowire.AppendTag(nil, valueNumber, protowire.Fixed64Type), math.Float64bits(value))
	case bool:
		return protowire.AppendVarint(protowire.AppendTag(nil, valueBool, protowire.VarintType), protowire.EncodeBool(value))
	default:
		text, _ := value.(string)
		return appendMessage(nil, valueText, []byte(valid(text)))
	}
}
