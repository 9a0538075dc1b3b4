package report

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/figures"
	"gradwatch/internal/format"
	"gradwatch/internal/printable"
	"gradwatch/internal/record"
	"gradwatch/internal/runner"
	"gradwatch/internal/study"
	"gradwatch/internal/terminal"
)

// Run prints a run's result: what was trained, how well, its gradients, and
// where everything lies.
func Run(env *cli.Env, ended *runner.Outcome) {
	w := env.Stdout
	s := &ended.Summary
	lines := []string{
		fmt.Sprintf("%s: %s on %s", printable.Text(ended.Name), modelText(&s.Configuration), dataText(s)),
		fmt.Sprintf("%s, %s, %s; %.2f s", format.Seeds(s.Seeds), printable.Count(ended.History.Epochs(), "epoch"), machineText(s), s.Timings.Prepare+s.Timings.Train),
	}
	if !s.Configuration.Generated() {
		lines = slices.Insert(lines, 1, trainingText(&s.Configuration))
	}
	for _, line := range lines {
		fmt.Fprintln(w, strings.Join(terminal.Wrap(line, terminal.Width), "\n"))
	}
	printStops(w, s)
	if ended.History.Epochs() > 0 {
		fmt.Fprintln(w)
		Accuracies(w, s.Result)
		Baseline(w, s)
		Evaluation(w, s)
		fmt.Fprintln(w)
		if s.Verdict != nil {
			Verdict(w, terminal.NewStyle(w), s.Verdict)
		} else {
			printGradients(w, ended.History, gradientRowsText(s))
		}
	}
	fmt.Fprintf(w, "\n%s\n%s\n", cli.DisplayPath(ended.Folder), env.TensorBoard(s.Configuration.LogDir))
	printNext(env, ended)
}

// printNext prints what can be done next with a run that is done: in at most two lines.
func printNext(env *cli.Env, ended *runner.Outcome) {
	s, folder := &ended.Summary, cli.DisplayPath(ended.Folder)
	if s.State != record.Done {
		return
	}
	if s.Verdict != nil && s.Verdict.Verdict == string(record.Error) {
		fmt.Fprintf(env.Stdout, "To see what helps:  %s diagnose --try-fixes %s\n", env.Command(), cli.Quote(folder))
	}
	next := fmt.Sprintf("To predict:  %s predict %s FILE.csv", env.Command(), cli.Quote(folder))
	if pictures := fmt.Sprintf("  (pictures: %s.png)", filepath.Join(folder, "*")); len(ended.Pictures) > 0 && len(next)+len(pictures) <= terminal.Width {
		next += pictures
	}
	fmt.Fprintln(env.Stdout, next)
}

// modelText describes the hidden layers: "5 x 5 units, relu".
func modelText(run *config.Run) string {
	if len(run.Layers) == 0 {
		return "linear model, no hidden layers"
	}
	return format.Layers(run.Layers) + " units, " + strings.Join(run.Activations, ", ")
}

// trainingText describes how a file's rows are trained on, which follows from their number unless
// flags decide: "adam, learning rate 0.003, cosine:46,0; batches of 32; L2 0.0019; standard scaling of the inputs".
func trainingText(run *config.Run) string {
	parts := []string{
		fmt.Sprintf("%s, learning rate %g, %s", run.Optimizer, run.Rate(), run.LearningRateSchedule),
		fmt.Sprintf("batches of %d", run.BatchSize),
	}
	if run.L2 != 0 {
		parts = append(parts, fmt.Sprintf("L2 %g", run.L2))
	}
	if run.Scale == "none" {
		return strings.Join(append(parts, "inputs not scaled"), "; ")
	}
	return strings.Join(append(parts, run.Scale+" scaling of the inputs"), "; ")
}

func dataText(s *record.Summary) string {
	name := s.Configuration.Dataset
	if !slices.Contains(dataset.Names(), name) {
		name = cli.DisplayPath(name)
	}
	if s.ValidationRows > 0 {
		return fmt.Sprintf("%s, %d rows to train on, %d to validate, %d to test", name, s.TrainRows, s.ValidationRows, s.TestRows)
	}
	return fmt.Sprintf("%s, %d rows to train on and %d to test", name, s.TrainRows, s.TestRows)
}

func machineText(s *record.Summary) string {
	text := s.Device + " with " + printable.Count(s.Plan.Threads, "thread")
	if s.Plan.Branches {
		text += ", 2 ops at once"
	}
	if s.Plan.Towers > 0 {
		text += ", " + printable.Count(s.Plan.Towers, "worker")
	}
	return text
}

