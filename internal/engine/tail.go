package engine

import (
	"bytes"
	"io"
	"regexp"
)

const (
	toldLines = 3   // lines of the engine's last words
	maxLine   = 300 // bytes of each
)

// tail keeps the last lines that are written to it, and passes them to log.
type tail struct {
	log     io.Writer // nil for none
	lines   []string
	rest    []byte // of a line without its end
	crashed bool   // what follows are stacks and registers
}

// crashLine matches the first line of the Go runtime's report of a panic or of a signal in
// native code. Dozens of lines of stacks and registers follow.
var crashLine = regexp.MustCompile(`^(panic|fatal error|SIG[A-Z]+): `)

// chatter matches TensorFlow's informative lines, which explain no end.
var chatter = regexp.MustCompile(`^I[0-9]{4} |^[-0-9]+ [:.0-9]+: I `)

// Write never fails: the engine must not end because nobody reads its output.
func (t *tail) Write(data []byte) (int, error) {
	if t.log != nil {
		_, _ = t.log.Write(data)
	}
	if t.crashed {
		return len(data), nil
	}
	t.rest = append(t.rest, data...)
	for {
		line, rest, whole := bytes.Cut(t.rest, []byte("\n"))
		if !whole {
			break
		}
		t.add(line)
		t.rest = rest
	}
	t.rest = t.rest[:min(len(t.rest), maxLine)]
	return len(data), nil
}

func (t *tail) add(line []byte) {
	line = bytes.TrimSpace(line)
	if len(line) == 0 || t.crashed || chatter.Match(line) {
		return
	}
	t.crashed = crashLine.Match(line)
	t.lines = append(t.lines, string(line[:min(len(line), maxLine)]))
	t.lines = t.lines[max(0, len(t.lines)-toldLines):]
}

// last returns the last lines, up to where a crash began.
func (t *tail) last() []string {
	t.add(t.rest)
	t.rest = nil
	return t.lines
}
