package pybits_test

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/pybits"
)

// stream is what one RandomState gives when it is asked for these, in this
// order. testdata/make_golden.py writes it down from NumPy.
type stream struct {
	Seed           uint32    `json:"seed"`
	RandomSample   []float64 `json:"random_sample"`
	Normal         []float64 `json:"normal"`
	Uniform        []float64 `json:"uniform"`
	Permutation    []int     `json:"permutation"`
	StandardNormal []float64 `json:"standard_normal"`
	RandInt1       []int64   `json:"randint_1"`
	RandInt7       []int64   `json:"randint_7"`
	RandInt2e32    []int64   `json:"randint_2e32"`
	RandInt1e12    []int64   `json:"randint_1e12"`
	Last           float64   `json:"last"`
}

func TestRandomStateEqualsNumPy(t *testing.T) {
	data, err := os.ReadFile("testdata/streams.json")
	if err != nil {
		t.Fatal(err)
	}
	var streams []stream
	if err := json.Unmarshal(data, &streams); err != nil {
		t.Fatal(err)
	}
	if len(streams) == 0 {
		t.Fatal("testdata/streams.json: got no streams, want some")
	}
	for _, want := range streams {
		t.Run(fmt.Sprintf("seed %d", want.Seed), func(t *testing.T) {
			if diff := cmp.Diff(want, draw(want)); diff != "" {
				t.Errorf("RandomState(%d) (-want +got):\n%s", want.Seed, diff)
			}
		})
	}
}

// draw draws as many of each kind as the given stream has.
func draw(like stream) stream {
	r := pybits.NewRandomState(like.Seed)
	randInt := func(low, high int64) func() int64 {
		return func() int64 { return low + int64(r.Interval(uint64(high-1-low))) }
	}
	return stream{ // fields are evaluated in order
		Seed:           like.Seed,
		RandomSample:   repeat(len(like.RandomSample), r.Double),
		Normal:         repeat(len(like.Normal), func() float64 { return r.Normal(0.5, 0.1) }),
		Uniform:        repeat(len(like.Uniform), func() float64 { return r.Uniform(-10, 10) }),
		Permutation:    r.Permutation(len(like.Permutation)),
		StandardNormal: repeat(len(like.StandardNormal), r.Gauss),
		RandInt1:       repeat(len(like.RandInt1), randInt(5, 6)),
		RandInt7:       repeat(len(like.RandInt7), randInt(-3, 4)),
		RandInt2e32:    repeat(len(like.RandInt2e32), randInt(0, 1<<32)),
		RandInt1e12:    repeat(len(like.RandInt1e12), randInt(0, 1e12)),
		Last:           r.Double(),
	}
}

func repeat[T any](n int, f func() T) []T {
	values := make([]T, n)
	for i := range values {
		values[i] = f()
	}
	return values
}

func TestShuffleOfFewElements(t *testing.T) {
	for n := range 2 {
		pybits.NewRandomState(1).Shuffle(n, func(i, j int) {
			t.Errorf("Shuffle of %d elements: got a swap of %d and %d, want none", n, i, j)
		})
	}
}

func BenchmarkGauss(b *testing.B) {
	r := pybits.NewRandomState(1)
	for b.Loop() {
		r.Gauss()
	}
}

func ExampleRandomState() {
	state := pybits.NewRandomState(1)
	fmt.Println(state.Permutation(5))
	fmt.Println(state.Normal(0, 1))
	// Output:
	// [2 1 4 0 3]
	// -0.5497461766598448
}
