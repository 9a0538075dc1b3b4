//go:build tensorflow

package train

import (
	"gradwatch/internal/diagnose"
	"gradwatch/internal/probe"
	"gradwatch/internal/record"
	"gradwatch/train/data"
)

// VerdictTag is the verdict's in TensorBoard's Text tab.
const VerdictTag = "verdict"

// diagnose reads what was recorded, sets the summary's verdict and writes it for
// TensorBoard's Text tab: of a run that was stopped, and may be gone on with, only
// the first. The run's files but the event files are closed. Where they can't be read,
// which costs the run no more than the verdict, notice is told why. Where a replica seems not to
// have learned, it first looks whether anything can be learned of the data.
func (r *recorder) diagnose(data *data.Set, notice func(line string)) error {
	if r.flow == nil || r.summary.Epochs == 0 {
		return nil
	}
	run, err := diagnose.ReadRecords(r.folder.Path, &r.summary)
	if err != nil {
		notice("there is no verdict: " + err.Error())
		return nil
	}
	if limits := diagnose.Default(); limits.WantsProbe(run) {
		run.Probe = probe.Look(data.Train, data.Test, run.Target.Count())
		r.summary.Data.Probe = run.Probe
	}
	r.summary.Verdict = diagnose.Default().Report(run)
	if r.summary.State == record.Stopped {
		return nil
	}
	r.message.Reset()
	r.message.Text(VerdictTag, diagnose.Markdown(r.summary.Verdict))
	return r.events.Write(r.summary.Epochs-1, r.message.Bytes())
}
