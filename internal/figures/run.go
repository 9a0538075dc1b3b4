package figures

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"sync"

	"gradwatch/internal/chart"
	"gradwatch/internal/cli"
	"gradwatch/internal/dataset"
	"gradwatch/internal/engine"
	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
	"gradwatch/internal/study"
	"gradwatch/internal/terminal"
)

// Picture is a chart and the file that it goes to.
type Picture struct {
	Name   string
	Figure chart.Figure
}

// Drawn is a figure that was drawn before.
type Drawn struct {
	chart.Figure
	PNG []byte // nil where it could not be drawn
}

// Draw writes the pictures into the folder, each drawn by a goroutine of its own.
// When stop is closed meanwhile it returns the context's cause, and writes none. It returns
// the names of the pictures that are written, and why the others are not.
func Draw(ctx context.Context, stop <-chan struct{}, folder *runfolder.Folder, pictures []Picture) (names []string, undrawn []error, stopped error) {
	drawn := make([]bytes.Buffer, len(pictures))
	failures := make([]error, len(pictures))
	done := make(chan struct{})
	go func() {
		defer close(done)
		var group sync.WaitGroup
		for i, p := range pictures {
			if before, ok := p.Figure.(Drawn); ok && before.PNG != nil {
				drawn[i].Write(before.PNG)
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
			undrawn = append(undrawn, fmt.Errorf("picture %s of %s: %w", p.Name, cli.DisplayPath(folder.Path), failures[i]))
			continue
		}
		names = append(names, p.Name)
	}
	return names, undrawn, nil
}

// DrawRun draws a finished run's pictures into its folder, as drawAll does.
// A file that can't be read costs the pictures made of it alone.
func DrawRun(
	ctx context.Context, stop <-chan struct{}, path string, history *record.History, points *dataset.Points, finished *engine.Ended,
) (names []string, undrawn []error, stopped error) {
	folder, err := runfolder.Open(path)
	if err != nil {
		return nil, []error{fmt.Errorf("draw the pictures of %s: %w", cli.DisplayPath(path), err)}, nil
	}
	defer folder.Close()
	var unread []error
	checks, err := ReadChecks(path)
	if err != nil {
		unread = append(unread, fmt.Errorf("picture %s of %s: %w", flowPicture, cli.DisplayPath(path), err))
	}
	pictures := OfRun(filepath.Base(path), history, checks, points, finished)
	more, err := OfEvaluation(path, filepath.Base(path), &finished.Summary)
	if err != nil {
		unread = append(unread, fmt.Errorf("picture of the test rows of %s: %w", cli.DisplayPath(path), err))
	}
	names, undrawn, stopped = Draw(ctx, stop, folder, append(pictures, more...))
	return names, append(unread, undrawn...), stopped
}

// OfRun returns the pictures of a run: none but the decision's where no
// epoch was recorded.
func OfRun(
	name string, history *record.History, checks []record.Check, points *dataset.Points, finished *engine.Ended,
) []Picture {
	var pictures []Picture
	if history.Epochs() > 0 {
		curves := NewCurves(history)
		pictures = append(curvePictures(name, curves, &finished.Summary), []Picture{
			{"gradients.png", chart.Gradients{Title: name + ": gradients by layer" + curves.medianNote, Norms: curves.Gradients}},
			{"weights.png", chart.Norms{Title: name + ": size of the weights" + curves.medianNote, L1: curves.Kernels}},
		}...)
	}
	if len(checks) > 0 {
		pictures = append(pictures, Picture{flowPicture, Flow(name, &finished.Summary, checks)})
	}
	if d := finished.Decision; d != nil {
		pictures = append(pictures, Picture{DecisionPicture, Decision(DecisionTitle(name, history), points, finished)})
	}
	return pictures
}

// AccuracyTitle says of several replicas how they end: those that did not diverge.
func AccuracyTitle(name string, results []record.Result) string {
	title := name + ": accuracy"
	_, test, diverged := record.Accuracies(results)
	switch s := study.NewSpread(test); {
	case len(results) < 2:
		return title
	case diverged > 0:
		return fmt.Sprintf("%s, %d seeds, of which %d diverged", title, len(results), diverged)
	default:
		return fmt.Sprintf("%s, %d seeds: %.3f ± %.3f on the test rows at the end", title, len(results), s.Mean, s.Std)
	}
}

// DecisionTitle says that what several replicas decide is their mean.
func DecisionTitle(name string, history *record.History) string {
	if history.Replicas > 1 {
		return fmt.Sprintf("%s: mean decision of %s", name, terminal.Count(history.Replicas, "seed"))
	}
	return name + ": decision"
}

func scatterPoints(points *dataset.Points) chart.Points {
	return chart.Points{X: points.X, Inputs: points.Features(), Labels: points.Y}
}

// Data is the scatter plot of a data set of at least two inputs.
func Data(name string, points *dataset.Points) chart.Scatter {
	return chart.Scatter{
		Title: name, Points: scatterPoints(points), XLabel: points.Columns[0], YLabel: points.Columns[1],
	}
}

// DecisionPicture needs the model, which the others don't.
const DecisionPicture = "decision.png"