// Accuracies prints the accuracies, or the errors of a regression, on both sets; of several
// replicas their distribution.
func Accuracies(w io.Writer, results []record.Result) {
	metric := record.ResultsMetric(results)
	label, width, least := "accuracy  ", len("0.500"), false
	if metric == record.MAE {
		label, width, least = "mean absolute error", len("-1.234e-5"), true // the least error is the best
	}
	row := func(name string, cells ...string) {
		fmt.Fprintf(w, "%-*s  %s\n", len(label), name, strings.Join(cells, "  "))
	}
	cell := func(text, title string) string { return fmt.Sprintf("%*s", max(width, len(title)), text) }
	value := func(x float64, title string) string { return cell(format.Metric(metric, x), title) }
	if len(results) == 1 {
		r := &results[0]
		losses := []string{cell(format.Loss(float64(r.Loss)), ""), cell(format.Loss(float64(r.ValLoss)), "")}
		if r.Test == nil {
			row("", cell("train", ""), cell("test", ""))
			row(label, value(float64(r.Accuracy), ""), value(float64(r.ValAccuracy), ""))
			row("loss", losses...)
			return
		}
		const validation = "validation"
		row("", cell("train", ""), validation, cell("test", ""))
		row(label, value(float64(r.Accuracy), ""), value(float64(r.ValAccuracy), validation), value(r.TestAccuracy(), ""))
		row("loss", losses[0], fmt.Sprintf("%*s", len(validation), losses[1]))
		return
	}
	train, measured, test, diverged := record.Accuracies(results)
	if len(test) == 0 {
		row(label, fmt.Sprintf("none: all %d diverged", diverged))
		return
	}
	var heads []string
	for _, title := range []string{"mean", "std", "median", "worst", "best"} {
		heads = append(heads, cell(title, title))
	}
	row(label, heads...)
	type rows struct {
		name   string
		values []float64
	}
	sets := []rows{{"train", train}, {"test", test}}
	if slices.ContainsFunc(results, func(r record.Result) bool { return r.Test != nil }) {
		sets = []rows{{"train", train}, {"validation", measured}, {"test", test}}
	}
	for _, set := range sets {
		s := study.NewSpread(set.values)
		deviation := cell("-", "")
		if s.N > 1 {
			deviation = value(s.Std, "")
		}
		worst, best := s.Worst, s.Best
		if least {
			worst, best = best, worst
		}
		row(set.name, value(s.Mean, ""), deviation, value(s.Median, "median"), value(worst, ""), value(best, ""))
	}
	if diverged > 0 {
		fmt.Fprintf(w, "%d of %d diverged: left out\n", diverged, len(results))
	}
}

// Diverged says where a run diverged, in one line on stderr; of several
// replicas how many did, and where the first.
func Diverged(env *cli.Env, ended *runner.Outcome) {
	s := &ended.Summary
	line := "training diverged"
	_, _, _, diverged := record.Accuracies(s.Result)
	if len(s.Seeds) > 1 {
		line += fmt.Sprintf(" in %d of %d replicas", max(1, diverged), len(s.Seeds)) // a gradient alone may overflow
	}
	if d := s.Divergence; d != nil {
		if len(s.Seeds) > 1 {
			line += fmt.Sprintf(", first with seed %d", s.Seeds[d.Replica])
		}
		line += " at " + d.String()
	}
	fmt.Fprintf(env.Stderr, "gradwatch: %s; %s keeps the run\n", line, cli.DisplayPath(ended.Folder))
}

// printGradients prints each layer's gradient in the first and the last epoch; of
// several replicas the median.
func printGradients(w io.Writer, history *record.History, rows string) {
	last := history.Epochs() - 1
	end := fmt.Sprintf("epoch %d", last)
	fmt.Fprintf(w, "gradient    epoch 0  %s   L2 norm of the kernel's, %s%s\n", end, rows, medianNote(history))
	for k, norms := range figures.Gradients(history) {
		fmt.Fprintf(w, "%-11s %7s  %*s\n", "dense_"+strconv.Itoa(k+1), format.Size(norms[0]), len(end), format.Size(norms[last]))
	}
}

// gradientRowsText names the rows on which gradients were measured.
func gradientRowsText(s *record.Summary) string {
	name, all := s.Configuration.GradientData, s.TestRows
	if name == "train" {
		all = s.TrainRows
	}
	if s.GradientRows > 0 && s.GradientRows < all {
		return fmt.Sprintf("%d %s rows", s.GradientRows, name)
	}
	return name + " rows"
}

func medianNote(history *record.History) string {
	if history.Replicas > 1 {
		return ", median"
	}
	return ""
}
