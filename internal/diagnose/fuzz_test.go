package diagnose

import (
	"encoding/json"
	"testing"
)

// FuzzRead reads any four files: it finds an error or a run, and of that run a
// report that can be printed and written. go test -fuzz FuzzRead
func FuzzRead(f *testing.F) {
	short := func(r *Run) {
		for i := range r.Replicas {
			r.Replicas[i].History, r.Replicas[i].Checks = r.Replicas[i].History[:8], r.Replicas[i].Checks[:1]
		}
	}
	for _, run := range []*Run{
		of("tanh", 1, slowly, short)(),
		of("relu", 2, slowly, short, idle(1, 4, every))(),
		sideBySide(of("elu", 1, short)(), of("elu", 1, short, copies(0, 0, 0, 0, 0))()),
	} {
		files := recordedOf(f, run)
		f.Add(files["summary.json"], files["history.csv"], files["flow.csv"], files["units.csv"])
	}
	f.Fuzz(func(t *testing.T, summary, history, flow, units string) {
		folder := t.TempDir()
		recorded{"summary.json": summary, "history.csv": history, "flow.csv": flow, "units.csv": units}.lay(t, folder)
		run, _, err := Read(folder)
		if err != nil {
			return
		}
		report := Default().Report(run)
		if _, err := json.Marshal(report); err != nil {
			t.Error(err)
		}
		if Headline(report) == "" || Markdown(report) == "" || len(Lines(report)) > len(report.Findings) {
			t.Errorf("got headline %q, Markdown %q", Headline(report), Markdown(report))
		}
	})
}
