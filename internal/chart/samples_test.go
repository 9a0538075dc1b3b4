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

// outcomes returns the accuracies of replicas of which a share learned something,
// in steps of a test set of 500 points.
func outcomes(seed uint64, replicas int, learned, accuracy float64) []float64 {
	rng := rand.New(rand.NewPCG(seed, 9))
	values := make([]float64, replicas)
	for r := range values {
		v := 0.5 + 0.01*rng.NormFloat64()
		if rng.Float64() < learned {
			v = accuracy + 0.02*rng.NormFloat64()
		}
		values[r] = math.Round(500*v) / 500
	}
	return values
}

// byDepth returns the accuracies of models of 1 to depth layers, which learn less
// often the deeper they are.
func byDepth(seed uint64, depth, replicas int, fade float64) [][]float64 {
	rows := make([][]float64, depth)
	for i := range rows {
		rows[i] = outcomes(seed+uint64(i), replicas, math.Exp(-fade*float64(i)), 0.84-0.004*float64(i))
	}
	return rows
}

// upTo returns 1 to n.
func upTo(n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = float64(i + 1)
	}
	return v
}

// someStuck returns learning curves of which each fourth learns nothing.
func someStuck(replicas int, end float64) [][]float64 {
	rows := learning(replicas, 0.5, end)
	stuck := learning(replicas, 0.5, 0.5)
	for i := 0; i < replicas; i += 4 {
		rows[i] = stuck[i]
	}
	return rows
}

// rates are learning rates in equal steps.
var rates = []float64{0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1}

// gridOf returns a metric over columns and rows, of which one cell failed whole
// and one in part.
func gridOf(rows, columns, replicas int) [][][]float64 {
	cells := make([][][]float64, rows)
	for i := range cells {
		for k := range columns {
			learned := math.Exp(-0.25 * float64(k) / (1 + float64(i)))
			cells[i] = append(cells[i], outcomes(uint64(100*i+k), replicas, learned, 0.82+0.01*float64(i)))
		}
	}
	cells[rows-1][columns-1] = nil
	cells[0][columns-1] = []float64{0.5, math.NaN(), 0.52}
	return cells
}

// threeModels are the spreads of the tutorial's models.
func threeModels() []ModelSpread {
	return []ModelSpread{
		{"tanh-1", outcomes(1, 30, 1, 0.822), 0.816, 0.832},
		{"tanh-5", outcomes(2, 30, 0.35, 0.66), 0.5, 0.508},
		{"relu-5", outcomes(3, 30, 0.92, 0.84), 0.84, 0.852},
	}
}

// steps returns ROC curves of 100 rows, a seed each.
func steps(replicas int) []Curve {
	curves := make([]Curve, replicas)
	for r := range curves {
		rng := rand.New(rand.NewPCG(uint64(r), 9))
		x, y := 0.0, 0.0
		c := Curve{X: []float64{0}, Y: []float64{0}}
		for x < 1 || y < 1 {
			if up := rng.Float64() < 0.1+0.85*(1-y); up && y < 1 || x >= 1 {
				y = min(1, y+0.02)
			} else {
				x = min(1, x+0.02)
			}
			c.X, c.Y = append(c.X, x), append(c.Y, y)
		}
		curves[r] = c
	}
	return curves
}

// regressed returns predictions around the truth.
func regressed(n int) Predicted {
	rng := rand.New(rand.NewPCG(5, 6))
	f := Predicted{Title: "houses: predictions on the test rows, R² 0.812", Target: "price"}
	for range n {
		value := 50 + 300*rng.Float64()
		f.Values = append(f.Values, value)
		f.Predicted = append(f.Predicted, 30+0.85*value+30*rng.NormFloat64())
	}
	return f
}
