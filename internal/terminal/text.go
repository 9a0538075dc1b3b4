package terminal

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"gradwatch/internal/printable"
)

// Clock writes a duration as 0:07 or 1:02:03.
func Clock(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// Shorten cuts a name that would crowd out what stands beside it.
func Shorten(name string, most int) string {
	name = printable.Text(name)
	most = max(most, 1)
	if runes := []rune(name); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return name
}

// Pad returns the spaces that bring text to width columns.
func Pad(text string, width int) string {
	return strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text)))
}
