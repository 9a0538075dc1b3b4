package conventions

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"gradwatch/internal/diagnose"
	"gradwatch/internal/eventlog"
)

// Run is a run as it was recorded, ready to be judged.
type Run struct {
	Recorded *diagnose.Recorded
	// Steps is the last step, Events the number of events in its files.
	Steps  int64
	Events int
	// Order says how its layers were put in order.
	Order string
	// Missing says what was not recorded, and so can't be judged, with the lines of code that record it.
	Missing []Missing
	// Problems are sentences about what could not be read.
	Problems []string
}

// part is what a folder of the run holds of one series.
type part struct {
	meaning Meaning
	series  *eventlog.Series
}

// Read reads the event files of a run.
func (t *Table) Read(run *eventlog.Run, order *Order) (*Run, error) {
	r := &Run{Recorded: new(diagnose.Recorded)}
	var parts []part
	for _, folder := range run.Parts {
		log, err := eventlog.Read(folder.Files, func(tag string) bool { return t.Meaning(tag).Role != None })
		if err != nil {
			return nil, err
		}
		r.Steps, r.Events = max(r.Steps, log.Steps), r.Events+log.Events
		r.Problems = append(r.Problems, log.Problems...)
		for _, s := range log.Series {
			m := t.Meaning(s.Tag)
			if folder.Validation {
				m.Role = map[Role]Role{Loss: ValLoss, Accuracy: ValAccuracy, ValLoss: ValLoss, ValAccuracy: ValAccuracy}[m.Role]
			}
			if m.Role = fitting(m.Role, s); m.Role != None && (len(s.Points) > 0 || s.Bad != nil) {
				parts = append(parts, part{m, s})
			}
		}
	}
	layers, err := r.layers(parts, order)
	if err != nil {
		return nil, err
	}
	r.measure(parts)
	for _, p := range parts {
		if p.series.Bad != nil {
			r.addBad(p, layers)
		}
	}
	r.Missing = missing(r.Recorded)
	return r, nil
}

// fitting returns the role of a series: None where its values can't have that of its tag.
func fitting(role Role, s *eventlog.Series) Role {
	switch role {
	case Weights, Activations:
		if !s.Histogram {
			return None
		}
	case Gradient, GradientNorm:
		if s.Histogram {
			return Gradient
		}
		if slices.ContainsFunc(s.Points, func(p eventlog.Point) bool { return p.Value < 0 }) {
			return None // a mean, no norm
		}
		return GradientNorm
	default:
		if s.Histogram {
			return None
		}
	}
	return role
}

// layer is a layer with what its parameters have recorded.
type layer struct {
	name                string
	gradients, weights  []*eventlog.Series
	biasCount, oneCount float64
	update              *eventlog.Series
}

// layers fills the layers of the record, in order, and returns the place of each name.
func (r *Run) layers(parts []part, order *Order) (map[string]int, error) {
	byName := make(map[string]*layer)
	var names []string
	get := func(name string) *layer {
		if byName[name] == nil {
			byName[name] = &layer{name: name}
			names = append(names, name)
		}
		return byName[name]
	}
	params := make(map[string]bool)     // with gradients
	histograms := make(map[string]bool) // layers with histograms of gradients: their norms say nothing new
	weightParams := make(map[string]bool)
	for _, p := range parts {
		if name, compared := layerOf(p.meaning.Param); compared && p.meaning.Role == Gradient {
			histograms[name] = true
		}
	}
	for _, role := range []Role{Gradient, Weights, UpdateRatio} { // layers are first seen by their gradients
		for _, p := range parts {
			name, compared := layerOf(p.meaning.Param)
			is := p.meaning.Role == role || role == Gradient && p.meaning.Role == GradientNorm
			if !is || len(p.series.Points) == 0 {
				continue
			}
			if !compared {
				if role == Gradient && byName[name] != nil {
					byName[name].biasCount = p.series.Points[0].Count
				}
				continue
			}
			switch role {
			case Gradient:
				if params[p.meaning.Param] || histograms[name] && !p.series.Histogram {
					continue
				}
				params[p.meaning.Param] = true
				l := get(name)
				l.gradients = append(l.gradients, p.series)
				l.oneCount = p.series.Points[0].Count
			case Weights:
				if weightParams[p.meaning.Param] {
					continue
				}
				weightParams[p.meaning.Param] = true
				l := get(name)
				l.weights = append(l.weights, p.series)
			default:
				if l := get(name); l.update == nil {
					l.update = p.series
				}
			}
		}
	}
	// What has as many weights as biases, and is not the input's, scales its inputs: a normalization, in a nn.Sequential without a name.
	kept := names[:0]
	for i, name := range names {
		if l := byName[name]; i > 0 && l.oneCount > 1 && l.oneCount == l.biasCount && len(l.gradients) == 1 {
			continue
		}
		kept = append(kept, name)
	}
	prefix := commonPath(kept)
	for i := range kept {
		kept[i] = strings.TrimPrefix(kept[i], prefix)
	}
	sorted, how, err := order.sort(kept)
	if err != nil {
		return nil, err
	}
	r.Order = how
	places := make(map[string]int)
	for i, name := range sorted {
		l := byName[prefix+name]
		places[l.name] = i
		l.name = name
		r.Recorded.Layers = append(r.Recorded.Layers, l.recorded())
	}
	return places, nil
}

