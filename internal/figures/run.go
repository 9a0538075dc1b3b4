package figures

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"sync"

	"gradwatch/internal/chart"
	"gradwatch/internal/dataset"
	"gradwatch/internal/printable"
	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
	"gradwatch/internal/study"
)

// Picture is a figure and the name of the PNG file that it is written to.
type Picture struct {
	Name   string
	Figure chart.Figure
}

// DecisionPicture is the only picture that needs the model.
const DecisionPicture = "decision.png"

// drawnFigure is a figure that was drawn before.
type drawnFigure struct {
	chart.Figure
	png []byte // nil where it could not be drawn
}

// Draw draws the pictures side by side and writes them into the folder. It returns the names
// of the written ones and an error for each that is not written. When stop is closed before
// all are drawn, Draw writes none and returns the context's cause.
func Draw(ctx context.Context, stop <-chan struct{}, folder *runfolder.Folder, pictures []Picture) (names []string, undrawn []error, stopped error) {
	drawn := make([]bytes.Buffer, len(pictures))
	failures := make([]error, len(pictures))
	done := make(chan struct{})
	go func() {
		defer close(done)
		var group sync.WaitGroup
		for i, p := range pictures {
			if before, ok := p.Figure.(drawnFigure); ok && before.png != nil {
				drawn[i].Write(before.png)
				continue
			}
			group.Go(func() { failures[i] = chart.WritePNG(&drawn[i], p.Figure, chart.Size{}) })
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
			failures[i] = folder.Write(p.Name, func(w io.Writer) error {
				_, err := w.Write(drawn[i].Bytes())
				return err
			})
		}
		if failures[i] != nil {
			undrawn = append(undrawn, fmt.Errorf("picture %s of %s: %w", p.Name, printable.Path(folder.Path), failures[i]))
			continue
		}
		names = append(names, p.Name)
	}
	return names, undrawn, nil
}

// DrawRun draws the pictures of the finished run in the folder path, as Draw does. points is
// the run's data set, and decision is nil for a run without a picture of it. A file that
// can't be read costs only the pictures that are made of it.
func DrawRun(
	ctx context.Context, stop <-chan struct{}, path string, history *record.History, points *dataset.Examples, summary *record.Summary, decision *record.Decision,
) (names []string, undrawn []error, stopped error) {
	folder, err := runfolder.Open(path)
	if err != nil {
		return nil, []error{fmt.Errorf("draw the pictures of %s: %w", printable.Path(path), err)}, nil
	}
	defer folder.Close()
	var unread []error
	checks, err := readChecks(path)
	if err != nil {
		unread = append(unread, fmt.Errorf("picture %s of %s: %w", flowPicture, printable.Path(path), err))
	}
	pictures := ofRun(filepath.Base(path), history, checks, points, summary, decision)
	more, err := ofEvaluation(path, filepath.Base(path), summary)
	if err != nil {
		unread = append(unread, fmt.Errorf("picture of the test rows of %s: %w", printable.Path(path), err))
	}
	names, undrawn, stopped = Draw(ctx, stop, folder, append(pictures, more...))
	return names, append(unread, undrawn...), stopped
}

// ofRun returns the pictures of a run; only that of the decision where no epoch was recorded.
func ofRun(
	name string, history *record.History, checks []record.Check, points *dataset.Examples, summary *record.Summary, decision *record.Decision,
) []Picture {
	var pictures []Picture
	if history.Epochs() > 0 {
		curves := newCurves(history)
		pictures = append(curvePictures(name, curves, summary), []Picture{
			{"gradients.png", chart.Gradients{Title: name + ": gradients by layer" + curves.medianNote, Norms: curves.gradients}},
			{"weights.png", chart.Norms{Title: name + ": size of the weights" + curves.medianNote, L1: curves.kernels}},
		}...)
	}
	if len(checks) > 0 {
		pictures = append(pictures, Picture{flowPicture, flowFigure(name, summary, checks)})
	}
	if decision != nil {
		pictures = append(pictures, Picture{DecisionPicture, decisionFigure(decisionTitle(name, history), points, summary, decision)})
	}
	return pictures
}

// accuracyTitle says of several replicas how they end: those that did not diverge.
func accuracyTitle(name string, results []record.Result) string {
	title := name + ": accuracy"
	_, _, test, diverged := record.Accuracies(results)
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
		return fmt.Sprintf("%s: mean decision of %s", name, printable.Count(history.Replicas, "seed"))
	}
	return name + ": decision"
}

// WriteData writes the scatter plot of the first two inputs of a data set to w, as a PNG.
func WriteData(w io.Writer, name string, points *dataset.Examples) error {
	return chart.WritePNG(w, dataFigure(name, points), chart.Size{})
}

// dataFigure returns the scatter plot of a data set of at least two inputs.
func dataFigure(name string, points *dataset.Examples) chart.Figure {
	return chart.Scatter{
		Title: name, Points: chart.Points{X: points.X, Inputs: points.Features(), Labels: points.Y}, XLabel: points.Columns[0], YLabel: points.Columns[1],
	}
}
