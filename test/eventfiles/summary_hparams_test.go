//go:build tensorflow

package eventfiles

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gradwatch/internal/events"
	"gradwatch/internal/testenv/tensorboard"
)

var studyStart = time.Unix(1_700_000_000, 0)

// studyMetrics are what a study's HParams tab shows, in this order.
var studyMetrics = []events.Metric{
	{Tag: "val_accuracy", Name: "test accuracy"},
	{Tag: "accuracy", Name: "training accuracy"},
	{Tag: "val_loss", Name: "test loss"},
	{Tag: "loss", Name: "training loss"},
}

// studyRun is a run's folder below the log folder, with its hyperparameters.
type studyRun struct {
	folder     string
	hparams    hparams
	experiment []events.Session // of the study; none outside of studies
	status     events.Status    // 0 while it runs
	accuracy   float32          // the last val_accuracy
}

// hparams are those of a run: the same names in all runs, whatever they vary.
type hparams struct {
	study      string
	layers     float64
	activation string
	rate       float64
	shuffle    bool
}

func (h hparams) session() events.Session {
	return events.Session{Start: studyStart, HParams: []events.HParam{
		events.Text("study", h.study), events.Number("hidden-layers", h.layers), events.Text("activation", h.activation),
		events.Number("learning-rate", h.rate), events.Bool("shuffle", h.shuffle),
	}}
}

// shown is the same as TensorBoard gives it back.
func (h hparams) shown() map[string]any {
	return map[string]any{
		"study": h.study, "hidden-layers": h.layers, "activation": h.activation, "learning-rate": h.rate, "shuffle": h.shuffle,
	}
}

// studyRuns returns two studies, and a run that belongs to none.
func studyRuns() []studyRun {
	var depth, rates []studyRun
	for i, activation := range []string{"tanh", "relu"} {
		for _, layers := range []float64{1, 5} {
			depth = append(depth, studyRun{
				folder:   fmt.Sprintf("depth/%s-%gx5", activation, layers),
				hparams:  hparams{"depth", layers, activation, 0.01, true},
				status:   events.Success,
				accuracy: float32(i) + float32(layers)/10,
			})
		}
	}
	depth[1].status = events.Failure
	for i, rate := range []float64{0.001, 0.01, 0.1} {
		rates = append(rates, studyRun{
			folder:   fmt.Sprintf("rates/rate-%g", rate),
			hparams:  hparams{"rates", 20, "elu", rate, i > 0},
			accuracy: float32(rate),
		})
	}
	var runs []studyRun
	for _, study := range [][]studyRun{depth, rates} {
		var sessions []events.Session
		for _, run := range study {
			sessions = append(sessions, run.hparams.session())
		}
		for _, run := range study {
			run.experiment = sessions
			runs = append(runs, run)
		}
	}
	return append(runs, studyRun{
		folder:   "tanh-1",
		hparams:  hparams{"", 1, "tanh", 0.01, true},
		status:   events.Success,
		accuracy: 0.75,
	})
}

// write makes the run's event file, with the experiment or without.
func (r studyRun) write(t *testing.T, logDir string, withExperiment bool) {
	t.Helper()
	w := newEventWriter(t, filepath.Join(logDir, r.folder))
	var s events.Summary
	if withExperiment && r.experiment != nil {
		s.Experiment(r.experiment, studyMetrics)
	}
	s.SessionStart(r.hparams.session())
	s.Layout([]events.Category{{Title: "mean and spread", Charts: []events.Chart{
		{Title: "test accuracy", Bands: []events.Band{events.Spread("val_accuracy")}},
		{Title: "loss", Bands: []events.Band{events.Spread("loss"), events.Spread("val_loss")}},
	}}})
	w.summary(0, s.Bytes())
	for step := range int64(3) {
		s.Reset()
		last := r.accuracy + float32(step-2)
		band := events.Spread("val_accuracy")
		s.Scalar("val_accuracy", last)
		s.Scalar(band.Value, last)
		s.Scalar(band.Lower, last-0.25)
		s.Scalar(band.Upper, last+0.25)
		s.Scalar("accuracy", last/2)
		s.Scalar("loss", 3)
		s.Scalar("val_loss", 4)
		w.summary(step, s.Bytes())
	}
	if r.status != 0 {
		s.Reset()
		s.SessionEnd(r.status, studyStart.Add(time.Minute))
		w.summary(3, s.Bytes())
	}
	w.close()
}

