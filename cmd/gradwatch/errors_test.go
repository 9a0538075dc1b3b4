package main

import (
	"errors"
	"strings"
	"testing"

	"gradwatch/internal/cli"
	"gradwatch/internal/invalid"
)

// TestMessage checks that whatever an error says is one line that a terminal can show.
func TestMessage(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"open a\nb: no such file", "open a b: no such file"},
		{"open \x1b[31mred\x07\u202e: no such file", `open \x1b[31mred\a\u202e: no such file`},
		{"open a\xff: no such file", "open a\ufffd: no such file"},
		{"→ é 中", "→ é 中"},
	} {
		if got := cli.Message(errors.New(test.text)); got != test.want {
			t.Errorf("%q: got %q, want %q", test.text, got, test.want)
		}
	}
	long := cli.Message(invalid.New("layers", strings.Repeat("5,", 100_000), "widths"))
	if len(long) > 2000 || !strings.HasPrefix(long, `--layers "5,5,`) || !strings.HasSuffix(long, `5,": want widths`) {
		t.Errorf("got %d bytes: %.40s ... %s", len(long), long, long[len(long)-40:])
	}
}
