package diagnose

import (
	"cmp"
	"math"
	"slices"

	"gradwatch/internal/numeric"
	"gradwatch/internal/record"
)

// Recorded is what some program has recorded of a run: gradients, weights, losses. It knows no activations, no error signals and no
// units. Steps are what the program counts: training steps or epochs.
type Recorded struct {
	// Layers have a gradient or weights each, from the input on.
	Layers []RecordedLayer
	// Loss and Accuracy are of the training rows, ValLoss and ValAccuracy of others. All may be empty.
	Loss, Accuracy, ValLoss, ValAccuracy Measured
	// Bad is each tag's first value that is NaN or infinite.
	Bad []BadValue
}

// RecordedLayer is what was recorded of a layer. All of it may be empty.
type RecordedLayer struct {
	Name string
	// Gradients are of its kernels. Weights are the kernels' L2 norms; Unchanged says which of them are of the very numbers of the point
	// before. Update is the norm of a step's change over that of the kernel.
	Gradients []RecordedGradient
	Weights   Measured
	Unchanged []bool
	Update    Measured
	// Tags are what to look at in TensorBoard.
	GradientTag, WeightTag, UpdateTag string
}

// RecordedGradient is a layer's gradient at a step. RMS and Zeros, the share of values that are 0, are NaN where only a norm was recorded.
type RecordedGradient struct {
	Step             int64
	Norm, RMS, Zeros float64
}

// Measured are values at rising steps, and the tag that has them.
type Measured struct {
	Tag    string
	Points []MeasuredPoint
}

// MeasuredPoint is a value at a step.
type MeasuredPoint struct {
	Step  int64
	Value float64
}

// BadKind says what a tag that is not finite is of; the order is that of a training step.
type BadKind int

// The kinds of tags, in the order in which a step computes what they are of.
const (
	BadActivation BadKind = iota
	BadLoss
	BadGradient
	BadUpdate
	BadWeight
)

// BadValue is the first value of a tag that is not finite.
type BadValue struct {
	Tag   string
	Step  int64
	Kind  BadKind
	Layer int // its place in Layers; -1 for none
}

// RecordedReport is what is said of a run by what a program has recorded of it.
type RecordedReport struct {
	*Report
	// Judged: it is known whether the model learns, because a loss or an accuracy is there.
	Judged bool `json:"learned_known"`
	// Size is what a layer's size is taken by: "rms" or, where only norms were recorded, "norm".
	Size   string          `json:"gradient_size"`
	Layers []RecordedState `json:"layers"`
}

// RecordedState is a layer at the step that is shown: where the worst finding of a layer is clearest, else the last.
type RecordedState struct {
	Layer string `json:"layer"`
	// Gradient is the root mean square of the kernel's gradient, Norm its norm; NaN where it isn't known.
	Gradient record.Number `json:"gradient_rms"`
	Norm     record.Number `json:"gradient_norm"`
	// Ratio is the gradient over the output layer's, Decay over that of the layer above.
	Ratio   record.Number `json:"over_output"`
	Decay   record.Number `json:"decay"`
	Zeros   record.Number `json:"zeros"`
	Weights record.Number `json:"weights_norm"`
	Update  record.Number `json:"update_ratio"`
}

// recordedAnalyzer looks at a recorded run.
type recordedAnalyzer struct {
	analyzer // of the losses, each row the median of some steps
	*Recorded
	steps  []int64 // of the analyzer's rows
	layers []int   // those with gradients
	checks []int64 // the steps at which the output layer's gradient was recorded
	norms  bool    // some layer's root mean square isn't known
	first  float64 // the loss at the beginning
	judged bool
	shown  int64 // the step of the layers that are shown
}

// mostRows is how many rows a loss is divided into: values of single steps are noisy.
const mostRows = 100

