package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"gradwatch/internal/invalid"
	"gradwatch/internal/printable"
)

// Exit statuses. A run that a signal stopped ends with 128 and the signal's
// number, as a shell reports it.
const (
	ExitDone     = 0
	ExitFailed   = 1
	ExitRequest  = 2 // the request was wrong; nothing was written
	ExitFound    = 3 // --exit-code, and the verdict has an error
	ExitDiverged = 4 // NaN or Inf; the run is kept
	ExitSignal   = 128
)

// RequestError is a wrong request that no flag's value explains.
type RequestError string

func (e RequestError) Error() string { return string(e) }

// RequestErrorf returns a RequestError with a formatted text.
func RequestErrorf(format string, args ...any) error {
	return RequestError(fmt.Sprintf(format, args...))
}

// ErrDiverged ends a command whose run diverged, after the run was reported.
var ErrDiverged = errors.New("training diverged")

// Status returns the exit status that tells of err.
func Status(err error) int {
	var (
		byRequest RequestError
		bySignal  Stopped
		wrong     *invalid.Error
	)
	switch {
	case err == nil:
		return ExitDone
	case errors.Is(err, ErrFound):
		return ExitFound
	case errors.Is(err, ErrDiverged):
		return ExitDiverged
	case errors.As(err, &bySignal):
		return ExitSignal + int(bySignal.Signal)
	case errors.Is(err, context.Canceled):
		return ExitSignal + int(syscall.SIGINT)
	case errors.As(err, &byRequest), errors.As(err, &wrong):
		return ExitRequest
	default:
		return ExitFailed
	}
}

// Message returns err as one line, a field as its flag.
func Message(err error) string {
	text := fmt.Sprint(err)
	var wrong *invalid.Error
	if errors.As(err, &wrong) && wrong.Field != "" && wrong.File == "" {
		text = fmt.Sprintf("--%v", wrong)
	}
	return printable.Text(cut(strings.Join(strings.Fields(text), " ")))
}

// cut leaves out the middle of a text that fills a terminal: the value of a flag that a
// script has made, a file's line. What it is of stands before, what is wanted after it.
func cut(text string) string {
	const most, head, tail = 2000, 1000, 500
	if len(text) <= most {
		return text
	}
	return text[:head] + " ... " + text[len(text)-tail:]
}

// ErrFound ends diagnose --exit-code that found an error, after it was reported.
var ErrFound = errors.New("an error was found")

// ErrPictures ends a command whose run is complete but for pictures, after its result and
// a line for each of them.
var ErrPictures = errors.New("pictures are missing")

// FileOr returns err as it is where the file system is to blame, else what
// request makes of it.
func FileOr(err error, request func(error) error) error {
	var file *fs.PathError
	if errors.As(err, &file) {
		return err
	}
	return request(err)
}
