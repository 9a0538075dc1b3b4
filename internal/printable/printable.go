// Package printable makes text from files and flags safe to show: a name may hold what a
// terminal takes for a command, or what turns the order of the letters after it.
package printable

import (
	"strconv"
	"strings"
	"unicode"
)

// Text returns text with the characters that are not printed by themselves, line ends
// among them, written by their escapes as in Go: \n, \x1b, \u202e. Bytes that are no
// UTF-8 become U+FFFD.
func Text(text string) string {
	var out strings.Builder
	for _, c := range strings.ToValidUTF8(text, "\uFFFD") {
		if unicode.IsPrint(c) {
			out.WriteRune(c)
		} else {
			out.WriteString(strings.Trim(strconv.QuoteRune(c), "'"))
		}
	}
	return out.String()
}
