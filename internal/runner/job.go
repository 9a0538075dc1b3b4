package runner

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
	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/engine"
	"gradwatch/internal/figures"
	"gradwatch/internal/invalid"
	"gradwatch/internal/record"
	"gradwatch/internal/runflags"
	"gradwatch/internal/runfolder"
	"gradwatch/internal/sysmem"
	"gradwatch/internal/version"
)

// Job is a run to be trained.
type Job struct {
	Run      config.Run
	Data     *dataset.Dataset
	Outline  *Outline    // nil of generated data
	Cores    int         // that it may use
	Plan     config.Plan // how to use them; the run's own for the zero value
	Resume   string      // its folder, absolute, where it is to go on; "" for a new run
	Plots    bool
	Mark     string    // a file to make in its folder, empty; "" for none
	Paired   bool      // see engine.Train
	Log      io.Writer // for TensorFlow's messages; nil for none
	Progress *Progress
	// command is how to start this program, for commands that are printed.
	Command      string
	Notify       func(line string) // prints what the engine has to say
	Workers      *Workers          // workers that train; nil for this machine alone
	resumableDir string            // its folder, absolute, once a run on a cluster can be resumed
	progressed   bool              // an epoch was recorded since this was last false
}

// Outcome is a run that has ended: done, stopped or diverged.
type Outcome struct {
	*engine.Ended
	command string // how to start this program
	Folder  string // absolute
	Name    string // inside the log folder
	History *record.History
	// pictures are the names of those in the folder, undrawn why others are not there, or
	// not in TensorBoard.
	Pictures []string
	Undrawn  []error
	// comparison is a picture, a PNG, that compares the run with another; nil for none.
	Comparison []byte
}

// WarnUndrawn prints a line for each picture that is missing, and returns errPictures
// where there are any.
func WarnUndrawn(env *cli.Env, o *Outcome) error {
	for _, err := range o.Undrawn {
		fmt.Fprintln(env.Stderr, "gradwatch:", cli.Message(err))
	}
	if len(o.Undrawn) > 0 {
		return cli.ErrPictures
	}
	return nil
}

// Check loads what the run reads, so that a wrong request ends before the engine
// starts, and fills in the settings that follow from the number of training rows. It returns the data set.
func Check(run *config.Run) (*dataset.Dataset, error) {
	if err := CheckInside(run.LogDir, run.Name); err != nil {
		return nil, err
	}
	data, err := openData(run)
	if err != nil {
		return nil, err
	}
	if err := runflags.CheckTarget(run, data); err != nil {
		return nil, err
	}
	if err := runflags.CheckDecisionColumns(run, data.Examples); err != nil {
		return nil, err
	}
	run.FillByRows(data.Train, data.Schema.Target.Task == dataset.Regression)
	if err := run.FitsHere(SizeOf(data).ConfigRows(), sysmem.Read()); err != nil {
		return nil, err
	}
	return data, checkWeights(run)
}

func checkWeights(run *config.Run) error {
	if run.InitialWeights == "" {
		return nil
	}
	if _, err := record.ReadWeights(run.InitialWeights); err != nil {
		return cli.FileOr(err, func(err error) error { return cli.RequestErrorf("--initial-weights: %v", err) })
	}
	return nil
}