// hparamsTable is what the HParams plugin answers.
type hparamsTable struct {
	experiment struct {
		HParamInfos []hparamInfo `json:"hparamInfos"`
		MetricInfos []struct {
			Name        struct{ Tag string }
			DisplayName string
		}
	}
	groups struct {
		SessionGroups []struct {
			Name         string
			HParams      map[string]any `json:"hparams"`
			MetricValues []struct {
				Name  struct{ Tag string }
				Value float64
			}
			Sessions []struct{ Status string }
		}
		TotalSize int
	}
}

type hparamInfo struct {
	Name           string
	Type           string
	Differs        bool
	DomainDiscrete []any
	DomainInterval *struct{ MinValue, MaxValue float64 }
}

// readHParams asks the plugin's two questions, as its page does. A filter is a
// JSON object of the request's colParams.
func readHParams(ctx context.Context, server *tensorboard.Server, filter string) (table hparamsTable, err error) {
	const path = "/data/plugin/hparams/"
	if err := ask(ctx, server, path+"experiment", url.Values{"request": {"{}"}}, &table.experiment); err != nil {
		return table, err
	}
	request := fmt.Sprintf(`{"startIndex": 0, "sliceSize": 1000, "colParams": [%s],
		"allowedStatuses": ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING"]}`, filter)
	return table, ask(ctx, server, path+"session_groups", url.Values{"request": {request}}, &table.groups)
}

// ask gets JSON from TensorBoard.
func ask(ctx context.Context, server *tensorboard.Server, path string, query url.Values, answer any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+path+"?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("ask TensorBoard for %s: %s", path, response.Status)
	}
	return json.NewDecoder(response.Body).Decode(answer)
}

