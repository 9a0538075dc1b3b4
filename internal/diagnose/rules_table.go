package diagnose

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gradwatch/internal/printable"
	"gradwatch/internal/profile"
	"gradwatch/internal/record"
)

// Said of the rows and columns of a table, by its profile: the same for all replicas, but for the severity.

// ofTable reports whether a kind is one of these.
func ofTable(kind Kind) bool {
	return slices.Contains([]Kind{SingleClass, ShiftedTest, DuplicateRows, LeakedTarget, IdentifierColumn, ConstantColumn, DuplicateColumn}, kind)
}

// table returns the profile of a run that has begun to train on a table; nil for others.
func (a *analyzer) table() *profile.Table {
	if len(a.History) == 0 {
		return nil
	}
	return a.run.Profile
}

// singleClass: all test rows are of one class. A class without a training row is refused before training.
func (a *analyzer) singleClass() {
	t := a.table()
	if t == nil || len(t.Classes) == 0 {
		return
	}
	only, rows := "", 0
	for _, c := range t.Classes {
		if c.Test == 0 {
			continue
		}
		if rows > 0 {
			return
		}
		only, rows = c.Class, c.Test
	}
	if rows == 0 {
		return
	}
	a.find(Finding{
		Kind: SingleClass, Severity: Error, Last: len(a.History) - 1,
		Quantity: "classes that have test rows", Value: 1, Threshold: 2, Tag: "val_accuracy",
		Message: fmt.Sprintf("All test rows (%d) are of class %q, so the test accuracy says nothing about the other classes. %s", rows, only, a.run.Split.remedy(true)),
	})
}

// remedy says how the parts get rows that are alike.
func (s Split) remedy(classes bool) string {
	switch {
	case s.Streamed:
		return "The rows of a stream keep the order of the file: mix them there, for example with shuf."
	case s.Files:
		return "Mix the rows of both files before they are divided, or train on one file with --shuffle-rows."
	case s.Mixed && classes:
		return "More rows, or --stratify, give each class its share of them."
	case s.Mixed:
		return "Another --data-seed divides the rows anew."
	case classes:
		return "The file is probably sorted, or in the order of time: --shuffle-rows mixes its rows before they are divided, --stratify also gives both parts the same shares of the classes."
	default:
		return "The file is probably sorted, or in the order of time: --shuffle-rows mixes its rows before they are divided."
	}
}

// shifted: the test rows are drawn differently from the training rows, in a column or in the target.
func (a *analyzer) shifted() {
	const (
		chance     = 1e-4 // that a random split is called so, by any of its columns (Bonferroni)
		apart      = 0.1  // distance of distributions: a smaller one matters little, however sure it is
		ofClasses  = 0.05 // the same of shares
		farther    = 0.5  // distance from which on it explains a failure on the test rows
		mentioned  = 2
		unexpected = "difference between the distributions in the training rows and in the test rows, 0 to 1"
	)
	t := a.table()
	if t == nil {
		return
	}
	var found []profile.Difference
	farthest := 0.0
	for _, d := range t.Differences {
		least := apart
		if d.Category != "" {
			least = ofClasses
		}
		if d.P*float64(t.Compared) < chance && d.Distance >= least {
			found = append(found, d)
			farthest = max(farthest, d.Distance)
		}
	}
	if len(found) == 0 || a.has(SingleClass) {
		return
	}
	slices.SortStableFunc(found, func(x, y profile.Difference) int { // the target is what matters most
		switch {
		case x.Target == y.Target:
			return 0
		case x.Target:
			return -1
		default:
			return 1
		}
	})
	var texts []string
	for _, d := range found[:min(len(found), mentioned)] {
		texts = append(texts, differenceText(&d))
	}
	also := ""
	if n := len(found) - mentioned; n > 0 {
		also = fmt.Sprintf("; also %s", printable.Count(n, "more column"))
	}
	severity := Warning
	if p := &a.progress; farthest >= farther && a.run.Ended && !p.Learned && p.Gain >= a.Thresholds.Learned {
		severity = Error
	}
	a.find(Finding{
		Kind: ShiftedTest, Severity: severity, Last: len(a.History) - 1,
		Quantity: unexpected, Value: record.Number(farthest), Threshold: apart, Tag: "val_loss",
		Message: fmt.Sprintf("The test rows are drawn differently from the training rows: %s%s. %s",
			strings.Join(texts, "; "), also, a.run.Split.remedy(found[0].Target && found[0].Category != "")),
	})
}

