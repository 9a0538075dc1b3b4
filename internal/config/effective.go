package config

import (
	"slices"
	"strconv"

	"gradwatch/internal/dataset"
)

// Known is what a run's effective settings depend on beside the Run: it is known when the
// data are read and the machine was examined.
type Known struct {
	TrainRows, MeasuredRows int
	Schema                  *dataset.Schema
	Plan                    Plan
	Device                  string // cpu, gpu:0
	Cache                   string // the folder of a stream's caches
}

// Effective is a run with the values that were in force, where a Run may leave one to its
// default. Its fields have the names and, except for two, the types of a Run's.
type Effective struct {
	Run
	// KernelInitializers is that of the hidden layers: one for all, or one for each.
	KernelInitializers []string `json:"kernel-initializer"`
	// HistogramReplicas is a replica's number, or "all".
	HistogramReplicas string `json:"histogram-replica"`
}

// EveryReplica is the HistogramReplicas that stands for the values of all replicas together.
const EveryReplica = "all"

// Effective returns the run with every default filled in. A remaining 0, "none" or a text
// that JSON omits is no default: it means no bound, or no such file.
func (r *Run) Effective(known *Known) Effective {
	e := Effective{Run: *r, HistogramReplicas: strconv.Itoa(r.HistogramReplica)}
	switch {
	case r.Repeats == 1:
		e.HistogramReplicas = "0"
	case r.HistogramReplica == AllReplicas:
		e.HistogramReplicas = EveryReplica
	}
	e.KernelInitializers = []string{}
	for i := range r.Layers {
		e.KernelInitializers = append(e.KernelInitializers, r.LayerInitializer(i))
	}
	if distinct := slices.Compact(slices.Clone(e.KernelInitializers)); len(distinct) == 1 {
		e.KernelInitializers = distinct
	}
	e.Name = r.FolderName()
	e.LearningRate, e.Constants = r.Rate(), r.OptimizerConstants()
	e.BatchSize = min(r.BatchSize, known.TrainRows)
	rows := known.MeasuredRows
	if r.GradientData == "train" {
		rows = known.TrainRows
	}
	e.GradientRows = r.MeasuredRows(rows, known.TrainRows)
	e.GradientBatch = r.GradientBatchSize(e.GradientRows)
	e.DiagnoseFreq = r.CheckFreq()
	e.Device, e.Threads = known.Device, known.Plan.Threads
	output := r.Output(&known.Schema.Target)
	e.Loss, e.OutputActivation, e.UnitsOutput = output.Loss, output.Activation, output.Units
	e.Task = string(known.Schema.Target.Task)
	if r.Stratify && known.Schema.Target.Task == dataset.Regression { // there are no classes
		e.ShuffleRows, e.Stratify = true, false
	}
	if !r.Generated() {
		e.Target = known.Schema.Target.Name
	}
	e.Header = dataset.HeaderNo
	if known.Schema.Named {
		e.Header = dataset.HeaderYes
	}
	dialect := known.Schema.DialectUsed()
	e.Separator, e.Decimal, e.Encoding, e.DateOrder = dialect.Separator, dialect.Decimal, dialect.Encoding, known.Schema.DateOrder()
	if r.Stream {
		e.Cache = known.Cache
	}
	return e
}
