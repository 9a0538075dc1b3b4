package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"gradwatch/internal/diagnose"
)

// printReport prints a verdict: what was found, worst first, and the layers.
func printReport(w io.Writer, s style, r *diagnose.Report) {
	fmt.Fprintf(w, "%s %s\n", s.title("Verdict:"), verdictText(s, r))
	for _, group := range groupFindings(r) {
		for i, line := range wrap(group.text(r.Replicas), helpWidth-2) {
			indent := "  "
			if i > 0 {
				indent = "    "
			}
			fmt.Fprintln(w, indent+line)
		}
	}
	if len(r.Layers) > 0 {
		fmt.Fprintln(w)
		printLayers(w, s, r)
	}
}

// verdictText says the verdict in a few words.
func verdictText(s style, r *diagnose.Report) string {
	learned := "it has learned"
	switch {
	case r.Replicas > 1:
		learned = fmt.Sprintf("%d of %d seeds have learned", r.Learned, r.Replicas)
	case r.Learned == 0:
		learned = "it has not learned"
	}
	switch r.Verdict {
	case string(diagnose.Error):
		return s.mark("31", "error") + ", " + learned
	case string(diagnose.Warning):
		return s.mark("33", "warning") + ", " + learned
	default:
		return s.mark("32", "ok") + ", " + learned
	}
}

// findingGroup is the findings of one kind and severity, of all replicas.
type findingGroup struct {
	first    diagnose.Finding
	findings int
	seeds    []uint32
}

// groupFindings returns the findings, those of one replica each by itself, those of
// several by kind and severity, worst first.
func groupFindings(r *diagnose.Report) []*findingGroup {
	var groups []*findingGroup
	for _, f := range r.Findings {
		i := slices.IndexFunc(groups, func(g *findingGroup) bool {
			return r.Replicas > 1 && g.first.Kind == f.Kind && g.first.Severity == f.Severity
		})
		if i < 0 {
			groups = append(groups, &findingGroup{first: f})
			i = len(groups) - 1
		}
		g := groups[i]
		g.findings++
		if !slices.Contains(g.seeds, f.Seed) {
			g.seeds = append(g.seeds, f.Seed)
		}
	}
	slices.SortStableFunc(groups, func(a, b *findingGroup) int {
		if order := severityOrder(a.first.Severity) - severityOrder(b.first.Severity); order != 0 {
			return order
		}
		return len(b.seeds) - len(a.seeds)
	})
	return groups
}

func severityOrder(s diagnose.Severity) int {
	return slices.Index([]diagnose.Severity{diagnose.Error, diagnose.Warning, diagnose.Note}, s)
}

func (g *findingGroup) text(replicas int) string {
	f := &g.first
	head := fmt.Sprintf("%s: %s", f.Severity, f.Kind)
	if replicas == 1 {
		return fmt.Sprintf("%s. %s Look at %s.", head, f.Message, f.Tag)
	}
	return fmt.Sprintf("%s in %d of %d seeds. With seed %d: %s Look at %s.", head, len(g.seeds), replicas, f.Seed, f.Message, f.Tag)
}

// printLayers prints the layers as a table, with a bar of the error signal.
func printLayers(w io.Writer, s style, r *diagnose.Report) {
	fmt.Fprintf(w, "At epoch %d%s, on the training rows: gradient (root mean square of the kernel's),\n", r.Epoch, medianOf(r.Replicas))
	fmt.Fprintf(w, "signal (what of the output layer's error comes back), units that are idle or\n")
	fmt.Fprintf(w, "saturated, update (of the kernel's norm, a step)\n\n")
	var signals []float64
	for i := range r.Layers {
		signals = append(signals, float64(r.Layers[i].Signal))
	}
	bars := newScale(signals)
	fmt.Fprintf(w, "%-8s  %-8s  %-*s  %-5s  %-9s  %s\n", "", "gradient", len("1.0e-10 ")+maxBar, "signal", "idle", "saturated", "update")
	for i := range r.Layers {
		l := &r.Layers[i]
		bar := bars.bar(float64(l.Signal))
		idle, saturated := "-", "-"
		if i < len(r.Layers)-1 {
			idle, saturated = unitsOf(float64(l.Idle), l.Units), unitsOf(float64(l.Saturated), l.Units)
		}
		fmt.Fprintf(w, "%-8s  %-8s  %-7s %s%s  %-5s  %-9s  %s\n", l.Layer, small(float64(l.Gradient)), small(float64(l.Signal)),
			s.mark("34", bar), pad(bar, maxBar), idle, saturated, small(float64(l.Update)))
	}
}

func medianOf(replicas int) string {
	if replicas > 1 {
		return ", median"
	}
	return ""
}

// unitsOf writes a number of units: 2/5.
func unitsOf(n float64, all int) string {
	return fmt.Sprintf("%.0f/%d", n, all)
}

// small writes a size in at most 7 columns, NaN and infinities too.
func small(x float64) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return strings.ToLower(fmt.Sprint(x))
	}
	return short(x)
}