// differenceText says how a column differs.
func differenceText(d *profile.Difference) string {
	column := "column " + strconv.Quote(d.Column)
	if d.Target {
		column = "the target" + quoted(d.Column)
	}
	if d.Category != "" {
		return fmt.Sprintf("%s is %q in %s of the training rows and in %s of the test rows", column, d.Category, percent(d.Train), percent(d.Test))
	}
	return fmt.Sprintf("%s has the median %s in the training rows and %s in the test rows", column, short(d.Train), short(d.Test))
}

// duplicates: many test rows are training rows as well, and not by chance.
func (a *analyzer) duplicates() {
	const (
		many, least = 0.05, 5 // part and number of the test rows
		chance      = 1e-3    // part of them that columns of few values would give
	)
	t := a.table()
	if t == nil || t.Copies < least || t.Chance > chance {
		return
	}
	part := float64(t.Copies) / float64(max(1, a.run.TestRows))
	if part < many {
		return
	}
	a.find(Finding{
		Kind: DuplicateRows, Severity: Warning, Last: len(a.History) - 1,
		Quantity: "part of the test rows that are training rows too", Value: record.Number(part), Threshold: many, Tag: a.run.metricTag(),
		Message: fmt.Sprintf("%d of %d test rows (%s) are equal to a training row, target included: the model has seen them, so the test rows look better than new rows will. Remove the copies from the file.",
			t.Copies, a.run.TestRows, percent(part)),
	})
}

// leaked: a column tells the target nearly exactly, and all others together do not.
func (a *analyzer) leaked() {
	const (
		missed = 0.05 // by the others; of an easy target all columns tell nearly all
		times  = 5    // the errors of the column
	)
	t := a.table()
	if t == nil || t.Alone == nil || t.Alone.Score < profile.NearlyAll {
		return
	}
	c := t.Alone
	if 1-c.Others < max(missed, times*(1-c.Score)) {
		return
	}
	measure := "it puts %s of the errors of always answering the largest class right, all other columns together %s"
	if a.run.Target.Regression {
		measure = "it explains %s of the variance of the test rows, all other columns together %s"
	}
	a.find(Finding{
		Kind: LeakedTarget, Severity: Note, Last: len(a.History) - 1,
		Quantity: "what the column tells of the target by itself, 1 for all", Value: record.Number(c.Score), Threshold: profile.NearlyAll, Tag: a.run.metricTag(),
		Message: fmt.Sprintf("Column %q tells the target%s almost alone: "+measure+". Is it known before the target is? If not, %s.",
			c.Column, quoted(a.run.Target.Name), short(c.Score), short(max(0, c.Others)), a.run.leaveOut(c.Column)),
	})
}

// leaveOut says how columns are left out, beside those that are.
func (r *Run) leaveOut(columns ...string) string {
	const most = 8
	what := verb(len(columns), "it", "them")
	switch {
	case r.Split.Streamed:
		return fmt.Sprintf("leave %s out of the file", what)
	case len(columns) > most:
		return fmt.Sprintf("leave %s out with --ignore", what)
	}
	names := strings.Join(columns, ",")
	if r.Ignore != "" {
		names = r.Ignore + "," + names
	}
	return fmt.Sprintf("leave %s out with --ignore %s", what, printable.ShellWord(names))
}

// identifiers: columns that name or number the rows.
func (a *analyzer) identifiers() {
	const tells = 0.5 // of the target: then the order of the file is in the result
	t := a.table()
	if t == nil || len(t.Identifiers) == 0 {
		return
	}
	severity := Note
	var names []string
	most, what := 0.0, "has whole numbers that follow one another, a number for each row"
	for _, id := range t.Identifiers {
		names = append(names, id.Column)
		most = max(most, id.Score)
		if id.Words {
			severity, what = Warning, "has a word of its own for nearly each training row"
		}
	}
	message := fmt.Sprintf("Column %q %s: it says which row it is, and nothing about other rows.", names[0], what)
	if n := len(names); n > 1 {
		message = fmt.Sprintf("%d columns (%s) have a value of their own for each row: they say which row it is, and nothing about other rows.", n, printable.List(quotedAll(names)))
	}
	if most >= tells {
		why := "because the rows are sorted by it"
		if a.run.Target.Regression { // or it is a time, of which the target is a curve
			why = "so the rows are sorted by it, or the column is a time"
		} else {
			severity = Warning
		}
		message += fmt.Sprintf(" In this file that tells the target (%s of 1), %s.", short(most), why)
	}
	a.find(Finding{
		Kind: IdentifierColumn, Severity: severity, Last: len(a.History) - 1,
		Quantity: "columns with a value of their own for each row", Value: record.Number(len(names)), Threshold: 1,
		Message: message + " L" + a.run.leaveOut(names...)[1:] + ".",
	})
}

