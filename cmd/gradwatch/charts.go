package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"sync"

	"gradwatch/internal/chart"
	"gradwatch/internal/dataset"
	"gradwatch/internal/engine"
	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
	"gradwatch/internal/study"
)

// picture is a chart and the file that it goes to.
type picture struct {
	name   string
	figure chart.Figure
}

// drawnFigure is a figure that was drawn before.
type drawnFigure struct {
	chart.Figure
	png []byte // nil where it could not be drawn
}

// drawAll writes the pictures into the folder, each drawn by a goroutine of its own.
// When stop is closed meanwhile it returns the context's cause, and writes none. It returns
// the names of the pictures that are written, and why the others are not.
func drawAll(ctx context.Context, stop <-chan struct{}, folder *runfolder.Folder, pictures []picture) (names []string, undrawn []error, stopped error) {
	drawn := make([]bytes.Buffer, len(pictures))
	failures := make([]error, len(pictures))
	done := make(chan struct{})
	go func() {
		defer close(done)
		var group sync.WaitGroup
		for i, p := range pictures {
			if before, ok := p.figure.(drawnFigure); ok && before.png != nil {
				drawn[i].Write(before.png)
				continue
			}
			group.Go(func() { failures[i] = chart.WritePNG(&drawn[i], p.figure, chart.Size{}) })
		}
		group.Wait()
	}()
	select {
	case <-done:
	case <-stop: // what is being drawn ends with the process
		return nil, nil, context.Cause(ctx)
	}
	for i, p := range pictures {
		if failures[i] == nil {
			failures[i] = folder.Write(p.name, func(w io.Writer) error {
				_, err := w.Write(drawn[i].Bytes())
				return err
			})
		}
		if failures[i] != nil {
			undrawn = append(undrawn, fmt.Errorf("picture %s of %s: %w", p.name, shown(folder.Path), failures[i]))
			continue
		}
		names = append(names, p.name)
	}
	return names, undrawn, nil
}

// drawRun draws a finished run's pictures into its folder, as drawAll does.
// A file that can't be read costs the pictures made of it alone.
func drawRun(
	ctx context.Context, stop <-chan struct{}, path string, history *record.History, points *dataset.Points, finished *engine.Ended,
) (names []string, undrawn []error, stopped error) {
	folder, err := runfolder.Open(path)
	if err != nil {
		return nil, []error{fmt.Errorf("draw the pictures of %s: %w", shown(path), err)}, nil
	}
	defer folder.Close()
	var unread []error
	checks, err := readChecks(path)
	if err != nil {
		unread = append(unread, fmt.Errorf("picture %s of %s: %w", flowPicture, shown(path), err))
	}
	pictures := runPictures(filepath.Base(path), history, checks, points, finished)
	more, err := evaluationPictures(path, filepath.Base(path), &finished.Summary)
	if err != nil {
		unread = append(unread, fmt.Errorf("picture of the test rows of %s: %w", shown(path), err))
	}
	names, undrawn, stopped = drawAll(ctx, stop, folder, append(pictures, more...))
	return names, append(unread, undrawn...), stopped
}

// runPictures returns the pictures of a run: none but the decision's where no
// epoch was recorded.
func runPictures(
	name string, history *record.History, checks []record.Check, points *dataset.Points, finished *engine.Ended,
) []picture {
	var pictures []picture
	if history.Epochs() > 0 {
		curves := newCurves(history)
		pictures = append(curvePictures(name, curves, &finished.Summary), []picture{
			{"gradients.png", chart.Gradients{Title: name + ": gradients by layer" + curves.medianNote, Norms: curves.gradients}},
			{"weights.png", chart.Norms{Title: name + ": size of the weights" + curves.medianNote, L1: curves.kernels}},
		}...)
	}
	if len(checks) > 0 {
		pictures = append(pictures, picture{flowPicture, flowFigure(name, &finished.Summary, checks)})
	}
	if d := finished.Decision; d != nil {
		pictures = append(pictures, picture{decisionPicture, decisionFigure(decisionTitle(name, history), points, finished)})
	}
	return pictures
}

// accuracyTitle says of several replicas how they end: those that did not diverge.
func accuracyTitle(name string, results []record.Result) string {
	title := name + ": accuracy"
	_, test, diverged := accuracies(results)
	switch s := study.NewSpread(test); {
	case len(results) < 2:
		return title
	case diverged > 0:
		return fmt.Sprintf("%s, %d seeds, of which %d diverged", title, len(results), diverged)
	default:
		return fmt.Sprintf("%s, %d seeds: %.3f ± %.3f on the test rows at the end", title, len(results), s.Mean, s.Std)
	}
}

// decisionTitle says that what several replicas decide is their mean.
func decisionTitle(name string, history *record.History) string {
	if history.Replicas > 1 {
		return fmt.Sprintf("%s: mean decision of %s", name, count(history.Replicas, "seed"))
	}
	return name + ": decision"
}

// curves are a history's columns as the charts want them.
type curves struct {
	loss, accuracy, valLoss, valAccuracy [][]float64 // [replica][epoch]
	gradients, kernels                   [][]float64 // [layer][epoch], the median over the replicas
	note, medianNote                     string      // for titles, with several replicas
}

func newCurves(history *record.History) *curves {
	c := &curves{
		loss:        columns(history, func(row record.Row) float64 { return row.Loss }),
		accuracy:    columns(history, func(row record.Row) float64 { return row.Accuracy }),
		valLoss:     columns(history, func(row record.Row) float64 { return row.ValLoss }),
		valAccuracy: columns(history, func(row record.Row) float64 { return row.ValAccuracy }),
	}
	for k := range history.Layers {
		c.gradients = append(c.gradients, medians(columns(history, func(row record.Row) float64 { return row.GradientL2[k] })))
		c.kernels = append(c.kernels, medians(columns(history, func(row record.Row) float64 { return row.KernelL1[k] })))
	}
	if history.Replicas > 1 {
		c.note = fmt.Sprintf(", %d seeds", history.Replicas)
		c.medianNote = fmt.Sprintf(", median of %d seeds", history.Replicas)
	}
	return c
}

// columns returns one column: [replica][epoch].
func columns(history *record.History, pick func(record.Row) float64) [][]float64 {
	values := make([][]float64, history.Replicas)
	for r := range values {
		for _, row := range history.Replica(r) {
			values[r] = append(values[r], pick(row))
		}
	}
	return values
}

// medians returns the median over the replicas of each epoch: of those whose value
// is finite, NaN where none is.
func medians(replicas [][]float64) []float64 {
	if len(replicas) == 1 {
		return replicas[0]
	}
	longest := 0
	for _, replica := range replicas {
		longest = max(longest, len(replica))
	}
	values := make([]float64, longest)
	for e := range values {
		var column []float64
		for _, replica := range replicas {
			if e < len(replica) { // it has not stopped early
				column = append(column, replica[e])
			}
		}
		values[e] = study.NewSpread(column).Median
	}
	return values
}

func scatterPoints(points *dataset.Points) chart.Points {
	return chart.Points{X: points.X, Inputs: points.Features(), Labels: points.Y}
}

// dataFigure is the scatter plot of a data set of at least two inputs.
func dataFigure(name string, points *dataset.Points) chart.Scatter {
	return chart.Scatter{
		Title: name, Points: scatterPoints(points), XLabel: points.Columns[0], YLabel: points.Columns[1],
	}
}
