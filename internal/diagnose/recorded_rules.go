package diagnose

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"gradwatch/internal/printable"
	"gradwatch/internal/record"
)

func stepText(step int64) string { return strconv.FormatInt(step, 10) }

// diverged: NaN or infinity in what was recorded; it names the first.
func (a *recordedAnalyzer) diverged() {
	if len(a.Bad) == 0 {
		return
	}
	first := slices.MinFunc(a.Bad, func(x, y BadValue) int {
		back := func(b BadValue) int { // a gradient comes back from the output
			if b.Kind == BadGradient {
				return -b.Layer
			}
			return b.Layer
		}
		return cmp.Or(cmp.Compare(x.Step, y.Step), cmp.Compare(x.Kind, y.Kind), cmp.Compare(back(x), back(y)))
	})
	f := Finding{
		Kind: Divergence, Severity: Error, Epoch: int(first.Step), Last: int(first.Step), Tag: first.Tag,
		Quantity: "tags with values that are NaN or infinite", Value: record.Number(len(a.Bad)),
	}
	what := map[BadKind]string{
		BadActivation: "on the way forward", BadLoss: "the loss", BadGradient: "on the way back", BadUpdate: "in the update", BadWeight: "the weights",
	}[first.Kind]
	if first.Layer >= 0 {
		f.Layer = a.Layers[first.Layer].Name
	}
	f.Message = fmt.Sprintf("Training diverged: of all that was recorded, %s was the first to be NaN or infinite, in step %d (%s).", first.Tag, first.Step, what)
	if end := a.firstRecorded(); first.Step <= end {
		f.Message += " It is there from the first recorded step on."
	} else {
		f.Message += " The learning rate is probably too large."
	}
	a.find(f)
}

// firstRecorded returns the first step of gradients and loss.
func (a *recordedAnalyzer) firstRecorded() int64 {
	step := int64(math.MaxInt64)
	if len(a.checks) > 0 {
		step = a.checks[0]
	}
	if len(a.Loss.Points) > 0 {
		step = min(step, a.Loss.Points[0].Step)
	}
	return step
}

// explodes: gradients grow from the output to the input or in the course of training, steps change a kernel by much of its norm, or
// the loss rises far above its first value.
func (a *recordedAnalyzer) explodes() {
	for k := range a.Layers {
		update := a.Layers[k].Update
		s := a.episodeIn(len(update.Points), func(i int) bool { return update.Points[i].Value > a.ExplodingUpdate })
		if s == nil {
			continue
		}
		size := update.Points[s.last].Value
		a.find(during(Finding{
			Kind: Exploding, Severity: a.unlessLearns(Warning), Layer: a.Layers[k].Name, Tag: update.Tag,
			Quantity: "norm of a step's change over the kernel's norm", Value: record.Number(size), Threshold: record.Number(a.ExplodingUpdate),
			Message: fmt.Sprintf("The steps are far too large: each changes the weights of %s by %s their size (0.001 is usual).", a.Layers[k].Name, partOf(size)),
		}, s, func(i int) int64 { return update.Points[i].Step }))
		return
	}
	if len(a.layers) > 1 && a.explodesBackwards() || a.explodesInTime() {
		return
	}
	const far = 2
	if loss := a.progress.Loss; a.first > 0 && loss > far*a.first && len(a.History) >= 2*a.Running && !a.falls() {
		at := a.firstAbove(far * a.first)
		a.find(Finding{
			Kind: Exploding, Severity: Error, Epoch: int(a.steps[at]), Last: int(a.steps[len(a.steps)-1]), Tag: a.Loss.Tag,
			Quantity: "training loss over its first value", Value: record.Number(loss / a.first), Threshold: far,
			Message: fmt.Sprintf("The loss is %s, %s times its first value, and does not fall: the steps are probably far too large.", short(loss), short(loss/a.first)),
		})
	}
}

// explodesBackwards finds gradients that grow on their way to the input.
func (a *recordedAnalyzer) explodesBackwards() bool {
	input, output := a.layers[0], a.layers[len(a.layers)-1]
	s := a.episodeIn(len(a.checks), func(i int) bool {
		return !(a.gainAtStep(a.checks[i]) >= a.Thresholds.Learned) && a.overOutput(input, a.checks[i]) > a.ExplodingRatio
	})
	if s == nil {
		return false
	}
	by := a.overOutput(input, a.checks[s.last])
	a.shown = a.checks[s.last]
	a.find(during(Finding{
		Kind: Exploding, Severity: a.unlessLearns(Note), Layer: a.Layers[input].Name, Tag: a.Layers[input].GradientTag,
		Quantity: "gradient over the output layer's", Value: record.Number(by), Threshold: record.Number(a.ExplodingRatio),
		Message: fmt.Sprintf("The gradient explodes: that of %s is %s times that of %s (step %d).", a.Layers[input].Name, short(by), a.Layers[output].Name, a.shown),
	}, s, func(i int) int64 { return a.checks[i] }))
	return true
}

