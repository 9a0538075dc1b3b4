package diagnose

import (
	"fmt"
	"slices"
	"strings"
)

// Line is what is said of all findings of a kind and severity.
type Line struct {
	Kind     Kind
	Severity Severity
	// Follows: it is a consequence of the last line before that is none.
	Follows bool
	// First is the finding that it tells of in full, the clearest.
	First Finding
	// Text is all of it, in whole sentences.
	Text string
}

// Look returns a sentence that says what to look at in TensorBoard, after a space and with marks around the tag; "" if
// TensorBoard shows nothing of it.
func (l *Line) Look(mark string) string {
	if l.First.Tag == "" {
		return ""
	}
	return " Look at " + mark + l.First.Tag + mark + "."
}

// Lines returns a report's findings as text, the worst cause first and behind it what follows from it: those of a
// kind, severity and cause together. Of one replica it names the other layers, of several how many have it.
func Lines(r *Report) []Line {
	type key struct {
		kind     Kind
		severity Severity
		cause    Kind
	}
	cause := func(f *Finding) Kind {
		if f.Cause == nil {
			return ""
		}
		return r.Findings[*f.Cause].Kind
	}
	var keys []key
	groups := make(map[key][]Finding)
	for i := range r.Findings {
		f := &r.Findings[i]
		k := key{f.Kind, f.Severity, cause(f)}
		if groups[k] == nil {
			keys = append(keys, k)
		}
		groups[k] = append(groups[k], *f)
	}
	var lines []Line
	add := func(k key) {
		g := groups[k]
		first := g[0]
		for _, f := range g[1:] {
			if len(f.Units) > len(first.Units) {
				first = f
			}
		}
		lines = append(lines, Line{Kind: k.kind, Severity: k.severity, Follows: k.cause != "", First: first, Text: groupText(g, first, r.Replicas)})
	}
	for _, k := range keys {
		if k.cause != "" {
			continue
		}
		add(k)
		for _, of := range keys {
			if of.cause == k.kind && k.severity == Error {
				add(of)
			}
		}
	}
	return lines
}

// SeedsOf returns the seeds that have one of the findings.
func SeedsOf(findings []Finding) []uint32 {
	var seeds []uint32
	for i := range findings {
		seeds = append(seeds, findings[i].InSeeds...)
	}
	slices.Sort(seeds)
	return slices.Compact(seeds)
}

func groupText(g []Finding, first Finding, replicas int) string {
	if replicas > 1 && !ofTable(first.Kind) {
		which := "clearest with seed"
		seeds := len(SeedsOf(g))
		if seeds == 1 {
			which = "seed"
		}
		return fmt.Sprintf("In %d of %d seeds (%s %d): %s", seeds, replicas, which, first.Seed, first.Message)
	}
	var others []string
	for _, f := range g {
		switch {
		case f.Layer == first.Layer:
		case len(f.Units) > 0:
			others = append(others, fmt.Sprintf("%s (%d)", f.Layer, len(f.Units)))
		default:
			others = append(others, f.Layer)
		}
	}
	if len(others) == 0 {
		return first.Message
	}
	return first.Message + " Also: " + strings.Join(others, ", ") + "."
}

// Headline says a report in a few words.
func Headline(r *Report) string {
	switch {
	case r.Epoch < 0 && len(r.Findings) == 0:
		return r.Verdict + ", nothing was checked yet"
	case r.Replicas > 1:
		return fmt.Sprintf("%s, %d of %d seeds have learned", r.Verdict, r.Learned, r.Replicas)
	case r.Learned == 0:
		return r.Verdict + ", the model has not learned"
	default:
		return r.Verdict + ", the model has learned"
	}
}

// Markdown returns a report for TensorBoard's Text tab.
func Markdown(r *Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Verdict: %s\n\n", Headline(r))
	for _, line := range Lines(r) {
		if line.Follows {
			fmt.Fprintf(&b, "  - so: **%s.** %s%s\n", line.Kind, line.Text, line.Look("`"))
			continue
		}
		fmt.Fprintf(&b, "- **%s: %s.** %s%s\n", line.Severity, line.Kind, line.Text, line.Look("`"))
	}
	if len(r.Layers) == 0 {
		return b.String()
	}
	fmt.Fprintf(&b, "\n## Layers at epoch %d, on the training rows\n\n", r.Epoch)
	b.WriteString("| layer | gradient | signal | decay | activation | weights | idle | saturated | update |\n")
	b.WriteString("|---|---:|---:|---:|---:|---:|---:|---:|---:|\n")
	for i := range r.Layers {
		l := &r.Layers[i]
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %.0f/%d | %.0f/%d | %s |\n", l.Layer, short(float64(l.Gradient)),
			short(float64(l.Signal)), short(float64(l.Keeps)), short(float64(l.Activation)), short(float64(l.Weights)),
			float64(l.Idle), l.Units, float64(l.Saturated), l.Units, short(float64(l.Update)))
	}
	b.WriteString("\nGradient: root mean square of the kernel's. Signal: the part of the output layer's error signal that comes back. " +
		"Decay: from the layer above, by the activation's derivative times by the weights. Idle, saturated: units. " +
		"Update: the part of the kernel's norm that a step changes.\n")
	return b.String()
}
