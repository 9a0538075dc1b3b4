//go:build tensorflow

package train

import (
	"fmt"
	"io"
	"os"

	"gradwatch/train/feed"

	"gradwatch/internal/checkpoint"
	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
)

// A checkpoint doesn't hold which replicas have stopped early and how far a plateau has lowered the
// learning rate. Both follow from the history, whose numbers have all digits of a float32.

// historyUpTo reads the history up to a number of bytes, after which a row ends.
func historyUpTo(folder *runfolder.Folder, bytes int64) (*record.History, error) {
	file, err := folder.OpenRegular(runfolder.HistoryFile, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return record.ParseWholeHistory(io.LimitReader(file, bytes), runfolder.HistoryFile)
}

// history returns the rows of the epochs before a checkpoint, bit by bit as they were measured, or an
// error if the file doesn't have these rows.
func (t *trainer) history(folder *runfolder.Folder, m *checkpoint.Manifest) (*record.History, error) {
	if m.Epoch == 0 { // a checkpoint within the first epoch
		return &record.History{}, nil
	}
	table, _ := m.Table(runfolder.HistoryFile)
	h, err := historyUpTo(folder, table.Bytes)
	if err != nil {
		return nil, err
	}
	wrong := fmt.Errorf("%s has not the rows of its %d epochs", runfolder.HistoryFile, m.Epoch)
	if h.Layers != len(t.model.Layers) || h.Replicas != len(m.Seeds) || h.Extras != record.ExtrasOf(&t.run) || h.Epochs() != m.Epoch {
		return nil, wrong
	}
	for i := range h.Rows {
		asMeasured(&h.Rows[i])
	}
	stopping := feed.NewEarlyStopping(&t.run, h.Replicas)
	for r := range h.Replicas {
		rows := h.Replica(r)
		for epoch := range rows {
			if rows[epoch].Epoch != epoch || stopping != nil && stopping[r].Stopped() {
				return nil, wrong
			}
			if stopping != nil {
				stopping[r].Observe(&rows[epoch])
			}
		}
		if len(rows) < m.Epoch && (stopping == nil || !stopping[r].Stopped()) {
			return nil, wrong
		}
	}
	return h, nil
}

// checksUpTo reads the checks of the epochs before a checkpoint; nil for a run without checks.
func checksUpTo(folder *runfolder.Folder, m *checkpoint.Manifest) ([]record.Check, error) {
	var parts []io.Reader
	for _, name := range []string{runfolder.FlowFile, runfolder.UnitsFile} {
		table, found := m.Table(name)
		if !found {
			return nil, nil
		}
		file, err := folder.Root().Open(name)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		last := make([]byte, 1)
		if _, err := file.ReadAt(last, table.Bytes-1); err != nil || last[0] != '\n' {
			return nil, fmt.Errorf("%s has no whole rows up to byte %d", name, table.Bytes)
		}
		parts = append(parts, io.LimitReader(file, table.Bytes))
	}
	return record.ParseChecks(parts[0], runfolder.FlowFile, parts[1], runfolder.UnitsFile)
}

// checkChecks returns an error unless flow.csv and units.csv have the checks of the epochs
// before a checkpoint whose manifest has no hashes of them.
func (t *trainer) checkChecks(folder *runfolder.Folder, m *checkpoint.Manifest) error {
	if table, found := m.Table(runfolder.FlowFile); !found || table.SHA256 != "" {
		return nil
	}
	checks, err := checksUpTo(folder, m)
	if err != nil {
		return err
	}
	have := make(map[int]bool)
	for i := range checks {
		have[checks[i].Epoch] = true
	}
	for epoch := range m.Epoch {
		if t.run.Checked(epoch) != have[epoch] {
			return fmt.Errorf("%s and %s have not the checks of its %d epochs", runfolder.FlowFile, runfolder.UnitsFile, m.Epoch)
		}
	}
	return nil
}

// asMeasured rounds a row's numbers to the float32s that were measured: 9 digits determine them.
func asMeasured(row *record.Row) {
	numbers := []*float64{&row.Loss, &row.Accuracy, &row.ValLoss, &row.ValAccuracy, &row.Penalty, &row.LearningRate}
	for k := range row.GradientL2 {
		numbers = append(numbers, &row.GradientL2[k], &row.KernelL1[k])
	}
	for _, x := range numbers {
		*x = float64(float32(*x))
	}
}

// replay brings a resumed run to where it was at its checkpoint: what was recorded, who has
// stopped, and the learning rates.
func (t *trainer) replay() error {
	if t.resumed == nil {
		return nil
	}
	r := t.runs[0]
	h, err := t.history(r.folder, t.resumed)
	if err != nil {
		return err
	}
	r.recorded.Collect(h.Rows...)
	if r.checked, err = checksUpTo(r.folder, t.resumed); err != nil {
		return err
	}
	for _, g := range t.groups {
		for i := range g.replicas {
			for _, row := range h.Replica(g.first + i) {
				if g.stopping != nil {
					g.stopping[i].Observe(&row)
				}
				if t.hasPlateau() {
					g.rate.ApplyPlateau(i, &row)
				}
				g.rows[i] = row
			}
		}
	}
	return nil
}
