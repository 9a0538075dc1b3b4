//go:build tensorflow

package train

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gradwatch/internal/checkpoint"
	"gradwatch/internal/config"
	"gradwatch/internal/record"
)

// growing returns a run whose weights grow for some epochs, until they overflow.
func growing(t *testing.T) config.Run {
	t.Helper()
	run := small(t)
	run.Activations, run.LearningRate, run.Epochs, run.Layers = []string{"linear"}, 3, 200, []int{5}
	return run
}

// checkpointNames returns those of a run, in order.
func checkpointNames(t *testing.T, result *Result) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(result.Folder, checkpoint.Folder))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// TestDivergenceKeepsCheckpoint checks that a run which diverges keeps the checkpoint
// of the last epoch before, and its scalars NaN; histograms count what they lack.
func TestDivergenceKeepsCheckpoint(t *testing.T) {
	run := growing(t)
	run.CheckpointFreq, run.MaxCheckpoints = 1, 1
	result := mustRun(t, run)
	d := result.Summary.Divergence
	if d == nil || d.Epoch < 2 {
		t.Fatalf("got divergence %v, want one in a later epoch", d)
	}
	if got, want := checkpointNames(t, result), []string{checkpoint.Name(d.Epoch)}; !slices.Equal(got, want) {
		t.Errorf("got checkpoints %q, want %q", got, want)
	}
	losses := 0
	for _, e := range readEvents(t, result.Folder) {
		if e.Kind != "scalar" || e.Tag != "loss" {
			continue
		}
		losses++
		if finite := !math.IsNaN(e.Value) && !math.IsInf(e.Value, 0); finite != (e.Step < int64(d.Epoch)) {
			t.Errorf("got loss %v at step %d, want it finite before epoch %d alone", e.Value, e.Step, d.Epoch)
		}
	}
	if losses != d.Epoch+1 {
		t.Errorf("got %d losses, want %d, the last NaN", losses, d.Epoch+1)
	}
}

// TestNonFinite checks that a histogram which lacks values tells how many, and none
// else does.
func TestNonFinite(t *testing.T) {
	run := small(t)
	run.LearningRate = 1e30
	kept, lost := make(map[string]float64), make(map[string]float64)
	for _, e := range readEvents(t, mustRun(t, run).Folder) {
		switch tag, counts := strings.CutPrefix(e.Tag, nonFinitePrefix); {
		case e.Kind == "histogram":
			kept[tag] = e.Histogram.Num
		case counts:
			lost[tag] = e.Value
		}
	}
	for tag, want := range map[string]float64{"dense_1/kernel_0": 10, "dense_6/bias_0": 1, "dense_2_out": 500 * 5} {
		if kept[tag]+lost[tag] != want || lost[tag] == 0 {
			t.Errorf("%s: got %v values and %v that are not finite, want %v in all", tag, kept[tag], lost[tag], want)
		}
	}
	for _, e := range readEvents(t, mustRun(t, small(t)).Folder) {
		if strings.HasPrefix(e.Tag, nonFinitePrefix) {
			t.Fatalf("a run of finite values has %s", e.Tag)
		}
	}
}

// TestDivergedReplicaKeepsCheckpoint has one of two replicas diverge: beside the newest
// checkpoints, in which it is NaN, the last one without stays.
func TestDivergedReplicaKeepsCheckpoint(t *testing.T) {
	run := growing(t)
	weights := [][]record.Layer{mustRun(t, withEpochs(run, 1)).Weights[0], nil}
	weights[1] = zeroed(weights[0]) // only its output's bias moves
	run.Repeats, run.Epochs, run.CheckpointFreq, run.MaxCheckpoints = 2, 40, 1, 2
	run.InitialWeights = writeWeights(t, weights)
	result := mustRun(t, run)
	d := result.Summary.Divergence
	if d == nil || d.Replica != 0 || d.Epoch < 2 || result.Summary.Epochs != run.Epochs {
		t.Fatalf("got divergence %v after %d epochs, want that of replica 0, and replica 1 to train on", d, result.Summary.Epochs)
	}
	want := []string{checkpoint.Name(d.Epoch), checkpoint.Name(run.Epochs - 1), checkpoint.Name(run.Epochs)}
	if got := checkpointNames(t, result); !slices.Equal(got, want) {
		t.Errorf("got checkpoints %q, want %q", got, want)
	}
}

func withEpochs(run config.Run, epochs int) config.Run {
	run.Epochs = epochs
	return run
}

func zeroed(layers []record.Layer) []record.Layer {
	var zeros []record.Layer
	for _, layer := range layers {
		zero := record.Layer{Bias: make([]float32, len(layer.Bias))}
		for _, row := range layer.Kernel {
			zero.Kernel = append(zero.Kernel, make([]float32, len(row)))
		}
		zeros = append(zeros, zero)
	}
	return zeros
}

// TestDivergenceOfData trains on numbers that overflow, and from weights that do.
func TestDivergenceOfData(t *testing.T) {
	var csv strings.Builder
	csv.WriteString("a,b,label\n")
	for i := range 40 {
		fmt.Fprintf(&csv, "%de38,3e38,%d\n", i%3, i%2)
	}
	for name, change := range map[string]func(*config.Run){
		"data": func(r *config.Run) {
			r.Dataset, r.Scale, r.KernelInitializer = writeFile(t, csv.String()), "none", "constant:2"
		},
		"weights": func(r *config.Run) {
			weights := mustRun(t, *r).Weights
			weights[0][0].Kernel[0][0], weights[0][1].Kernel[0][0] = 3e38, 3e38
			r.InitialWeights = writeWeights(t, weights)
		},
	} {
		t.Run(name, func(t *testing.T) {
			run := small(t)
			run.Activations = []string{"linear"}
			change(&run)
			result := mustRun(t, run)
			d := result.Summary.Divergence
			if result.Summary.State != record.Diverged || d == nil || d.Epoch != 0 || d.Step < 0 || d.Tensor == "" {
				t.Errorf("got state %s, divergence %+v, want one at the beginning", result.Summary.State, d)
			}
			t.Logf("diverged at %s", d)
		})
	}
}
