//go:build tensorflow

package train

import (
	"fmt"
	"testing"

	"gradwatch/internal/config"
)

// BenchmarkEpoch measures an epoch's steps, and recording it without and with
// histograms: /steps is 16 steps of 32 rows.
func BenchmarkEpoch(b *testing.B) {
	for _, name := range []string{"tanh-1", "relu-5", "relu-20"} {
		for _, replicas := range []int{1, 2, 8, 30} {
			preset, _ := config.LookupPreset(name)
			run := preset.Apply(config.Default())
			run.Repeats, run.LogDir = replicas, b.TempDir()
			tr, err := newTrainer([]config.Run{run}, Options{Plan: config.Plan{Threads: 1}})
			if err != nil {
				b.Fatal(err)
			}
			if err := tr.open(); err != nil {
				b.Fatal(err)
			}
			b.Run(fmt.Sprintf("%s/replicas=%d/steps", name, replicas), func(b *testing.B) {
				epoch := 0
				for b.Loop() {
					if err := tr.groups[0].steps(b.Context(), epoch); err != nil {
						b.Fatal(err)
					}
					epoch++
				}
			})
			for _, freq := range []int{0, 1} {
				tr.run.HistogramFreq = freq
				b.Run(fmt.Sprintf("%s/replicas=%d/measure/histograms=%d", name, replicas, freq), func(b *testing.B) {
					epoch := 0
					for b.Loop() {
						if err := measureAndRecord(tr, epoch); err != nil {
							b.Fatal(err)
						}
						epoch++
					}
				})
			}
			tr.close()
		}
	}
}

func measureAndRecord(tr *trainer, epoch int) error {
	if err := tr.groups[0].measure(epoch, tr.run.HistogramFreq > 0); err != nil {
		return err
	}
	return tr.record(epoch, tr.run.HistogramFreq > 0)
}
