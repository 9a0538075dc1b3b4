package terminal

import (
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// Width is the most columns that text takes; FitWidth sets it.
var Width = Widest

const (
	// Widest is how many columns text takes at most, however wide the terminal is.
	Widest = 80
	// Narrowest is how many columns text takes at least, however narrow the terminal is.
	Narrowest = 40
)

// FitWidth sets Width to the columns of the terminal that w is, if it is one.
func FitWidth(w io.Writer) {
	file, ok := w.(*os.File)
	if !ok {
		return
	}
	if columns, _, err := term.GetSize(int(file.Fd())); err == nil && columns > 0 {
		Width = max(Narrowest, min(Widest, columns))
	}
}

// Rewrap breaks paragraphs, which are written for widestText columns, anew where there
// are fewer.
func Rewrap(text string) string {
	if Width >= Widest {
		return text
	}
	paragraphs := strings.Split(text, "\n\n")
	for i, p := range paragraphs {
		if !strings.Contains(p, "\n  ") && !strings.HasPrefix(p, "  ") { // else a list
			paragraphs[i] = strings.Join(Wrap(p, Width), "\n")
		}
	}
	return strings.Join(paragraphs, "\n\n")
}

// Wrap breaks text at spaces into lines of at most width columns.
func Wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len([]rune(line))+1+len([]rune(word)) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
