package tutorial

import (
	"math"

	"gradwatch/internal/record"
	"gradwatch/internal/study"
)

// seedMeasures is what the tutorial is about, of one seed.
type seedMeasures struct {
	// fade is the gradient of dense_1 over that of the output layer, each the median of
	// the first epochs; 0 where the output layer has none.
	fade float64
	// learned is the first epoch with a test accuracy of learnedAccuracy; infinite for
	// a seed that never gets there.
	learned float64
	// accuracy is the test accuracy at the end.
	accuracy float64
	diverged bool
}

// learnedAccuracy tells a model that has found the circles from one that guesses, 0.5:
// the models end near 0.8 or near 0.5.
const learnedAccuracy = 0.75

// measureSeeds measures each replica of a history.
func measureSeeds(history *record.History, results []record.Result) []seedMeasures {
	seeds := make([]seedMeasures, len(results))
	for i := range results {
		m := seedMeasures{learned: math.Inf(1), accuracy: results[i].TestAccuracy(), diverged: results[i].Diverged()}
		rows := history.Replica(i)
		for _, row := range rows {
			if row.ValAccuracy >= learnedAccuracy {
				m.learned = float64(row.Epoch)
				break
			}
		}
		first := rows[:min(windowEpochs, len(rows))]
		gradient := func(layer int) float64 {
			var norms []float64
			for _, row := range first {
				norms = append(norms, row.GradientL2[layer])
			}
			return study.NewSpread(norms).Median
		}
		if output := gradient(history.Layers - 1); output > 0 {
			m.fade = gradient(0) / output
		}
		seeds[i] = m
	}
	return seeds
}

// typical returns the place of the seed that is nearest to the medians of all. Of each
// measure the seeds are ranked, equal ones with the mean of their ranks; a seed's
// distance is the sum, over the measures, of how far its rank is from the middle. The
// first of several with the least distance is taken. Seeds that diverged are left out;
// where all have, it is the first.
func typical(seeds []seedMeasures) int {
	var places []int
	for i := range seeds {
		if !seeds[i].diverged {
			places = append(places, i)
		}
	}
	if len(places) == 0 {
		return 0
	}
	distances := make([]float64, len(places))
	for _, measure := range []func(*seedMeasures) float64{
		func(m *seedMeasures) float64 { return m.fade },
		func(m *seedMeasures) float64 { return m.learned },
		func(m *seedMeasures) float64 { return m.accuracy },
	} {
		for i, p := range places {
			below, above := 0, 0
			for _, other := range places {
				switch a, b := measure(&seeds[other]), measure(&seeds[p]); {
				case a < b:
					below++
				case a > b:
					above++
				}
			}
			distances[i] += math.Abs(float64(below-above)) / 2
		}
	}
	best := 0
	for i, d := range distances {
		if d < distances[best] {
			best = i
		}
	}
	return places[best]
}
