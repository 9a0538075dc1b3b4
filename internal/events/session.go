package events

import (
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"gradwatch/internal/events/tbproto"
)

// SessionStart returns a serialized tensorflow.Event that says that training began
// anew at a step: TensorBoard forgets what earlier files have of that step and of
// later ones.
func SessionStart(step int, at time.Time) []byte {
	return encode(nil, &tbproto.Event{
		WallTime: toWallTime(at), Step: int64(step),
		What: &tbproto.Event_SessionLog{SessionLog: &tbproto.SessionLog{Status: tbproto.SessionLog_START}},
	})
}

// At returns a serialized tensorflow.Event with a serialized Summary, at a step and
// a time.
func At(step int, at time.Time, summary []byte) []byte {
	b := encode(nil, &tbproto.Event{WallTime: toWallTime(at), Step: int64(step)})
	b = protowire.AppendTag(b, eventSummary, protowire.BytesType)
	return protowire.AppendBytes(b, summary)
}
