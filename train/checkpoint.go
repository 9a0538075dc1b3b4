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

// checkpoints are those of the trainer's only run. Runs side by side share their variables and have
// no checkpoints.
type checkpoints struct {
	resumed *checkpoint.Manifest // the checkpoint that the run was resumed from; nil for a new run
	saved   int                  // epochs in the newest checkpoint
	before  record.Timings       // of the training up to that checkpoint
	begun   time.Time            // when this process began to train
	stepped float64              // seconds in training steps up to the epoch measured last
}

// firstEpoch returns the first epoch to be trained.
func (c *checkpoints) firstEpoch() int {
	if c.resumed == nil {
		return 0
	}
	return c.resumed.Epoch
}

// timings returns the time that the run has trained so far, in this process and before.
func (c *checkpoints) timings() record.Timings {
	return record.Timings{Train: c.before.Train + time.Since(c.begun).Seconds(), Steps: c.before.Steps + c.stepped}
}

// checkpointDue reports whether a checkpoint is due after the epoch that was just recorded. The last
// epoch's is made by saveLast. A run that has just diverged gets none: the checkpoint before it is
// kept, and the step where it diverged is still to be found.
func (t *trainer) checkpointDue(epoch int) bool {
	freq := t.run.CheckpointFreq
	return !t.sideBySide() && freq > 0 && (epoch+1)%freq == 0 && epoch+1 < t.run.Epochs && t.divergenceKnown()
}

func (t *trainer) divergenceKnown() bool {
	return t.runs[0].summary.Divergence != nil || len(finiteRows(t.rows)) == len(t.rows)
}

// saveLast makes the checkpoint of the last recorded epoch, unless all replicas have diverged.
func (t *trainer) saveLast(state record.State) error {
	epochs := t.runs[0].summary.Epochs
	if t.sideBySide() || epochs == t.saved || state == record.Diverged {
		return nil
	}
	err := t.save(epochs)
	if errors.Is(err, errChanged) {
		return nil // none of the tables can be trusted; finish reports it
	}
	return err
}

// save makes a checkpoint after so many epochs. The last of them is recorded, and is the one that the
// last Snapshot keeps. It may run while the next epoch trains.
func (t *trainer) save(epochs int) error { return t.saveAt(epochs, 0) }

// saveAt makes a checkpoint after so many epochs and so many steps of the next one.
func (t *trainer) saveAt(epochs, step int) error {
	folder := t.runs[0].folder
	var err error
	if folder.Exists() { // TensorFlow writes by the path
		err = t.write(epochs, step)
	}
	if !folder.Exists() {
		err = &runfolder.WriteError{File: folder.Path, Err: runfolder.ErrMoved}
	}
	if err != nil {
		return err
	}
	return t.notifyStarted(t.runs[0])
}

func (t *trainer) write(epochs, step int) error {
	r := t.runs[0]
	if err := r.verifyTables(); err != nil { // a checkpoint of changed tables would replace older ones that can be trusted
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
	err := checkpoint.Write(r.folder, m, r.run.MaxCheckpoints, func(folder string) error {
		return t.eachPrefix(folder, func(g *group, prefix string) error { return g.save(prefix) })
	})
	if err != nil {
		return err
	}
	t.saved = epochs
	return nil
}

// settings returns what results depend on, bit by bit, beside the configuration. Rewrites are off in
// every session.
func (t *trainer) settings() checkpoint.Settings {
	return checkpoint.Settings{Plan: t.options.Plan, Device: t.device, Versions: t.options.Versions}
}

// eachPrefix calls do for each group, one after the other. prefix is the path that the names of the
// group's files in a checkpoint's folder begin with.
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

// sync writes everything that was recorded to the disk.
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
