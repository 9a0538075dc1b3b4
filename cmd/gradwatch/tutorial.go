package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"gradwatch/internal/chart"
	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/engine"
	"gradwatch/internal/figures"
	"gradwatch/internal/record"
	"gradwatch/internal/report"
	"gradwatch/internal/runflags"
	"gradwatch/internal/runfolder"
	"gradwatch/internal/runner"
	"gradwatch/internal/terminal"
)

// lesson is a model of the tutorial with what is known of it.
type lesson struct {
	preset string
	told   float64 // the accuracy of the tutorial's one run, about
	digits int     // of told, that the tutorial gives
	// mean and deviation of the test accuracy over referenceSeeds seeds, computed
	// with another framework by the same rules.
	mean, deviation float64
}

const referenceSeeds = 200

// comparedLessons is how many of the lessons, the last ones, are those whose gradients
// are compared.
const comparedLessons = 2

// lessons returns the tutorial's models in its order.
func lessons() []lesson {
	return []lesson{
		{"tanh-1", 0.816, 3, 0.822, 0.026},
		{"tanh-5", 0.50, 2, 0.571, 0.087},
		{"relu-5", 0.84, 2, 0.818, 0.059},
	}
}

// lessonSeeds is how many seeds a lesson is repeated with, to tell its result from
// luck.
const lessonSeeds = 30

// taught is a lesson with its runs: one to look at closely, and one of many seeds, of
// which the other's is one.
type taught struct {
	lesson
	one, seeds *runner.Outcome
}

func tutorialCommand(env *cli.Env) *cobra.Command {
	run := config.Default()
	says := cli.Verbosity{Plots: true}
	c := &cobra.Command{
		Use:   "tutorial [FLAG...]",
		Short: "The vanishing-gradients tutorial: three models and what their gradients say",
		Long: `Does what the tutorial "How to Fix the Vanishing Gradients Problem Using the
ReLU" does: draws the two circles, trains a small tanh network, a deep one and a
deep ReLU network, and shows side by side what becomes of their gradients.

Each model is trained with thirty seeds, because one run may be luck. Shown is
the typical run of each: the one nearest to the median of the thirty in how much
of the gradient reaches the first layer, when the model learns, and what it ends
with. Of each of the three the seeds are ranked, and the seed whose ranks are
nearest to the middle, summed up, is taken.

The deep models' runs go into the log folder, for TensorBoard; the others, with
the thirty seeds, into a folder beside it (logs-seeds for logs).`,
		Args: cli.NoArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			return runTutorial(c.Context(), env, run, c.Flags().Changed("seed"), says)
		},
		DisableFlagsInUseLine: true,
	}
	g := cli.NewGroup("Training")
	g.Add(runflags.IntegerValue("epochs", &run, func(c *config.Run) *int { return &c.Epochs }), "epochs", "passes over the training rows")
	g.Add(runflags.SeedValue("seed", &run.Seed), "seed", "the first of the thirty, which is also the one shown where it is given: the same seed gives the same bits")
	g.AddTo(c)
	g = cli.NewGroup("Records")
	runflags.AddLogDir(g, &run)
	g.AddBool(&run.Overwrite, "overwrite", "replace the runs of an earlier tutorial, which are kept otherwise")
	g.AddTo(c)
	g = cli.NewGroup("Machine")
	runflags.AddMachineFlags(g, &run)
	g.AddTo(c)
	says.AddTo(c, false)
	return c
}

// tutorial trains the models side by side, draws the pictures that compare them,
// and tells the story.
func runTutorial(ctx context.Context, env *cli.Env, base config.Run, chosen bool, says cli.Verbosity) error {
	ofSeeds := manySeeds(base, base.LogDir)
	if err := ofSeeds.Validate(); err != nil {
		return err
	}
	data, err := runner.Check(&base)
	if err != nil {
		return err
	}
	installation, err := engine.Find(env.Program, base.Device)
	if err != nil {
		return err
	}
	if err := checkMarks(lessonJobs(base, data)); err != nil {
		return err
	}
	folder, err := pictureFolder(base.LogDir, base.Overwrite)
	if err != nil {
		return err
	}
	defer folder.Close()
	begin := time.Now()
	class := &class{
		installation: installation, command: env.Command(), chosen: chosen, shows: terminal.NewProgress(env.Stderr, says.Quiet, says.Verbose), log: env.Log(says.Verbose),
	}
	learned, err := class.teach(ctx, base, data)
	if err != nil {
		return err
	}
	_, undrawn, err := figures.Draw(ctx, ctx.Done(), folder, tutorialPictures(data.Points, learned))
	if err != nil {
		return err
	}
	s := &story{
		Style: terminal.NewStyle(env.Stdout), w: env.Stdout, taught: learned, took: time.Since(begin),
		pictures: cli.DisplayPath(folder.Path), tensorBoard: env.TensorBoard(base.LogDir), program: env.Command(),
		seedsDir: seedsDir(base.LogDir), seedsBoard: env.TensorBoard(seedsDir(base.LogDir)), chosen: chosen,
	}
	if _, ok := env.OwnTensorBoard(); !ok {
		s.without = "Where that isn't found: pip install tensorboard"
	}
	s.tell()
	for _, l := range learned {
		undrawn = append(undrawn, l.one.Undrawn...)
	}
	if err := endOfLessons(env, learned); err != nil {
		return err
	}
	return errors.Join(undrawn...)
}

// tutorialFolder holds the tutorial's own pictures, beside the runs' folders.
const (
	tutorialFolder = "tutorial"
	dataPicture    = "data.png"
)

