package dataset

import (
	"fmt"
	"strconv"
	"strings"

	"gradwatch/internal/invalid"
	"gradwatch/internal/pybits"
)

const (
	minSamples = 2 // one for each class

	// MaxSamples is the largest data set that is made or read. At the peak its
	// rows take bytesPerRow each, and training then holds a second copy.
	MaxSamples  = 10_000_000
	bytesPerRow = 32 // two inputs, the label, and the place in the shuffled order

	maxNoise = 1e6 // far beyond any use, and far from overflow even in float32
)

// A Kind is a data set that can be generated.
type Kind struct {
	Name    string
	Summary string // a few words for a help text

	// Generate makes that many points, with Gaussian noise of that standard deviation on
	// each coordinate, from the seed. Its error is an
	// [*invalid.Error] of the argument that is out of range.
	Generate func(samples int, noise float64, seed uint32) (*Examples, error)
}

// Kinds returns the data sets that can be generated, in the order of a help text.
func Kinds() []Kind {
	return []Kind{
		{"circles", "one class around the other", Circles},
		{"moons", "two interleaved half circles", Moons},
		{"xor", "opposite quadrants share a class", XOR},
		{"spirals", "two interleaved spirals", Spirals},
		{"blobs", "two Gaussian clouds", Blobs},
	}
}

// Names returns the names of Kinds.
func Names() []string {
	var names []string
	for _, k := range Kinds() {
		names = append(names, k.Name)
	}
	return names
}

// Generate makes the data set of that name. noise is the standard deviation of
// the Gaussian noise that each coordinate gets.
func Generate(name string, samples int, noise float64, seed uint32) (*Examples, error) {
	k, err := kind(name)
	if err != nil {
		return nil, err
	}
	return k.Generate(samples, noise, seed)
}

// CheckGenerate returns the error that [Generate] would return, without making any points.
func CheckGenerate(name string, samples int, noise float64) error {
	if _, err := kind(name); err != nil {
		return err
	}
	return checkRange(samples, noise)
}

func kind(name string) (Kind, error) {
	for _, k := range Kinds() {
		if k.Name == name {
			return k, nil
		}
	}
	return Kind{}, invalid.New("dataset", name, "one of "+strings.Join(Names(), ", "))
}

func checkRange(samples int, noise float64) error {
	if samples < minSamples || samples > MaxSamples {
		want := fmt.Sprintf("a whole number from %d to %d", minSamples, MaxSamples)
		if samples > MaxSamples {
			want += fmt.Sprintf(" (these would take %.1f GB of memory)", float64(samples)*bytesPerRow/1e9)
		}
		return invalid.New("samples", strconv.Itoa(samples), want)
	}
	if !(noise >= 0 && noise <= maxNoise) { // also refuses NaN
		return invalid.New("noise", strconv.FormatFloat(noise, 'g', -1, 64), fmt.Sprintf("a number from 0 to %d", int(maxNoise)))
	}
	return nil
}

// shuffled makes n points of two inputs the way scikit-learn's generators do:
// it draws an order, sets each row to the point whose turn it is, then adds
// the noise, coordinate by coordinate. point returns the inputs and the class
// of point i, without noise.
func shuffled(state *pybits.RandomState, n int, noise float64, point func(i int) (x1, x2, class float64)) *Examples {
	p := newPlane(n)
	for row, i := range state.Permutation(n) {
		p.X[2*row], p.X[2*row+1], p.Y[row] = point(i)
	}
	for i := range p.X {
		p.X[i] += state.Normal(0, noise)
	}
	return p
}

// newPlane returns n zero rows of two inputs.
func newPlane(n int) *Examples {
	return &Examples{Columns: []string{"x1", "x2"}, X: make([]float64, 2*n), Y: make([]float64, n)}
}
