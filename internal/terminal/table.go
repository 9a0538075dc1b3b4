package terminal

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Column is one of a table, its numbers at the right.
type Column struct {
	Title string
	Left  bool // text, at the left
	// keep is how much it is needed: where there is no room, columns with less go
	// first, those with most never.
	Keep  int
	Cells []string
}

// KeepAlways is what keeps a column in a table of any width.
const KeepAlways = 9

// Table returns the lines of a table that is at most width columns wide, if
// that can be: columns that are needed least go first, then texts are cut.
func Table(columns []Column, width int) []string {
	const leastColumn, gap = 8, 2
	widths := func(most int) (all []int, sum int) {
		for _, c := range columns {
			w := utf8.RuneCountInString(c.Title)
			for _, cell := range c.Cells {
				w = max(w, utf8.RuneCountInString(cell))
			}
			if c.Keep == KeepAlways && !strings.HasPrefix(c.Title, "test ") {
				w = min(w, most)
			}
			all = append(all, w)
			sum += w + gap
		}
		return all, sum - gap
	}
	most := width
	all, sum := widths(most)
	for sum > width {
		least := slices.MinFunc(columns, func(a, b Column) int { return a.Keep - b.Keep })
		switch {
		case most > leastColumn && (most > 2*leastColumn || least.Keep == KeepAlways):
			most--
		case least.Keep < KeepAlways:
			columns = slices.DeleteFunc(slices.Clone(columns), func(c Column) bool { return c.Keep == least.Keep })
		default:
			width = sum // no more can be done
		}
		all, sum = widths(most)
	}
	lines := []string{layRow(columns, all, -1)}
	for row := range columns[0].Cells {
		lines = append(lines, layRow(columns, all, row))
	}
	return lines
}

// layRow returns a row, or the titles for -1.
func layRow(columns []Column, widths []int, row int) string {
	cells := make([]string, len(columns))
	for i, c := range columns {
		text := c.Title
		if row >= 0 {
			text = c.Cells[row]
		}
		text = Shorten(text, widths[i])
		if c.Left {
			cells[i] = text + Pad(text, widths[i])
		} else {
			cells[i] = Pad(text, widths[i]) + text
		}
	}
	return strings.TrimRight(strings.Join(cells, "  "), " ")
}
