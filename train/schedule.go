//go:build tensorflow

package train

import (
	tf "github.com/galeone/tensorflow/tensorflow/go"

	"gradwatch/graph"
	"gradwatch/internal/config"
	"gradwatch/internal/events"
	"gradwatch/internal/record"
)

// rates gives a step its learning rate, where a schedule changes it.
type rates struct {
	schedule config.Schedule
	base     float64
	perEpoch int        // steps
	plateaus []*plateau // a replica each; nil for another schedule
	fed      *tf.Tensor
	values   []float32 // of fed: one, or with plateaus one a replica
}

// rateFeed returns how a program of a run with so many replicas is fed its rate.
func rateFeed(run *config.Run, replicas int) graph.RateFeed {
	schedule := run.Schedule()
	_, _, plateau := schedule.Plateau()
	switch {
	case !schedule.Changes():
		return graph.ConstantRate
	case plateau && replicas > 1:
		return graph.RateEach
	default:
		return graph.OneRate
	}
}

// newRates returns nil where the rate is constant.
func newRates(run *config.Run, replicas, perEpoch int) (*rates, error) {
	feed := rateFeed(run, replicas)
	if feed == graph.ConstantRate {
		return nil, nil
	}
	r := &rates{schedule: run.Schedule(), base: run.Rate(), perEpoch: perEpoch}
	if patience, factor, ok := r.schedule.Plateau(); ok {
		for range replicas {
			r.plateaus = append(r.plateaus, newPlateau(r.base, patience, factor))
		}
	}
	var err error
	if feed == graph.RateEach {
		r.fed, err = graph.NewTensor(make([]float32, replicas), []int64{int64(replicas), 1, 1})
	} else {
		r.fed, err = graph.NewScalar(float32(0))
	}
	if err != nil {
		return nil, err
	}
	r.values, err = graph.Floats(r.fed)
	return r, err
}

// feed appends the rate of a step of an epoch to what the step is fed.
func (r *rates) feed(fed []*tf.Tensor, epoch, step int) []*tf.Tensor {
	if r == nil {
		return fed
	}
	for i := range r.values {
		r.values[i] = float32(r.at(i, epoch, step))
	}
	return append(fed, r.fed)
}

// at returns a replica's rate at a step of an epoch; of a plateau, that of the epoch
// under way.
func (r *rates) at(replica, epoch, step int) float64 {
	if r.plateaus != nil {
		return float64(r.plateaus[replica].rate)
	}
	return r.schedule.Rate(r.base, epoch*r.perEpoch+step, r.perEpoch)
}

// last returns a replica's rate at the last step of an epoch.
func (r *rates) last(replica, epoch int) float64 {
	return float64(float32(r.at(replica, epoch, r.perEpoch-1)))
}

// plateau lowers a replica's rate where its val_loss stands still: Keras's
// ReduceLROnPlateau, with its min_delta, no cooldown and no least rate.
type plateau struct {
	watch    *watch
	patience int
	factor   float64
	rate     float32 // of the next epoch
}

const plateauMinDelta = 1e-4 // Keras's default

func newPlateau(rate float64, patience int, factor float64) *plateau {
	return &plateau{newWatch("val_loss", plateauMinDelta), patience, factor, float32(rate)}
}

// see looks at an epoch that was measured.
func (p *plateau) see(row *record.Row) {
	if p.watch.see(row) || p.watch.wait < p.patience || p.rate <= 0 {
		return
	}
	p.rate = float32(float64(p.rate) * p.factor)
	p.watch.wait = 0
}

// rateWaits reports whether an epoch's learning rate depends on what was measured of
// the one before.
func (t *trainer) rateWaits() bool {
	g := t.groups[0]
	return g.rate != nil && g.rate.plateaus != nil
}

// lowerRates has plateaus look at the epoch that was measured.
func (t *trainer) lowerRates() {
	if !t.rateWaits() {
		return
	}
	for _, g := range t.groups {
		for i, p := range g.rate.plateaus {
			p.see(&g.rows[i])
		}
	}
}

// addRate adds the learning rate of the epoch's last step, as Keras's callbacks name
// it, where a schedule changes it; of several replicas the mean.
func (r *recorder) addRate(s *events.Summary) {
	if !r.run.Schedule().Changes() {
		return
	}
	sum := 0.0
	for i := range r.rows {
		sum += r.rows[i].LearningRate
	}
	s.Scalar("learning_rate", float32(sum/float64(len(r.rows))))
}
