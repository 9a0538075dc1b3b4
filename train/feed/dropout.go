//go:build tensorflow

package feed

import (
	"encoding/binary"
	"math"
	"math/rand/v2"

	tf "github.com/galeone/tensorflow/tensorflow/go"

	"gradwatch/graph"
)

// Dropout makes the masks that steps are fed, of the shape graph.Model.MaskShape, all in the same
// tensors. A replica's masks are a function of its seed, the epoch and the step: these are the key of a
// ChaCha8 stream, from which the masks are drawn layer by layer.
type Dropout struct {
	seeds  []uint32
	layers []maskedLayer
	random *rand.ChaCha8
}

// maskedLayer is a layer with dropout.
type maskedLayer struct {
	units, rows, size int
	below             uint32  // a random 32-bit number below it leaves an output out
	scale             float32 // of the outputs that stay
	mask              *tf.Tensor
	values            []float32 // of mask, [replica, rows, size]
}

// NewDropout returns the dropout of a model; nil for a model without. rate returns a layer's rate.
func NewDropout(m graph.Model, rate func(layer int) float64, replicas []Replica, size int) (*Dropout, error) {
	if m.Dropped() == nil {
		return nil, nil
	}
	d := &Dropout{random: rand.NewChaCha8([32]byte{})}
	for _, r := range replicas {
		d.seeds = append(d.seeds, r.Seed)
	}
	for _, k := range m.Dropped() {
		l := maskedLayer{
			units: m.Layers[k].Units, rows: m.Rows(k), size: size,
			below: uint32(math.Round(rate(k) * (1 << 32))), scale: float32(1 / (1 - rate(k))),
		}
		ones := make([]float32, len(replicas)*l.rows*size) // the bias row keeps them
		for i := range ones {
			ones[i] = 1
		}
		var err error
		if l.mask, err = graph.NewTensor(ones, m.MaskShape(k, size)); err != nil {
			return nil, err
		}
		if l.values, err = graph.Floats(l.mask); err != nil {
			return nil, err
		}
		d.layers = append(d.layers, l)
	}
	return d, nil
}

// dropoutKey begins the key of the masks' streams, so that no other stream has the same key.
const dropoutKey = "dropout\x00"

// Draw draws the masks of a step of an epoch and appends them to what the step is fed. They are valid
// until the next call.
func (d *Dropout) Draw(fed []*tf.Tensor, epoch, step int) []*tf.Tensor {
	if d == nil {
		return fed
	}
	key := [32]byte([]byte(dropoutKey + "                        "))
	binary.LittleEndian.PutUint64(key[16:], uint64(epoch))
	binary.LittleEndian.PutUint64(key[24:], uint64(step))
	for r, seed := range d.seeds {
		binary.LittleEndian.PutUint64(key[8:], uint64(seed))
		d.random.Seed(key)
		for _, l := range d.layers {
			l.fill(l.values[r*l.rows*l.size:][:l.units*l.size], d.random)
		}
	}
	for _, l := range d.layers {
		fed = append(fed, l.mask)
	}
	return fed
}

// fill draws a mask's values, two from each random number.
func (l *maskedLayer) fill(values []float32, random *rand.ChaCha8) {
	factors := [2]float32{l.scale, 0}
	choose := func(bits uint32) float32 {
		if bits < l.below {
			return factors[1]
		}
		return factors[0]
	}
	for len(values) >= 2 {
		bits := random.Uint64()
		values[0], values[1] = choose(uint32(bits)), choose(uint32(bits>>32))
		values = values[2:]
	}
	if len(values) == 1 {
		values[0] = choose(uint32(random.Uint64()))
	}
}
