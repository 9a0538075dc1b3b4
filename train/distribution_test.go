//go:build tensorflow

package train

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat"

	"gradwatch/internal/config"
	"gradwatch/internal/record"
)

// distribution is a sample's summary in accuracy_distributions.json.
type distribution struct {
	Mean, Std float64
	Deciles   []float64 // from the minimum to the maximum, 11 of them
}

type distributionCase struct {
	Activation    string
	HiddenLayers  int `json:"hidden_layers"`
	Units         int
	Seeds         int
	TrainAccuracy distribution `json:"train_accuracy"`
	TestAccuracy  distribution `json:"test_accuracy"`
}

// distributionSeeds is how many seeds each model is trained with.
const distributionSeeds = 60

// TestAccuracyDistributions trains each of the tutorial's models over many
// seeds and compares final accuracies with those of another framework over 200:
// the Kolmogorov-Smirnov distance at the reference's deciles, and the mean.
func TestAccuracyDistributions(t *testing.T) {
	data, err := os.ReadFile("testdata/accuracy_distributions.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []distributionCase
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	if got, want := len(cases), len(config.Presets()); got != want {
		t.Fatalf("got %d reference distributions, want %d", got, want)
	}
	for _, c := range cases {
		name := fmt.Sprintf("%s-%d", c.Activation, c.HiddenLayers)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			preset, ok := config.LookupPreset(name)
			if !ok {
				t.Fatalf("no preset of that name")
			}
			run := preset.Apply(config.Default())
			run.LogDir = t.TempDir()
			run.Repeats, run.HistogramFreq, run.GradientBatch = distributionSeeds, 0, 0
			result := mustRun(t, run)
			compareDistribution(t, "train accuracy", c.TrainAccuracy, c.Seeds, result.Summary.Result,
				func(r record.Result) record.Number { return r.Accuracy })
			compareDistribution(t, "test accuracy", c.TestAccuracy, c.Seeds, result.Summary.Result,
				func(r record.Result) record.Number { return r.ValAccuracy })
		})
	}
}

func compareDistribution(t *testing.T, what string, want distribution, seeds int, results []record.Result, value func(record.Result) record.Number) {
	t.Helper()
	sample := make([]float64, len(results))
	for i, result := range results {
		sample[i] = rightAnswers(float64(value(result)))
	}
	slices.Sort(sample)
	// Two-sample Kolmogorov-Smirnov, 1 % level: 1.63 sqrt((n+m)/(n m)).
	n, m := float64(len(sample)), float64(seeds)
	if distance, limit := decileDistance(sample, want.Deciles), 1.63*math.Sqrt((n+m)/(n*m)); distance > limit {
		t.Errorf("%s: Kolmogorov-Smirnov distance %.3f, want at most %.3f (1 %% level)", what, distance, limit)
	}
	// The means differ by at most 2.58 standard errors, the 1 % level too.
	mean, deviation := stat.MeanStdDev(sample, nil)
	mean, deviation = mean/500, deviation/500
	limit := 2.58 * math.Sqrt(deviation*deviation/n+want.Std*want.Std/m)
	if math.Abs(mean-want.Mean) > limit {
		t.Errorf("%s: mean %.4f, want %.4f within %.4f", what, mean, want.Mean, limit)
	}
	t.Logf("%s: %.3f ± %.3f, reference %.3f ± %.3f", what, mean, deviation, want.Mean, want.Std)
}

// rightAnswers is the accuracy on 500 rows as a count, free of rounding.
func rightAnswers(accuracy float64) float64 { return math.Round(500 * accuracy) }

// decileDistance returns the greatest distance between the sorted sample's
// distribution function and the reference's, seen at the reference's deciles.
// Accuracies come in steps, so at a decile both functions jump: only the part
// that no place within both jumps explains counts.
func decileDistance(sample []float64, deciles []float64) float64 {
	n, greatest := float64(len(sample)), 0.0
	for i, decile := range deciles {
		at, share := rightAnswers(decile), float64(i)/float64(len(deciles)-1)
		below, _ := slices.BinarySearch(sample, at)
		upTo, _ := slices.BinarySearch(sample, at+1)
		greatest = max(greatest, float64(below)/n-share, share-float64(upTo)/n)
	}
	return greatest
}
