// Package invalid has the error for wrong input: a value of a flag, of a field of a
// configuration, or of a file. Callers tell it by its type ([errors.As]) and read its
// fields; they never compare or cut its text.
package invalid

import (
	"errors"
	"fmt"
	"strings"
)

// Error is a value that is not accepted. One without a Field and a File comes from a
// function that was given the value alone: [Of] and [At] add what the caller knows.
type Error struct {
	// Field is the field's name in JSON, which is its flag's without dashes; "" where
	// the value is not one of a configuration.
	Field string `json:"field,omitempty"`
	// Value is the value of the field or, of a file, that of a row in Column.
	Value string `json:"value,omitempty"`
	// File is the path of the file that holds the value, Line the line from 1, 0 for
	// the file as a whole, and Column the name of the table's column, if there is one.
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column string `json:"column,omitempty"`
	// Problem says what is wrong where the value alone does not show it, or is too long
	// to be shown.
	Problem string `json:"problem,omitempty"`
	// Want is what is accepted, as it stands after "want "; "" where Problem says all.
	Want string `json:"want,omitempty"`
}

// Error returns one line: where the value is, what is wrong with it, what is accepted.
//
//	epochs "0": want an integer of at least 1
//	rows.csv:3: column "x1": "abc": want a finite number
//	rows.csv: no rows: want a row of inputs and a label for each point
func (e *Error) Error() string {
	var parts []string
	if e.File != "" && e.Line > 0 {
		parts = append(parts, fmt.Sprintf("%s:%d", e.File, e.Line))
	} else if e.File != "" {
		parts = append(parts, e.File)
	}
	if e.Field != "" {
		parts = append(parts, fmt.Sprintf("%s %q", e.Field, e.Value))
	}
	if e.Column != "" {
		parts = append(parts, fmt.Sprintf("column %q", e.Column))
		if e.Field == "" && e.Problem == "" {
			parts = append(parts, fmt.Sprintf("%q", e.Value))
		}
	}
	if e.Problem != "" {
		parts = append(parts, e.Problem)
	}
	if e.Want != "" {
		parts = append(parts, "want "+e.Want)
	}
	return strings.Join(parts, ": ")
}

// New returns the error of a field's value. want is what is accepted.
func New(field, value, want string) *Error {
	return &Error{Field: field, Value: value, Want: want}
}

// At returns a copy of err that names the file and the line, 0 for the file as a whole,
// where err is an [*Error]; another error as it is.
func At(err error, file string, line int) error {
	var wrong *Error
	if !errors.As(err, &wrong) {
		return err
	}
	located := *wrong
	located.File, located.Line = file, line
	return &located
}

// Of returns a copy of err that names the field and its value where err is an [*Error];
// another error as it is.
func Of(err error, field, value string) error {
	var wrong *Error
	if !errors.As(err, &wrong) {
		return err
	}
	named := *wrong
	named.Field, named.Value = field, value
	return &named
}

// Want returns an error of which only what is accepted is known; [Of] adds the field.
func Want(format string, args ...any) *Error {
	return &Error{Want: fmt.Sprintf(format, args...)}
}