// waitForHParams returns the table as soon as it has so many rows, each with all
// of its metrics' last values.
func waitForHParams(t *testing.T, server *tensorboard.Server, rows int) hparamsTable {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var table hparamsTable
	err := server.Wait(ctx, func(ctx context.Context) (err error) {
		if table, err = readHParams(ctx, server, ""); err != nil {
			return err
		}
		if table.groups.TotalSize != rows {
			return fmt.Errorf("got %d rows, want %d", table.groups.TotalSize, rows)
		}
		for _, group := range table.groups.SessionGroups {
			if len(group.MetricValues) < len(studyMetrics) {
				return fmt.Errorf("%s: got metrics %v, want %d", group.Name, group.MetricValues, len(studyMetrics))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// check compares rows, metrics and values with those of the runs. Names begin
// below the folder that TensorBoard was opened on.
func (h hparamsTable) check(t *testing.T, runs []studyRun, below string) {
	t.Helper()
	var names []string
	for _, m := range h.experiment.MetricInfos {
		names = append(names, m.Name.Tag+"="+m.DisplayName)
	}
	want := []string{"val_accuracy=test accuracy", "accuracy=training accuracy", "val_loss=test loss", "loss=training loss"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
	if len(h.groups.SessionGroups) != len(runs) {
		t.Fatalf("got %d rows, want %d", len(h.groups.SessionGroups), len(runs))
	}
	runs = slices.SortedFunc(slices.Values(runs), func(a, b studyRun) int { return strings.Compare(a.folder, b.folder) })
	for i, group := range h.groups.SessionGroups {
		run := runs[i]
		if group.Name != run.folder[len(below):] {
			t.Errorf("got row %q, want %q", group.Name, run.folder[len(below):])
		}
		status := map[events.Status]string{0: "STATUS_UNKNOWN", events.Success: "STATUS_SUCCESS", events.Failure: "STATUS_FAILURE"}[run.status]
		if len(group.Sessions) != 1 || group.Sessions[0].Status != status {
			t.Errorf("%s: got %v, want one session of %s", group.Name, group.Sessions, status)
		}
		values := make(map[string]float64)
		for _, m := range group.MetricValues {
			values[m.Name.Tag] = m.Value
		}
		wantValues := map[string]float64{"val_accuracy": float64(run.accuracy), "accuracy": float64(run.accuracy / 2), "loss": 3, "val_loss": 4}
		if diff := cmp.Diff(wantValues, values); diff != "" {
			t.Errorf("%s: metrics' values (-want +got):\n%s", group.Name, diff)
		}
		if diff := cmp.Diff(run.hparams.shown(), group.HParams); diff != "" {
			t.Errorf("%s: hyperparameters (-want +got):\n%s", group.Name, diff)
		}
	}
}

// names returns the hyperparameters in TensorBoard's order, those that differ
// with a star.
func (h hparamsTable) names() []string {
	var names []string
	for _, info := range h.experiment.HParamInfos {
		if info.Differs {
			info.Name += "*"
		}
		names = append(names, info.Name)
	}
	return names
}

// TestHParamsTab opens two studies and a run beside them in the ways that a user
// may: one study, or the whole log folder.
func TestHParamsTab(t *testing.T) {
	logDir, bare := t.TempDir(), t.TempDir()
	runs := studyRuns()
	for _, run := range runs {
		run.write(t, logDir, true)
		run.write(t, bare, false)
	}
	start := func(t *testing.T, folder string) *tensorboard.Server {
		t.Helper()
		server, err := tensorboard.Start(t.Context(), folder)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(server.Close)
		return server
	}
	t.Run("one study", func(t *testing.T) {
		server := start(t, filepath.Join(logDir, "depth"))
		table := waitForHParams(t, server, 4)
		table.check(t, runs[:4], "depth/")
		want := []string{"activation*", "hidden-layers*", "learning-rate", "shuffle", "study"}
		if diff := cmp.Diff(want, table.names()); diff != "" {
			t.Errorf("hyperparameters, * for those that differ (-want +got):\n%s", diff)
		}
		layers, activation := table.experiment.HParamInfos[1], table.experiment.HParamInfos[0]
		if d := layers.DomainInterval; layers.Type != "DATA_TYPE_FLOAT64" || d == nil || d.MinValue != 1 || d.MaxValue != 5 {
			t.Errorf("got hidden-layers %+v with interval %+v, want numbers from 1 to 5", layers, d)
		}
		if diff := cmp.Diff([]any{"tanh", "relu"}, activation.DomainDiscrete); diff != "" || activation.Type != "DATA_TYPE_STRING" {
			t.Errorf("activation's values of type %s (-want +got):\n%s", activation.Type, diff)
		}
		filtered, err := readHParams(t.Context(), server, `{"hparam": "activation", "filterDiscrete": ["relu"]}`)
		if err != nil || filtered.groups.TotalSize != 2 {
			t.Errorf("got %d rows with relu and error %v, want 2", filtered.groups.TotalSize, err)
		}
		checkLayout(t, server, "relu-5x5", 1.5)
	})
	t.Run("all studies and runs", func(t *testing.T) {
		table := waitForHParams(t, start(t, logDir), len(runs))
		table.check(t, runs, "")
		names := slices.Sorted(slices.Values(strings.Split(strings.ReplaceAll(strings.Join(table.names(), " "), "*", ""), " ")))
		if want := slices.Sorted(maps.Keys(runs[0].hparams.shown())); !slices.Equal(names, want) {
			t.Errorf("got hyperparameters %q, want %q", names, want)
		}
	})
	t.Run("without an experiment", func(t *testing.T) {
		// Why there is one: without it, all scalars are metrics, in the order of their
		// tags, of which the page shows five until it is asked for more.
		table := waitForHParams(t, start(t, bare), len(runs))
		var tags []string
		for _, m := range table.experiment.MetricInfos {
			tags = append(tags, m.Name.Tag)
		}
		want := []string{"accuracy", "loss", "spread/val_accuracy_lower", "spread/val_accuracy_mean", "spread/val_accuracy_upper", "val_accuracy", "val_loss"}
		if diff := cmp.Diff(want, tags); diff != "" {
			t.Errorf("metrics (-want +got):\n%s", diff)
		}
	})
}

// checkLayout checks what the Custom Scalars tab gets, whose layout all runs
// have: the charts once, and a band's three series.
func checkLayout(t *testing.T, server *tensorboard.Server, run string, last float64) {
	t.Helper()
	want := []category{{"mean and spread", []chart{
		newChart("test accuracy", "val_accuracy"), newChart("loss", "loss", "val_loss"),
	}}}
	if diff := cmp.Diff(want, readLayout(t, server)); diff != "" {
		t.Errorf("layout (-want +got):\n%s", diff)
	}
	for tag, want := range map[string]float64{
		"val_accuracy": last, "spread/val_accuracy_mean": last, "spread/val_accuracy_lower": last - 0.25, "spread/val_accuracy_upper": last + 0.25,
	} {
		var scalars struct {
			Series map[string][][3]float64 `json:"tag_to_events"` // of wall time, step and value
		}
		query := url.Values{"run": {run}, "tag": {tag}}
		if err := ask(t.Context(), server, customScalars+"scalars", query, &scalars); err != nil {
			t.Fatal(err)
		}
		if got := scalars.Series[tag]; len(got) != 3 || got[2][2] != want {
			t.Errorf("%s: got %v, want 3 steps, the last %v", tag, got, want)
		}
	}
}