// commonPath returns the path that all of several names begin with, such as the name of the model.
func commonPath(names []string) string {
	if len(names) < 2 {
		return ""
	}
	prefix := names[0][:strings.LastIndex(names[0], "/")+1]
	for _, name := range names {
		for !strings.HasPrefix(name, prefix) {
			prefix = prefix[:strings.LastIndex(strings.TrimSuffix(prefix, "/"), "/")+1]
		}
	}
	return prefix
}

// recorded puts together what a layer's kernels have recorded.
func (l *layer) recorded() diagnose.RecordedLayer {
	r := diagnose.RecordedLayer{Name: l.name}
	if len(l.gradients) > 0 {
		r.GradientTag = l.gradients[0].Tag
		for _, p := range together(l.gradients) {
			r.Gradients = append(r.Gradients, diagnose.RecordedGradient{Step: p.Step, Norm: p.Value, RMS: p.RMS, Zeros: p.Zeros})
		}
	}
	if len(l.weights) > 0 {
		r.WeightTag = l.weights[0].Tag
		r.Weights.Tag = r.WeightTag
		points := together(l.weights)
		for i, p := range points {
			r.Weights.Points = append(r.Weights.Points, diagnose.MeasuredPoint{Step: p.Step, Value: p.Value})
			r.Unchanged = append(r.Unchanged, i > 0 && p.Fingerprint == points[i-1].Fingerprint && p.Finite())
		}
	}
	if l.update != nil {
		r.UpdateTag = l.update.Tag
		r.Update = measured(l.update)
	}
	return r
}

// together returns the points of several kernels of a layer as those of one: at the steps at which all have one.
func together(series []*eventlog.Series) []eventlog.Point {
	if len(series) == 1 {
		return finite(series[0].Points)
	}
	type sum struct {
		eventlog.Point
		squares, zeros float64
		members        int
	}
	sums := make(map[int64]*sum)
	for _, s := range series {
		for _, p := range s.Points {
			if sums[p.Step] == nil {
				sums[p.Step] = &sum{Point: eventlog.Point{Step: p.Step}}
			}
			t := sums[p.Step]
			t.members++
			t.squares += p.Value * p.Value
			t.Count += p.Count
			t.zeros += p.Zeros * p.Count
			t.RMS += p.RMS // NaN where one is
			t.Fingerprint = t.Fingerprint*31 + p.Fingerprint
		}
	}
	var points []eventlog.Point
	for _, t := range sums {
		if t.members < len(series) {
			continue
		}
		p := t.Point
		p.Value = math.Sqrt(t.squares)
		if !math.IsNaN(p.RMS) {
			p.RMS = math.Sqrt(t.squares / t.Count)
		}
		p.Zeros = t.zeros / t.Count
		points = append(points, p)
	}
	slices.SortFunc(points, func(a, b eventlog.Point) int { return cmp.Compare(a.Step, b.Step) })
	return finite(points)
}

func finite(points []eventlog.Point) []eventlog.Point {
	return slices.DeleteFunc(slices.Clone(points), func(p eventlog.Point) bool { return !p.Finite() })
}

func measured(s *eventlog.Series) diagnose.Measured {
	m := diagnose.Measured{Tag: s.Tag}
	for _, p := range s.Points {
		m.Points = append(m.Points, diagnose.MeasuredPoint{Step: p.Step, Value: p.Value})
	}
	return m
}

// measure fills the losses and accuracies of the record. Of several tags it takes the one whose last step is nearest to that of the
// gradients: of a loss of each batch and one of each epoch, the one that is counted as they are; then the one with the shortest name.
func (r *Run) measure(parts []part) {
	var last int64
	for i := range r.Recorded.Layers {
		if g := r.Recorded.Layers[i].Gradients; len(g) > 0 {
			last = max(last, g[len(g)-1].Step)
		}
	}
	for role, target := range map[Role]*diagnose.Measured{
		Loss: &r.Recorded.Loss, ValLoss: &r.Recorded.ValLoss, Accuracy: &r.Recorded.Accuracy, ValAccuracy: &r.Recorded.ValAccuracy,
	} {
		var best *eventlog.Series
		apart := func(s *eventlog.Series) int64 { return max(s.Last()-last, last-s.Last()) }
		for _, p := range parts {
			if p.meaning.Role != role || len(p.series.Points) == 0 {
				continue
			}
			if s := p.series; best == nil || cmp.Or(cmp.Compare(apart(s), apart(best)), cmp.Compare(len(s.Tag), len(best.Tag)), strings.Compare(s.Tag, best.Tag)) < 0 {
				best = s
			}
		}
		if best != nil {
			*target = measured(best)
		}
	}
}

// addBad adds a series' first value that is not finite.
func (r *Run) addBad(p part, layers map[string]int) {
	kind, known := map[Role]diagnose.BadKind{
		Activations: diagnose.BadActivation, Loss: diagnose.BadLoss, Gradient: diagnose.BadGradient, GradientNorm: diagnose.BadGradient,
		GradientTotal: diagnose.BadGradient, UpdateRatio: diagnose.BadUpdate, Weights: diagnose.BadWeight,
	}[p.meaning.Role]
	if !known {
		return // a validation loss may be infinite where the model learns
	}
	b := diagnose.BadValue{Tag: p.series.Tag, Step: p.series.Bad.Step, Kind: kind, Layer: -1}
	if p.meaning.Param != "" {
		name, _ := layerOf(p.meaning.Param)
		if at, ok := layers[name]; ok {
			b.Layer = at
		}
	}
	r.Recorded.Bad = append(r.Recorded.Bad, b)
}
