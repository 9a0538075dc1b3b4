//go:build tensorflow

package train

import (
	"fmt"

	"gradwatch/internal/diagnose"
	"gradwatch/internal/probe"
	"gradwatch/internal/record"
	"gradwatch/train/data"
)

// VerdictTag is the verdict's in TensorBoard's Text tab.
const VerdictTag = "verdict"

// diagnose sets the summary's verdict, made of what was recorded, and writes it for
// TensorBoard's Text tab; not for a run that was stopped, which may be resumed. notice is
// called with the reason why there is no verdict. Where a replica seems not to have learned,
// diagnose first looks whether anything can be learned of the data.
func (r *recorder) diagnose(data *data.Dataset, notice func(line string)) error {
	if r.flow == nil || r.summary.Epochs == 0 {
		return nil
	}
	run, err := diagnose.NewRun(&r.summary, r.orderedHistory(), r.checked)
	if err != nil {
		notice(fmt.Sprintf("there is no verdict: %v", err))
		return nil
	}
	if limits := diagnose.Default(); limits.WantsProbe(run) {
		run.Probe = probe.Look(data.Train, data.Measured(), run.Target.Count())
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
