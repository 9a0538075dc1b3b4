package sweep

import (
	"slices"
	"strings"
	"time"

	"gradwatch/internal/events"
	"gradwatch/internal/format"
	"gradwatch/internal/record"
	"gradwatch/internal/runflags"
)

// descriptions are what TensorBoard's HParams tab has to know of a study: the same
// experiment in each run's event file, and the run's own session.
type descriptions struct {
	experiment []byte // a serialized Summary
	sessions   []events.Session
}

func newDescriptions(name string, trials []*Trial) *descriptions {
	d := &descriptions{}
	for _, t := range trials {
		d.sessions = append(d.sessions, events.Session{HParams: t.hparams(name)})
	}
	var s events.Summary
	metric := record.Accuracy
	if MeasureOf(trials) == record.R2 {
		metric = record.MAE // what the event files have
	}
	s.Experiment(d.sessions, []events.Metric{
		{Tag: "val_" + string(metric.Name()), Name: "test " + metric.Short()},
		{Tag: string(metric.Name()), Name: "train " + metric.Short()},
		{Tag: "val_loss", Name: "test loss"},
		{Tag: "loss", Name: "train loss"},
	})
	d.experiment = slices.Clone(s.Bytes())
	return d
}

// of returns a run's serialized Summary. Messages put one after the other are one
// with the values of both.
func (d *descriptions) of(index int, start time.Time) []byte {
	session := d.sessions[index]
	session.Start = start
	var s events.Summary
	s.SessionStart(session)
	return slices.Concat(d.experiment, s.Bytes())
}

// hparams returns the run's hyperparameters: the same names, each of one kind, for
// every run of every study, because TensorBoard shows all studies of a log folder
// in one table.
func (t *Trial) hparams(study string) []events.HParam {
	r := &t.Run
	var initializers []string
	for i := range r.Layers {
		if name := r.LayerInitializer(i); !slices.Contains(initializers, name) {
			initializers = append(initializers, name)
		}
	}
	return []events.HParam{
		events.Text("study", study),
		events.Text("preset", t.Preset),
		events.Number("hidden-layers", float64(len(r.Layers))),
		events.Number("units", float64(slices.Max(r.Layers))), // of the widest
		events.Text("layers", unevenLayers(r.Layers)),
		events.Text("activation", strings.Join(r.Activations, ",")),
		events.Text("kernel-initializer", strings.Join(initializers, ",")),
		events.Text("output-initializer", r.OutputInitializer),
		events.Text("bias-initializer", r.BiasInitializer),
		events.Bool("batch-norm", r.BatchNorm),
		events.Bool("residual", r.Residual),
		events.Text("initial-weights", r.InitialWeights),
		events.Text("optimizer", r.Optimizer),
		events.Number("learning-rate", r.Rate()),
		events.Number("momentum", r.Momentum),
		events.Bool("nesterov", r.Nesterov),
		events.Number("clip-norm", r.ClipNorm),
		events.Number("global-clip-norm", r.GlobalClipNorm),
		events.Number("clip-value", r.ClipValue),
		events.Number("l1", r.L1),
		events.Number("l2", r.L2),
		events.Text("dropout", runflags.DropoutValue(r).String()),
		events.Text("class-weight", r.ClassWeight),
		events.Text("learning-rate-schedule", r.LearningRateSchedule),
		events.Number("early-stopping", float64(r.EarlyStopping)),
		events.Text("early-stopping-monitor", r.EarlyStoppingMonitor),
		events.Number("early-stopping-min-delta", r.EarlyStoppingMinDelta),
		events.Bool("restore-best-weights", r.RestoreBestWeights),
		events.Number("batch-size", float64(r.BatchSize)),
		events.Number("epochs", float64(r.Epochs)),
		events.Bool("shuffle", r.Shuffle),
		events.Number("seed", float64(r.Seed)),
		events.Number("repeats", float64(r.Repeats)),
		events.Text("dataset", r.Dataset),
		events.Number("samples", float64(r.Samples)),
		events.Number("noise", r.Noise),
		events.Number("data-seed", float64(r.DataSeed)),
		events.Number("test-fraction", r.TestFraction),
		events.Text("scale", r.Scale),
		events.Text("target", r.Target),
		events.Text("task", r.Task),
		events.Text("test", r.TestFile),
		events.Bool("shuffle-rows", r.ShuffleRows),
		events.Bool("stratify", r.Stratify),
		events.Text("missing", r.Missing),
		events.Text("one-hot", r.OneHot),
		events.Text("header", r.Header),
		events.Text("scale-target", r.ScaleTarget),
	}
}

// unevenLayers returns the layers' widths where they differ: where they don't,
// hidden-layers and units say all.
func unevenLayers(layers []int) string {
	if slices.Max(layers) == slices.Min(layers) {
		return ""
	}
	return format.Layers(layers)
}
