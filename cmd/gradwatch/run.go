package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"gradwatch/internal/checkpoint"
	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/engine"
	"gradwatch/internal/invalid"
	"gradwatch/internal/printable"
	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
	"gradwatch/internal/sysmem"
)

// job is a run to be trained.
type job struct {
	run    config.Run
	data   *dataset.Set
	cores  int         // that it may use
	plan   config.Plan // how to use them; the run's own for the zero value
	resume string      // its folder, absolute, where it is to go on; "" for a new run
	plots  bool
	mark   string    // a file to make in its folder, empty; "" for none
	paired bool      // see engine.Train
	log    io.Writer // for TensorFlow's messages; nil for none
	track  track
	// command is how to start this program, for commands that are printed.
	command string
	tell    func(line string) // tells the user what the engine has to say
	crew    *crew             // workers that train; nil for this machine alone
	made    string            // its folder, absolute, once a run with a crew can be resumed
	heard   bool              // an epoch was recorded since this was last false
}

// outcome is a run that has ended: done, stopped or diverged.
type outcome struct {
	*engine.Ended
	command string // how to start this program
	folder  string // absolute
	name    string // inside the log folder
	history *record.History
	// pictures are the names of those in the folder, undrawn why others are not there, or
	// not in TensorBoard.
	pictures []string
	undrawn  []error
	// comparison is a picture, a PNG, that compares the run with another; nil for none.
	comparison []byte
}

// errPictures ends a command whose run is complete but for pictures, after its result and
// a line for each of them.
var errPictures = errors.New("pictures are missing")

// warnUndrawn prints a line for each picture that is missing, and returns errPictures
// where there are any.
func (f *front) warnUndrawn(o *outcome) error {
	for _, err := range o.undrawn {
		fmt.Fprintln(f.stderr, "gradwatch:", message(err))
	}
	if len(o.undrawn) > 0 {
		return errPictures
	}
	return nil
}

// check loads what the run reads, so that a wrong request ends before the engine
// starts. It returns the data set.
func check(run *config.Run) (*dataset.Set, error) {
	if err := checkInside(run.LogDir, run.Name); err != nil {
		return nil, err
	}
	data, err := openData(run)
	if err != nil {
		return nil, err
	}
	if err := checkTarget(run, data); err != nil {
		return nil, err
	}
	if err := checkDecisionColumns(run, data.Points); err != nil {
		return nil, err
	}
	if err := fits(run, sizeOf(data), sysmem.Read()); err != nil {
		return nil, err
	}
	return data, checkWeights(run)
}

func checkWeights(run *config.Run) error {
	if run.InitialWeights == "" {
		return nil
	}
	if _, err := record.ReadWeights(run.InitialWeights); err != nil {
		return fileOr(err, func(err error) error { return requestErrorf("--initial-weights: %v", err) })
	}
	return nil
}

// checkInside refuses a run whose folder lies beyond a link out of the log folder.
func checkInside(logdir, name string) error {
	logs, err := os.OpenRoot(logdir)
	if err != nil {
		return nil // it isn't there yet, or the engine says what is wrong with it
	}
	defer logs.Close()
	for parent := path.Dir(name); parent != "." && parent != "/"; parent = path.Dir(parent) {
		_, outside := os.Stat(filepath.Join(logdir, parent))
		if _, err := logs.Stat(parent); err != nil && outside == nil {
			return invalid.New("run", name, "a folder inside the log folder, which a link here leaves")
		}
	}
	return nil
}

// fileOr returns err as it is where the file system is to blame, else what
// request makes of it.
func fileOr(err error, request func(error) error) error {
	var file *fs.PathError
	if errors.As(err, &file) {
		return err
	}
	return request(err)
}