func quotedAll(names []string) []string {
	var texts []string
	for _, name := range names {
		texts = append(texts, strconv.Quote(name))
	}
	return texts
}

// fewRows: fewer training rows than inputs, so that even a linear model can fit any target; or so few test rows that
// their accuracy says little.
func (a *analyzer) fewRows() {
	if a.table() == nil {
		return
	}
	p := &a.progress
	if rows, inputs := a.run.TrainRows, a.run.Inputs; rows < inputs {
		severity := Note
		if a.run.Ended && p.Gain-p.ValGain >= a.Thresholds.Learned { // they are fitted, and that does not hold for others
			severity = a.unlessLearned()
		}
		a.find(Finding{
			Kind: TooFewRows, Severity: severity, Last: len(a.History) - 1,
			Quantity: "training rows for each input", Value: record.Number(float64(rows) / float64(inputs)), Threshold: 1, Tag: "val_loss",
			Message: fmt.Sprintf("There are fewer training rows (%d) than inputs (%d): even a linear model fits any target on them. Get more rows, leave columns out, or hold the weights back with --l2.", rows, inputs),
		})
		return
	}
	const wide = 0.25 // of about 60 rows and an accuracy of 0.5
	accuracy := p.ValAccuracy
	if a.run.Validation > 0 {
		accuracy = math.NaN()
		if a.Test != nil {
			accuracy = float64(*a.Test)
		}
	}
	if a.run.Target.Regression || a.run.TestRows == 0 || !a.run.Ended || math.IsNaN(accuracy) {
		return
	}
	low, high := wilson(accuracy, a.run.TestRows)
	if high-low <= wide {
		return
	}
	a.find(Finding{
		Kind: TooFewRows, Severity: Note, Last: len(a.History) - 1,
		Quantity: "width of the 95% confidence interval of the test accuracy", Value: record.Number(high - low), Threshold: wide, Tag: "val_accuracy",
		Message: fmt.Sprintf("With only %s, the test accuracy of %s stands for anything from %s to %s (95%% confidence interval). More rows or a larger --test-fraction narrow it.",
			printable.Count(a.run.TestRows, "test row"), short(accuracy), short(low), short(high)),
	})
}

// wilson returns the 95 % confidence interval of a share of n rows (Wilson 1927).
func wilson(share float64, n int) (low, high float64) {
	const z = 1.96
	rows := float64(n)
	centre := (share + z*z/(2*rows)) / (1 + z*z/rows)
	half := z / (1 + z*z/rows) * math.Sqrt(share*(1-share)/rows+z*z/(4*rows*rows))
	return centre - half, centre + half
}

// constants: columns with one value.
func (a *analyzer) constants() {
	t := a.table()
	if t == nil || len(t.Constant) == 0 {
		return
	}
	a.find(Finding{
		Kind: ConstantColumn, Severity: Note, Last: len(a.History) - 1,
		Quantity: "columns with one value in all training rows", Value: record.Number(len(t.Constant)), Threshold: 1,
		Message: fmt.Sprintf("%s the same value in all training rows, and %s nothing: %s.",
			columnsText(t.Constant, "has", "have"), verb(len(t.Constant), "tells", "tell"), a.run.leaveOut(t.Constant...)),
	})
}

// columnsText names columns before a verb: column "a" has; 3 columns ("a", "b" and "c") have.
func columnsText(names []string, one, many string) string {
	const most = 5
	switch n := len(names); {
	case n == 1:
		return fmt.Sprintf("Column %q %s", names[0], one)
	case n > most:
		return fmt.Sprintf("%d columns (%s, ...) %s", n, strings.Join(quotedAll(names[:most]), ", "), many)
	default:
		return fmt.Sprintf("%d columns (%s) %s", n, printable.List(quotedAll(names)), many)
	}
}

// sameColumns: columns that are equal to others.
func (a *analyzer) sameColumns() {
	t := a.table()
	if t == nil || len(t.Same) == 0 {
		return
	}
	var texts, names []string
	for _, pair := range t.Same {
		texts = append(texts, fmt.Sprintf("%q is equal to %q", pair.Column, pair.Other))
		names = append(names, pair.Column)
	}
	equal := "Column " + printable.List(texts)
	a.find(Finding{
		Kind: DuplicateColumn, Severity: Note, Last: len(a.History) - 1,
		Quantity: "columns that are equal to another", Value: record.Number(len(names)), Threshold: 1,
		Message: fmt.Sprintf("%s in all rows: %s.", equal, a.run.leaveOut(names...)),
	})
}
