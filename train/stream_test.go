//go:build tensorflow

package train_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/record"
	"gradwatch/train"
)

// pointsFile writes moons to a CSV file and returns its path.
func pointsFile(t *testing.T, samples int) string {
	t.Helper()
	points, err := dataset.Moons(samples, 0.2, 1)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "moons.csv")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := points.WriteCSV(file); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func streamRun(t *testing.T) config.Run {
	t.Helper()
	run := config.Default()
	run.Dataset = pointsFile(t, 1000)
	run.Layers, run.Activations = []int{8, 8}, []string{"tanh"}
	run.TestFraction, run.BatchSize, run.Epochs, run.HistogramFreq = 0.37, 32, 4, 1
	run.LogDir, run.Cache = t.TempDir(), t.TempDir()
	run.Shuffle = false
	return run
}

func mustRun(t *testing.T, run config.Run) (*train.Result, *record.History) {
	t.Helper()
	result, err := train.Run(context.Background(), run, train.Options{})
	if err != nil {
		t.Fatal(err)
	}
	history, err := record.ReadHistory(filepath.Join(result.Folder, "history.csv"))
	if err != nil {
		t.Fatal(err)
	}
	return result, history
}

// TestStreamTrainsAsMemory compares a stream without a shuffle with the same rows in
// memory: what differs is that inputs are scaled as float32 in the graph.
func TestStreamTrainsAsMemory(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*config.Run)
	}{
		{"exact", func(*config.Run) {}},
		{"running, standard", func(r *config.Run) { r.TrainMetrics, r.Scale = config.RunningMetrics, "standard" }},
		{"adam, two replicas", func(r *config.Run) { r.Optimizer, r.Repeats = "adam", 2 }},
		{"batch norm, minmax-train, large batch", func(r *config.Run) { r.BatchNorm, r.Scale, r.BatchSize = true, "minmax-train", 5000 }},
		{"whole batches, gradients of training rows", func(r *config.Run) { r.BatchSize, r.GradientData = 63, "train" }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			run := streamRun(t)
			tt.change(&run)
			inMemory, want := mustRun(t, run)
			run.Stream = true
			streamed, got := mustRun(t, run)
			if len(got.Rows) != len(want.Rows) {
				t.Fatalf("got %d rows, want %d", len(got.Rows), len(want.Rows))
			}
			for i, row := range got.Rows {
				w := want.Rows[i]
				near(t, "loss", row.Loss, w.Loss, 2e-5)
				near(t, "accuracy", row.Accuracy, w.Accuracy, 2e-3)
				near(t, "val_loss", row.ValLoss, w.ValLoss, 2e-5)
				near(t, "val_accuracy", row.ValAccuracy, w.ValAccuracy, 2e-3)
				for k := range row.GradientL2 {
					near(t, "gradient_l2", row.GradientL2[k], w.GradientL2[k], 1e-4)
					near(t, "kernel_l1", row.KernelL1[k], w.KernelL1[k], 1e-4)
				}
			}
			a, b := streamed.Summary, inMemory.Summary
			if a.TrainRows != b.TrainRows || a.TestRows != b.TestRows {
				t.Errorf("rows: got %d and %d, want %d and %d", a.TrainRows, a.TestRows, b.TrainRows, b.TestRows)
			}
			near(t, "class 1", a.Data.Class1, b.Data.Class1, 1e-9)
			near(t, "input RMS", float64(a.Data.InputRMS), float64(b.Data.InputRMS), 1e-6)
			near(t, "input max", float64(a.Data.InputMax), float64(b.Data.InputMax), 1e-6)
		})
	}
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*max(1, math.Abs(want))) {
		t.Errorf("%s: got %.9g, want %.9g", what, got, want)
	}
}

