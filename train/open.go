//go:build tensorflow

package train

import (
	"fmt"

	"gradwatch/train/eventfile"

	"gradwatch/graph"
	"gradwatch/internal/config"
	"gradwatch/internal/dataset"
	"gradwatch/internal/diagnose"
)

// open finds the checkpoint to resume from, makes the runs' folders, builds the graphs, starts
// their sessions, loads data and weights, and opens the runs' files.
func (t *trainer) open() error {
	if err := t.prepare(); err != nil {
		return err
	}
	t.notifyOfGPU(nvidiaNode)
	t.notifyOfPrecision()
	var folders []string
	for _, r := range t.runs {
		if err := r.create(); err != nil {
			return err
		}
		paths, err := r.eventPaths()
		if err != nil {
			return err
		}
		folders = append(folders, paths...)
	}
	for _, r := range t.runs {
		r.prepareSummary(t)
		if err := r.writeSummary(); err != nil { // with it the run can be resumed
			return err
		}
		if t.options.Mistakes != nil && t.resumed == nil {
			if lines := diagnose.Mistakes(&r.summary); len(lines) > 0 {
				t.options.Mistakes(lines)
			}
		}
		if t.options.Resumable != nil && r.folder.Replaces() == "" {
			t.options.Resumable(r.folder.Path)
		}
	}
	spec := t.spec()
	err := t.each(func(g *group) error { return g.open(spec, &t.options, t.run.Device) })
	if err != nil {
		return err
	}
	if err := t.restore(); err != nil {
		return err
	}
	if err := t.replay(); err != nil {
		return err
	}
	if t.events, err = eventfile.NewWriter(folders, t.options.Plan, t.run.Device); err != nil {
		return err
	}
	for _, r := range t.runs {
		if err := r.openFiles(t); err != nil {
			return err
		}
	}
	return nil
}

// spec returns what the graphs of all groups have in common.
func (t *trainer) spec() graph.Spec {
	gradientData, measured := t.gradientData()
	spec := graph.Spec{
		Optimizer: graph.NewOptimizer(&t.run),
		Train:     t.data.Train, Test: t.data.Measured(),
		GradientData: gradientData, GradientRows: measured,
		BatchSize: min(t.run.BatchSize, t.data.Train.Len()), // more would be points of weight 0
		L1:        t.run.L1, L2: t.run.L2, ClassWeights: t.data.LossWeights(), KeepsBestWeights: t.run.StopsEarly(),
		RunningMetrics: t.run.TrainMetrics == config.RunningMetrics,
		Histograms:     t.run.HistogramFreq > 0,
		GradientBatch:  t.run.GradientBatchSize(measured),
		FlowData:       flowData(&t.run, t.data.Train),
	}
	if s := t.data.Stream; s != nil {
		spec.BatchSize = s.Order.Batch
		spec.Stream = s.Graph(&t.run)
	}
	if t.options.Cluster != nil {
		t.options.Cluster.Place(&spec)
	}
	return spec
}

// gradientData returns the points that gradients are measured on, and how many of them are used.
func (t *trainer) gradientData() (points *dataset.Examples, rows int) {
	points = t.data.Measured()
	if t.run.GradientData == "train" {
		points = t.data.Train
	}
	train, _ := t.data.Counts()
	return points, t.run.MeasuredRows(points.Len(), train)
}

// notifyStarted reports that a run has its folder. A run that replaces another one takes over the
// other's name here, when its first epoch or checkpoint is recorded. Until then the other run is
// unchanged, whatever ends this one.
func (t *trainer) notifyStarted(r *recorder) error {
	if r.started {
		return nil
	}
	replaces := r.folder.Replaces() != ""
	if err := r.folder.Replace(); err != nil {
		return err
	}
	r.started = true
	if replaces && t.options.Resumable != nil {
		t.options.Resumable(r.folder.Path)
	}
	if t.options.Started != nil {
		t.options.Started(r.index, r.folder.Path, r.folder.Name, t.device)
	}
	return nil
}

// withReplaced returns err, and in it that the run which was to be replaced is unchanged.
func (t *trainer) withReplaced(err error) error {
	for _, r := range t.runs {
		if r.folder != nil && r.folder.Replaces() != "" {
			return fmt.Errorf("%w; %s is as it was", err, r.folder.Replaces())
		}
	}
	return err
}

// discard removes the folders of runs that could not start, but not of a resumed run.
func (t *trainer) discard() {
	if t.options.Resume != "" {
		return
	}
	for _, r := range t.runs {
		if r.folder != nil {
			_ = r.folder.Discard() // the reason why the run could not start is reported
		}
	}
}

// close closes sessions and folders. Everything was saved before.
func (t *trainer) close() {
	t.linear.close()
	for _, g := range t.groups {
		g.close()
	}
	for _, events := range append(t.retired, t.events) {
		events.Close()
	}
	for _, r := range t.runs {
		r.close()
	}
	t.data.Close()
}
