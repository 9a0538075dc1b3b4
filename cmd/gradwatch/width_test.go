package main

import (
	"strings"
	"testing"
	"unicode/utf8"

	"gradwatch/internal/terminal"
)

// TestNarrowHelp lays the help for narrow terminals: no line of text is longer than them.
func TestNarrowHelp(t *testing.T) {
	before := terminal.Width
	defer func() { terminal.Width = before }()
	for _, width := range []int{terminal.Narrowest, 60, 79} {
		terminal.Width = width
		for _, name := range []string{"train", "predict", "study", "data"} {
			example := false
			for _, line := range strings.Split(succeed(t, name, "--help").stdout, "\n") {
				switch line {
				case "Examples:", "Usage:":
					example = true
				case "":
					example = false
				}
				// What can't be broken: a command, and a single long word.
				if !example && utf8.RuneCountInString(line) > width && len(strings.Fields(line)) > 2 {
					t.Errorf("%s, %d columns: got a line of %d: %s", name, width, utf8.RuneCountInString(line), line)
				}
			}
		}
	}
}