// explodesInTime finds a gradient that has grown, and stays large, in a model that does not learn.
func (a *recordedAnalyzer) explodesInTime() bool {
	const grown = 1000
	if a.progress.Learned || len(a.checks) < 2*a.Running {
		return false
	}
	largest := func(i int) (layer int, size float64) {
		for _, k := range a.layers {
			if s := a.size(k, a.checks[i]); s > size && !math.IsInf(s, 0) {
				layer, size = k, s
			}
		}
		return layer, size
	}
	var start []float64
	for i := range a.Running {
		_, size := largest(i)
		start = append(start, size)
	}
	usual := medianOf(start)
	s := a.episodeIn(len(a.checks), func(i int) bool { _, size := largest(i); return usual > 0 && size > grown*usual })
	if s == nil || s.cleared {
		return false
	}
	k, size := largest(s.last)
	a.shown = a.checks[s.last]
	a.find(during(Finding{
		Kind: Exploding, Severity: a.unlessLearns(Note), Layer: a.Layers[k].Name, Tag: a.Layers[k].GradientTag,
		Quantity: "largest gradient over that of the first steps", Value: record.Number(size / usual), Threshold: grown,
		Message: fmt.Sprintf("The gradient explodes: that of %s is %s times the largest of the first steps (step %d).", a.Layers[k].Name, short(size/usual), a.shown),
	}, s, func(i int) int64 { return a.checks[i] }))
	return true
}

// oscillates: the loss jumps without coming down, or has risen to where the model has not learned.
func (a *recordedAnalyzer) oscillates() {
	if a.progress.Learned || a.has(Divergence, Exploding) || len(a.History) < 2*a.Running || !(a.first > 0) || a.falls() {
		return
	}
	last := int(a.steps[len(a.steps)-1])
	if row, least, lost := a.lost(); lost {
		a.find(Finding{
			Kind: Oscillation, Severity: a.unlessLearns(Note), Epoch: int(a.steps[row]), Last: last, Tag: a.Loss.Tag,
			Quantity: "training loss over its least", Value: record.Number(a.progress.Loss / least), Threshold: 1,
			Message: fmt.Sprintf("The model had learned and has lost it: the loss rose from %s about step %d to %s. The steps are probably too large: try a smaller learning rate.",
				short(least), a.steps[row], short(a.progress.Loss)),
		})
		return
	}
	half := len(a.History) / 2
	const often = 0.4
	if rough, turns := a.jumps(half); rough > a.Rough && turns > often {
		a.find(Finding{
			Kind: Oscillation, Severity: a.unlessLearns(Note), Epoch: int(a.steps[half]), Last: last, Tag: a.Loss.Tag,
			Quantity: "median change of the loss from one value to the next, over the loss", Value: record.Number(rough), Threshold: record.Number(a.Rough),
			Message: fmt.Sprintf("The loss jumps up and down, by %s from one value to the next, and does not fall. The steps are probably too large: try a smaller learning rate.", percent(rough)),
		})
	}
}

// zeros: much of a layer's gradient is exactly 0. Of the first layer only all of it counts: inputs may be 0.
func (a *recordedAnalyzer) zeros() {
	for i, k := range a.layers {
		gradients := a.Layers[k].Gradients
		share := func(i int) float64 {
			if gradients[i].Norm == 0 {
				return 1
			}
			return gradients[i].Zeros
		}
		bound := a.DeadLayer
		if i == 0 {
			bound = 1
		}
		s := a.episodeIn(len(gradients), func(i int) bool { return share(i) >= bound })
		if s == nil {
			continue
		}
		name, size := a.Layers[k].Name, share(s.last)
		if i == 0 && !s.cleared && a.size(a.layers[len(a.layers)-1], gradients[s.last].Step) == 0 && len(a.layers) > 1 {
			a.find(during(Finding{
				Kind: DeadUnits, Severity: a.unlessLearns(Warning), Layer: name, Tag: a.Layers[k].GradientTag,
				Quantity: "share of the gradient's values that are 0", Value: record.Number(size), Threshold: record.Number(bound),
				Message: fmt.Sprintf("All gradients, from %s to %s, are exactly 0 since step %d: a layer passes nothing on because all of its units are dead, or the output is saturated.",
					name, a.Layers[a.layers[len(a.layers)-1]].Name, gradients[s.first].Step),
			}, s, func(i int) int64 { return gradients[i].Step }))
			return
		}
		f := Finding{
			Kind: DeadUnits, Severity: Note, Layer: name, Tag: a.Layers[k].GradientTag,
			Quantity: "share of the gradient's values that are 0", Value: record.Number(size), Threshold: record.Number(bound),
		}
		switch {
		case size == 1 && !s.cleared:
			f.Severity = a.unlessLearns(Warning)
			f.Message = fmt.Sprintf("All of the gradient of %s is exactly 0 since step %d: no unit passes anything on, so the layer does not learn.", name, gradients[s.first].Step)
		default:
			if !a.progress.Learned {
				f.Severity = Warning
			}
			f.Message = fmt.Sprintf("%s of the gradient of %s is exactly 0 (step %d): with ReLU, about that part of its units, or of those below it, is probably dead.",
				percent(size), name, gradients[s.last].Step)
		}
		a.find(during(f, s, func(i int) int64 { return gradients[i].Step }))
	}
}

