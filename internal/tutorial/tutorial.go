package tutorial

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/engine"
	"gradwatch/internal/figures"
	"gradwatch/internal/record"
	"gradwatch/internal/report"
	"gradwatch/internal/runfolder"
	"gradwatch/internal/runner"
	"gradwatch/internal/terminal"
)

// Model is a model of the tutorial with what is known of it.
type Model struct {
	Preset    string
	reference float64 // the accuracy of the tutorial's one run, about
	digits    int     // of reference, that the tutorial gives
	// mean and deviation of the test accuracy over referenceSeeds seeds, computed
	// with another framework by the same rules.
	mean, deviation float64
}

const referenceSeeds = 200

// comparedModels is how many of the models, the last ones, are those whose gradients
// are compared.
const comparedModels = 2

// Models returns the tutorial's models in its order.
func Models() []Model {
	return []Model{
		{"tanh-1", 0.816, 3, 0.822, 0.026},
		{"tanh-5", 0.50, 2, 0.571, 0.087},
		{"relu-5", 0.84, 2, 0.818, 0.059},
	}
}

// modelSeeds is how many seeds each model is trained with, to tell its result from
// luck.
const modelSeeds = 30

// result is a model with its runs: one to look at closely, and one of many seeds, of
// which the other's is one.
type result struct {
	Model
	one, seeds *runner.Outcome
}

// Run trains the models side by side, draws the pictures that compare them,
// and prints what they show.
func Run(ctx context.Context, env *cli.Env, base config.Run, chosen bool, says cli.Verbosity) error {
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
	if err := checkMarks(modelJobs(base, data)); err != nil {
		return err
	}
	folder, err := pictureFolder(base.LogDir, base.Overwrite)
	if err != nil {
		return err
	}
	defer folder.Close()
	begin := time.Now()
	trainer := &scheduler{
		installation: installation, command: env.Command(), chosen: chosen, shows: terminal.NewProgress(env.Stderr, says.Quiet, says.Verbose), log: env.Log(says.Verbose),
	}
	learned, err := trainer.train(ctx, base, data)
	if err != nil {
		return err
	}
	_, undrawn, err := figures.Draw(ctx, ctx.Done(), folder, pictures(data.Examples, learned))
	if err != nil {
		return err
	}
	s := &summary{
		Style: terminal.NewStyle(env.Stdout), w: env.Stdout, results: learned, took: time.Since(begin),
		pictures: cli.DisplayPath(folder.Path), tensorBoard: env.TensorBoard(base.LogDir), program: env.Command(),
		seedsDir: seedsDir(base.LogDir), seedsBoard: env.TensorBoard(seedsDir(base.LogDir)), chosen: chosen,
	}
	if _, ok := env.OwnTensorBoard(); !ok {
		s.without = "Where that isn't found: pip install tensorboard"
	}
	s.print()
	for _, l := range learned {
		undrawn = append(undrawn, l.one.Undrawn...)
	}
	if err := diverged(env, learned); err != nil {
		return err
	}
	return errors.Join(undrawn...)
}

// tutorialFolder holds the tutorial's own pictures, beside the runs' folders.
const (
	tutorialFolder = "tutorial"
)

// Mark is an empty file in a run's folder: the tutorial has made the run, and may
// replace it.
const Mark = ".tutorial"

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
		if _, err := os.Lstat(filepath.Join(earlier, figures.DataPicture)); err == nil {
			return runfolder.Open(earlier)
		}
	}
	return runfolder.Make(logdir, tutorialFolder)
}

// diverged reports runs that diverged.
func diverged(env *cli.Env, learned []result) error {
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

// pictures returns the tutorial's pictures of the data and the models.
func pictures(points *dataset.Examples, learned []result) []figures.Picture {
	models := make([]figures.TutorialModel, len(learned))
	for i, l := range learned {
		models[i] = figures.TutorialModel{
			Name: l.one.Name, History: l.one.History, Summary: &l.one.Summary, Decision: l.one.Decision,
			Seeds: l.seeds.Summary.Result, Reference: l.reference, Comparison: l.one.Comparison,
		}
		if i >= len(learned)-comparedModels {
			models[i].Gradients, _ = ends(l.one.History)
		}
	}
	return figures.Tutorial(points, models, window(deepOnes(learned)[0].History), referenceEpochs)
}

// deepOnes returns the runs whose gradients are compared.
func deepOnes(learned []result) []*runner.Outcome {
	var deep []*runner.Outcome
	for _, l := range learned[len(learned)-comparedModels:] {
		deep = append(deep, l.one)
	}
	return deep
}
