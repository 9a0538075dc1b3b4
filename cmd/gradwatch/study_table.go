package main

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"gradwatch/internal/printable"
	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
	"gradwatch/internal/study"
)

// column is one of a table, its numbers at the right.
type column struct {
	title string
	left  bool // text, at the left
	// keep is how much it is needed: where there is no room, columns with less go
	// first, those with most never.
	keep  int
	cells []string
}

// keepAlways is what keeps a column in a table of any width.
const keepAlways = 9

// print prints the study's result, at most helpWidth columns wide but for
// commands, which are there to be copied.
func (s *studyRun) print(results []study.Result) {
	w := s.stdout
	fmt.Fprintf(w, "%s: %s, %s\n", printable.Text(s.folder.Name), count(len(s.trials), "configuration"), s.repeatsText())
	base := append([]string{s.command() + " train"}, settingsText(s.definition.Flags)...)
	fmt.Fprintf(w, "all as: %s\n", shorten(strings.Join(base, " "), helpWidth-len("all as: ")))
	const mostRows = 100
	shown := results[:min(len(results), mostRows)]
	fmt.Fprintln(w)
	for _, line := range layTable(s.columns(shown), helpWidth) {
		fmt.Fprintln(w, line)
	}
	if len(shown) < len(results) {
		fmt.Fprintf(w, "the first %d of %d; all are in %s\n", len(shown), len(results), study.SummaryFile)
	}
	s.printMessages(results)
	s.printBest(results)
	fmt.Fprintf(w, "\n%s: %s, %s, %s\n%s\n", printable.Text(s.folder.shown), study.ResultsFile, study.SummaryFile, studyPicture,
		s.tensorBoard(s.folder.shown))
}

// repeatsText tells of the seeds, if all configurations have the same, and of the
// time.
func (s *studyRun) repeatsText() string {
	first := s.trials[0].run
	same := !slices.ContainsFunc(s.trials, func(t *trial) bool {
		return t.run.Repeats != first.Repeats || t.run.Seed != first.Seed
	})
	took := "; " + durationText(time.Since(s.begin))
	if !same {
		return count(s.replicas(), "model") + " in all" + took
	}
	return seedText(first.Seeds()) + took
}

// replicas returns how many models the study trains.
func (s *studyRun) replicas() int {
	n := 0
	for _, t := range s.trials {
		n += t.run.Repeats
	}
	return n
}

// durationText writes 12.3 s, or 2:05 from a minute on.
func durationText(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return clock(d)
}

// columns returns the table: the varied flags, how well each configuration did,
// and what went wrong.
func (s *studyRun) columns(results []study.Result) []column {
	var columns []column
	for i, axis := range s.definition.Axes {
		_, numbers := axis.Numbers()
		c := column{title: axis.Flag, left: !numbers, keep: keepAlways}
		for _, r := range results {
			c.cells = append(c.cells, r.Configuration.Settings[i].Value)
		}
		columns = append(columns, c)
	}
	one := !slices.ContainsFunc(s.trials, func(t *trial) bool { return t.run.Repeats > 1 })
	test := column{title: "test " + measureOf(s.trials).Short(), keep: keepAlways}
	median := column{title: "median", keep: 2}
	worst := column{title: "worst", keep: 4}
	best := column{title: "best", keep: 3}
	train := column{title: "train", keep: 1}
	loss := column{title: "test loss", keep: 1}
	note := column{left: true, keep: keepAlways}
	for i := range results {
		n := results[i].Statistics()
		test.cells = append(test.cells, meanText(n.ValAccuracy))
		median.cells = append(median.cells, accuracyText(n.ValAccuracy.Median))
		worst.cells = append(worst.cells, accuracyText(n.ValAccuracy.Worst))
		best.cells = append(best.cells, accuracyText(n.ValAccuracy.Best))
		train.cells = append(train.cells, accuracyText(n.Accuracy.Mean))
		loss.cells = append(loss.cells, accuracyText(n.ValLoss.Mean))
		note.cells = append(note.cells, noteText(&results[i], n))
	}
	if one {
		columns = append(columns, test, train, loss)
	} else {
		columns = append(columns, test, median, worst, best, train)
	}
	if slices.ContainsFunc(note.cells, func(text string) bool { return text != "" }) {
		columns = append(columns, note)
	}
	return columns
}

// meanText writes a mean and its deviation, which says nothing of a mean out of all bounds.
func meanText(s study.Spread) string {
	if math.IsNaN(s.Std) || math.IsNaN(s.Mean) || s.Mean < study.LeastR2 {
		return accuracyText(s.Mean)
	}
	return fmt.Sprintf("%.3f ± %.3f", s.Mean, s.Std)
}

