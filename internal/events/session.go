package events

import "time"

// Fields of tensorflow.Event and SessionLog, and a value of SessionLog's status.
const (
	eventWallTime   = 1
	eventStep       = 2
	eventSummary    = 5
	eventSessionLog = 7

	sessionLogStatus = 1

	sessionLogStart = 1
)

// SessionStart returns a serialized tensorflow.Event that says that training began
// anew at a step: TensorBoard forgets what earlier files have of that step and of
// later ones.
func SessionStart(step int, at time.Time) []byte {
	return appendMessage(begin(step, at), eventSessionLog, appendNumber(nil, sessionLogStatus, sessionLogStart))
}

// At returns a serialized tensorflow.Event with a serialized Summary, at a step and
// a time.
func At(step int, at time.Time, summary []byte) []byte {
	return appendMessage(begin(step, at), eventSummary, summary)
}

func begin(step int, at time.Time) []byte {
	return appendNumber(appendDouble(nil, eventWallTime, toWallTime(at)), eventStep, uint64(step))
}
