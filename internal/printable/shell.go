package printable

import (
	"strconv"
	"strings"
)

// ShellWord returns text as a shell takes it for one word.
func ShellWord(text string) string {
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-_./:=,+@%", c)
	}
	if text != "" && !strings.ContainsFunc(text, func(c rune) bool { return !plain(c) }) {
		return text
	}
	if Text(text) != text { // bash and zsh take the escapes of such a word
		escaped := strings.Trim(strconv.QuoteToASCII(text), `"`)
		return "$'" + strings.ReplaceAll(strings.ReplaceAll(escaped, `\"`, `"`), "'", `\'`) + "'"
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
