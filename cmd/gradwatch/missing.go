package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gradwatch/internal/engine"
	"gradwatch/internal/runfolder"
	"gradwatch/train/config"
	"gradwatch/train/record"
)

// decisionPicture needs the model, which the others don't.
const decisionPicture = "decision.png"

// drawMissing draws those pictures of a run that has ended which its folder has not:
// the process that trained it may have been killed before it drew them.
func (f *front) drawMissing(ctx context.Context, folder string, run *config.Run, summary *record.Summary, says talk) error {
	absolute, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	o := &outcome{Ended: &engine.Ended{Summary: *summary}, folder: absolute}
	if o.history, err = record.ReadHistory(filepath.Join(folder, runfolder.HistoryFile)); err != nil {
		return err
	}
	missing, err := o.missing()
	if err != nil || len(missing) == 0 {
		return err
	}
	data, err := openData(run)
	if err != nil {
		return err
	}
	installation, err := engine.Find(f.program, run.Device)
	if err != nil {
		return err
	}
	e := installation.Engine(f.log(says.verbose))
	defer e.Close()
	if decides(&o.Summary) {
		weights := filepath.Join(absolute, runfolder.WeightsFile)
		o.Summary.Configuration = *run
		if o.Decision, err = e.Decide(ctx, engine.Decide{Summary: o.Summary, Weights: weights}); err != nil {
			return fmt.Errorf("draw the run's pictures: %w", err)
		}
	}
	if err := o.finish(ctx, &job{run: *run, data: data, plots: true, command: f.command()}); err != nil {
		return err
	}
	if err := o.show(ctx, e); err != nil {
		o.undrawn = append(o.undrawn, err)
	}
	if err := f.warnUndrawn(o); err != nil {
		return err
	}
	fmt.Fprintf(f.stdout, "%s: drew the pictures that were missing: %s\n", filepath.Clean(folder), strings.Join(missing, ", "))
	return nil
}

// missing returns the names of the pictures that the folder has not.
func (o *outcome) missing() ([]string, error) {
	checks, err := readChecks(o.folder)
	if err != nil {
		return nil, err
	}
	var names []string
	more, err := evaluationPictures(o.folder, "", &o.Summary)
	if err != nil {
		return nil, err
	}
	for _, p := range append(runPictures("", o.history, checks, nil, o.Ended), more...) {
		names = append(names, p.name)
	}
	diverged := true
	for i := range o.Summary.Result {
		diverged = diverged && o.Summary.Result[i].Diverged()
	}
	if decides(&o.Summary) && !diverged {
		names = append(names, decisionPicture)
	}
	var missing []string
	for _, name := range names {
		if _, err := os.Lstat(filepath.Join(o.folder, name)); os.IsNotExist(err) {
			missing = append(missing, name)
		}
	}
	return missing, nil
}

// decides reports whether the run's models have a plane and classes to draw: as
// package train's Decision.
func decides(s *record.Summary) bool {
	const fewest, most = 2, 10 // classes
	classes := fewest
	if s.Schema != nil {
		classes = len(s.Schema.Target.Classes)
	}
	return len(s.Columns) >= 2 && classes >= fewest && classes <= most
}