// CheckInside refuses a run whose folder lies beyond a link out of the log folder.
func CheckInside(logdir, name string) error {
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

// openData makes or reads the run's data set.
func openData(run *config.Run) (*dataset.Dataset, error) {
	if run.Stream {
		return nil, invalid.New("stream", "true", "it only with gradwatch train: what is compared here is held in memory")
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

// Execute trains the job in an engine of its own and draws its pictures.
func Execute(ctx context.Context, installation engine.Installation, j *Job) (*Outcome, error) {
	e := installation.Engine(j.Log)
	defer e.Close()
	train := j.Train
	if j.Workers != nil {
		train = j.trainOnCluster
	}
	ended, err := train(ctx, e)
	if err != nil {
		return nil, err
	}
	if err := ended.Finish(ctx, j); err != nil {
		return nil, err
	}
	if err := ended.Show(ctx, e); err != nil {
		ended.Undrawn = append(ended.Undrawn, err)
	}
	return ended, nil
}

// Show puts the pictures into TensorBoard, if there are any. What was stopped may
// be gone on with, and shows them then.
func (o *Outcome) Show(ctx context.Context, e *engine.Engine) error {
	switch {
	case len(o.Pictures) == 0 || ctx.Err() != nil && o.Summary.State == record.Stopped:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("%w; %s has its pictures, and TensorBoard has not; go on with: %s", context.Cause(ctx), cli.DisplayPath(o.Folder), cli.ResumeCommand(o.command, o.Folder))
	}
	if err := o.showPictures(ctx, e, o.Pictures); err != nil {
		return fmt.Errorf("show the pictures in TensorBoard: %w", err)
	}
	return nil
}

// Train has the engine train the job, and shows how far it is.
func (j *Job) Train(ctx context.Context, e *engine.Engine) (*Outcome, error) {
	defer j.Progress.End()
	plan := j.Plan
	if plan == (config.Plan{}) {
		plan = j.Run.Plan(j.Cores)
	}
	request := engine.Train{
		Runs: []config.Run{j.Run}, Plan: plan, Versions: version.Versions(), Decision: j.Plots && !j.Run.Stream && j.Data.Examples.Features() >= 2,
		Resume: j.Resume, Paired: j.Paired,
	}
	if j.Workers != nil {
		request.Cluster = j.Workers.towers()
		request.Plan.Groups, request.Plan.Towers = 1, len(j.Workers.Workers)
	}
	ended := &Outcome{command: j.Command}
	replaces := "" // the run that is there until the new one has something recorded
	if before := filepath.Join(j.Run.LogDir, j.Run.FolderName()); j.Run.Overwrite && j.Resume == "" && !isGone(before) {
		replaces = before
	}
	var marked error
	finished, err := e.Train(ctx, request, func(m engine.Message) {
		switch {
		case m.Started != nil:
			ended.Folder, ended.Name = m.Started.Folder, m.Started.Name
			marked = makeMark(ended.Folder, j.Mark)
		case m.Made != "":
			ended.Folder, j.resumableDir = m.Made, m.Made
		case m.Progress != nil:
			m.Progress.Metric = record.MetricOf(j.Data)
			j.progressed = true
			j.Progress.Epoch(m.Progress)
		case m.Notice != "" && j.Notify != nil:
			j.Notify("gradwatch: " + m.Notice)
		case len(m.Mistakes) > 0 && j.Notify != nil:
			for _, line := range m.Mistakes {
				j.Notify("gradwatch: " + line)
			}
		}
	})
	left := ended.Folder
	if left == "" {
		left = replaces
	}
	if err != nil && left != "" {
		_ = checkpoint.RemoveIncomplete(left) // else --resume does
	}
	var crash *engine.Crash
	if errors.As(err, &crash) && crash.Folder != "" {
		crash.Folder = cli.DisplayPath(crash.Folder)
	}
	var killed *engine.Killed
	if errors.As(err, &killed) && killed.Folder != "" {
		killed.Folder = cli.DisplayPath(killed.Folder)
	}
	switch {
	case err != nil && ended.Folder == "" && replaces != "" && (crash != nil || killed != nil):
		return nil, fmt.Errorf("%w; %s is as it was", err, cli.DisplayPath(replaces))
	case err != nil && ended.Folder == "" && replaces != "" && ctx.Err() != nil:
		return nil, fmt.Errorf("%w: %w", context.Cause(ctx), err)
	case err != nil && ended.Folder != "" && isGone(ended.Folder):
		return nil, fmt.Errorf("%w; %s is no longer there", err, cli.DisplayPath(ended.Folder))
	case err != nil && ended.Folder != "":
		return nil, fmt.Errorf("%w; go on with: %s", err, j.ResumeCommand(ended.Folder))
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

// Finish reads the history of a run that was trained, and draws its pictures
// where the job asks for them. A signal ends the drawing: of a run that a signal has
// stopped, the second.
func (o *Outcome) Finish(ctx context.Context, j *Job) error {
	var err error
	if o.History, err = record.ReadHistory(filepath.Join(o.Folder, runfolder.HistoryFile)); err != nil {
		return err
	}
	if !j.Plots {
		return nil
	}
	stop := ctx.Done()
	if o.Summary.State == record.Stopped {
		stop = cli.SecondSignal(ctx)
	}
	if o.Pictures, o.Undrawn, err = figures.DrawRun(ctx, stop, o.Folder, o.History, j.Data.Examples, &o.Summary, o.Decision); err != nil {
		return fmt.Errorf("%w; %s has %d of %d epochs and no pictures yet; go on with: %s", err, cli.DisplayPath(o.Folder),
			o.Summary.Epochs, j.Run.Epochs, j.ResumeCommand(o.Folder))
	}
	return nil
}

// makeMark makes a file in a run's folder, empty; none for "".
func makeMark(folder, name string) error {
	if name == "" {
		return nil
	}
	run, err := runfolder.Open(folder)
	if err != nil {
		return err
	}
	defer run.Close()
	return run.Write(name, func(io.Writer) error { return nil })
}
