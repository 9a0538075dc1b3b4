package terminal

import (
	"io"
	"os"
)

// Style marks text on a terminal, and leaves it as it is elsewhere.
type Style struct{ On bool }

// NewStyle heeds NO_COLOR (no-color.org) and terminals that know no colours.
func NewStyle(w io.Writer) Style {
	return Style{IsTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

// Mark returns the text in the colour or weight of an ANSI code, such as "1" for bold.
func (s Style) Mark(code, text string) string {
	if !s.On {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// Title returns the text in bold.
func (s Style) Title(text string) string { return s.Mark("1", text) }

// Model gives the two deep models the charts' colours, blue and orange, from the
// terminal's own palette.
func (s Style) Model(i int, text string) string {
	return s.Mark([]string{"34", "33"}[i%2], text)
}
