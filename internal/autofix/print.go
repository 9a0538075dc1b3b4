package autofix

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"gradwatch/internal/format"
	"gradwatch/internal/printable"
	"gradwatch/internal/runflags"
	"gradwatch/internal/study"
	"gradwatch/internal/terminal"
)

// Print prints what the fixes reached, which is best, what of it is due to what, and
// how to train it.
func (x *Search) Print() {
	if len(x.fixes) == 0 {
		fmt.Fprintln(x.Stdout)
		x.say("Nothing was tried: of the changes that fit this verdict, the run has all.")
		return
	}
	r := x.Report()
	if r.Before == nil {
		if x.took >= x.budget {
			fmt.Fprintln(x.Stdout)
			x.say("The time of --budget %s was up before the run as it is was trained with %s: nothing can be compared. Try a larger --budget or fewer --repeats.",
				budgetText(x.budget), format.Seeds(r.Seeds))
		}
		return
	}
	s := terminal.NewStyle(x.Stdout)
	seeds := format.Seeds(r.Seeds)
	fmt.Fprintf(x.Stdout, "\n%s, each with %s; %s\n\n", s.Title("Fixes"), seeds, format.Duration(x.took))
	x.printTable(s, r)
	x.printRest(r)
	fmt.Fprintln(x.Stdout)
	if r.Best == nil {
		x.say("%s", s.Title("Nothing that was tried helps:")+" "+whyNoBest(r))
	} else {
		x.printBest(s, r)
	}
	fmt.Fprintf(x.Stdout, "\n%s: %s, and the runs\n", x.shown, fixesFile)
}

// whyNoBest says why none of what was tried is recommended.
func whyNoBest(r *Report) string {
	switch {
	case len(r.Tried) == 0:
		return "the time was up before a change was trained."
	case !slices.ContainsFunc(r.Tried, func(o *ReportedFix) bool { return o.Learned > 0 }):
		return "with none of it a seed has learned."
	case !slices.ContainsFunc(r.Tried, func(o *ReportedFix) bool { return o.Gain > 0 }):
		return "none of it reaches more than the run as it is."
	default:
		return "what is better than the run as it is may be chance. With more --repeats a smaller gain shows."
	}
}

// say prints a sentence, wrapped.
func (x *Search) say(format string, args ...any) {
	for _, line := range terminal.Wrap(fmt.Sprintf(format, args...), terminal.Width) {
		fmt.Fprintln(x.Stdout, line)
	}
}

// mostRows is how many fixes and combinations the table has at most, the best; fixes.csv has
// all.
const mostRows = 14

func (x *Search) printTable(s terminal.Style, r *Report) {
	shown := r.Tried[:min(len(r.Tried), mostRows)]
	rows, more := append([]*ReportedFix{r.Before}, shown...), len(r.Tried)-len(shown)
	// What stands beside the names, in columns.
	centers, extremes, gains := len("0.557 + 0.076"), len("0.484+0.808"), len("+0.287")
	for _, o := range rows {
		if o.Diverged > 0 {
			gains = len("diverged")
		}
		centers = max(centers, utf8.RuneCountInString(o.center()))
		extremes = max(extremes, utf8.RuneCountInString(o.extremes()))
	}
	form := fmt.Sprintf("  %%-%ds  %%-%ds  %%*s  %%%ds", centers, extremes, gains)
	learned := max(len("learned"), 2*len(fmt.Sprint(r.Before.Seeds))+len(" of "))
	beside := utf8.RuneCountInString(fmt.Sprintf(form, "", "", learned, "", ""))
	room := terminal.Width - beside
	fmt.Fprintf(x.Stdout, "%*s  %s %s\n", room, "", x.was.MeasuredName(), x.metric.Short())
	fmt.Fprintf(x.Stdout, "%*s"+form+"\n", room, "", "mean ± std", "worst–best", learned, "learned", "gain")
	for i, o := range rows {
		gain := ""
		switch {
		case o.Diverged > 0:
			gain = divergedNote(o)
		case i > 0:
			gain = gainText(float64(o.Gain))
		}
		text := fmt.Sprintf(form, o.center(), o.extremes(), learned, fmt.Sprintf("%d of %d", o.Learned, o.Seeds), gain)
		best := r.Best != nil && o.Name == r.Best.Name
		for _, line := range nameLines(o.Name, room) {
			padded := line + terminal.Pad(line, room)
			if best {
				padded = s.Mark("32", padded)
			}
			fmt.Fprintln(x.Stdout, strings.TrimRight(padded+text, " "))
			text = ""
		}
	}
	if more > 0 {
		fmt.Fprintf(x.Stdout, "and %s that reach no more: see %s\n", printable.Count(more, "candidate"), fixesFile)
	}
}

// nameLines breaks a name before each fix of which there is no room in the line.
func nameLines(name string, room int) []string {
	lines := []string{""}
	for i, part := range strings.Split(name, " + ") {
		last := &lines[len(lines)-1]
		switch {
		case i == 0:
			*last = part
		case utf8.RuneCountInString(*last+" + "+part) <= room:
			*last += " + " + part
		default:
			lines = append(lines, "  + "+part)
		}
	}
	return lines
}

// divergedNote stands in the place of a gain: "3 div." where three seeds diverged.
func divergedNote(o *ReportedFix) string {
	if o.Diverged == o.Seeds {
		return "diverged"
	}
	return fmt.Sprintf("%d div.", o.Diverged)
}

// gainText writes a gain with its sign, if it has one to three digits; nothing where it is
// not known.
func gainText(gain float64) string {
	if math.IsNaN(gain) {
		return "-"
	}
	if text := fmt.Sprintf("%+.3f", gain); text != "-0.000" && text != "+0.000" {
		return text
	}
	return "0.000"
}