// openData makes or reads the run's data set.
func openData(run *config.Run) (*dataset.Set, error) {
	if run.Stream {
		return nil, invalid.New("stream", "true", "it with gradwatch train alone: what is compared here is held in memory")
	}
	data, err := dataset.Open(run.Source())
	// A word that is no file is rather a name mistyped than a file missing.
	if errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(run.Dataset, `./\`) {
		return nil, &invalid.Error{
			Field: "dataset", Value: run.Dataset,
			Want: "one of " + strings.Join(dataset.Names(), ", ") + ", or a CSV file",
		}
	}
	return data, err
}

// execute trains the job in an engine of its own and draws its pictures.
func execute(ctx context.Context, installation engine.Installation, j *job) (*outcome, error) {
	e := installation.Engine(j.log)
	defer e.Close()
	train := j.train
	if j.crew != nil {
		train = j.trainOnCluster
	}
	ended, err := train(ctx, e)
	if err != nil {
		return nil, err
	}
	if err := ended.finish(ctx, j); err != nil {
		return nil, err
	}
	if err := ended.show(ctx, e); err != nil {
		ended.undrawn = append(ended.undrawn, err)
	}
	return ended, nil
}

// show puts the pictures into TensorBoard, if there are any. What was stopped may
// be gone on with, and shows them then.
func (o *outcome) show(ctx context.Context, e *engine.Engine) error {
	switch {
	case len(o.pictures) == 0 || ctx.Err() != nil && o.Summary.State == record.Stopped:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("%w; %s has its pictures, and TensorBoard has not; go on with: %s", context.Cause(ctx), shown(o.folder), resumeCommand(o.command, o.folder))
	}
	if err := o.showPictures(ctx, e, o.pictures); err != nil {
		return fmt.Errorf("show the pictures in TensorBoard: %w", err)
	}
	return nil
}

// train has the engine train the job, and shows how far it is.
func (j *job) train(ctx context.Context, e *engine.Engine) (*outcome, error) {
	defer j.track.end()
	plan := j.plan
	if plan == (config.Plan{}) {
		plan = j.run.Plan(j.cores)
	}
	request := engine.Train{
		Runs: []config.Run{j.run}, Plan: plan, Versions: versions(), Decision: j.plots && !j.run.Stream && j.data.Points.Features() >= 2,
		Resume: j.resume, Paired: j.paired,
	}
	if j.crew != nil {
		request.Cluster = j.crew.towers()
		request.Plan.Groups, request.Plan.Towers = 1, len(j.crew.Workers)
	}
	ended := &outcome{command: j.command}
	replaces := "" // the run that is there until the new one has something recorded
	if before := filepath.Join(j.run.LogDir, j.run.FolderName()); j.run.Overwrite && j.resume == "" && !isGone(before) {
		replaces = before
	}
	var marked error
	finished, err := e.Train(ctx, request, func(m engine.Message) {
		switch {
		case m.Started != nil:
			ended.folder, ended.name = m.Started.Folder, m.Started.Name
			marked = makeMark(ended.folder, j.mark)
		case m.Made != "":
			ended.folder, j.made = m.Made, m.Made
		case m.Progress != nil:
			m.Progress.Metric = metricOf(j.data)
			j.heard = true
			j.track.epoch(m.Progress)
		case m.Notice != "" && j.tell != nil:
			j.tell("gradwatch: " + m.Notice)
		}
	})
	left := ended.folder
	if left == "" {
		left = replaces
	}
	if err != nil && left != "" {
		_ = checkpoint.RemoveIncomplete(left) // else --resume does
	}
	var crash *engine.Crash
	if errors.As(err, &crash) && crash.Folder != "" {
		crash.Folder = shown(crash.Folder)
	}
	var killed *engine.Killed
	if errors.As(err, &killed) && killed.Folder != "" {
		killed.Folder = shown(killed.Folder)
	}
	switch {
	case err != nil && ended.folder == "" && replaces != "" && (crash != nil || killed != nil):
		return nil, fmt.Errorf("%w; %s is as it was", err, shown(replaces))
	case err != nil && ended.folder == "" && replaces != "" && ctx.Err() != nil:
		return nil, fmt.Errorf("%w: %w", context.Cause(ctx), err)
	case err != nil && ended.folder != "" && isGone(ended.folder):
		return nil, fmt.Errorf("%w; %s is no longer there", err, shown(ended.folder))
	case err != nil && ended.folder != "":
		return nil, fmt.Errorf("%w; go on with: %s", err, j.resumeCommand(ended.folder))
	case err != nil || marked != nil:
		return nil, errors.Join(err, marked)
	}
	ended.Ended = &finished.Runs[0]
	return ended, nil
}

// isGone reports whether a folder is no longer there.
func isGone(folder string) bool {
	_, err := os.Stat(folder)
	return errors.Is(err, fs.ErrNotExist)
}

// finish reads the history of a run that was trained, and draws its pictures
// where the job asks for them. A signal ends the drawing: of a run that a signal has
// stopped, the second.
func (o *outcome) finish(ctx context.Context, j *job) error {
	var err error
	if o.history, err = record.ReadHistory(filepath.Join(o.folder, runfolder.HistoryFile)); err != nil {
		return err
	}
	if !j.plots {
		return nil
	}
	stop := ctx.Done()
	if o.Summary.State == record.Stopped {
		stop = again(ctx)
	}
	if o.pictures, o.undrawn, err = drawRun(ctx, stop, o.folder, o.history, j.data.Points, o.Ended); err != nil {
		return fmt.Errorf("%w; %s has %d of %d epochs and no pictures yet; go on with: %s", err, shown(o.folder),
			o.Summary.Epochs, j.run.Epochs, j.resumeCommand(o.folder))
	}
	return nil
}

// shown returns a path as the user would write it: from the current folder where
// it lies below, else absolute.
func shown(path string) string { return printable.Text(near(path)) }

// near returns a path from the current folder, where it lies below, for a command; the
// current folder itself by its whole path.
func near(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	if relative, err := filepath.Rel(here, path); err == nil && filepath.IsLocal(relative) && relative != "." {
		return relative
	}
	return path
}
