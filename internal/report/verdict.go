package report

import (
	"fmt"
	"io"
	"strings"

	"gradwatch/internal/diagnose"
	"gradwatch/internal/format"
	"gradwatch/internal/record"
	"gradwatch/internal/terminal"
)

// Verdict prints a verdict: what was found, causes first, that of each seed where asked for, and the layers.
func Verdict(w io.Writer, s terminal.Style, r *diagnose.Report) {
	headline, rest, _ := strings.Cut(diagnose.Headline(r), ",")
	fmt.Fprintf(w, "%s %s,%s\n", s.Title("Verdict:"), s.Mark(SeverityColor(r.Verdict), headline), rest)
	Findings(w, s, diagnose.Lines(r))
	for i := range r.EachSeed {
		printSeed(w, s, &r.EachSeed[i])
	}
	if len(r.Layers) > 0 {
		fmt.Fprintln(w)
		printLayers(w, s, r)
	}
}

// printSeed prints what was found with one seed.
func printSeed(w io.Writer, s terminal.Style, r *record.SeedReport) {
	state := "has not learned"
	if r.Learned {
		state = "has learned"
	}
	fmt.Fprintf(w, "\n%s %s\n", s.Title(fmt.Sprintf("Seed %d:", r.Seed)), state)
	Findings(w, s, diagnose.Lines(&diagnose.Report{Replicas: 1, Findings: r.Findings}))
}

// Findings prints findings, each with its kind in front: what follows from one is indented below it.
func Findings(w io.Writer, s terminal.Style, lines []diagnose.Line) {
	for _, line := range lines {
		head, indent := fmt.Sprintf("%s: %s.", line.Severity, line.Kind), "  "
		if line.Follows {
			head, indent = fmt.Sprintf("so: %s.", line.Kind), "    "
		}
		text := fmt.Sprintf("%s %s%s", head, line.Text, line.Look(""))
		for i, part := range terminal.Wrap(text, terminal.Width-2-len(indent)) {
			if i == 0 {
				part = s.Mark(SeverityColor(string(line.Severity)), head) + strings.TrimPrefix(part, head)
				fmt.Fprintln(w, indent+part)
				continue
			}
			fmt.Fprintln(w, indent+"  "+part)
		}
	}
}

// SeverityColor returns the terminal's code for a severity's colour.
func SeverityColor(severity string) string {
	switch severity {
	case string(diagnose.Error):
		return "31" // red
	case string(diagnose.Warning):
		return "33" // yellow
	case string(diagnose.Note):
		return "2" // faint
	default:
		return "32" // green
	}
}

// printLayers prints the layers as a table, with a bar of the error signal.
func printLayers(w io.Writer, s terminal.Style, r *diagnose.Report) {
	legend := fmt.Sprintf("Layers at epoch %d%s, on the training rows: gradient, the root mean square of the kernel's; signal, "+
		"how much of the output layer's error comes back, decay, how much from one layer to the next; units that are idle or saturated; update, the part of the kernel's norm that a step changes.",
		r.Epoch, medianOf(r.Replicas))
	for _, line := range terminal.Wrap(legend, terminal.Width) {
		fmt.Fprintln(w, line)
	}
	fmt.Fprintln(w)
	var signals []float64
	for i := range r.Layers {
		signals = append(signals, float64(r.Layers[i].Signal))
	}
	bars := NewScale(signals, signalBar)
	fmt.Fprintf(w, "%-8s  %-8s  %-*s  %-7s  %-5s  %-9s  %s\n", "", "gradient", len("1.0e-10 ")+signalBar, "signal", "decay", "idle", "saturated", "update")
	for i := range r.Layers {
		l := &r.Layers[i]
		bar := bars.Bar(float64(l.Signal))
		decay, idle, saturated := "-", "-", "-"
		if i < len(r.Layers)-1 {
			decay = format.AnySize(float64(l.Keeps))
			idle, saturated = unitsOf(float64(l.Idle), l.Units), unitsOf(float64(l.Saturated), l.Units)
		}
		fmt.Fprintf(w, "%-8s  %-8s  %-7s %s%s  %-7s  %-5s  %-9s  %s\n", l.Layer, format.AnySize(float64(l.Gradient)), format.AnySize(float64(l.Signal)),
			s.Mark("34", bar), terminal.Pad(bar, signalBar), decay, idle, saturated, format.AnySize(float64(l.Update)))
	}
}

// signalBar is the longest bar of a signal, in columns.
const signalBar = 10

func medianOf(replicas int) string {
	if replicas > 1 {
		return ", median"
	}
	return ""
}

// unitsOf writes a number of units: 2/5, or 40% of many.
func unitsOf(n float64, all int) string {
	if all >= 1000 {
		return fmt.Sprintf("%.0f%%", 100*n/float64(all))
	}
	return fmt.Sprintf("%.0f/%d", n, all)
}
