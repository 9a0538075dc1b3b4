package report

import (
	"fmt"
	"io"
	"math"
	"strings"

	"gradwatch/internal/conventions"
	"gradwatch/internal/diagnose"
	"gradwatch/internal/format"
	"gradwatch/internal/printable"
	"gradwatch/internal/record"
	"gradwatch/internal/terminal"
)

// Recorded prints what is said of a run by its event files: the findings, the layers, and what was not recorded. Names come from
// the files, so all of it is made printable.
func Recorded(w io.Writer, s terminal.Style, d *conventions.Diagnosis) {
	fmt.Fprintf(w, "%s: %s, %s, up to step %d\n\n", printable.Text(d.Run), d.Source, printable.Count(d.Events, "event"), d.Steps)
	state := "whether the model learns isn't known"
	switch {
	case d.Judged && d.Learned > 0:
		state = "the loss or the accuracy shows that the model learns"
	case d.Judged:
		state = "the model does not learn, or hardly"
	}
	fmt.Fprintf(w, "%s %s, %s\n", s.Title("Verdict:"), s.Mark(SeverityColor(d.Verdict), d.Verdict), state)
	shown := *d.Report
	shown.Findings = nil
	for _, f := range d.Findings {
		f.Layer, f.Tag, f.Message = printable.Text(f.Layer), printable.Text(f.Tag), printable.Text(f.Message)
		shown.Findings = append(shown.Findings, f)
	}
	Findings(w, s, diagnose.Lines(&shown))
	if len(d.Layers) > 0 {
		fmt.Fprintln(w)
		printRecorded(w, s, d)
	}
	if len(d.Problems) > 0 || len(d.Missing) > 0 {
		fmt.Fprintln(w)
	}
	for _, problem := range d.Problems {
		paragraph(w, printable.Text(problem), "")
	}
	for i, m := range d.Missing {
		if i == 0 {
			fmt.Fprintln(w, s.Title("Not recorded:"))
		}
		paragraph(w, m.What, "  ")
		if m.Keras != "" { // lines of code, which are not broken
			fmt.Fprintf(w, "    Keras:   %s\n    PyTorch: %s\n", m.Keras, m.Torch)
		}
	}
}

// paragraph prints a text in lines.
func paragraph(w io.Writer, text, indent string) {
	for _, line := range terminal.Wrap(text, terminal.Width-len(indent)) {
		fmt.Fprintln(w, indent+line)
	}
}

// printRecorded prints the layers as a table, with a bar of the gradient.
func printRecorded(w io.Writer, s terminal.Style, d *conventions.Diagnosis) {
	what := "the root mean square of the kernel's"
	if d.Size == "norm" {
		what = "the norm of the kernel's"
	}
	paragraph(w, fmt.Sprintf("Layers at step %d, %s: gradient, %s; over output, what that is of the last layer's; decay, of the next layer's; "+
		"zeros among its values; /weights, its norm by that of the weights; update, the part of the kernel's norm that a step changes.",
		d.Epoch, printable.Text(d.Order), what), "")
	fmt.Fprintln(w)
	var ratios []float64
	width := len("layer")
	for i := range d.Layers {
		ratios = append(ratios, float64(d.Layers[i].Ratio))
		width = max(width, min(longestName, len([]rune(printable.Text(d.Layers[i].Layer)))))
	}
	bars := NewScale(ratios, recordedBar)
	row := func(cells ...string) {
		fmt.Fprintln(w, strings.TrimRight(strings.Join(cells, "  "), " "))
	}
	pad := func(text string, n int) string { return text + terminal.Pad(text, n) }
	row(pad("", width), pad("gradient", 8), pad("over output", 8+recordedBar), pad("decay", 7), pad("zeros", 5), pad("/weights", 8), "update")
	for i := range d.Layers {
		l := &d.Layers[i]
		size := l.Gradient
		if d.Size == "norm" {
			size = l.Norm
		}
		bar := bars.Bar(float64(l.Ratio))
		decay := l.Decay
		if i == len(d.Layers)-1 {
			decay = record.Number(math.NaN())
		}
		zeros := "-"
		if !math.IsNaN(float64(l.Zeros)) {
			zeros = fmt.Sprintf("%.0f%%", 100*float64(l.Zeros))
		}
		row(pad(shortName(printable.Text(l.Layer), width), width), pad(numberOf(size), 8), pad(numberOf(l.Ratio), 7)+" "+s.Mark("34", bar)+terminal.Pad(bar, recordedBar),
			pad(numberOf(decay), 7), pad(zeros, 5), pad(numberOf(l.Norm/l.Weights), 8), numberOf(l.Update))
	}
}

const (
	recordedBar = 7  // the longest bar of a gradient, in columns
	longestName = 18 // of a layer
)

// shortName shortens a name in front: its end tells layers apart.
func shortName(name string, width int) string {
	letters := []rune(name)
	if len(letters) <= width {
		return name
	}
	return "…" + string(letters[len(letters)-width+1:])
}

// numberOf writes a number; - for one that isn't known.
func numberOf(x record.Number) string {
	if math.IsNaN(float64(x)) {
		return "-"
	}
	return format.AnySize(float64(x))
}
