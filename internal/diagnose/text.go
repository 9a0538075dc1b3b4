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
	// First is the finding that it tells of in full, the worst.
	First Finding
	// Text is all of it, in whole sentences.
	Text string
}

// Lines returns a report's findings as text, worst first: those of a kind and
// severity together. Of one replica it names the other layers, of several how many
// have it.
func Lines(r *Report) []Line {
	var groups [][]Finding
	for _, f := range r.Findings {
		i := slices.IndexFunc(groups, func(g []Finding) bool { return g[0].Kind == f.Kind && g[0].Severity == f.Severity })
		if i < 0 {
			groups = append(groups, nil)
			i = len(groups) - 1
		}
		groups[i] = append(groups[i], f)
	}
	kinds := Kinds()
	slices.SortStableFunc(groups, func(a, b []Finding) int {
		if order := weight(b[0].Severity) - weight(a[0].Severity); order != 0 {
			return order
		}
		if r.Replicas > 1 {
			return len(seedsOf(b)) - len(seedsOf(a))
		}
		return slices.Index(kinds, a[0].Kind) - slices.Index(kinds, b[0].Kind)
	})
	lines := make([]Line, len(groups))
	for i, g := range groups {
		first := fullest(g)
		lines[i] = Line{Kind: first.Kind, Severity: first.Severity, First: first, Text: groupText(g, first, r.Replicas)}
	}
	return lines
}

// fullest returns the finding with the most units, the first of these.
func fullest(g []Finding) Finding {
	most := g[0]
	for _, f := range g[1:] {
		if len(f.Units) > len(most.Units) {
			most = f
		}
	}
	return most
}

func seedsOf(g []Finding) []uint32 {
	var seeds []uint32
	for _, f := range g {
		if !slices.Contains(seeds, f.Seed) {
			seeds = append(seeds, f.Seed)
		}
	}
	return seeds
}

func groupText(g []Finding, first Finding, replicas int) string {
	if replicas > 1 {
		return fmt.Sprintf("In %d of %d seeds. With seed %d: %s", len(seedsOf(g)), replicas, first.Seed, first.Message)
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
	case r.Epoch < 0:
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
		fmt.Fprintf(&b, "- **%s: %s.** %s Look at `%s`.\n", line.Severity, line.Kind, line.Text, line.First.Tag)
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