// Recorded diagnoses a recorded run.
func (t Thresholds) Recorded(run *Recorded) *RecordedReport {
	a := &recordedAnalyzer{Recorded: run, shown: -1}
	a.analyzer = analyzer{Thresholds: t, run: &Run{Ended: true}, Replica: &Replica{}}
	a.readLoss()
	a.readLayers()
	for _, find := range []func(){a.diverged, a.explodes, a.oscillates, a.zeros, a.vanishes, a.smallSteps, a.unchangedWeights, a.overfits, a.short, a.stalls} {
		find()
	}
	for i := range a.findings {
		f := &a.findings[i]
		f.Seeds, f.InSeeds = 1, []uint32{}
		if f.Units == nil {
			f.Units = []int{}
		}
	}
	report := &RecordedReport{
		Report: &Report{Schema: record.Schema, Verdict: OK, Replicas: 1, Findings: linked(a.findings), Epoch: -1, Layers: []LayerState{}},
		Judged: a.judged, Size: "rms",
	}
	if a.norms {
		report.Size = "norm"
	}
	if a.progress.Learned {
		report.Learned = 1
	}
	if len(report.Findings) > 0 && report.Findings[0].Severity != Note {
		report.Verdict = string(report.Findings[0].Severity)
	}
	report.Layers = a.states()
	report.Epoch = int(a.shown)
	return report
}

// readLoss makes rows of the losses, and says how far the model has come.
func (a *recordedAnalyzer) readLoss() {
	loss := a.Loss
	window := max(1, (len(loss.Points)+mostRows-1)/mostRows)
	for i := 0; i < len(loss.Points); i += window {
		part := loss.Points[i:min(i+window, len(loss.Points))]
		a.History = append(a.History, record.Row{Loss: medianPoint(part)})
		a.steps = append(a.steps, part[0].Step)
	}
	p := Progress{Epochs: len(a.History), Loss: math.NaN(), Gain: math.NaN()}
	if n := len(a.History); n > 0 {
		a.first = a.History[0].Loss
		p.Guess, p.Loss = a.first, a.medianLoss(n-lastEpochs(n), n)
		if a.first > 0 {
			p.Gain = 1 - p.Loss/a.first
		}
	}
	a.judged = len(loss.Points) >= 2 && a.first > 0 && numeric.Finite(a.first) || len(a.Accuracy.Points)+len(a.ValAccuracy.Points) >= 2
	right := func(m Measured) bool {
		const most = 0.9
		n := len(m.Points)
		if n == 0 {
			return false
		}
		start, end := m.Points[0].Value, medianPoint(m.Points[n-lastEpochs(n):])
		return end <= 1 && (end >= most || n > 1 && end-start >= a.LearnedRows*(1-start))
	}
	ends := len(loss.Points) == 0 || numeric.Finite(loss.Points[len(loss.Points)-1].Value)
	a.judged = a.judged || !ends
	p.Learned = ends && (p.Gain >= a.Thresholds.Learned || right(a.Accuracy) || right(a.ValAccuracy))
	a.progress = p
}

func medianPoint(points []MeasuredPoint) float64 {
	values := make([]float64, len(points))
	for i := range points {
		values[i] = points[i].Value
	}
	return medianOf(values)
}

// readLayers finds the layers with gradients, and the steps to look at.
func (a *recordedAnalyzer) readLayers() {
	for k := range a.Layers {
		if len(a.Layers[k].Gradients) > 0 {
			a.layers = append(a.layers, k)
		}
	}
	for _, k := range a.layers {
		for i := range a.Layers[k].Gradients {
			a.norms = a.norms || math.IsNaN(a.Layers[k].Gradients[i].RMS)
		}
	}
	if n := len(a.layers); n > 0 {
		for _, g := range a.Layers[a.layers[n-1]].Gradients {
			a.checks = append(a.checks, g.Step)
		}
	}
}

// gradient returns a layer's gradient at a step, or the last one before; nil if there is none.
func (a *recordedAnalyzer) gradient(k int, step int64) *RecordedGradient {
	gradients := a.Layers[k].Gradients
	at, found := slices.BinarySearchFunc(gradients, step, func(g RecordedGradient, step int64) int { return cmp.Compare(g.Step, step) })
	if !found {
		at--
	}
	if at < 0 {
		return nil
	}
	return &gradients[at]
}

// size returns the size of a layer's gradient at a step; NaN where it isn't known.
func (a *recordedAnalyzer) size(k int, step int64) float64 {
	g := a.gradient(k, step)
	switch {
	case g == nil:
		return math.NaN()
	case a.norms:
		return g.Norm
	default:
		return g.RMS
	}
}

