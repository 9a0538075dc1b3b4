package runner

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"gradwatch/internal/cli"
	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/engine"
	"gradwatch/internal/events"
	"gradwatch/internal/figures"
	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
)

// DrawMissing draws those pictures of a run that has ended which its folder has not, and
// puts those into TensorBoard which its event files have not: the process that trained it
// may have been killed before it did.
func DrawMissing(ctx context.Context, env *cli.Env, folder string, run *config.Run, summary *record.Summary, says cli.Verbosity) error {
	absolute, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	o := &Outcome{Ended: &engine.Ended{Summary: *summary}, command: env.Command(), Folder: absolute}
	if o.History, err = record.ReadHistory(filepath.Join(folder, runfolder.HistoryFile)); err != nil {
		return err
	}
	names, err := figures.Names(o.Folder, o.History, &o.Summary)
	if err != nil {
		return err
	}
	missing := figures.Missing(o.Folder, names)
	if o.Pictures, err = o.notShown(names); err != nil || len(missing)+len(o.Pictures) == 0 {
		return err
	}
	installation, err := engine.Find(env.Program, run.Device)
	if err != nil {
		return err
	}
	e := installation.Engine(env.Log(says.Verbose))
	defer e.Close()
	if len(missing) > 0 {
		if err := o.draw(ctx, e, run, slices.Contains(names, figures.DecisionPicture)); err != nil {
			return err
		}
	}
	if err := o.Show(ctx, e); err != nil {
		o.Undrawn = append(o.Undrawn, err)
	}
	if err := WarnUndrawn(env, o); err != nil {
		return err
	}
	done := fmt.Sprintf("put the pictures into TensorBoard that were missing there: %s", strings.Join(o.Pictures, ", "))
	if len(missing) > 0 {
		done = fmt.Sprintf("drew the pictures that were missing: %s", strings.Join(missing, ", "))
	}
	if !says.Quiet {
		fmt.Fprintf(env.Stdout, "%s: %s\n", cli.DisplayPath(filepath.Clean(folder)), done)
	}
	return nil
}

// draw draws all pictures of the run. Its data set is read where the decision is one of
// them.
func (o *Outcome) draw(ctx context.Context, e *engine.Engine, run *config.Run, decision bool) error {
	data := &dataset.Dataset{}
	if decision {
		var err error
		if data, err = openData(run); err != nil {
			return err
		}
		o.Summary.Configuration = *run
		weights := filepath.Join(o.Folder, runfolder.WeightsFile)
		if o.Decision, err = e.Decide(ctx, engine.Decide{Summary: o.Summary, Weights: weights}); err != nil {
			return fmt.Errorf("draw the run's pictures: %w", err)
		}
	}
	return o.Finish(ctx, &Job{Run: *run, Data: data, Plots: true, Command: o.command})
}

// largestPictures is more than an event file has that holds pictures alone, as the one
// does that shows them.
const largestPictures = 64 << 20

// notShown returns those of the pictures that no event file of the run has.
func (o *Outcome) notShown(names []string) ([]string, error) {
	folder, err := runfolder.Open(o.Folder)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	files, err := folder.EventFiles("")
	if err != nil {
		return nil, err
	}
	shown := make(map[string]bool)
	for _, file := range files {
		if size, err := folder.Size(file); err != nil || size > largestPictures {
			continue
		}
		content, err := folder.Read(file)
		if err != nil {
			return nil, err
		}
		records, _ := events.Records(content) // those before what is damaged
		for _, event := range records {
			for _, tag := range events.Tags(event) {
				shown[tag] = true
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return shown[pictureTag(name)] }), nil
}
