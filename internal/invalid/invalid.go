// Package invalid has the error for wrong input: a value of a flag, of a field of a
// configuration, or of a file. Whoever gets one asks for it by its type; nobody reads
// its text.
package invalid

import "fmt"

// Error is a value that is not accepted.
type Error struct {
	Field string // the field's name in JSON, which is its flag's
	Value string
	Want  string // what is accepted, as it stands after "want "
}

// Error returns one line: field, value, what is accepted.
func (e *Error) Error() string {
	return fmt.Sprintf("%s %q: want %s", e.Field, e.Value, e.Want)
}

// New returns the error of a field's value. want is what is accepted.
func New(field, value, want string) *Error {
	return &Error{Field: field, Value: value, Want: want}
}
