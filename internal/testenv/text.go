package testenv

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// CheckColumns checks that no line of a text is longer than width columns, but for a
// command with a path in it, or ends with a space.
func CheckColumns(t *testing.T, text string, width int) {
	t.Helper()
	for _, line := range strings.Split(text, "\n") {
		if strings.Contains(line, "tensorboard --logdir") {
			continue // as long as the path to it
		}
		if utf8.RuneCountInString(line) > width || strings.TrimRight(line, " ") != line {
			t.Errorf("got line %q, want at most %d columns and no spaces at its end", line, width)
		}
	}
}