// tutorialMark is an empty file in a run's folder: the tutorial has made the run, and may
// replace it.
const tutorialMark = ".tutorial"

// checkMarks refuses to replace runs that the tutorial has not made.
func checkMarks(jobs []*runner.Job) error {
	for _, j := range jobs {
		folder := filepath.Join(j.Run.LogDir, j.Run.Name)
		entries, err := os.ReadDir(folder)
		if !j.Run.Overwrite || err != nil || len(entries) == 0 {
			continue // nothing is replaced, or training says what is wrong with it
		}
		marked := func(e os.DirEntry) bool { return e.Name() == j.Mark }
		if !slices.ContainsFunc(entries, marked) {
			return cli.RequestErrorf("--overwrite: %s is a run that the tutorial has not made: want it moved, or another --logdir", folder)
		}
	}
	return nil
}

// pictureFolder makes the folder of the tutorial's pictures; with overwrite it
// takes that of an earlier one.
func pictureFolder(logdir string, overwrite bool) (*runfolder.Folder, error) {
	earlier := filepath.Join(logdir, tutorialFolder)
	info, err := os.Lstat(earlier)
	if overwrite && err == nil && info.IsDir() {
		if _, err := os.Lstat(filepath.Join(earlier, dataPicture)); err == nil {
			return runfolder.Open(earlier)
		}
	}
	return runfolder.Make(logdir, tutorialFolder)
}

// endOfLessons reports runs that diverged.
func endOfLessons(env *cli.Env, learned []taught) error {
	var err error
	for _, l := range learned {
		for _, e := range []*runner.Outcome{l.one, l.seeds} {
			if e.Summary.State == record.Diverged {
				report.Diverged(env, e)
				err = cli.ErrDiverged
			}
		}
	}
	return err
}

// tutorialPictures returns the data, and what compares the models: accuracy,
// luck and decision of all three, gradients and weights of the two deep ones.
func tutorialPictures(points *dataset.Points, learned []taught) []figures.Picture {
	accuracy := chart.Panels{Title: "Accuracy by epoch", Share: true}
	decision := chart.Panels{Title: "What each model makes of the plane"}
	for _, l := range learned {
		c := figures.NewCurves(l.one.History)
		accuracy.Figures = append(accuracy.Figures, chart.Accuracy(l.one.Name, c.Accuracy, c.ValAccuracy))
		if l.one.Decision != nil {
			decision.Figures = append(decision.Figures, figures.Decision(l.one.Name, points, l.one.Ended))
		}
	}
	weights := chart.Panels{Title: "Size of the weights by epoch", Share: true}
	deep := deepOnes(learned)
	profile := chart.Profile{Title: fmt.Sprintf("Gradients by layer, median of the first %d epochs", window(deep[0].History))}
	for _, e := range deep {
		c := figures.NewCurves(e.History)
		weights.Figures = append(weights.Figures, chart.Norms{Title: e.Name, L1: c.Kernels})
		first, _ := ends(e.History)
		profile.Models = append(profile.Models, chart.ModelProfile{Name: e.Name, Norms: first})
	}
	pictures := []figures.Picture{
		{Name: dataPicture, Figure: figures.Data("Two circles", points)},
		{Name: "accuracy.png", Figure: accuracy},
		{Name: "seeds.png", Figure: seedsFigure(learned)},
		{Name: "gradients.png", Figure: gradientPanels(deep)},
		{Name: "gradient-by-layer.png", Figure: profile},
		{Name: "weights.png", Figure: weights},
	}
	if len(decision.Figures) > 0 {
		pictures = append(pictures, figures.Picture{Name: "decision.png", Figure: decision})
	}
	return pictures
}

// gradientPanels shows the gradients of several runs, layer by epoch, on one scale.
func gradientPanels(runs []*runner.Outcome) chart.Panels {
	panels := chart.Panels{Title: "Gradients by layer and epoch", Share: true}
	for _, o := range runs {
		panels.Figures = append(panels.Figures, chart.Gradients{Title: o.Name, Norms: figures.NewCurves(o.History).Gradients})
	}
	return panels
}

// seedsFigure shows the accuracies of each model's seeds, with the tutorial's and
// that of the run that is looked at closely.
func seedsFigure(learned []taught) chart.Spreads {
	epochs := learned[0].one.History.Epochs()
	figure := chart.Spreads{
		Title:   fmt.Sprintf("Test accuracy of %d seeds after %s", lessonSeeds, terminal.Count(epochs, "epoch")),
		Told:    "the tutorial's one run",
		Shown:   "the run that is shown",
		Include: chart.Range{Min: 0.4, Max: 1},
		Chance:  0.5,
	}
	if epochs != tutorialEpochs {
		figure.Told += fmt.Sprintf(", of %d epochs", tutorialEpochs)
	}
	for _, l := range learned {
		m := chart.ModelSpread{Name: l.one.Name, Told: l.told, Shown: testAccuracy(&l.one.Summary.Result[0])}
		for i := range l.seeds.Summary.Result {
			m.Values = append(m.Values, testAccuracy(&l.seeds.Summary.Result[i]))
		}
		figure.Models = append(figure.Models, m)
	}
	return figure
}

// testAccuracy is NaN of a replica that diverged.
func testAccuracy(r *record.Result) float64 {
	if r.Diverged() {
		return math.NaN()
	}
	return float64(r.ValAccuracy)
}

// deepOnes returns the runs whose gradients are compared.
func deepOnes(learned []taught) []*runner.Outcome {
	var deep []*runner.Outcome
	for _, l := range learned[len(learned)-comparedLessons:] {
		deep = append(deep, l.one)
	}
	return deep
}
