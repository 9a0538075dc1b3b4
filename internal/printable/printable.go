// Package printable makes text to be shown: text from files and flags safe, because a name
// may hold a command to the terminal or a mark that reverses the letters after it; and
// counts of things.
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

// Count returns a number of things in words: "1 row", "2 rows", "2 classes". noun is the
// singular of a noun whose plural ends with s, or with es after an s.
func Count(n int, noun string) string {
	text := strconv.Itoa(n) + " " + noun
	switch {
	case n == 1:
		return text
	case strings.HasSuffix(noun, "s"):
		return text + "es"
	default:
		return text + "s"
	}
}
