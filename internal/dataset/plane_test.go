package dataset

import (
	"math"
	"math/rand/v2"
	"testing"
)

// flat returns n rows of three inputs that lie near a plane: most of their variance
// along (1, 1, 0), less along (0, 0, 1), hardly any along (1, -1, 0).
func flat(n int) *Examples {
	rng := rand.New(rand.NewPCG(1, 2))
	p := &Examples{Columns: []string{"a", "b", "c"}}
	for range n {
		u, v, w := 3*rng.NormFloat64(), rng.NormFloat64(), 0.1*rng.NormFloat64()
		p.X = append(p.X, 5+(u+w)/math.Sqrt2, 7+(u-w)/math.Sqrt2, v-2)
		p.Y = append(p.Y, 0)
	}
	return p
}

func TestPrincipalPlane(t *testing.T) {
	points := flat(2000)
	p := PrincipalPlane(points)
	for name, got := range map[string][2]float64{
		"x": {math.Abs(p.X[0]), math.Sqrt(0.5)}, "x again": {p.X[1] / p.X[0], 1}, "y": {math.Abs(p.Y[2]), 1},
		"share of x": {p.Share[0], 9 / 10.01}, "share of y": {p.Share[1], 1 / 10.01}, "origin": {p.Origin[1], 7},
	} {
		if math.Abs(got[0]-got[1]) > 0.1 {
			t.Errorf("%s: got %v, want %v", name, got[0], got[1])
		}
	}
	// A point of the plane is found where it is: there and back.
	at := make([]float32, 3)
	p.At(1.5, -0.25, at)
	x, y := p.Project(identity(3), []float64{float64(at[0]), float64(at[1]), float64(at[2])})
	if math.Abs(x-1.5) > 1e-5 || math.Abs(y+0.25) > 1e-5 {
		t.Errorf("got (%v, %v), want (1.5, -0.25)", x, y)
	}
}

func TestColumnPlane(t *testing.T) {
	points := flat(100)
	scaler, err := FitScaler("standard", points, 100)
	if err != nil {
		t.Fatal(err)
	}
	p := ColumnPlane(scaler, scaler.Apply(points), 2, 0)
	at := make([]float32, 3)
	p.At(-3, 8, at)
	want := []float64{8*scaler.Factor[0] + scaler.Offset[0], 0, -3*scaler.Factor[2] + scaler.Offset[2]}
	for i, v := range at {
		if math.Abs(float64(v)-want[i]) > 1e-5 {
			t.Errorf("input %d: got %v, want %v", i, v, want[i])
		}
	}
	if x, y := p.Project(scaler, []float64{1, 2, 3}); x != 3 || y != 1 {
		t.Errorf("got (%v, %v), want (3, 1)", x, y)
	}
}

// TestNoPrincipalPlane has too little to find one.
func TestNoPrincipalPlane(t *testing.T) {
	for name, p := range map[string]*Examples{
		"one row": flat(1), "one input": {Columns: []string{"a"}, X: []float64{1, 2, 3}, Y: []float64{0, 1, 0}},
	} {
		if plane := PrincipalPlane(p); plane != nil {
			t.Errorf("%s: got %v, want none", name, plane)
		}
	}
	same := &Examples{Columns: []string{"a", "b"}, X: make([]float64, 20), Y: make([]float64, 10)}
	if plane := PrincipalPlane(same); plane != nil && (math.IsNaN(plane.Share[0]) || math.IsNaN(plane.X[0])) {
		t.Errorf("got %v of rows that are all the same, want no NaN", plane)
	}
}

func BenchmarkPrincipalPlane(b *testing.B) {
	for _, size := range [][2]int{{20000, 30}, {20000, 784}} {
		p := &Examples{Columns: make([]string, size[1]), X: make([]float64, size[0]*size[1]), Y: make([]float64, size[0])}
		rng := rand.New(rand.NewPCG(1, 2))
		for i := range p.X {
			p.X[i] = rng.NormFloat64()
		}
		b.Run("", func(b *testing.B) {
			for b.Loop() {
				PrincipalPlane(p)
			}
		})
	}
}