// TestStreamOfTables compares targets of several classes and of numbers, and a second
// file that tests.
func TestStreamOfTables(t *testing.T) {
	table := func(name string, rows int, target func(x, y float64) string) string {
		random := rand.New(rand.NewPCG(1, uint64(rows)))
		var text strings.Builder
		text.WriteString("a,what,b\n")
		for range rows {
			x, y := random.NormFloat64(), 1000+5*random.NormFloat64()
			fmt.Fprintf(&text, "%.9g,%s,%.9g\n", x, target(x, y), y)
		}
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text.String()), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	classes := func(x, y float64) string {
		switch {
		case x > 0.3:
			return "7"
		case y > 1000:
			return "-2"
		}
		return "3"
	}
	number := func(x, y float64) string { return fmt.Sprintf("%.9g", 3*x+y) }
	for name, target := range map[string]func(x, y float64) string{"classes": classes, "numbers": number} {
		t.Run(name, func(t *testing.T) {
			run := streamRun(t)
			run.Dataset, run.TestFile, run.Target = table("train.csv", 700, target), table("test.csv", 333, target), "what"
			_, want := mustRun(t, run)
			run.Stream = true
			_, got := mustRun(t, run)
			for i, row := range got.Rows {
				near(t, "loss", row.Loss, want.Rows[i].Loss, 1e-4)
				near(t, "val_loss", row.ValLoss, want.Rows[i].ValLoss, 1e-4)
				near(t, "accuracy", row.Accuracy, want.Rows[i].Accuracy, 5e-3)
			}
		})
	}
}

// TestStreamResumesWithinAnEpoch stops a stream after every few steps, and goes on: it
// ends as one that was never stopped.
func TestStreamResumesWithinAnEpoch(t *testing.T) {
	run := streamRun(t)
	run.Stream, run.Shuffle, run.ShuffleBuffer, run.Optimizer = true, true, 200, "adam"
	run.TrainMetrics = config.RunningMetrics
	want, _ := mustRun(t, run)

	run.CheckpointSteps, run.Name = 7, "stopped"
	options := train.Options{Notice: func(line string) { t.Log(line) }}
	stops := 0
	var got *train.Result
	for got == nil || got.Summary.State == record.Stopped {
		ctx, cancel := context.WithCancel(context.Background())
		go func() {
			defer cancel()
			folder := filepath.Join(run.LogDir, "stopped", "checkpoints")
			before, _ := os.ReadDir(folder)
			for range 2000 {
				if now, _ := os.ReadDir(folder); len(now) > 0 && (len(before) == 0 || now[len(now)-1].Name() != before[len(before)-1].Name()) {
					return
				}
				time.Sleep(time.Millisecond)
			}
		}()
		var err error
		if got, err = train.Run(ctx, run, options); err != nil {
			t.Fatal(err)
		}
		if got.Summary.State == record.Stopped {
			stops++
		}
		options.Resume = got.Folder
		cancel()
	}
	if stops == 0 {
		t.Fatal("never stopped")
	}
	t.Logf("stopped %d times", stops)
	for _, name := range []string{"weights.json", "history.csv", "flow.csv", "units.csv"} {
		a, errA := os.ReadFile(filepath.Join(want.Folder, name))
		b, errB := os.ReadFile(filepath.Join(got.Folder, name))
		if errA != nil || errB != nil || string(a) != string(b) {
			t.Errorf("%s: not as of a run that was never stopped (%v, %v)", name, errA, errB)
		}
	}
}

// TestStreamShuffles checks that the order is the seed's and the epoch's, and that a
// shuffled stream learns from every row: with a learning rate near 0, the running loss
// is the exact one, whatever the order.
func TestStreamShuffles(t *testing.T) {
	run := streamRun(t)
	run.Stream, run.Shuffle, run.LearningRate, run.Momentum = true, true, 1e-30, 0
	_, exact := mustRun(t, run)
	run.TrainMetrics = config.RunningMetrics
	for _, buffer := range []int{1, 100, 100_000} {
		run.ShuffleBuffer = buffer
		_, running := mustRun(t, run)
		for i, row := range running.Rows {
			near(t, "loss", row.Loss, exact.Rows[i].Loss, 1e-6)
			near(t, "accuracy", row.Accuracy, exact.Rows[i].Accuracy, 1e-6)
		}
	}
	run.LearningRate, run.Momentum = 0.01, 0.9
	_, first := mustRun(t, run)
	_, again := mustRun(t, run)
	if first.Rows[3].Loss != again.Rows[3].Loss {
		t.Errorf("the same seed: got %v, then %v", first.Rows[3].Loss, again.Rows[3].Loss)
	}
	run.ShuffleBuffer = 1
	if _, other := mustRun(t, run); other.Rows[3].Loss == first.Rows[3].Loss {
		t.Error("another buffer: got the same order")
	}
}
