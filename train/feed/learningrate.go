//go:build tensorflow

package feed

import (
	"slices"

	tf "github.com/galeone/tensorflow/tensorflow/go"

	"gradwatch/graph"
	"gradwatch/internal/config"
	"gradwatch/internal/record"
)

// LearningRate is the learning rate of a group of replicas. It is constant, or changed by a schedule or
// a plateau; then each step is fed the rate, and the rate that was fed is recorded.
type LearningRate struct {
	initial       float64 // of all replicas, where it changes
	schedule      config.Schedule
	stepsPerEpoch int
	plateaus      []*plateau // of each replica; nil for other schedules
	constant      bool
	values        []float32  // of the step fed last: one for all replicas, or one for each
	fed           *tf.Tensor // holds values; nil where the rate is constant
	recorded      []float32  // what Record kept
}

// NewLearningRate returns the learning rate of replicas. All have the run's schedule; their initial rates
// differ only if the rate is constant.
func NewLearningRate(run *config.Run, replicas []Replica, stepsPerEpoch int) (*LearningRate, error) {
	l := &LearningRate{initial: run.Rate(), schedule: run.Schedule(), stepsPerEpoch: stepsPerEpoch}
	if l.constant = !l.schedule.Changes(); l.constant {
		for _, r := range replicas {
			l.values = append(l.values, float32(r.LearningRate))
		}
		if slices.Min(l.values) == slices.Max(l.values) {
			l.values = l.values[:1]
		}
		return l, nil
	}
	if patience, factor, ok := l.schedule.Plateau(); ok {
		for range replicas {
			l.plateaus = append(l.plateaus, newPlateau(l.initial, patience, factor))
		}
	}
	var err error
	if count := len(l.plateaus); count > 1 {
		l.fed, err = graph.NewTensor(make([]float32, count), []int64{int64(count), 1, 1})
	} else {
		l.fed, err = graph.NewScalar(float32(0))
	}
	if err != nil {
		return nil, err
	}
	l.values, err = graph.Floats(l.fed)
	return l, err
}

// Graph returns how the rate is a part of a graph.
func (l *LearningRate) Graph() graph.LearningRate {
	return graph.LearningRate{Values: slices.Clone(l.values), Fed: !l.constant}
}

// HasPlateau reports whether the rate of an epoch depends on what was measured of the one
// before.
func (l *LearningRate) HasPlateau() bool { return l.plateaus != nil }

// ApplyPlateau lowers a replica's rate if its val_loss stands still, given the row of the
// epoch that was measured last.
func (l *LearningRate) ApplyPlateau(replica int, row *record.Row) { l.plateaus[replica].observe(row) }

// At returns the rate of a step of training, counted from 0: one number for all replicas,
// or one for each. It is valid until the next call. With a plateau, it is the rate of the
// current epoch.
func (l *LearningRate) At(step int) []float32 {
	switch {
	case l.constant:
	case l.plateaus != nil:
		for i, p := range l.plateaus {
			l.values[i] = p.rate
		}
	default:
		l.values[0] = float32(l.schedule.At(l.initial, step, l.stepsPerEpoch))
	}
	return l.values
}

// Feed appends the rate of a step of an epoch to what the step is fed, unless the rate is
// constant and so part of the graph. The tensor is valid until the next call.
func (l *LearningRate) Feed(fed []*tf.Tensor, epoch, step int) []*tf.Tensor {
	if l.constant {
		return fed
	}
	l.At(epoch*l.stepsPerEpoch + step)
	return append(fed, l.fed)
}

// Record keeps what was fed last, to be recorded as that of the epoch which has just ended.
func (l *LearningRate) Record() { l.recorded = append(l.recorded[:0], l.values...) }

// Recorded returns a replica's rate, as kept by Record; 0 where the rate is constant, which
// no history records.
func (l *LearningRate) Recorded(replica int) float64 {
	switch {
	case l.constant:
		return 0
	case len(l.recorded) == 1:
		return float64(l.recorded[0])
	}
	return float64(l.recorded[replica])
}

// plateau lowers a replica's rate where its val_loss stands still: Keras's
// ReduceLROnPlateau, with its min_delta, no cooldown and no least rate.
type plateau struct {
	monitor  *monitor
	patience int // epochs
	factor   float64
	rate     float32 // of the next epoch
}

const plateauMinDelta = 1e-4 // Keras's default

func newPlateau(rate float64, patience int, factor float64) *plateau {
	return &plateau{newMonitor("val_loss", plateauMinDelta), patience, factor, float32(rate)}
}

// observe takes the row of an epoch that was measured.
func (p *plateau) observe(row *record.Row) {
	if p.monitor.observe(row) || p.monitor.wait < p.patience || p.rate <= 0 {
		return
	}
	p.rate = float32(float64(p.rate) * p.factor)
	p.monitor.wait = 0
}
