package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"unicode/utf8"

	"gradwatch/internal/format"
	"gradwatch/internal/printable"
	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
	"gradwatch/internal/terminal"
)

// printedClasses is up to how many classes are printed; confusion.csv has all.
const printedClasses = 10

// Evaluation prints what the models make of the test rows: how each class is told
// and taken for others, or how much of a regression's variance is explained.
func Evaluation(w io.Writer, s *record.Summary) {
	if n := s.UnknownRows; n > 0 {
		fmt.Fprintf(w, "%s a category that no training row has: 0 in all of its inputs\n", countHave(n, "test row"))
	}
	e := s.Evaluation
	switch {
	case e == nil:
	case e.Constant:
		fmt.Fprintln(w, "R² on the test rows is not defined: the target has the same value in all of them")
	case len(e.R2) > 0 && s.Baseline != nil: // which has it
	case len(e.R2) > 0:
		fmt.Fprintf(w, "R² on the test rows  %9s\n", format.Spread(e.R2))
	case len(e.Classes) > 0 && len(e.Classes) <= printedClasses:
		warnOneClass(w, s)
		printConfusion(w, e)
		printClasses(w, e)
	case len(e.Classes) > 0:
		warnOneClass(w, s)
		fmt.Fprintf(w, "F1, mean of the classes  %.3f; %d classes: see %s\n", e.MacroF1, len(e.Classes), runfolder.ConfusionFile)
	}
	if e != nil && len(e.AUC) > 0 {
		fmt.Fprintf(w, "area under the ROC curve  %s\n", format.Spread(e.AUC))
	}
}

// warnOneClass says that the scores are of a single class, unless the verdict does.
func warnOneClass(w io.Writer, s *record.Summary) {
	e, only := s.Evaluation, ""
	if s.Verdict != nil && s.Data.Profile != nil {
		return
	}
	for i := range e.Classes {
		switch {
		case e.Classes[i].Support == 0:
		case only != "":
			return
		default:
			only = e.Classes[i].Class
		}
	}
	fmt.Fprintf(w, "warning: all test rows are of class %q: they say nothing about the other classes\n", only)
}

func countHave(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " has"
	}
	return fmt.Sprintf("%d %ss have", n, noun)
}

// printConfusion prints how many test rows of each class are taken for which.
func printConfusion(w io.Writer, e *record.Evaluation) {
	if e.Confusion == nil {
		return
	}
	names := make([]string, len(e.Classes))
	for i := range e.Classes {
		names[i] = printable.Text(e.Classes[i].Class)
	}
	rows := names
	if len(e.Confusion[0]) > len(names) {
		names = append(slices.Clip(names), record.NoClass)
	}
	const most, between = 16, 2
	first := utf8.RuneCountInString("class")
	for _, name := range names {
		first = max(first, min(most, utf8.RuneCountInString(name)))
	}
	column := (terminal.Width-first)/len(names) - between
	of := "test rows by class (down) and predicted class (across)"
	if e.Replicas > 1 {
		of += fmt.Sprintf(", %d seeds together", e.Replicas)
	}
	fmt.Fprintf(w, "\n%s\n%-*s", of, first, "class")
	widths := make([]int, len(names))
	for j, name := range names {
		name = terminal.Shorten(name, max(column, 3))
		widths[j] = utf8.RuneCountInString(name)
		for i := range rows {
			widths[j] = max(widths[j], len(strconv.Itoa(e.Confusion[i][j])))
		}
		fmt.Fprintf(w, "%*s%s", between+widths[j]-utf8.RuneCountInString(name), "", name)
	}
	for i, name := range rows {
		name = terminal.Shorten(name, first)
		fmt.Fprintf(w, "\n%s%*s", name, first-utf8.RuneCountInString(name), "")
		for j, n := range e.Confusion[i] {
			fmt.Fprintf(w, "%*d", between+widths[j], n)
		}
	}
	fmt.Fprintln(w)
}

// printClasses prints how well each class is told.
func printClasses(w io.Writer, e *record.Evaluation) {
	const most = 30
	first := utf8.RuneCountInString("class")
	for i := range e.Classes {
		first = max(first, min(most, utf8.RuneCountInString(printable.Text(e.Classes[i].Class))))
	}
	fmt.Fprintf(w, "\n%-*s  precision  recall     F1  support\n", first, "class")
	for i := range e.Classes {
		c := &e.Classes[i]
		name := terminal.Shorten(c.Class, first)
		fmt.Fprintf(w, "%s%*s  %9.3f  %6.3f  %5.3f  %7d\n", name, first-utf8.RuneCountInString(name), "", c.Precision, c.Recall, c.F1, c.Support)
	}
	fmt.Fprintf(w, "%-*s  %9s  %6s  %5.3f\n", first, "mean", "", "", e.MacroF1)
}
