package dataset_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gradwatch/internal/dataset"
)

// golden is a file of testdata: points of scikit-learn's, and the same scaled.
type golden struct {
	kind    string
	samples int
	noise   float64
	seed    uint32
}

func goldens() []golden {
	return []golden{
		{"circles", 1000, 0.1, 1},
		{"circles", 301, 0.05, 7},
		{"circles", 2, 0.1, 0},
		{"circles", 9, 0, 4294967295},
		{"circles", 64, 0, 5},
		{"moons", 200, 0.2, 3},
		{"moons", 2, 0, 1},
		{"moons", 5, 0.3, 2},
		{"moons", 53, 0, 6},
		{"blobs", 100, 0.1, 1},
		{"blobs", 31, 0.5, 12345},
		{"xor", 41, 0.05, 2},
		{"spirals", 2, 0.1, 9},
		{"spirals", 71, 0.1, 4},
	}
}

func (g golden) String() string {
	return fmt.Sprintf("%s_n%d_noise%v_seed%d", g.kind, g.samples, g.noise, g.seed)
}

// read returns the points of the file, and the same scaled to [-1, 1].
func (g golden) read(t *testing.T) (points, scaled *dataset.Examples) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", g.String()+".csv"))
	if err != nil {
		t.Fatal(err)
	}
	var raw, moved strings.Builder
	for line := range strings.Lines(string(data)) {
		f := strings.Split(strings.TrimSpace(line), ",") // x1, x2, label, x1_scaled, x2_scaled
		if len(f) != 5 {
			t.Fatalf("%s: got %q, want 5 fields", g, line)
		}
		fmt.Fprintf(&raw, "%s,%s,%s\n", f[0], f[1], f[2])
		if f[0] == "x1" {
			continue
		}
		fmt.Fprintf(&moved, "%s,%s,%s\n", f[3], f[4], f[2])
	}
	return parse(t, raw.String()), parse(t, moved.String())
}

func parse(t *testing.T, text string) *dataset.Examples {
	t.Helper()
	p, err := dataset.ParseCSV(strings.NewReader(text), "test.csv")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestGenerateEqualsScikitLearn(t *testing.T) {
	for _, g := range goldens() {
		t.Run(g.String(), func(t *testing.T) {
			got, err := dataset.Generate(g.kind, g.samples, g.noise, g.seed)
			if err != nil {
				t.Fatal(err)
			}
			want, _ := g.read(t)
			if !slices.Equal(got.Columns, []string{"x1", "x2"}) {
				t.Errorf("columns: got %q, want x1, x2", got.Columns)
			}
			checkSame(t, "X", got.X, want.X)
			if !slices.Equal(got.Y, want.Y) {
				t.Errorf("labels: got %v, want %v", got.Y, want.Y)
			}
		})
	}
}

func TestMinMaxEqualsScikitLearn(t *testing.T) {
	for _, g := range goldens() {
		t.Run(g.String(), func(t *testing.T) {
			points, want := g.read(t)
			scaler, err := dataset.FitScaler("minmax", points, 1)
			if err != nil {
				t.Fatal(err)
			}
			checkSame(t, "scaled X", scaler.Apply(points).X, want.X)
		})
	}
}

// checkSame fails unless got and want are the same doubles, at most one unit in
// the last place apart.
func checkSame(t *testing.T, what string, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: got %d values, want %d", what, len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] && got[i] != math.Nextafter(want[i], got[i]) {
			t.Errorf("%s[%d]: got %.17g, want %.17g or a neighbour", what, i, got[i], want[i])
		}
	}
}

func TestEveryKindHasBothClasses(t *testing.T) {
	for _, k := range dataset.Kinds() {
		for _, n := range []int{2, 3, 4, 501} {
			p, err := k.Generate(n, 0.1, 1)
			if err != nil {
				t.Fatal(err)
			}
			if p.Len() != n || p.Features() != 2 || len(p.X) != 2*n {
				t.Errorf("%s of %d: got %d rows of %d inputs and %d values, want %d of 2 and %d",
					k.Name, n, p.Len(), p.Features(), len(p.X), n, 2*n)
			}
			ones := 0
			for _, y := range p.Y {
				ones += int(y)
			}
			if ones != n/2 && ones != n-n/2 {
				t.Errorf("%s of %d: got %d of class 1, want half", k.Name, n, ones)
			}
		}
	}
}

func TestSeedAndNoiseMatter(t *testing.T) {
	for _, name := range dataset.Names() {
		base, err := dataset.Generate(name, 50, 0.1, 1)
		if err != nil {
			t.Fatal(err)
		}
		again, _ := dataset.Generate(name, 50, 0.1, 1)
		if !slices.Equal(base.X, again.X) {
			t.Errorf("%s: got other points for the same seed", name)
		}
		reseeded, _ := dataset.Generate(name, 50, 0.1, 2)
		if slices.Equal(base.X, reseeded.X) {
			t.Errorf("%s: got the same points for another seed", name)
		}
		noisier, _ := dataset.Generate(name, 50, 0.2, 1)
		if slices.Equal(base.X, noisier.X) {
			t.Errorf("%s: got the same points for another noise", name)
		}
	}
}

func TestGenerateRefuses(t *testing.T) {
	tests := []struct {
		name    string
		kind    string
		samples int
		noise   float64
		want    string
	}{
		{"unknown kind", "circle", 10, 0, `dataset "circle": want one of circles, moons, xor, spirals, blobs`},
		{"one sample", "moons", 1, 0, `samples "1": want a whole number from 2 to 10000000`},
		{"negative samples", "moons", -5, 0, `samples "-5": want a whole number from 2 to 10000000`},
		{"too many samples", "xor", 100_000_000, 0, `samples "100000000": want a whole number from 2 to 10000000 (these would take 3.2 GB of memory)`},
		{"negative noise", "circles", 10, -1, `noise "-1": want a number from 0 to 1000000`},
		{"noise NaN", "blobs", 10, math.NaN(), `noise "NaN": want a number from 0 to 1000000`},
		{"noise Inf", "spirals", 10, math.Inf(1), `noise "+Inf": want a number from 0 to 1000000`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := dataset.Generate(tt.kind, tt.samples, tt.noise, 1)
			checkError(t, err, tt.want)
			checkError(t, dataset.CheckGenerate(tt.kind, tt.samples, tt.noise), tt.want)
		})
	}
	if err := dataset.CheckGenerate("circles", dataset.MaxSamples, 0.1); err != nil {
		t.Errorf("CheckGenerate of the most samples: got %v, want no error", err)
	}
}

func checkError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || err.Error() != want {
		t.Errorf("error: got %v, want %s", err, want)
	}
}

func BenchmarkGenerate(b *testing.B) {
	for _, k := range dataset.Kinds() {
		b.Run(k.Name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := k.Generate(1000, 0.1, 1); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func ExampleCircles() {
	points, err := dataset.Circles(1000, 0.1, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(points.Columns, points.Row(0), points.Y[0])
	// Output: [x1 x2] [0.9278774778828034 -0.045217306252341896] 1
}
