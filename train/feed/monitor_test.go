//go:build tensorflow

package feed

import (
	"math"
	"testing"

	"gradwatch/internal/record"
)

// TestMonitor follows columns by Keras's rules.
func TestMonitor(t *testing.T) {
	for name, tc := range map[string]struct {
		monitor string
		delta   float64
		values  []float64
		best    int
		wait    int
	}{
		"falls":             {"val_loss", 0, []float64{3, 2, 1}, 2, 0},
		"not by enough":     {"val_loss", 0.5, []float64{3, 2.5, 2.4, 2.3}, 2, 1},
		"the same is worse": {"loss", 0, []float64{3, 3}, 0, 1},
		"rises":             {"accuracy", 0.1, []float64{0.5, 0.55, 0.65, 0.7}, 2, 1},
		"begins with NaN":   {"loss", 0, []float64{math.NaN(), 1, 0.5}, 0, 2},
		"ends with NaN":     {"val_accuracy", 0, []float64{0.5, math.NaN()}, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newMonitor(tc.monitor, tc.delta)
			for epoch, x := range tc.values {
				w.observe(&record.Row{Epoch: epoch, Loss: x, Accuracy: x, ValLoss: x, ValAccuracy: x})
			}
			if w.bestEpoch != tc.best || w.wait != tc.wait {
				t.Errorf("got best epoch %d, wait %d, want %d, %d", w.bestEpoch, w.wait, tc.best, tc.wait)
			}
		})
	}
}

// TestMonitorOfAnError has a monitor of a regression's error improve as it falls.
func TestMonitorOfAnError(t *testing.T) {
	for _, monitor := range []string{"mae", "val_mae"} {
		w := newMonitor(monitor, 0.1)
		for i, c := range []struct {
			value  float64
			better bool
		}{{3, true}, {3.5, false}, {2.95, false}, {2.8, true}} {
			row := record.Row{Epoch: i, Accuracy: -1, ValAccuracy: -1}
			if monitor == "mae" {
				row.Accuracy = c.value
			} else {
				row.ValAccuracy = c.value
			}
			if got := w.observe(&row); got != c.better {
				t.Errorf("%s %v: got better %t, want %t", monitor, c.value, got, c.better)
			}
		}
	}
}
