package chart

import (
	"math"
	"math/rand/v2"
)

// The tests' numbers: synthetic, but shaped like those of the tutorial's runs.

// circles returns n points of two noisy circles, class 0 the outer one.
func circles(n int) Points {
	rng := rand.New(rand.NewPCG(1, 2))
	p := Points{X: make([]float64, 2*n), Inputs: 2, Labels: make([]float64, n)}
	for i := range n {
		r, angle := 1-0.2*float64(i%2), 2*math.Pi*rng.Float64()
		p.X[2*i] = r*math.Cos(angle) + 0.1*rng.NormFloat64()
		p.X[2*i+1] = r*math.Sin(angle) + 0.1*rng.NormFloat64()
		p.Labels[i] = float64(i % 2)
	}
	return p
}

// epochs is the length of the sample curves.
const epochs = 500

// learning returns a noisy curve from start to end, one for each seed.
func learning(replicas int, start, end float64) [][]float64 {
	rs := make([][]float64, replicas)
	for r := range rs {
		rng := rand.New(rand.NewPCG(uint64(r), 7))
		speed := float64(epochs) / (3 + 5*rng.Float64())
		reach := end + 0.02*rng.NormFloat64()
		rs[r] = make([]float64, epochs)
		for e := range epochs {
			rs[r][e] = reach + (start-reach)*math.Exp(-float64(e)/speed) + 0.012*rng.NormFloat64()
		}
	}
	return rs
}

// vanishing returns gradient norms that shrink by a factor a layer towards the
// input, growing a little over the epochs.
func vanishing(layers, epochs int, factor float64) [][]float64 {
	rng := rand.New(rand.NewPCG(3, 4))
	g := make([][]float64, layers)
	for k := range g {
		g[k] = make([]float64, epochs)
		for e := range epochs {
			base := 0.1 * math.Pow(factor, float64(layers-1-k))
			g[k][e] = base * (0.3 + float64(e)/float64(epochs)) * math.Exp(0.3*rng.NormFloat64())
		}
	}
	return g
}

// growing returns weight norms that grow, the more the later the layer.
func growing(layers int) [][]float64 {
	w := make([][]float64, layers)
	for k := range w {
		w[k] = make([]float64, epochs)
		for e := range epochs {
			w[k][e] = 9 + 3*math.Sin(float64(k)) + float64(k+1)/float64(layers)*4*math.Sqrt(float64(e)/float64(epochs))
		}
	}
	return w
}

// ring returns probabilities of class 1 that are high within a circle.
func ring(n int) [][]float64 {
	p := make([][]float64, n)
	for j := range p {
		p[j] = make([]float64, n)
		for i := range p[j] {
			x, y := -1.1+2.2*float64(i)/float64(n-1), -1.1+2.2*float64(j)/float64(n-1)
			p[j][i] = 1 / (1 + math.Exp(14*(math.Max(math.Abs(x+0.3*y), math.Abs(y-0.2*x))-0.72)))
		}
	}
	return p
}

// with returns a copy of rows where rows[i][j] is v.
func with(rows [][]float64, i, j int, v float64) [][]float64 {
	out := make([][]float64, len(rows))
	for k := range rows {
		out[k] = append([]float64(nil), rows[k]...)
	}
	out[i][j] = v
	return out
}
