//go:build tensorflow

package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestStudyOnTerminal looks at what terminals of 80 and 60 columns get.
func TestStudyOnTerminal(t *testing.T) {
	for _, columns := range []uint16{80, 60} {
		t.Run(fmt.Sprint(columns), func(t *testing.T) {
			t.Chdir(t.TempDir())
			out := onTerminal(t, columns, "study", "--vary", "hidden-layers=1:4", "--epochs", "300", "--name", "terminal")
			bars := 0
			for _, line := range regexp.MustCompile(`[\r\n]+`).Split(escapes.ReplaceAllString(out, "\r"), -1) {
				if !strings.Contains(line, " of 4 done") {
					continue
				}
				bars++
				if width := utf8.RuneCountInString(line); width > int(columns) {
					t.Errorf("got a bar of %d columns, want at most %d: %q", width, columns, line)
				}
			}
			if want := regexp.MustCompile(`terminal  \d of 4 done  ━.*\d:\d\d left`); bars < 3 || !want.MatchString(out) {
				t.Errorf("got %d bars, want some that match %s:\n%q", bars, want, out)
			}
		})
	}
}