// vanishes: a layer's gradient is far smaller than the output layer's, while the model has not learned.
func (a *recordedAnalyzer) vanishes() {
	if len(a.layers) < 2 {
		return
	}
	holds := func(i int) bool {
		_, by := a.weakest(a.checks[i])
		return !(a.gainAtStep(a.checks[i]) >= a.Thresholds.Learned) && by < a.GradientRatio
	}
	s := a.episodeIn(len(a.checks), holds)
	if s == nil {
		return
	}
	worst := math.Inf(1)
	for i := s.first; i <= s.last; i++ {
		if _, by := a.weakest(a.checks[i]); holds(i) && by < worst {
			worst, a.shown = by, a.checks[i]
		}
	}
	k, by := a.weakest(a.shown)
	input, output := a.layers[0], a.layers[len(a.layers)-1]
	if to := a.overOutput(input, a.shown); to < a.DeltaRatio { // next to nothing comes back to the input
		k, by = input, to
	}
	f := Finding{
		Kind: Vanishing, Severity: a.unlessLearns(Note), Layer: a.Layers[k].Name, Tag: a.Layers[k].GradientTag,
		Quantity: "gradient over the output layer's", Value: record.Number(by), Threshold: record.Number(a.GradientRatio),
	}
	f.Origin, f.Message = a.recordedLoss(k, output, by)
	a.find(during(f, s, func(i int) int64 { return a.checks[i] }))
}

// recordedLoss says how little of the gradient reaches a layer, and where it falls most.
func (a *recordedAnalyzer) recordedLoss(k, output int, by float64) (origin, message string) {
	step := a.shown
	size := "is 0"
	if by > 0 {
		size = "is only " + part(by) + " of that of " + a.Layers[output].Name
	}
	message = fmt.Sprintf("The gradient vanishes: that of %s %s (step %d).", a.Layers[k].Name, size, step)
	from, least := -1, math.Inf(1)
	for i := slices.Index(a.layers, k); i+1 < len(a.layers); i++ {
		if d := ratio(a.size(a.layers[i], step), a.size(a.layers[i+1], step)); d < least {
			from, least = i, d
		}
	}
	if from < 0 || len(a.layers) == 2 {
		return a.Layers[k].Name, message
	}
	origin = a.Layers[a.layers[from]].Name
	return origin, fmt.Sprintf("%s Most is lost from %s to %s, which gets %s of it.", message, a.Layers[a.layers[from+1]].Name, origin, part(least))
}

// smallSteps: steps so small that nothing comes of them, where updates were recorded.
func (a *recordedAnalyzer) smallSteps() {
	if a.progress.Learned || a.has(Divergence, DeadUnits, Vanishing) {
		return
	}
	layer, largest := -1, 0.0
	for k := range a.Layers {
		points := a.Layers[k].Update.Points
		if len(points) < a.Running {
			continue
		}
		if size := medianPoint(points[len(points)-a.Running:]); layer < 0 || size > largest {
			layer, largest = k, size
		}
	}
	if layer < 0 || !(largest > 0 && largest < a.SmallUpdate) {
		return
	}
	points := a.Layers[layer].Update.Points
	a.find(Finding{
		Kind: RateTooSmall, Severity: a.unlessLearns(Warning), Layer: a.Layers[layer].Name, Tag: a.Layers[layer].UpdateTag,
		Epoch: int(points[len(points)-a.Running].Step), Last: int(points[len(points)-1].Step),
		Quantity: "norm of a step's change over the kernel's norm", Value: record.Number(largest), Threshold: record.Number(a.SmallUpdate),
		Message: fmt.Sprintf("The steps are far too small: none changes the weights of a layer by more than %s their size (0.001 is usual). The learning rate is probably too small.", partOf(largest)),
	})
}

