package cases

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// seeds is with how many each case is trained, from 1 on.
const seeds = 3

// outcome is what a case came to.
type outcome struct {
	kind, severity, message string  // the first finding
	before, after           float64 // means over the seeds
}

const head = `# Cases

Networks that did not learn, as people asked about them in public, made again: the same kind of data from a generator (` + "`test/cases`" + `), mostly with
fewer rows, and the network as flags. Of each this page shows what the verdict says first, and a remedy with what it reaches.
` + "`TestCases`" + ` trains all of them with %d seeds, compares, and writes this page (` + "`scripts/go test ./test/cases -update`" + `). Titles are quoted; texts and code of the questions
are not.

The flags name what Keras has as default and gradwatch has not. A remedy comes behind the flags of the network: of a flag that is given twice the last counts.
What else helps, ` + "`gradwatch diagnose --try-fixes`" + ` tries and ranks ([verdicts.md](verdicts.md#fixes)).

Numbers are means of the seeds: test accuracy, or R² of a regression (1 is exact, 0 the mean; diverged and below -1 count as -1).

| case | question | found first | as asked | with the remedy |
|---|---|---|---:|---:|
`

// page returns docs/cases.md.
func page(all []Case, outcomes []outcome) string {
	var text strings.Builder
	fmt.Fprintf(&text, head, seeds)
	rows := func(open bool) {
		for i := range all {
			if c, o := &all[i], &outcomes[i]; (c.Open != "") == open {
				fmt.Fprintf(&text, "| [%s](#%s) | %s | `%s` | %s | %s |\n", c.Name, c.Name, c.question(), o.kind, score(o.before), score(o.after))
			}
		}
	}
	sections := func(open bool) {
		for i := range all {
			if (all[i].Open != "") == open {
				all[i].section(&text, &outcomes[i])
			}
		}
	}
	rows(false)
	text.WriteString("\nNot found, or not mended:\n\n| case | question | found first | as asked | with the remedy |\n|---|---|---|---:|---:|\n")
	rows(true)
	sections(false)
	sections(true)
	return text.String()
}

// question returns the title with a link, and the site.
func (c *Case) question() string {
	title := strings.ReplaceAll(c.Title, "*", `\*`)
	if c.Page != "" {
		title = "[" + title + "](" + c.Page + ")"
	}
	return title + ", " + c.Site
}

// section writes what is known of a case.
func (c *Case) section(text *strings.Builder, o *outcome) {
	fmt.Fprintf(text, "\n## %s\n\n%s\n\n```sh\ngo run ./test/cases/table %s >%s.csv\n%s\n```\n\n", c.Name, c.Data, c.Name, c.Name,
		wrapped(fmt.Sprintf("bin/gradwatch train --dataset %s.csv --run %s --repeats %d %s", c.Name, c.Name, seeds, c.Net)))
	fmt.Fprintf(text, "- Found: %s `%s`. %s\n", o.severity, o.kind, strings.ReplaceAll(o.message, "*", `\*`))
	fmt.Fprintf(text, "- Remedy: `%s`. From %s to %s.\n", c.Remedy, score(o.before), score(o.after))
	if c.Open != "" {
		fmt.Fprintf(text, "- Open: %s\n", c.Open)
	}
}

// wrapped returns a command in lines of at most 100 characters.
func wrapped(command string) string {
	const width = 100
	var lines strings.Builder
	at := 0
	for i, word := range strings.Split(command, " --") {
		if i > 0 {
			word = "--" + word
			if at+1+len(word)+2 > width {
				lines.WriteString(" \\\n  ")
				at = 2
			} else {
				lines.WriteByte(' ')
				at++
			}
		}
		lines.WriteString(word)
		at += len(word)
	}
	return lines.String()
}

func score(x float64) string { return strconv.FormatFloat(x, 'f', 2, 64) }

var (
	number = regexp.MustCompile(`-?\d[\d,]*(\.\d+)?(e[+-]\d+)?`)
	scores = regexp.MustCompile(`(?:\| |From |to )(-?\d\.\d\d)\b`)
)

// differences returns the lines of two pages that differ in more than numbers, or in what a case reaches by more than another
// machine's rounding brings about.
func differences(page, got string) string {
	const near = 0.08
	want, have := strings.Split(page, "\n"), strings.Split(got, "\n")
	if len(want) != len(have) {
		return fmt.Sprintf("%d lines, want %d", len(want), len(have))
	}
	var diff strings.Builder
	for i := range want {
		a, b := scores.FindAllStringSubmatch(want[i], -1), scores.FindAllStringSubmatch(have[i], -1)
		same := number.ReplaceAllString(want[i], "0") == number.ReplaceAllString(have[i], "0") && len(a) == len(b)
		for k := 0; same && k < len(a); k++ {
			x, _ := strconv.ParseFloat(a[k][1], 64)
			y, _ := strconv.ParseFloat(b[k][1], 64)
			same = math.Abs(x-y) <= near
		}
		if !same {
			fmt.Fprintf(&diff, "-%s\n+%s\n", want[i], have[i])
		}
	}
	return diff.String()
}

// TestDifferences compares pages that differ in a word, in a score by little and by much, and in another number.
func TestDifferences(t *testing.T) {
	const page = "| a | `too-short` | 0.50 | 0.90 |\n- Remedy: `--epochs 60`. From 0.50 to 0.90.\nThe loss, 0.31, still falls."
	for name, tc := range map[string]struct {
		old, new string
		same     bool
	}{
		"nothing":                  {"", "", true},
		"a word":                   {"too-short", "vanishing", false},
		"a score, by little":       {"0.90", "0.87", true},
		"a score, by much":         {"0.90", "0.70", false},
		"another number":           {"0.31", "0.62", true},
		"a line that is not there": {"\nThe", " The", false},
	} {
		if diff := differences(page, strings.ReplaceAll(page, tc.old, tc.new)); (diff == "") != tc.same {
			t.Errorf("%s: got %q", name, diff)
		}
	}
}

// TestTables makes each table twice: it is the same, and has rows of as many fields as its header.
func TestTables(t *testing.T) {
	names := make(map[string]bool)
	for _, c := range All() {
		text := c.Table()
		if text != c.Table() {
			t.Errorf("%s: the second table differs", c.Name)
		}
		if names[c.Name] {
			t.Errorf("%s: the name is taken", c.Name)
		}
		names[c.Name] = true
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		for _, line := range lines {
			if strings.Count(line, ",") != strings.Count(lines[0], ",") {
				t.Errorf("%s: got %q, want the fields of %q", c.Name, line, lines[0])
			}
		}
	}
}
