package sweep

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gradwatch/internal/figures"
	"gradwatch/internal/format"
	"gradwatch/internal/printable"
	"gradwatch/internal/record"
	"gradwatch/internal/runflags"
	"gradwatch/internal/runfolder"
	"gradwatch/internal/study"
	"gradwatch/internal/terminal"
)

// print prints the study's result, at most helpWidth columns wide but for
// commands, which are there to be copied.
func (s *Study) print(results []study.Result) {
	w := s.Stdout
	what := "configuration"
	if s.crossValidates() {
		what = foldFlag
	}
	fmt.Fprintf(w, "%s: %s, %s\n", printable.Text(s.Folder.Name), printable.Count(len(s.Trials), what), s.repeatsText())
	base := append([]string{s.Command() + " train"}, runflags.SettingsText(s.Definition.Flags)...)
	fmt.Fprintf(w, "all as: %s\n", terminal.Shorten(strings.Join(base, " "), terminal.Width-len("all as: ")))
	const mostRows = 100
	shown := results[:min(len(results), mostRows)]
	fmt.Fprintln(w)
	for _, line := range terminal.Table(s.columns(shown), terminal.Width) {
		fmt.Fprintln(w, line)
	}
	if len(shown) < len(results) {
		fmt.Fprintf(w, "the first %d of %d; all are in %s\n", len(shown), len(results), study.SummaryFile)
	}
	s.printMessages(results)
	if s.crossValidates() {
		s.printFolds(results)
	} else {
		s.printBest(results)
	}
	fmt.Fprintf(w, "\n%s: %s, %s, %s\n%s\n", printable.Text(s.Folder.shown), study.ResultsFile, study.SummaryFile, figures.StudyPicture,
		s.TensorBoard(s.Folder.shown))
}

// repeatsText tells of the seeds, if all configurations have the same, and of the
// time.
func (s *Study) repeatsText() string {
	first := s.Trials[0].Run
	same := !slices.ContainsFunc(s.Trials, func(t *Trial) bool {
		return t.Run.Repeats != first.Repeats || t.Run.Seed != first.Seed
	})
	took := "; " + format.Duration(time.Since(s.begin))
	if !same {
		return printable.Count(s.replicas(), "model") + " in all" + took
	}
	return format.Seeds(first.Seeds()) + took
}

// replicas returns how many models the study trains.
func (s *Study) replicas() int {
	n := 0
	for _, t := range s.Trials {
		n += t.Run.Repeats
	}
	return n
}

// columns returns the table: the varied flags, how well each configuration did,
// and what went wrong.
func (s *Study) columns(results []study.Result) []terminal.Column {
	var columns []terminal.Column
	for i, axis := range s.Definition.Axes {
		_, numbers := axis.Numbers()
		c := terminal.Column{Title: axis.Flag, Left: !numbers, Keep: terminal.KeepAlways}
		for _, r := range results {
			c.Cells = append(c.Cells, r.Configuration.Settings[i].Value)
		}
		columns = append(columns, c)
	}
	one := !slices.ContainsFunc(s.Trials, func(t *Trial) bool { return t.Run.Repeats > 1 })
	measured := s.Trials[0].measuredName()
	test := terminal.Column{Title: measured + " " + MeasureOf(s.Trials).Short(), Keep: terminal.KeepAlways}
	median := terminal.Column{Title: "median", Keep: 2}
	worst := terminal.Column{Title: "worst", Keep: 4}
	best := terminal.Column{Title: "best", Keep: 3}
	train := terminal.Column{Title: "train", Keep: 1}
	loss := terminal.Column{Title: measured + " loss", Keep: 1}
	note := terminal.Column{Left: true, Keep: terminal.KeepAlways}
	for i := range results {
		n := results[i].Statistics()
		test.Cells = append(test.Cells, format.Mean(n.ValAccuracy))
		median.Cells = append(median.Cells, format.Accuracy(n.ValAccuracy.Median))
		worst.Cells = append(worst.Cells, format.Accuracy(n.ValAccuracy.Worst))
		best.Cells = append(best.Cells, format.Accuracy(n.ValAccuracy.Best))
		train.Cells = append(train.Cells, format.Accuracy(n.Accuracy.Mean))
		loss.Cells = append(loss.Cells, format.Accuracy(n.ValLoss.Mean))
		note.Cells = append(note.Cells, noteText(&results[i], n))
	}
	if one {
		columns = append(columns, test, train, loss)
	} else {
		columns = append(columns, test, median, worst, best, train)
	}
	if slices.ContainsFunc(note.Cells, func(text string) bool { return text != "" }) {
		columns = append(columns, note)
	}
	return columns
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

// printMessages prints what went wrong with the first few configurations that
// failed, or that diverged as a whole.
func (s *Study) printMessages(results []study.Result) {
	const most = 3
	printed := 0
	for i := range results {
		r := &results[i]
		if r.Message == "" || r.State() == record.Done || r.Statistics().ValAccuracy.N > 0 {
			continue
		}
		if printed == most {
			fmt.Fprintf(s.Stdout, "and more: see %s\n", study.SummaryFile)
			return
		}
		if printed == 0 {
			fmt.Fprintln(s.Stdout)
		}
		printed++
		for _, line := range terminal.Wrap(r.Configuration.String()+": "+r.Message, terminal.Width) {
			fmt.Fprintln(s.Stdout, line)
		}
	}
}

// learned returns how many seeds of a configuration have learned, by its verdict; -1 where
// there is none.
func (s *Study) learned(r *study.Result) int {
	summary, err := record.ReadSummary(filepath.Join(s.Folder.Path, r.Configuration.Name(), runfolder.SummaryFile))
	if err != nil || summary.Verdict == nil {
		return -1
	}
	return summary.Verdict.Learned
}

// printBest prints the configuration with the highest mean, and how to train it.
func (s *Study) printBest(results []study.Result) {
	best := study.Best(results)
	if best == nil {
		return
	}
	fmt.Fprintf(s.Stdout, "\nbest: %s, %s %s %s\n", terminal.Shorten(best.Configuration.String(), 40), s.Trials[0].measuredName(), best.Metric().Short(), format.Mean(best.Statistics().ValAccuracy))
	if s.learned(best) == 0 {
		fmt.Fprintln(s.Stdout, "With it no seed has learned, so no configuration is recommended.")
		return
	}
	for _, line := range runflags.CommandLines(s.Command(), slices.Concat(s.Definition.Flags, best.Configuration.Settings)) {
		fmt.Fprintf(s.Stdout, "  %s\n", line)
	}
}