// overOutput returns a layer's gradient over the output layer's.
func (a *recordedAnalyzer) overOutput(k int, step int64) float64 {
	return ratio(a.size(k, step), a.size(a.layers[len(a.layers)-1], step))
}

// weakest returns the layer before the output layer with the least gradient at a step, and what that is of the output layer's.
func (a *recordedAnalyzer) weakest(step int64) (layer int, least float64) {
	layer, least = -1, math.NaN()
	for _, k := range a.layers[:max(0, len(a.layers)-1)] {
		if r := a.overOutput(k, step); !math.IsNaN(r) && !(r >= least) {
			layer, least = k, r
		}
	}
	return layer, least
}

// gainAtStep returns the part of its first value that the loss has lost at a step. A loss that is counted in other steps than the gradients,
// as in epochs, is looked up at the same part of the run.
func (a *recordedAnalyzer) gainAtStep(step int64) float64 {
	n := len(a.steps)
	if n == 0 || !(a.first > 0) {
		return math.NaN()
	}
	const alike = 2
	position := float64(step)
	if mine, theirs := float64(a.lastStep()), float64(a.Loss.Points[len(a.Loss.Points)-1].Step); mine > alike*theirs || theirs > alike*mine {
		position *= theirs / max(1, mine)
	}
	at := 0
	for at+1 < n && float64(a.steps[at+1]) <= position {
		at++
	}
	return 1 - a.History[at].Loss/a.first
}

// lastStep returns the last step of the gradients.
func (a *recordedAnalyzer) lastStep() int64 {
	if len(a.checks) == 0 {
		return 0
	}
	return a.checks[len(a.checks)-1]
}

// episodeIn is episodeOf for steps of any number: a fiftieth of them, at least Running, must agree.
func (a *recordedAnalyzer) episodeIn(n int, holds func(i int) bool) *episode {
	const part = 50
	b := a.analyzer
	b.Running = max(b.Running, n/part)
	b.Checks = make([]record.Check, n)
	return b.episodeOf(holds)
}

// during sets a finding's steps from an episode.
func during(f Finding, s *episode, step func(i int) int64) Finding {
	f.Epoch, f.Last, f.Cleared = int(step(s.first)), int(step(s.last)), s.cleared
	if f.Cleared {
		f.Message += " Last seen in step " + stepText(step(s.last)) + "."
	}
	return f
}

// unlessLearns returns how bad something is that keeps a model from learning: an error for one that does not learn, a warning where that
// isn't known or too little was recorded, else otherwise.
func (a *recordedAnalyzer) unlessLearns(otherwise Severity) Severity {
	switch {
	case a.progress.Learned:
		return otherwise
	case !a.judged || len(a.History) > 0 && len(a.History) < 2*a.Running:
		return Warning
	default:
		return Error
	}
}

// states returns the layers at the step that is shown.
func (a *recordedAnalyzer) states() []RecordedState {
	states := []RecordedState{}
	if a.shown < 0 {
		a.shown = -1
		if len(a.checks) > 0 {
			a.shown = a.lastStep()
		}
	}
	nan := record.Number(math.NaN())
	for i, k := range a.layers {
		s := RecordedState{Layer: a.Layers[k].Name, Gradient: nan, Norm: nan, Zeros: nan, Weights: nan, Update: nan, Decay: 1}
		if g := a.gradient(k, a.shown); g != nil {
			s.Gradient, s.Norm, s.Zeros = record.Number(g.RMS), record.Number(g.Norm), record.Number(g.Zeros)
		}
		s.Ratio = record.Number(a.overOutput(k, a.shown))
		if i+1 < len(a.layers) {
			s.Decay = record.Number(ratio(a.size(k, a.shown), a.size(a.layers[i+1], a.shown)))
		}
		s.Weights = record.Number(a.Layers[k].Weights.at(a.shown))
		s.Update = record.Number(a.Layers[k].Update.at(a.shown))
		states = append(states, s)
	}
	return states
}

// at returns the value at a step, or the last one before; NaN if there is none.
func (m *Measured) at(step int64) float64 {
	value := math.NaN()
	for i := range m.Points {
		if m.Points[i].Step > step {
			break
		}
		value = m.Points[i].Value
	}
	return value
}