// accuracyText writes an accuracy or an R² with three decimals: of an R² below -1, only that.
func accuracyText(x float64) string {
	switch {
	case math.IsNaN(x):
		return "-"
	case x < study.LeastR2:
		return "below -1"
	}
	return strconv.FormatFloat(x, 'f', 3, 64)
}

// rangeText writes the worst and the best; a minus needs a word between the two.
func rangeText(worst, best float64) string {
	switch {
	case math.IsNaN(worst):
		return "-"
	case worst < 0:
		return accuracyText(worst) + " to " + accuracyText(best)
	}
	return accuracyText(worst) + "–" + accuracyText(best)
}

// noteText says what went wrong, in a word or two.
func noteText(r *study.Result, n study.Statistics) string {
	switch {
	case r.State() == study.Failed:
		return "failed"
	case n.Diverged == n.Repeats && n.Diverged > 0:
		return "diverged"
	case n.Diverged > 0:
		return fmt.Sprintf("%d diverged", n.Diverged)
	default:
		return ""
	}
}

// layTable returns the lines of a table that is at most width columns wide, if
// that can be: columns that are needed least go first, then texts are cut.
func layTable(columns []column, width int) []string {
	const leastColumn, gap = 8, 2
	widths := func(most int) (all []int, sum int) {
		for _, c := range columns {
			w := utf8.RuneCountInString(c.title)
			for _, cell := range c.cells {
				w = max(w, utf8.RuneCountInString(cell))
			}
			if c.keep == keepAlways && !strings.HasPrefix(c.title, "test ") {
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
		least := slices.MinFunc(columns, func(a, b column) int { return a.keep - b.keep })
		switch {
		case most > leastColumn && (most > 2*leastColumn || least.keep == keepAlways):
			most--
		case least.keep < keepAlways:
			columns = slices.DeleteFunc(slices.Clone(columns), func(c column) bool { return c.keep == least.keep })
		default:
			width = sum // no more can be done
		}
		all, sum = widths(most)
	}
	lines := []string{layRow(columns, all, -1)}
	for row := range columns[0].cells {
		lines = append(lines, layRow(columns, all, row))
	}
	return lines
}

// layRow returns a row, or the titles for -1.
func layRow(columns []column, widths []int, row int) string {
	cells := make([]string, len(columns))
	for i, c := range columns {
		text := c.title
		if row >= 0 {
			text = c.cells[row]
		}
		text = shorten(text, widths[i])
		if c.left {
			cells[i] = text + pad(text, widths[i])
		} else {
			cells[i] = pad(text, widths[i]) + text
		}
	}
	return strings.TrimRight(strings.Join(cells, "  "), " ")
}

// printMessages prints what went wrong with the first few configurations that
// failed, or that diverged as a whole.
func (s *studyRun) printMessages(results []study.Result) {
	const most = 3
	printed := 0
	for i := range results {
		r := &results[i]
		if r.Message == "" || r.State() == record.Done || r.Statistics().ValAccuracy.N > 0 {
			continue
		}
		if printed == most {
			fmt.Fprintf(s.stdout, "and more: see %s\n", study.SummaryFile)
			return
		}
		if printed == 0 {
			fmt.Fprintln(s.stdout)
		}
		printed++
		for _, line := range wrap(r.Configuration.String()+": "+r.Message, helpWidth) {
			fmt.Fprintln(s.stdout, line)
		}
	}
}

// learned returns how many seeds of a configuration have learned, by its verdict; -1 where
// there is none.
func (s *studyRun) learned(r *study.Result) int {
	summary, err := record.ReadSummary(filepath.Join(s.folder.Path, r.Configuration.Name(), runfolder.SummaryFile))
	if err != nil || summary.Verdict == nil {
		return -1
	}
	return summary.Verdict.Learned
}

// printBest prints the configuration with the highest mean, and how to train it.
func (s *studyRun) printBest(results []study.Result) {
	best := study.Best(results)
	if best == nil {
		return
	}
	fmt.Fprintf(s.stdout, "\nbest: %s, test %s %s\n", shorten(best.Configuration.String(), 40), best.Metric().Short(), meanText(best.Statistics().ValAccuracy))
	if s.learned(best) == 0 {
		fmt.Fprintln(s.stdout, "With it no seed has learned, so no configuration is recommended.")
		return
	}
	for _, line := range commandLines(s.command(), slices.Concat(s.definition.Flags, best.Configuration.Settings)) {
		fmt.Fprintf(s.stdout, "  %s\n", line)
	}
}
