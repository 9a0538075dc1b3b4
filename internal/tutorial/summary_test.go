package tutorial

import (
	"testing"

	"gradwatch/internal/format"
	"gradwatch/internal/runner"

	"github.com/google/go-cmp/cmp"
)

// TestConclusion checks that the words follow the numbers.
func TestConclusion(t *testing.T) {
	deep := []*runner.Outcome{{Name: "tanh-5"}, {Name: "relu-5"}}
	for _, tc := range []struct {
		name       string
		tanh, relu []float64 // dense_1 and the output
		want       string
	}{
		{"vanishes", []float64{0.01, 1}, []float64{0.5, 1}, "So the gradient of tanh-5 vanishes on its way back to the input. That of relu-5 arrives."},
		{"reversed", []float64{0.5, 1}, []float64{0.01, 1}, "With these seeds the gradient of relu-5 vanishes more than that of tanh-5, against the rule: try another --seed."},
		{"alike", []float64{0.01, 1}, []float64{0.02, 1}, "With these seeds the gradients of tanh-5 and relu-5 fade alike: try another --seed."},
		{"neither", []float64{0.9, 1}, []float64{5, 1}, "With these seeds the gradients of tanh-5 and relu-5 fade alike: try another --seed."},
		{"dead", []float64{0.01, 1}, []float64{0, 0}, "A gradient of 0 or NaN leaves nothing to compare."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			sentences := reading(deep, [][]float64{tc.tanh, tc.relu})
			if got := sentences[len(sentences)-1]; got != tc.want {
				t.Errorf("got %q\nwant %q", got, tc.want)
			}
		})
	}
}

func TestReading(t *testing.T) {
	deep := []*runner.Outcome{{Name: "tanh-5"}, {Name: "relu-5-2"}}
	first := [][]float64{{0.1, 0.01, 1}, {0.8, 2, 1}}
	want := []string{
		"tanh-5: dense_1 gets 1/10 the gradient of dense_3, dense_2 1/100.",
		"relu-5-2: dense_1 gets 0.8 times the gradient of dense_3.",
		"So the gradient of tanh-5 vanishes on its way back to the input. That of relu-5-2 arrives.",
	}
	if diff := cmp.Diff(want, reading(deep, first)); diff != "" {
		t.Errorf("reading (-want +got):\n%s", diff)
	}
}

func TestNumbers(t *testing.T) {
	for value, want := range map[float64]string{
		0: "0.0000", 0.00012: "1.2e-04", 0.0012: "0.0012", 9.87654: "9.8765", 12: "1.2e+01",
	} {
		if got := format.Size(value); got != want {
			t.Errorf("short(%g): got %q, want %q", value, got, want)
		}
	}
	for value, want := range map[float64]string{0.001: "1/1000", 0.4: "1/2.5", 0.7: "0.7 times", 1: "1 times", 12.3: "12 times"} {
		if got := times(value); got != want {
			t.Errorf("times(%g): got %q, want %q", value, got, want)
		}
	}
}
