package sweep

import (
	"fmt"
	"slices"
	"time"

	"gradwatch/internal/events"
	"gradwatch/internal/record"
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
	measured := trials[0].measuredName()
	s.Experiment(d.sessions, []events.Metric{
		{Tag: "val_" + string(metric.Name()), Name: measured + " " + metric.Short()},
		{Tag: string(metric.Name()), Name: "train " + metric.Short()},
		{Tag: "val_loss", Name: measured + " loss"},
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
	all := []events.HParam{events.Text("study", study), events.Text("preset", t.Preset)}
	for _, p := range t.Run.HParams() {
		switch v := p.Value.(type) {
		case float64:
			all = append(all, events.Number(p.Name, v))
		case bool:
			all = append(all, events.Bool(p.Name, v))
		default:
			all = append(all, events.Text(p.Name, fmt.Sprint(v)))
		}
	}
	return all
}
