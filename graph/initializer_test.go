//go:build tensorflow

package graph

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	tf "github.com/galeone/tensorflow/tensorflow/go"
	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/stat"

	"gradwatch/internal/config"
)

// draw returns the kernel [inputs, units] and the bias [units] of the first layer,
// by their rules' names.
func draw(t *testing.T, kernel, bias string, inputs, units int, seed int64) ([][]float32, []float32) {
	t.Helper()
	layer := Layer{Units: units, Activation: "linear"}
	var failures [2]error
	layer.Initializer, failures[0] = config.ParseInitializer(kernel)
	layer.BiasInitializer, failures[1] = config.ParseBiasInitializer(bias)
	if err := errors.Join(failures[:]...); err != nil {
		t.Fatal(err)
	}
	m := Model{Inputs: inputs, Layers: []Layer{layer, layer}, Replicas: 1}
	g, err := NewInitializers(m)
	if err != nil {
		t.Fatal(err)
	}
	session, err := tf.NewSession(g.Graph, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	drawn, err := session.Run(map[tf.Output]*tf.Tensor{g.Seed: scalar(t, seed)}, []tf.Output{g.Kernels[0], g.Biases[0]}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return drawn[0].Value().([][]float32), drawn[1].Value().([]float32)
}

func flatten(kernel [][]float32) []float64 {
	var values []float64
	for _, row := range kernel {
		for _, value := range row {
			values = append(values, float64(value))
		}
	}
	return values
}

// TestInitializers checks mean, standard deviation and bounds of a kernel of
// 300 inputs and 200 units against Keras's definitions.
func TestInitializers(t *testing.T) {
	const inputs, units = 300, 200
	fanAverage := (inputs + units) / 2.0
	cases := map[string]struct{ mean, deviation, low, high float64 }{
		"glorot_uniform":   {0, math.Sqrt(1 / fanAverage), -math.Sqrt(3 / fanAverage), math.Sqrt(3 / fanAverage)},
		"glorot_normal":    {0, math.Sqrt(1 / fanAverage), -2.2741 * math.Sqrt(1/fanAverage), 2.2741 * math.Sqrt(1/fanAverage)},
		"he_uniform":       {0, math.Sqrt(2.0 / inputs), -math.Sqrt(6.0 / inputs), math.Sqrt(6.0 / inputs)},
		"he_normal":        {0, math.Sqrt(2.0 / inputs), -2.2741 * math.Sqrt(2.0/inputs), 2.2741 * math.Sqrt(2.0/inputs)},
		"lecun_uniform":    {0, math.Sqrt(1.0 / inputs), -math.Sqrt(3.0 / inputs), math.Sqrt(3.0 / inputs)},
		"lecun_normal":     {0, math.Sqrt(1.0 / inputs), -2.2741 * math.Sqrt(1.0/inputs), 2.2741 * math.Sqrt(1.0/inputs)},
		"random_uniform":   {0, 0.1 / math.Sqrt(12), -0.05, 0.05},
		"random_normal":    {0, 0.05, math.Inf(-1), math.Inf(1)},
		"truncated_normal": {0, 0.05 * truncatedNormalDeviation, -0.1, 0.1},
		"orthogonal":       {0, math.Sqrt(1.0 / inputs), -1, 1},
		"identity":         {1.0 / inputs, math.Sqrt(1.0 / inputs), 0, 1},
		"zeros":            {0, 0, 0, 0},
		"ones":             {1, 0, 1, 1},
		"uniform:0,1":      {0.5, 1 / math.Sqrt(12), 0, 1},
		"normal:3,0.5":     {3, 0.5, math.Inf(-1), math.Inf(1)},
		"constant:-0.25":   {-0.25, 0, -0.25, -0.25},
	}
	for _, form := range config.InitializerNames() {
		kind, _, _ := strings.Cut(form, ":")
		if !slices.ContainsFunc(keys(cases), func(name string) bool { return strings.HasPrefix(name, kind) }) {
			t.Errorf("initializer %s: no case", form)
		}
	}
	for name, want := range cases {
		t.Run(name, func(t *testing.T) {
			kernel, _ := draw(t, name, "zeros", inputs, units, 7)
			values := flatten(kernel)
			mean, deviation := stat.MeanStdDev(values, nil)
			// Five standard errors of the mean and the deviation of 60,000 draws.
			if slack := 5 * want.deviation / math.Sqrt(inputs*units); math.Abs(mean-want.mean) > slack+1e-7 {
				t.Errorf("mean: got %v, want %v within %v", mean, want.mean, slack)
			}
			if math.Abs(deviation-want.deviation) > 0.02*want.deviation+1e-7 {
				t.Errorf("standard deviation: got %v, want %v", deviation, want.deviation)
			}
			if low, high := slices.Min(values), slices.Max(values); low < want.low-1e-7 || high > want.high+1e-7 {
				t.Errorf("values from %v to %v, want within %v to %v", low, high, want.low, want.high)
			}
		})
	}
}

func keys[V any](m map[string]V) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	return names
}

// TestOrthogonal checks that the fewer of rows and columns are orthonormal.
func TestOrthogonal(t *testing.T) {
	for _, shape := range [][2]int{{7, 4}, {4, 7}, {5, 5}} {
		kernel, _ := draw(t, "orthogonal", "zeros", shape[0], shape[1], 3)
		vectors := kernel
		if shape[0] > shape[1] {
			vectors = make([][]float32, shape[1])
			for j := range vectors {
				for i := range kernel {
					vectors[j] = append(vectors[j], kernel[i][j])
				}
			}
		}
		for i := range vectors {
			for j := range vectors {
				dot, want := 0.0, 0.0
				for k := range vectors[i] {
					dot += float64(vectors[i][k]) * float64(vectors[j][k])
				}
				if i == j {
					want = 1
				}
				if math.Abs(dot-want) > 1e-5 {
					t.Errorf("kernel %v: product of vectors %d and %d: got %v, want %v", shape, i, j, dot, want)
				}
			}
		}
	}
}

// TestBiasInitializers checks the deviation of a bias, whose fans both are its
// length in Keras, and that it is not drawn with the kernel's numbers.
func TestBiasInitializers(t *testing.T) {
	const units = 40_000
	for name, want := range map[string]struct{ mean, deviation float64 }{
		"zeros":          {0, 0},
		"constant:-5":    {-5, 0},
		"uniform:0,1":    {0.5, 1 / math.Sqrt(12)},
		"glorot_uniform": {0, math.Sqrt(1.0 / units)},
		"he_normal":      {0, math.Sqrt(2.0 / units)},
	} {
		kernel, bias := draw(t, "uniform:0,1", name, 1, units, 7)
		mean, deviation := stat.MeanStdDev(flatten([][]float32{bias}), nil)
		if math.Abs(mean-want.mean) > 5*want.deviation/math.Sqrt(units)+1e-7 || math.Abs(deviation-want.deviation) > 0.02*want.deviation+1e-7 {
			t.Errorf("%s: got mean %v and deviation %v, want %v and %v", name, mean, deviation, want.mean, want.deviation)
		}
		if slices.Equal(kernel[0], bias) {
			t.Errorf("%s: the bias is the kernel", name)
		}
	}
}

// TestInitializerSeeds checks that kernel and bias depend on the seed alone.
func TestInitializerSeeds(t *testing.T) {
	kernel, bias := draw(t, "he_normal", "uniform:0,1", 6, 5, 11)
	againKernel, againBias := draw(t, "he_normal", "uniform:0,1", 6, 5, 11)
	if diff := cmp.Diff(kernel, againKernel) + cmp.Diff(bias, againBias); diff != "" {
		t.Errorf("the same seed gives other values: %s", diff)
	}
	if otherKernel, otherBias := draw(t, "he_normal", "uniform:0,1", 6, 5, 12); cmp.Equal(kernel, otherKernel) || cmp.Equal(bias, otherBias) {
		t.Error("another seed gives the same values")
	}
}
