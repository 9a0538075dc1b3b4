package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/stat"

	"gradwatch/internal/dataset"
	"gradwatch/train/config"
	"gradwatch/train/record"
)

// printRun prints a run's result: what was trained, how well, its gradients, and
// where everything lies.
func (f *front) printRun(ended *outcome) {
	w := f.stdout
	s := &ended.Summary
	fmt.Fprintf(w, "%s: %s on %s\n", ended.name, modelText(&s.Configuration), dataText(s))
	fmt.Fprintf(w, "%s, %s, %s; %.2f s\n", seedText(s.Seeds), count(ended.history.Epochs(), "epoch"), machineText(s),
		s.Timings.Prepare+s.Timings.Train)
	if ended.history.Epochs() > 0 {
		fmt.Fprintln(w)
		printAccuracy(w, s.Result)
		fmt.Fprintln(w)
		printGradients(w, ended.history, s.Configuration.GradientData)
	}
	fmt.Fprintf(w, "\n%s\n%s\n", shown(ended.folder), f.tensorBoard(s.Configuration.LogDir))
}

// modelText describes the hidden layers: "5 x 5 units, relu".
func modelText(run *config.Run) string {
	return layersText(run.Layers) + " units, " + strings.Join(run.Activations, ", ")
}

func layersText(layers []int) string {
	if slices.Max(layers) == slices.Min(layers) {
		return fmt.Sprintf("%d x %d", len(layers), layers[0])
	}
	texts := make([]string, len(layers))
	for i, n := range layers {
		texts[i] = strconv.Itoa(n)
	}
	return strings.Join(texts, ", ")
}

func dataText(s *record.Summary) string {
	name := s.Configuration.Dataset
	if !slices.Contains(dataset.Names(), name) {
		name = shown(name)
	}
	return fmt.Sprintf("%s, %d rows to train on and %d to test", name, s.TrainRows, s.TestRows)
}

// seedText names the seeds, which follow one another.
func seedText(seeds []uint32) string {
	if len(seeds) == 1 {
		return fmt.Sprintf("seed %d", seeds[0])
	}
	return fmt.Sprintf("%d seeds, %d to %d", len(seeds), seeds[0], seeds[len(seeds)-1])
}

func machineText(s *record.Summary) string {
	return s.Device + " with " + count(s.Plan.Threads, "thread")
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// printAccuracy prints the accuracies on both sets; of several replicas their
// distribution.
func printAccuracy(w io.Writer, results []record.Result) {
	train := make([]float64, len(results))
	test := make([]float64, len(results))
	for i, r := range results {
		train[i], test[i] = float64(r.Accuracy), float64(r.ValAccuracy)
	}
	if len(results) == 1 {
		fmt.Fprintf(w, "            train   test\naccuracy    %.3f  %.3f\nloss        %.3f  %.3f\n",
			train[0], test[0], results[0].Loss, results[0].ValLoss)
		return
	}
	fmt.Fprintln(w, "accuracy     mean    std  median  worst   best")
	for _, row := range []struct {
		name   string
		values []float64
	}{{"train", train}, {"test", test}} {
		mean, deviation := stat.MeanStdDev(row.values, nil)
		fmt.Fprintf(w, "%-10s  %.3f  %.3f   %.3f  %.3f  %.3f\n",
			row.name, mean, deviation, median(row.values), slices.Min(row.values), slices.Max(row.values))
	}
}

// printGradients prints each layer's gradient in the first and the last epoch; of
// several replicas the median.
func printGradients(w io.Writer, history *record.History, rows string) {
	last := history.Epochs() - 1
	end := fmt.Sprintf("epoch %d", last)
	fmt.Fprintf(w, "gradient    epoch 0  %s   L2 norm of the kernel's, %s rows%s\n", end, rows, medianNote(history))
	for k, norms := range newCurves(history).gradients {
		fmt.Fprintf(w, "%-11s %7s  %*s\n", "dense_"+strconv.Itoa(k+1), short(norms[0]), len(end), short(norms[last]))
	}
}

func medianNote(history *record.History) string {
	if history.Replicas > 1 {
		return ", median"
	}
	return ""
}

// short writes a size in at most 7 columns: 0.1234, 3.4e-05.
func short(x float64) string {
	if x == 0 || x >= 0.001 && x < 10 {
		return fmt.Sprintf("%.4f", x)
	}
	return fmt.Sprintf("%.1e", x)
}