func (o *ReportedFix) center() string {
	return format.Mean(study.Spread{Mean: float64(o.Mean), Std: float64(o.Std)})
}

func (o *ReportedFix) extremes() string {
	return format.Range(float64(o.Worst), float64(o.Best))
}

// printRest says what is not in the table, and what counts how.
func (x *Search) printRest(r *Report) {
	diverged := r.Before.Diverged
	for _, o := range r.Tried {
		diverged += o.Diverged
	}
	if diverged > 0 {
		x.say("%s diverged (see %s): each counts as the worst there is; means and spreads are of the others.", printable.Count(diverged, "seed"), fixesFile)
	}
	for _, failure := range r.Failed {
		x.say("Failed: %s", failure)
	}
	x.printScreened(r)
	for _, o := range r.Refuted {
		x.say("Not proven: %s. With fresh seeds it reaches %s, and %d of %d learn: its gain may be chance.", o.Name, o.center(), o.Learned, o.Seeds)
	}
	if len(r.NotTried) > 0 {
		x.say("Not tried, as the time of --budget %s was up: %s.", budgetText(x.budget), strings.Join(r.NotTried, ", "))
	}
}

// printScreened names what was left behind after few epochs.
func (x *Search) printScreened(r *Report) {
	if len(r.Screened) == 0 {
		return
	}
	texts := make([]string, len(r.Screened))
	least, most := math.MaxInt, 0
	for i, f := range r.Screened {
		mean := "diverged"
		if !math.IsNaN(float64(f.Mean)) {
			mean = format.Metric(x.metric, float64(f.Mean))
		}
		texts[i] = f.Name + " (" + mean + ")"
		least, most = min(least, f.Epochs), max(most, f.Epochs)
	}
	epochs := printable.Count(most, "epoch")
	if least < most {
		epochs = fmt.Sprintf("%d to %d epochs", least, most)
	}
	x.say("Tried with %s and %s only, and behind the others: %s.", epochs, printable.Count(r.Screened[0].Seeds, "seed"), strings.Join(texts, ", "))
}

func (x *Search) printBest(s terminal.Style, r *Report) {
	b := r.Best
	fmt.Fprintf(x.Stdout, "%s %s\n", s.Title("Best:"), b.Name)
	fmt.Fprintf(x.Stdout, "  %-16s  %s → %s\n", x.was.MeasuredName()+" "+x.metric.Short(), r.Before.center(), b.center())
	fmt.Fprintf(x.Stdout, "  worst seed        %s → %s\n", format.Accuracy(float64(r.Before.Worst)), format.Accuracy(float64(b.Worst)))
	fmt.Fprintf(x.Stdout, "  seeds that learn  %d of %d → %d of %d\n", r.Before.Learned, r.Before.Seeds, b.Learned, b.Seeds)
	if b.Others != nil {
		fmt.Fprintf(x.Stdout, "  fresh seeds       %s, %d of %d learn (%s)\n", b.Others.center(), b.Others.Learned, b.Others.Seeds,
			format.Seeds(x.trials[x.fresh[x.place(x.best())]].Run.Seeds()))
	}
	for _, why := range b.Why {
		for i, line := range terminal.Wrap(why, terminal.Width-len("    ")) {
			fmt.Fprintln(x.Stdout, []string{"  ", "    "}[min(i, 1)]+line)
		}
	}
	switch {
	case b.Proven:
		x.say("Proven: the seeds from %d on took no part in the choice.", x.was.Seed+uint32(x.seeds)) //nolint:gosec // seeds fit, or the trial was refused
	default:
		x.say("Not proven: the time was up before it was trained with fresh seeds. Try a larger --budget.")
	}
	if !b.Suffices {
		x.say("Still, not all is well with %d of %d seeds.", b.Seeds-b.Sound, b.Seeds)
	}
	x.printParts(s, r)
	fmt.Fprintf(x.Stdout, "\n%s\n", s.Title("Train it so:"))
	for _, line := range runflags.CommandLines(x.Command(), x.settingsWith(x.place(x.best()))) {
		fmt.Fprintf(x.Stdout, "  %s\n", line)
	}
}

// printParts says which part of the gain is due to what.
func (x *Search) printParts(s terminal.Style, r *Report) {
	parts := r.Best.Parts
	switch {
	case len(parts) == 1:
		fmt.Fprintln(x.Stdout)
		x.say("All of the gain of %.3f is due to this one change.", float64(r.Best.Gain))
		return
	case len(parts) == 0:
		return
	}
	fmt.Fprintf(x.Stdout, "\n%s\n", s.Title(fmt.Sprintf("What the gain of %.3f is due to", float64(r.Best.Gain))))
	width := 0
	for _, p := range parts {
		width = max(width, utf8.RuneCountInString(p.Flags))
	}
	// Of two, one without the other is the other alone.
	several := len(parts) > 2
	name := x.metric.Short()
	head, legend := "  alone  share", "Mean "+x.was.MeasuredName()+" "+name+" with it alone; its share is what it adds, on the average of being added first and last."
	if several {
		head = "  alone  all but it  share"
		legend = "Mean " + x.was.MeasuredName() + " " + name + " with it alone, and with all but it; its share is what it adds, on the average over all orders of adding them."
	}
	fmt.Fprintf(x.Stdout, "  %-*s%s\n", width, "", head)
	for _, p := range parts {
		without := ""
		if several {
			without = fmt.Sprintf("%-12.3f", float64(p.Without))
		}
		fmt.Fprintf(x.Stdout, "  %s%s  %.3f  %s%+.3f\n", p.Flags, terminal.Pad(p.Flags, width), float64(p.Alone), without, float64(p.Share))
	}
	x.say("%s", legend)
}
