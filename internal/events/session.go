package events

import "time"

// Fields of tensorflow.Event and SessionLog, and a value of SessionLog's status.
const (
	eventWallTime   = 1
	eventStep       = 2
	eventSessionLog = 7

	sessionLogStatus = 1

	sessionLogStart = 1
)

// SessionStart returns a serialized tensorflow.Event that says that training began
// anew at a step: TensorBoard forgets what earlier files have of that step and of
// later ones.
func SessionStart(step int, at time.Time) []byte {
	b := appendDouble(nil, eventWallTime, float64(at.UnixMicro())/1e6)
	b = appendNumber(b, eventStep, uint64(step))
	return appendMessage(b, eventSessionLog, appendNumber(nil, sessionLogStatus, sessionLogStart))
}
