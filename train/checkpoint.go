//go:build tensorflow

package train

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"gradwatch/graph"
	"gradwatch/internal/atomicfile"
	"gradwatch/internal/checkpoint"
	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
)

// checkpoints are those of a run that trains alone. Runs side by side share their
// variables, and have none.
type checkpoints struct {
	resumed *checkpoint.Manifest // what training went on from; nil where it began
	saved   int                  // epochs in the newest checkpoint
	before  record.Timings       // of the training up to resumed
	begun   time.Time            // this process's first epoch
	stepped float64              // seconds in training steps, when the epoch measured last was trained
}

// firstEpoch returns the first epoch to be trained.
func (c *checkpoints) firstEpoch() int {
	if c.resumed == nil {
		return 0
	}
	return c.resumed.Epoch
}

// timings returns those of all training so far, but for preparing.
func (c *checkpoints) timings() record.Timings {
	return record.Timings{Train: c.before.Train + time.Since(c.begun).Seconds(), Steps: c.before.Steps + c.stepped}
}

// checkpointDue reports whether the epoch that was just recorded ends with a
// checkpoint; saveLast makes that of the last one. What has just diverged gets none: the one before it is to stay, and
// where it diverged is yet to be found.
func (t *trainer) checkpointDue(epoch int) bool {
	freq := t.run.CheckpointFreq
	return !t.sideBySide() && freq > 0 && (epoch+1)%freq == 0 && epoch+1 < t.run.Epochs && t.divergenceKnown()
}

func (t *trainer) divergenceKnown() bool {
	return t.runs[0].summary.Divergence != nil || len(finiteRows(t.rows)) == len(t.rows)
}

// saveLast makes the checkpoint that a run ends with: of the last recorded epoch,
// unless all of it has diverged.
func (t *trainer) saveLast(state record.State) error {
	epochs := t.runs[0].summary.Epochs
	if t.sideBySide() || epochs == t.saved || state == record.Diverged {
		return nil
	}
	err := t.save(epochs)
	if errors.Is(err, errChanged) {
		return nil // there is none of it to be trusted; finish says so
	}
	return err
}

// save makes a checkpoint of so many epochs, the last of which is the one that the
// last Snapshot keeps and that is recorded. It may run while the next one trains.
func (t *trainer) save(epochs int) error { return t.saveAt(epochs, 0) }

// saveAt does so of so many epochs and steps of the next one.
func (t *trainer) saveAt(epochs, step int) error {
	folder := t.runs[0].folder
	var err error
	if folder.InPlace() { // TensorFlow goes by the path
		err = t.write(epochs, step)
	}
	if !folder.InPlace() {
		err = &runfolder.WriteError{File: folder.Path, Err: runfolder.ErrMoved}
	}
	if err != nil {
		return err
	}
	return t.notifyStarted(t.runs[0])
}

func (t *trainer) write(epochs, step int) error {
	r := t.runs[0]
	if err := r.verifyTables(); err != nil { // the checkpoints that it would push out may be the last that can be trusted
		return err
	}
	if err := r.sync(); err != nil {
		return err
	}
	m := &checkpoint.Manifest{
		Epoch:         epochs,
		Step:          step,
		Configuration: r.summary.Configuration,
		Seeds:         r.summary.Seeds,
		Settings:      t.settings(),
		DataSHA256:    t.data.Sum(),
		Divergence:    r.summary.Divergence,
		Described:     r.described,
		Timings:       t.timings(),
	}
	for _, table := range r.tables {
		m.Records = append(m.Records, checkpoint.Table{Name: table.name, Bytes: table.size, SHA256: hex.EncodeToString(table.sum.Sum(nil))})
	}
	err := checkpoint.Write(r.folder, m, r.run.Keep, func(folder string) error {
		return t.eachPrefix(folder, func(g *group, prefix string) error { return g.save(prefix) })
	})
	if err != nil {
		return err
	}
	t.saved = epochs
	return nil
}

// settings returns what decides bits beside the configuration. Rewrites are off in
// every session.
func (t *trainer) settings() checkpoint.Settings {
	return checkpoint.Settings{Plan: t.options.Plan, Device: t.device, Versions: t.options.Versions}
}

// eachPrefix does something with every group, one after the other, and the path
// that the names of its variables' files begin with.
func (t *trainer) eachPrefix(folder string, do func(g *group, prefix string) error) error {
	for i, g := range t.groups {
		if err := do(g, filepath.Join(folder, checkpoint.Prefix(i, len(t.groups)))); err != nil {
			return err
		}
	}
	return nil
}

// save writes the group's variables, as the last Snapshot keeps them.
func (g *group) save(prefix string) error {
	value, err := graph.NewScalar(prefix)
	if err != nil {
		return err
	}
	if g.transfer != nil {
		return g.transfer.Save(g.session, value)
	}
	_, err = g.session.Run(g.program.Save, value)
	return err
}

// restore sets the group's variables from verified files.
func (g *group) restore(prefix string) error {
	value, err := graph.NewScalar(prefix)
	if err != nil {
		return err
	}
	if g.transfer != nil {
		err = g.transfer.Restore(g.session, value)
	} else {
		_, err = g.session.Run(g.program.Restore, value)
	}
	if err == nil {
		_, err = g.session.Run(g.program.Snapshot)
	}
	return err
}

// sync returns when all that was recorded is on the disk.
func (r *recorder) sync() error {
	var files []*os.File
	for _, t := range r.tables {
		files = append(files, t.file)
	}
	for _, events := range r.eventFiles() {
		files = append(files, events.Handle())
	}
	if err := atomicfile.Sync(files...); err != nil {
		return fmt.Errorf("sync the records: %w", err)
	}
	return nil
}
