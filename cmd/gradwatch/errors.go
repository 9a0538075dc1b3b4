package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"

	"gradwatch/internal/invalid"
	"gradwatch/internal/printable"
)

// Exit statuses. A run that a signal stopped ends with 128 and the signal's
// number, as a shell reports it.
const (
	exitDone     = 0
	exitFailed   = 1
	exitRequest  = 2 // the request was wrong; nothing was written
	exitFound    = 3 // --exit-code, and the verdict has an error
	exitDiverged = 4 // NaN or Inf; the run is kept
	exitSignal   = 128
)

// requestError is a wrong request that no flag's value explains.
type requestError string

func (e requestError) Error() string { return string(e) }

func requestErrorf(format string, args ...any) error {
	return requestError(fmt.Sprintf(format, args...))
}

// errDiverged ends a command whose run diverged, after the run was reported.
var errDiverged = errors.New("training diverged")

// status returns the exit status that tells of err.
func status(err error) int {
	var (
		byRequest requestError
		bySignal  stopped
		wrong     *invalid.Error
	)
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errFound):
		return exitFound
	case errors.Is(err, errDiverged):
		return exitDiverged
	case errors.As(err, &bySignal):
		return exitSignal + int(bySignal.signal)
	case errors.Is(err, context.Canceled):
		return exitSignal + int(syscall.SIGINT)
	case errors.As(err, &byRequest), errors.As(err, &wrong):
		return exitRequest
	default:
		return exitFailed
	}
}

// message returns err as one line, a field as its flag.
func message(err error) string {
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