// unchangedWeights: a layer whose recorded weights stay the same to the last bit.
func (a *recordedAnalyzer) unchangedWeights() {
	var names []string
	var began *episode
	first := -1
	for k := range a.Layers {
		l := &a.Layers[k]
		s := a.episodeIn(len(l.Unchanged), func(i int) bool { return l.Unchanged[i] })
		if s == nil || s.cleared {
			continue
		}
		names = append(names, l.Name)
		if began == nil || s.first < began.first {
			began, first = s, k
		}
	}
	if first < 0 {
		return
	}
	weights := a.Layers[first].Weights
	step := func(i int) int64 { return weights.Points[i].Step }
	a.find(during(Finding{
		Kind: UnchangedWeights, Severity: a.unlessLearns(Note), Layer: a.Layers[first].Name, Tag: a.Layers[first].WeightTag,
		Quantity: "change of the weights from one record to the next", Value: 0, Threshold: 0,
		Message: fmt.Sprintf("The weights of %s do not change, since step %d: the layer is frozen or not given to the optimizer, its gradient is 0, or steps are below what its numbers can hold.",
			printable.List(names), step(began.first)),
	}, began, step))
}

// overfits: the loss on other rows has risen far above its least while the training loss fell.
func (a *recordedAnalyzer) overfits() {
	points := a.ValLoss.Points
	n := len(points)
	if n < 2*a.Running || len(a.History) == 0 || !(a.progress.Gain > 0) {
		return
	}
	last := lastEpochs(n)
	at, least := 0, math.Inf(1)
	for i := 0; i+last <= n; i += last {
		if loss := medianPoint(points[i : i+last]); loss < least {
			at, least = i, loss
		}
	}
	end := medianPoint(points[n-last:])
	if !(least > 0 && end > (1+a.Overfit)*least) || a.trainLossRose(points[at].Step, points[n-1].Step) {
		return
	}
	a.find(Finding{
		Kind: Overfitting, Severity: Warning, Epoch: int(points[at].Step), Last: int(points[n-1].Step), Tag: a.ValLoss.Tag,
		Quantity: "validation loss over its least", Value: record.Number(end / least), Threshold: record.Number(1 + a.Overfit),
		Message: fmt.Sprintf("The model overfits: the validation loss rose from %s in step %d to %s while the training loss fell to %s.",
			short(least), points[at].Step, short(end), short(a.progress.Loss)),
	})
}

// trainLossRose reports whether the training loss rose, too, since the part of the run at which a step of so many lies.
func (a *recordedAnalyzer) trainLossRose(step, of int64) bool {
	at := int(float64(len(a.History)) * float64(step) / float64(max(1, of)))
	return !(a.endLoss() < a.History[max(0, min(at, len(a.History)-1))].Loss)
}

// short: the loss of a model that has not learned still falls.
func (a *recordedAnalyzer) short() {
	n := len(a.History)
	if a.progress.Learned || n < 2*a.Running || !(a.first > 0) || a.explained() || !a.falls() {
		return
	}
	fall := a.fall()
	a.find(Finding{
		Kind: TooShort, Severity: Warning, Epoch: int(a.steps[n/2]), Last: int(a.steps[n-1]), Tag: a.Loss.Tag,
		Quantity: "fall of the loss over the last half of the run", Value: record.Number(fall), Threshold: record.Number(a.Stalled),
		Message: fmt.Sprintf("Training was probably too short: the loss, %s, is %s of its first value and still falls, by %s over the last half.",
			short(a.progress.Loss), percent(a.progress.Loss/a.first), percent(fall)),
	})
}

// stalls: the loss no longer falls, and the model has not learned. It is no error by itself: what came before the first value isn't known.
func (a *recordedAnalyzer) stalls() {
	n := len(a.History)
	if a.progress.Learned || n < 2*a.Running || !(a.first > 0) || a.has(Divergence) {
		return
	}
	fall := a.fall()
	if !(fall < a.Stalled) {
		return
	}
	a.find(Finding{
		Kind: StalledLoss, Severity: Warning, Epoch: int(a.steps[n/2]), Last: int(a.steps[n-1]), Tag: a.Loss.Tag,
		Quantity: "fall of the loss over the last half of the run", Value: record.Number(fall), Threshold: record.Number(a.Stalled),
		Message: fmt.Sprintf("The loss no longer falls: it stays at %s; its first recorded value is %s.", short(a.progress.Loss), short(a.first)),
	})
}
