//go:build tensorflow

package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"gradwatch/internal/checkpoint"
	"gradwatch/internal/config"
	"gradwatch/internal/runfolder"
)

// ErrNoCheckpoint is the error of resuming a run whose checkpoints are all damaged or of another run.
var ErrNoCheckpoint = errors.New("no checkpoint can be used")

// findCheckpoint opens the folder of the run to be resumed and finds its newest checkpoint that can be
// used. A run that has none yet starts over in its folder.
func (t *trainer) findCheckpoint() error {
	if t.options.Resume == "" {
		return nil
	}
	if len(t.runs) != 1 {
		return errors.New("runs side by side can't be resumed")
	}
	r := t.runs[0]
	folder, err := runfolder.Open(t.options.Resume)
	if err != nil {
		return err
	}
	folder.Name = r.run.FolderName()
	r.folder = folder
	if err := folder.Lock(); err != nil {
		return err
	}
	if err := errors.Join(folder.RemoveTemporary(), checkpoint.Clean(folder)); err != nil {
		return err
	}
	found, passed, err := checkpoint.Newest(folder, t.checkCheckpoint)
	if err != nil {
		return err
	}
	for _, reason := range passed {
		t.notify(fmt.Sprint(reason))
	}
	switch {
	case found != nil:
		t.resumed, t.saved, t.before = found, found.Epoch, found.Timings
		t.compareSettings()
	case len(passed) > 0:
		return fmt.Errorf("run %s: %w; to train it from its beginning, remove %s",
			folder.Path, ErrNoCheckpoint, filepath.Join(folder.Path, checkpoint.Folder))
	default:
		t.notify("no checkpoint was made yet: the run starts over")
		return r.removeEventFiles()
	}
	return nil
}

// checkCheckpoint returns an error if a checkpoint is not of this run, or if the tables don't have the
// rows of the epochs before it. Where the manifest has hashes of the tables, they were verified.
func (t *trainer) checkCheckpoint(m *checkpoint.Manifest) error {
	ours, err := trainingKey(t.run)
	if err != nil {
		return err
	}
	theirs, err := trainingKey(m.Configuration)
	if err != nil {
		return err
	}
	folder := t.runs[0].folder
	switch {
	case ours != theirs:
		return fmt.Errorf("its configuration is not the one in %s", runfolder.SummaryFile)
	case m.DataSHA256 != t.data.Sum():
		return fmt.Errorf("the rows of data set %s are not those it was trained on", t.run.Dataset)
	}
	if _, err = t.history(folder, m); err != nil {
		return err
	}
	return t.checkChecks(folder, m)
}

// trainingKey returns a text that two configurations have in common if they train the same model.
func trainingKey(run config.Run) (string, error) {
	run.LogDir, run.Name, run.Overwrite = "", "", false
	run.CheckpointFreq, run.CheckpointSteps, run.MaxCheckpoints = 0, 0, 0
	run.DecisionColumns = nil
	text, err := json.Marshal(run)
	return string(text), err
}

// removeEventFiles removes the event files of a run that starts over.
func (r *recorder) removeEventFiles() error {
	for _, inside := range r.eventFolders() {
		names, err := r.folder.EventFiles(inside)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		for _, name := range names {
			if err := r.folder.Root().Remove(path.Join(inside, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// compareSettings reports which settings that results depend on are not as they were. It takes over
// the number of groups, which decides how variables are stored.
func (t *trainer) compareSettings() {
	was := t.resumed.Settings
	t.options.Plan.Groups = was.Plan.Groups
	now := t.settings()
	var differences []string
	differ := func(name string, was, now any) {
		if was != now {
			differences = append(differences, fmt.Sprintf("%s %v, was %v", name, now, was))
		}
	}
	differ("gradient towers", was.Plan.Towers, now.Plan.Towers)
	differ("threads", was.Plan.Threads, now.Plan.Threads)
	differ("oneDNN", was.Plan.OneDNN, now.Plan.OneDNN)
	differ("rewrites", was.Rewrites, now.Rewrites)
	differ("device", was.Device, now.Device)
	differ("TensorFlow", was.Versions.TensorFlow, now.Versions.TensorFlow)
	differ("gradwatch", was.Versions.Gradwatch, now.Versions.Gradwatch)
	if len(differences) > 0 {
		t.notify("going on under other settings than before, so last digits may differ: " + strings.Join(differences, "; "))
	}
}

// restore sets the variables to what they were at the checkpoint.
func (t *trainer) restore() error {
	if t.resumed == nil {
		return nil
	}
	folder := t.runs[0].folder
	inside := path.Join(checkpoint.Folder, t.resumed.Name())
	reached, err := folder.Reach(inside)
	if err == nil {
		err = t.eachPrefix(reached, func(g *group, prefix string) error { return g.restore(prefix) })
	}
	if err != nil {
		return fmt.Errorf("restore checkpoint %s: %w", filepath.Join(folder.Path, inside), err)
	}
	for _, g := range t.groups {
		g.next = t.resumed.Step
		g.snapshots[1] = position{t.resumed.Epoch, t.resumed.Step}
	}
	return nil
}
