//go:build tensorflow

package train

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
)

// lossCase is a case of keras_losses.json.
type lossCase struct {
	task
	Flags    map[string]any
	Weighted bool // by class: Keras's train loss is not
}

func readLossCases(t *testing.T) map[string]lossCase {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "keras_losses.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases map[string]lossCase
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

// TestKerasLosses trains each combination of a loss and an output layer from Keras's initial weights, without
// shuffling, and compares each epoch and the end with what Keras computed.
func TestKerasLosses(t *testing.T) {
	cases := readLossCases(t)
	for name, want := range cases {
		for _, replicas := range []int{1, 2} {
			t.Run(fmt.Sprintf("%s/replicas=%d", name, replicas), func(t *testing.T) { want.compare(t, replicas) })
		}
	}
	for _, loss := range config.Losses() {
		covered := false
		for _, c := range cases {
			covered = covered || c.Flags["loss"] == loss.Name
		}
		if !covered {
			t.Errorf("loss %s: no case of Keras's", loss.Name)
		}
	}
}

// configuration returns the case's run in a new log folder.
func (c *lossCase) configuration(t *testing.T, replicas int) config.Run {
	t.Helper()
	run := c.trajectory.configuration(t, replicas)
	flags, err := json.Marshal(c.Flags)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(flags, &run); err != nil { // flags are the fields' names
		t.Fatal(err)
	}
	run.Dataset, run.TestFraction, run.Scale = filepath.Join("testdata", "tables", c.Table), 0.3, "standard"
	run.LearningRate = c.Rate
	if !c.ScaleTarget {
		run.ScaleTarget = dataset.RawTarget
	}
	return run
}

func (c *lossCase) compare(t *testing.T, replicas int) {
	t.Helper()
	tr := openTrainer(t, c.configuration(t, replicas), nil)
	unit := 1.0 // of the metric, in that of the model's output
	if tr.model.Output.Regression() {
		unit = float64(tr.model.TargetUnit)
	}
	rows := float64(tr.data.Test.Len())
	for epoch, w := range c.PerEpoch {
		trainEpoch(t, tr, epoch)
		for r, got := range tr.rows {
			place := fmt.Sprintf("replica %d, epoch %d, ", r, epoch)
			relative := func(of string, got, want, least float64) {
				near(t, place+of, got, want, max(least, 1e-4*math.Abs(want)))
			}
			if !c.Weighted {
				relative("train loss", got.Loss, w.TrainLoss, lossTolerance)
			}
			relative("test loss", got.ValLoss, w.TestLoss, lossTolerance)
			metric := 1/rows + 1e-6 // a point whose output is within rounding of the threshold may change sides
			if tr.model.Output.Regression() {
				metric = 2e-4
			}
			relative("train metric", got.Accuracy/unit, w.TrainAccuracy, metric)
			relative("test metric", got.ValAccuracy/unit, w.TestAccuracy, metric)
			compareNorms(t, place, got.GradientL2, w.TestGradientL2)
		}
	}
	compareFinal(t, tr, c.Final)
}
