//go:build tensorflow

package train

import (
	"errors"
	"fmt"
	"path"

	"gradwatch/train/eventfile"

	"gradwatch/internal/runfolder"
)

// recoverFromWriteError saves what it can of a run that ends because an epoch that was measured could
// not be written. It returns cause, the error of the write, and in it that the epochs are saved. It
// puts back files that were removed while they were open, writes the epoch's events to new event
// files, since readers stop at the damage of the old ones, and makes a checkpoint. If any of this
// fails, the checkpoint before it is the newest.
func (t *trainer) recoverFromWriteError(epoch int, histograms bool, cause error) error {
	var broken *runfolder.WriteError
	if t.sideBySide() || !errors.As(cause, &broken) || !t.runs[0].folder.Exists() || !t.divergenceKnown() {
		return cause
	}
	r := t.runs[0]
	if r.summary.Epochs != epoch+1 || r.restore() != nil {
		return cause
	}
	before := r.listEvents()
	if err := t.saveInNewFiles(epoch, histograms); err != nil {
		for path := range r.listEvents() {
			if !before[path] {
				_ = r.folder.Root().Remove(path) // it holds no complete epoch
			}
		}
		return cause
	}
	return fmt.Errorf("%w; its %d epochs are saved", cause, epoch+1)
}

// saveInNewFiles records an epoch's events in new files, and makes a checkpoint.
func (t *trainer) saveInNewFiles(epoch int, histograms bool) error {
	r := t.runs[0]
	paths, err := r.eventPaths()
	if err != nil {
		return err
	}
	session, err := eventfile.NewWriter(paths, t.options.Plan, t.run.Device)
	if err != nil {
		return err
	}
	t.retired, t.events = append(t.retired, t.events), session
	if err := r.openEvents(session, epoch); err != nil {
		return err
	}
	if err := r.recordEvents(epoch, t.groups, histograms); err != nil {
		return err
	}
	return t.save(epoch + 1)
}

// listEvents returns the event files in its folders, by their paths inside the run's; nil if they
// can't be read.
func (r *recorder) listEvents() map[string]bool {
	paths := make(map[string]bool)
	for _, inside := range r.eventFolders() {
		names, err := r.folder.EventFiles(inside)
		if err != nil {
			return nil
		}
		for _, name := range names {
			paths[path.Join(inside, name)] = true
		}
	}
	return paths
}

// restore puts back the run's open files that were removed.
func (r *recorder) restore() error {
	for _, table := range r.tables {
		if _, err := r.folder.Stat(table.name, table.info); !errors.Is(err, runfolder.ErrRemoved) {
			continue
		}
		info, err := table.file.Stat()
		if err == nil {
			err = r.folder.Restore(table.name, table.file, info.Size())
		}
		if err == nil {
			err = r.reopen(table, info.Size())
		}
		if err != nil {
			return err
		}
	}
	for _, events := range r.eventFiles() {
		if err := events.Restore(); err != nil {
			return err
		}
	}
	return nil
}

// reopen replaces a table's open file by the one that the folder has under the table's name.
func (r *recorder) reopen(t *table, size int64) error {
	file, err := r.folder.Reopen(t.name, size)
	if err != nil {
		return err
	}
	if t.info, err = file.Stat(); err != nil {
		return err
	}
	_ = t.file.Close() // its content is in the other
	t.file = file
	return nil
}
