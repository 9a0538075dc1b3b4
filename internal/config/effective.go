package config

import (
	"slices"
	"strconv"

	"gradwatch/internal/dataset"
)

// Known is what decides a run's settings and is known only once the data are read and
// the machine is looked at.
type Known struct {
	TrainRows, TestRows int
	Schema              *dataset.Schema
	Plan                Plan
	Device              string // cpu, gpu:0
	Cache               string // the folder of a stream's caches
}

// Effective is a run with each value that was in force, where the Run itself may say
// "by default". Its fields have the names and, but for two, the types of a Run's.
type Effective struct {
	Run
	// KernelInitializers is that of the hidden layers: one for all, or one for each.
	KernelInitializers []string `json:"kernel-initializer"`
	// HistogramReplicas is a replica's number, or "all".
	HistogramReplicas string `json:"histogram-replica"`
}

// EveryReplica as HistogramReplicas means: values of all replicas together.
const EveryReplica = "all"

// Effective returns the run with every default filled in. A 0 that is left, "none" and
// a text that JSON leaves out mean what they say: no bound, no such file.
func (r *Run) Effective(known *Known) Effective {
	e := Effective{Run: *r, HistogramReplicas: strconv.Itoa(r.HistogramReplica)}
	switch {
	case r.Repeats == 1:
		e.HistogramReplicas = "0"
	case r.HistogramReplica == AllReplicas:
		e.HistogramReplicas = EveryReplica
	}
	for i := range r.Layers {
		e.KernelInitializers = append(e.KernelInitializers, r.LayerInitializer(i))
	}
	if distinct := slices.Compact(slices.Clone(e.KernelInitializers)); len(distinct) == 1 {
		e.KernelInitializers = distinct
	}
	e.Name = r.FolderName()
	e.LearningRate = r.Rate()
	e.BatchSize = min(r.BatchSize, known.TrainRows)
	rows := known.TestRows
	if r.GradientData == "train" {
		rows = known.TrainRows
	}
	e.GradientRows = r.MeasuredRows(rows, known.TrainRows)
	e.GradientBatch = r.GradientBatchSize(e.GradientRows)
	e.DiagnoseFreq = r.CheckFreq()
	e.Device, e.Threads = known.Device, known.Plan.Threads
	e.Task = string(known.Schema.Target.Task)
	if !r.Generated() {
		e.Target = known.Schema.Target.Name
	}
	e.Header = dataset.HeaderNo
	if known.Schema.Named {
		e.Header = dataset.HeaderYes
	}
	if r.Stream {
		e.Cache = known.Cache
	}
	return e
}
