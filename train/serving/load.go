//go:build tensorflow

package serving

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"gradwatch/graph"
	"gradwatch/internal/invalid"
	"gradwatch/internal/record"
	"gradwatch/internal/runfolder"
)

// loaded is one replica of a run that has ended. It is made of the run's folder only, because the data
// set may be gone.
type loaded struct {
	summary *record.Summary
	replica int
	spec    graph.ServeSpec
}

// load reads a replica, from 0, of the run in a folder. It returns an [*invalid.Error] for a replica
// that the run doesn't have.
func load(folder string, replica int) (*loaded, error) {
	summary, err := record.ReadSummary(filepath.Join(folder, runfolder.SummaryFile))
	if err != nil {
		return nil, err
	}
	if count := len(summary.Seeds); replica < 0 || replica >= count {
		return nil, invalid.New("replica", fmt.Sprint(replica), fmt.Sprintf("0 to %d", count-1))
	}
	if summary.State == record.Running {
		return nil, fmt.Errorf("run %s: is under way or was killed: want one that has ended (train --resume goes on with it)", folder)
	}
	l := &loaded{summary: summary, replica: replica}
	layers, err := record.ReadReplica(filepath.Join(folder, runfolder.WeightsFile), replica)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("run %s: has no %s", folder, runfolder.WeightsFile)
	case err != nil:
		return nil, err
	}
	l.spec.Schema = summary.RowSchema()
	if err := l.spec.Schema.Check(); err != nil {
		return nil, fmt.Errorf("run %s: %w", folder, err)
	}
	model, err := graph.NewModel(&summary.Configuration, l.spec.Schema.Inputs())
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", folder, err)
	}
	l.spec.Model = model.For(&summary.Configuration, &l.spec.Schema.Target)
	for i := range layers {
		l.spec.Layers = append(l.spec.Layers, dense(&layers[i]))
	}
	if err := l.spec.Check(); err != nil {
		return nil, fmt.Errorf("run %s: %w", folder, err)
	}
	return l, nil
}

// dense returns a layer as the graph for predicting takes it.
func dense(layer *record.Layer) graph.Dense {
	d := graph.Dense{Bias: layer.Bias}
	for _, row := range layer.Kernel {
		d.Kernel = append(d.Kernel, row...)
	}
	if layer.Norm != nil {
		d.Norm = layer.Norm.Vectors()
	}
	return d
}
